-- The tanks spill as before.
-- expect: no rows
SELECT n, found, head_text, base_text FROM compare_variable('SPILLED') WHERE NOT same ORDER BY n
