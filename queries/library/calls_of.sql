-- The calls of a function in their order, with arguments and result.
-- Arguments are the six registers for integers and pointers, whether the function has so many or not.
-- param function VARCHAR: its name
-- param from_t UBIGINT = 0: only calls at or behind this t
-- param n BIGINT = 50: how many calls
-- tags: calls
-- example: calls_of function=open n=5
WITH chosen AS MATERIALIZED (
  SELECT c.* FROM calls c JOIN functions f USING (function_id)
  WHERE f.name = $function AND c.enter_t >= $from_t ORDER BY c.enter_t LIMIT $n)
SELECT c.call_id, c.thread_id, c.enter_t, CASE WHEN c.exit_t IS NOT NULL THEN c.instructions END AS instructions, c.arg0, c.arg1, c.arg2, c.arg3, c.arg4, c.arg5, c.return_value,
  (SELECT string_agg(coalesce(s.function, '?') || coalesce(':' || s.line, ''), ' < ' ORDER BY s.level)
   FROM stack_frames s WHERE s.stack_id = c.stack_id AND s.level BETWEEN 1 AND 4) AS called_from
FROM chosen c ORDER BY c.enter_t;
