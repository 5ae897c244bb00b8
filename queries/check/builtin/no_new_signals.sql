-- No signal is delivered more often than before.
-- expect: no rows
SELECT name, h.n AS head, coalesce(b.n, 0) AS base
FROM (SELECT name, count(*) AS n FROM head.signals GROUP BY ALL) h LEFT JOIN (SELECT name, count(*) AS n FROM base.signals GROUP BY ALL) b USING (name)
WHERE h.n > coalesce(b.n, 0)
ORDER BY ALL
