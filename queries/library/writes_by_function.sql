-- How many writes each function made, and how many bytes.
-- The code of inlined functions counts for the function that has it.
-- param n BIGINT = 20: how many functions
-- tags: memory
-- example: writes_by_function
WITH made AS (
  SELECT pc, process_id, count(*) AS writes, sum(size) AS bytes FROM writes WHERE source = 'instruction' GROUP BY ALL)
SELECT coalesce(f.function, '?') AS function, any_value(f.module) AS module, sum(w.writes)::UBIGINT AS writes, sum(w.bytes)::UBIGINT AS bytes
FROM made w LEFT JOIN frames f ON f.pc = w.pc AND f.process_id = w.process_id AND NOT f.inlined
GROUP BY f.function, f.function_id ORDER BY writes DESC, function LIMIT $n;
