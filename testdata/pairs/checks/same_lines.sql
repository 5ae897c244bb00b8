-- Every line of the program's own runs as often as before.
-- expect: no rows
SELECT function, head_line, base_line, head_executions, base_executions
FROM compare_lines WHERE own AND head_executions <> base_executions ORDER BY ALL
