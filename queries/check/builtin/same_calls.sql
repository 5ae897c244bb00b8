-- Every function of the program's own is called as often as before, by each path.
-- expect: no rows
SELECT path, head_calls, base_calls FROM compare_call_paths WHERE own AND head_calls <> base_calls ORDER BY ALL
