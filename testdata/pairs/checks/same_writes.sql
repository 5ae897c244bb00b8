-- Every line of the program's own writes the same values as before, addresses apart.
-- expect: no rows
SELECT function, head_line, base_line, n, found, head_value, base_value
FROM compare_writes WHERE own AND NOT same ORDER BY ALL
