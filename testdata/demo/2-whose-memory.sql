-- 2. The newest write is pay_salaries taking from the payer, yet this is an
-- employee's account. Whose memory was it? What was allocated and freed there:
WITH failed AS (SELECT enter_t, arg0 FROM calls JOIN functions USING (function_id) WHERE name = 'audit_failed')
SELECT c.enter_t AS t, f.name AS what,
	CASE f.name WHEN 'account_new' THEN c.arg0 END AS account,
	string_agg(s.function || ':' || s.line, ' < ' ORDER BY s.level) FILTER (s.level BETWEEN 1 AND 3) AS called_from,
	c.parent_call_id AS within_call
FROM failed JOIN calls c ON c.enter_t < failed.enter_t
JOIN functions f ON f.function_id = c.function_id
	AND (f.name = 'account_new' AND c.return_value = failed.arg0 OR f.name = 'account_free' AND c.arg0 = failed.arg0)
JOIN stack_frames s ON s.stack_id = c.stack_id
GROUP BY ALL ORDER BY t DESC LIMIT 4;
