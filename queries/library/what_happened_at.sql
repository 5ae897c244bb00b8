-- The calls that were open at a time, innermost first: the call stacks with their arguments.
-- The thread that ran comes first; the others' tell where each of them was.
-- param t UBIGINT: the time
-- tags: calls
-- example: what_happened_at t=100000
WITH turn AS (SELECT max_by(to_thread_id, t) AS running FROM switches WHERE t <= $t)
SELECT c.thread_id, c.depth, f.name AS function, f.file, f.line AS defined_at, c.call_id, c.enter_t, c.exit_t, c.arg0, c.arg1, c.arg2, c.return_value
FROM turn, calls c JOIN threads h USING (thread_id) LEFT JOIN functions f USING (function_id)
WHERE c.enter_t <= $t AND (c.exit_t IS NULL OR c.exit_t > $t) AND (h.end_t IS NULL OR h.end_t > $t)
ORDER BY CASE WHEN c.thread_id = turn.running THEN 0 ELSE 1 END, c.thread_id, c.depth DESC;
