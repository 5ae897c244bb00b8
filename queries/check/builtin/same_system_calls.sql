-- The program's main makes the same system calls in the same order, with the same errors.
-- expect: no rows
WITH h AS (SELECT row_number() OVER (ORDER BY syscall_id) AS n, name, error, arguments FROM head.syscalls_by_path WHERE own),
     b AS (SELECT row_number() OVER (ORDER BY syscall_id) AS n, name, error, arguments FROM base.syscalls_by_path WHERE own)
SELECT n, h.name AS head, b.name AS base, h.error AS head_error, b.error AS base_error, h.arguments AS head_arguments, b.arguments AS base_arguments
FROM h FULL JOIN b USING (n)
WHERE h.name IS DISTINCT FROM b.name OR h.error IS DISTINCT FROM b.error
ORDER BY n
