-- Shipping an order looks at that order's cost alone.
-- expect: no rows
SELECT path, n, count(*) AS costs
FROM (SELECT s.path, s.n, c.call_id FROM head.calls_by_path s JOIN head.calls_by_path c ON c.function = 'cost' AND c.enter_t BETWEEN s.enter_t AND s.exit_t
      WHERE s.function = 'ship')
GROUP BY ALL HAVING count(*) > 1 ORDER BY n
