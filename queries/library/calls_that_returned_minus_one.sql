-- The functions that returned -1, as int or long, which mostly means an error.
-- param module VARCHAR = '%': only functions of modules whose file name is LIKE this
-- tags: calls, errors
-- example: calls_that_returned_minus_one
SELECT f.name AS function, parse_filename(m.path) AS module, count(*) AS calls,
  count(*) FILTER (c.return_value IN (4294967295, 18446744073709551615)) AS failed,
  min(c.enter_t) FILTER (c.return_value IN (4294967295, 18446744073709551615)) AS first_t,
  min(c.call_id) FILTER (c.return_value IN (4294967295, 18446744073709551615)) AS first_call_id
FROM calls c JOIN functions f USING (function_id) JOIN modules m USING (module_id)
WHERE parse_filename(m.path) LIKE $module
GROUP BY c.function_id, f.name, m.path HAVING failed > 0
ORDER BY failed DESC, function;
