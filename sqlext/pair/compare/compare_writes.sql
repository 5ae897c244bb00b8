-- compare_writes: one row per memory write of either history, matched by thread, function, distance from its first line and n-th occurrence
--   function          the innermost function there
--   file              source file
--   own               whether the function is the program's own
--   line_in_function  lines below the first of the function
--   thread            the thread's lineage, as in calls_by_path
--   n                 the how manieth write of this line in the thread
--   head_line         the line in head's source
--   base_line         the line in base's source
--   found             'both', 'head' or 'base'
--   head_t            when, in head
--   base_t            when, in base
--   head_value        the first 8 bytes after the write
--   base_value        the same in base
--   same              whether both made it, as large and with the same value (see same_value)
-- Example: SELECT function, head_line, n, head_value, base_value FROM compare_writes WHERE function = 'ship' AND NOT same ORDER BY 2, 3
CREATE OR REPLACE VIEW compare_writes AS
  SELECT
    coalesce(h.function, b.function) AS function, coalesce(h.file, b.file) AS file, coalesce(h.own, b.own) AS own,
    coalesce(h.line_in_function, b.line_in_function) AS line_in_function, coalesce(h.thread, b.thread) AS thread, coalesce(h.n, b.n) AS n,
    h.line AS head_line, b.line AS base_line,
    CASE WHEN b.t IS NULL THEN 'head' WHEN h.t IS NULL THEN 'base' ELSE 'both' END AS found,
    h.t AS head_t, b.t AS base_t, h.value AS head_value, b.value AS base_value,
    coalesce(h.size = b.size AND memory.main.same_value(h.value, b.value), false) AS same
  FROM head.writes_by_place h FULL JOIN base.writes_by_place b
    ON coalesce(b.function_key, 0) = coalesce(h.function_key, 0) AND b.file = h.file
    AND coalesce(b.line_in_function, b.line) = coalesce(h.line_in_function, h.line) AND b.thread = h.thread AND b.n = h.n;
