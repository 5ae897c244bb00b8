-- The function calls that took the most instructions, callees included.
-- A call that never returned counts to the end of its thread. Other threads' instructions do not count.
-- param function VARCHAR = NULL: only calls of this function
-- param module VARCHAR = '%': only functions of modules whose file name is LIKE this
-- param n BIGINT = 20: how many calls
-- tags: time
-- example: slowest_calls function=main
WITH chosen AS MATERIALIZED (
  SELECT c.call_id, f.name, parse_filename(m.path) AS module, c.enter_t, c.stack_id, c.arg0, c.arg1, c.return_value,
    c.instructions, c.exit_t IS NOT NULL AS returned
  FROM calls c JOIN functions f USING (function_id) JOIN modules m USING (module_id)
  WHERE ($function IS NULL OR f.name = $function) AND parse_filename(m.path) LIKE $module
  ORDER BY c.instructions DESC, c.call_id LIMIT $n)
SELECT c.instructions, c.name AS function, c.module, c.call_id, c.enter_t, c.arg0, c.arg1, c.return_value, c.returned,
  (SELECT string_agg(coalesce(s.function, '?') || coalesce(':' || s.line, ''), ' < ' ORDER BY s.level)
   FROM stack_frames s WHERE s.stack_id = c.stack_id AND s.level BETWEEN 1 AND 4) AS called_from
FROM chosen c ORDER BY c.instructions DESC, c.call_id;
