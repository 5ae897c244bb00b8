-- coverage: one row per source line that was executed, and per function that never was
--   function    the function that the line is in, the inlined one where it is inlined
--   module      file name of its module
--   file        source file
--   line        source line; of a function that never ran, the line of its definition
--   executions  how often it ran, in all copies of the function together; 0 for a function that never ran
-- Of code with debug information. A line that did not run, of a function that did, has no row. Where a line has several pieces of code, as a loop's head, the one that ran most often counts.
-- Example: SELECT line, executions FROM coverage WHERE function = 'main' ORDER BY line
CREATE OR REPLACE VIEW coverage AS
WITH piece AS (
  -- A copy of a line is its function's own code or one place where it is inlined.
  SELECT l.process_id, l.file, l.line, l.executions, f.function, f.function_id, f.module, p.copy
  FROM lines l
  JOIN frames f ON f.pc = l.pc AND f.process_id = l.process_id AND f.level = 0
  LEFT JOIN (
    SELECT process_id, pc, hash(list((function_id, file, line, "column") ORDER BY level)) AS copy
    FROM frames WHERE level > 0 GROUP BY ALL) p ON p.pc = l.pc AND p.process_id = l.process_id),
copy AS (
  SELECT function, module, file, line, max(executions) AS executions
  FROM piece GROUP BY process_id, function, function_id, module, file, line, copy)
SELECT function, module, file, line, sum(executions)::UBIGINT AS executions FROM copy GROUP BY ALL
UNION ALL
SELECT f.name, parse_filename(m.path), f.file, f.line, 0::UBIGINT
FROM functions f JOIN modules m USING (module_id)
WHERE f.file IS NOT NULL AND f.line IS NOT NULL
  AND f.function_id NOT IN (
    SELECT r.function_id FROM lines l JOIN frames r ON r.pc = l.pc AND r.process_id = l.process_id
    WHERE r.function_id IS NOT NULL);
