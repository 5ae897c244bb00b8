-- The program's main, and each of its threads, makes the same system calls in the same order, with the same errors.
-- expect: no rows
WITH h AS (SELECT thread, row_number() OVER (PARTITION BY thread ORDER BY syscall_id) AS n, name, error, arguments FROM head.syscalls_by_path WHERE own),
     b AS (SELECT thread, row_number() OVER (PARTITION BY thread ORDER BY syscall_id) AS n, name, error, arguments FROM base.syscalls_by_path WHERE own)
SELECT thread, n, h.name AS head, b.name AS base, h.error AS head_error, b.error AS base_error, h.arguments AS head_arguments, b.arguments AS base_arguments
FROM h FULL JOIN b USING (thread, n)
WHERE h.name IS DISTINCT FROM b.name OR h.error IS DISTINCT FROM b.error
ORDER BY thread, n
