-- The functions that the most instructions were spent in, their callees not included.
-- param module VARCHAR = '%': only functions of modules whose file name is LIKE this
-- param n BIGINT = 20: how many functions
-- tags: time
-- example: time_by_function module='ledger%'
WITH spent AS (
  SELECT b.function_id, sum(b.instructions * b.executions)::UBIGINT AS instructions FROM blocks b GROUP BY ALL),
total AS (SELECT sum(instructions) AS instructions FROM spent),
called AS (SELECT function_id, count(*) AS calls FROM calls GROUP BY ALL)
SELECT coalesce(f.name, '?') AS function, parse_filename(m.path) AS module, s.instructions,
  round(100 * s.instructions / t.instructions, 1) AS percent, coalesce(c.calls, 0) AS calls
FROM spent s LEFT JOIN functions f USING (function_id) LEFT JOIN modules m USING (module_id)
LEFT JOIN called c USING (function_id), total t
WHERE coalesce(parse_filename(m.path), '') LIKE $module
ORDER BY s.instructions DESC, function, s.function_id LIMIT $n;
