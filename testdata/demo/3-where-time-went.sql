-- 3. And where did the program spend its instructions?
SELECT f.name AS function, sum(b.instructions * b.executions)::UBIGINT AS instructions,
	round(100 * sum(b.instructions * b.executions) / any_value(r.instructions), 1) AS percent
FROM blocks b JOIN functions f USING (function_id), recordings r
GROUP BY f.name ORDER BY instructions DESC LIMIT 6;
