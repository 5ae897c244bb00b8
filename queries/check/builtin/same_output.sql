-- The program prints the same lines as before.
-- expect: no rows
SELECT fd, n, head, base FROM compare_output WHERE NOT same ORDER BY fd, n
