-- The distinct call paths that led to a function, and how often each was taken.
-- param function VARCHAR: its name
-- param n BIGINT = 20: how many paths
-- tags: calls
-- example: call_paths_to function=malloc
WITH path AS MATERIALIZED (
  SELECT c.stack_id, count(*) AS calls, min(c.enter_t) AS first_t
  FROM calls c JOIN functions f USING (function_id) WHERE f.name = $function GROUP BY ALL)
SELECT sum(p.calls)::UBIGINT AS calls, min(p.first_t) AS first_t,
  (SELECT string_agg(coalesce(s.function, '?') || CASE WHEN s.level > 0 THEN coalesce(':' || s.line, '') ELSE '' END, ' < ' ORDER BY s.level)
   FROM stack_frames s WHERE s.stack_id = p.stack_id) AS path
FROM path p GROUP BY path ORDER BY calls DESC, path LIMIT $n;
