-- The calls that were open at a time, innermost first: the call stack with its arguments.
-- param t UBIGINT: the time
-- tags: calls
-- example: what_happened_at t=100000
SELECT c.depth, f.name AS function, f.file, f.line AS defined_at, c.call_id, c.enter_t, c.exit_t, c.arg0, c.arg1, c.arg2, c.return_value
FROM calls c LEFT JOIN functions f USING (function_id)
WHERE c.enter_t <= $t AND (c.exit_t IS NULL OR c.exit_t > $t)
ORDER BY c.depth DESC;
