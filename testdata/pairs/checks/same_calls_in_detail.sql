-- Each call of the program's own has its counterpart.
-- expect: no rows
SELECT path, n, found FROM compare_calls WHERE own AND found <> 'both' ORDER BY ALL
