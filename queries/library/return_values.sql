-- What a function returned, and how often.
-- The value is rax. A function that returns an int sets its lower half only: as_int.
-- param function VARCHAR: its name
-- param n BIGINT = 20: how many values
-- tags: calls
-- example: return_values function=fclose
SELECT c.return_value, (CASE WHEN c.return_value & 4294967295 > 2147483647 THEN (c.return_value & 4294967295)::BIGINT - 4294967296 ELSE (c.return_value & 4294967295)::BIGINT END) AS as_int,
  count(*) AS calls, min(c.enter_t) AS first_t, min(c.call_id) AS first_call_id
FROM calls c JOIN functions f USING (function_id)
WHERE f.name = $function AND c.return_value IS NOT NULL
GROUP BY ALL ORDER BY calls DESC, c.return_value LIMIT $n;
