-- How deep each function called itself, directly or through others.
-- deepest is the most calls of the function that were open at once.
-- param n BIGINT = 20: how many functions
-- tags: calls
-- example: recursion_depth
WITH steps AS (
  SELECT thread_id, function_id, enter_t AS t, 1 AS step, call_id FROM calls WHERE function_id IS NOT NULL
  UNION ALL
  SELECT thread_id, function_id, exit_t, -1, call_id FROM calls WHERE function_id IS NOT NULL AND exit_t IS NOT NULL),
open AS (
  SELECT *, sum(step) OVER (PARTITION BY thread_id, function_id ORDER BY t, step ROWS UNBOUNDED PRECEDING) AS depth FROM steps)
SELECT f.name AS function, parse_filename(m.path) AS module, max(o.depth)::BIGINT AS deepest,
  count(*) FILTER (o.step = 1) AS calls, arg_max(o.call_id, (o.depth, -o.t::HUGEINT)) AS deepest_call_id, arg_max(o.t, (o.depth, -o.t::HUGEINT)) AS deepest_t
FROM open o JOIN functions f USING (function_id) JOIN modules m USING (module_id)
GROUP BY o.function_id, f.name, m.path
HAVING max(o.depth) > 1
ORDER BY deepest DESC, function LIMIT $n;
