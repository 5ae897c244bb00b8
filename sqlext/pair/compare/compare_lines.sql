-- compare_lines: one row per source line that either history executed, matched by function and distance from its first line
--   function          the innermost function there
--   file              source file
--   own               whether the function is the program's own
--   line_in_function  lines below the first of the function
--   head_line         the line in head's source; NULL where it did not run
--   base_line         the line in base's source
--   head_executions   how often it ran; 0 for not at all
--   base_executions   the same in base
-- Within a function whose text changed, the lines below the change are not those of before.
-- Example: SELECT function, head_line, head_executions, base_executions FROM compare_lines WHERE own AND head_executions <> base_executions ORDER BY 1, 2
CREATE OR REPLACE VIEW compare_lines AS
  SELECT
    coalesce(h.function, b.function) AS function, coalesce(h.file, b.file) AS file, coalesce(h.own, b.own) AS own,
    coalesce(h.line_in_function, b.line_in_function) AS line_in_function,
    h.line AS head_line, b.line AS base_line,
    coalesce(h.executions, 0)::UBIGINT AS head_executions, coalesce(b.executions, 0)::UBIGINT AS base_executions
  FROM head.lines_by_place h FULL JOIN base.lines_by_place b
    ON coalesce(b.function_key, 0) = coalesce(h.function_key, 0) AND b.file = h.file
    AND coalesce(b.line_in_function, b.line) = coalesce(h.line_in_function, h.line);
