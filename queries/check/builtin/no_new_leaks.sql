-- No more memory is left unreleased at the end than before, by any call path.
-- expect: no rows
SELECT path, coalesce(h.n, 0) AS head_pieces, coalesce(b.n, 0) AS base_pieces, h.bytes AS head_bytes, coalesce(b.bytes, 0) AS base_bytes
FROM (SELECT path_id, any_value(path) AS path, count(*) AS n, sum(size) AS bytes
      FROM head.leaks JOIN head.calls_by_path USING (call_id) GROUP BY path_id) h
LEFT JOIN (SELECT path_id, count(*) AS n, sum(size) AS bytes FROM base.leaks JOIN base.calls_by_path USING (call_id) GROUP BY path_id) b USING (path_id)
WHERE h.n > coalesce(b.n, 0)
ORDER BY ALL
