-- No system call fails more often than before, in what the program's main does.
-- expect: no rows
SELECT name, error, coalesce(h.n, 0) AS head, coalesce(b.n, 0) AS base, h.first_arguments
FROM (SELECT name, error, count(*) AS n, first(arguments ORDER BY syscall_id) AS first_arguments
      FROM head.syscalls_by_path WHERE own AND error IS NOT NULL GROUP BY ALL) h
LEFT JOIN (SELECT name, error, count(*) AS n FROM base.syscalls_by_path WHERE own AND error IS NOT NULL GROUP BY ALL) b USING (name, error)
WHERE coalesce(h.n, 0) > coalesce(b.n, 0)
ORDER BY ALL
