-- symbolize(pc): where an instruction is, 'function+0x1f file:line'
--   pc  address of an instruction that another table mentions
-- Inlined code is 'inlined (in function+0x1f) file:line'. NULL for an address
-- that no table mentions.
-- Example: SELECT symbolize(pc), count(*) FROM writes GROUP BY ALL ORDER BY 2 DESC LIMIT 10
CREATE OR REPLACE MACRO symbolize(pc) AS (
  -- Inner columns are named _… so that none takes the place of the caller's pc.
  SELECT first(_text ORDER BY _process)
  FROM (
    SELECT
      f.pc AS _pc,
      f.process_id AS _process,
      coalesce(
        CASE WHEN f.inlined THEN f.function || coalesce(format(' (in {}+0x{:x})', n.name, f.pc - n.entry_pc), '')
             ELSE f.function || coalesce(format('+0x{:x}', f.pc - n.entry_pc), '') END,
        '?')
        || coalesce(' ' || f.file || ':' || f.line, ' ' || f.module, '') AS _text
    FROM frames f
    -- The function that has the code, whatever is inlined into it there.
    LEFT JOIN frames o ON o.pc = f.pc AND o.process_id = f.process_id AND NOT o.inlined
    LEFT JOIN functions n ON n.function_id = o.function_id AND n.entry_pc <= f.pc
    WHERE f.level = 0)
  WHERE _pc = pc);
