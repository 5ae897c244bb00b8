-- writes_by_place: one row per memory write of an instruction, by its place in the source
--   function          the innermost function there, inlined or not
--   file              source file
--   module            module of the function
--   own               whether the function is the program's own
--   line              source line
--   line_in_function  lines below the first of the function: stays as it is where the function moves in its file
--   thread            as in calls_by_path
--   n                 the how manieth write of this line it is in its thread, from 1
--   t                 when
--   call_id           the call that it was made in
--   addr              first byte written
--   size              bytes written
--   value             the first 8 bytes after the write
--   function_key      the same number in head and base
-- All writes of the line count: of variables, and of registers that are saved on the stack.
-- Example: SELECT n, value FROM writes_by_place WHERE function = 'ship' AND line = 40 ORDER BY n
CREATE OR REPLACE VIEW writes_by_place AS
  SELECT
    k.function, p.file, k.module, coalesce(k.own, false) AS own, p.line, p.line_in_function,
    h.lineage AS thread,
    row_number() OVER (PARTITION BY w.thread_id, p.function_key, p.file, coalesce(p.line_in_function, p.line) ORDER BY w.t, w.addr)::UBIGINT AS n,
    w.t, w.call_id, w.addr, w.size, w.value, p.function_key
  FROM writes w
  JOIN threads h USING (thread_id)
  JOIN _places p ON p.pc = w.pc
  LEFT JOIN memory.main._keys k ON k.function_key = p.function_key
  WHERE w.source = 'instruction' AND p.line IS NOT NULL;
