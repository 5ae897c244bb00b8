-- How many instructions were spent in each module, and how many of its functions ran.
-- tags: time
-- example: time_by_module
WITH spent AS (
  SELECT f.module_id, sum(b.instructions * b.executions)::UBIGINT AS instructions, count(DISTINCT b.function_id) AS functions
  FROM blocks b LEFT JOIN functions f USING (function_id) GROUP BY ALL)
SELECT coalesce(parse_filename(m.path), 'no symbol') AS module, s.instructions,
  round(100 * s.instructions / sum(s.instructions) OVER (), 1) AS percent, s.functions
FROM spent s LEFT JOIN modules m USING (module_id)
ORDER BY s.instructions DESC, module;
