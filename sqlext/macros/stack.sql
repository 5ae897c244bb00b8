-- stack(id): a call stack as one text, a line per frame, innermost first
--   id  a stack_id, of writes, calls or stacks
-- Inlined calls have lines of their own. The first line has the place of the
-- function's definition: symbolize(pc) tells where in it a write was made.
-- Example: SELECT t, symbolize(pc), stack(stack_id) FROM writes WHERE addr = 0x404040 ORDER BY t
CREATE OR REPLACE MACRO stack(id) AS (
  -- Inner columns are named _… so that none takes the place of the caller's. The
  -- parameter is not called stack_id: DuckDB would not tell it from the columns
  -- that the view has inside.
  SELECT string_agg(_text, chr(10) ORDER BY _level)
  FROM (
    SELECT
      s.stack_id AS _id,
      s.level AS _level,
      coalesce(s.function, format('0x{:x}', s.pc), '?')
        || coalesce(' at ' || s.file || ':' || s.line, ' in ' || s.module, '') AS _text
    FROM stack_frames s)
  WHERE _id = id);
