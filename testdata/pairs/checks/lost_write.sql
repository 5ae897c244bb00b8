-- The cache's generation is written as often as before, and to the same values.
-- expect: no rows
SELECT n, found, head_text, base_text FROM compare_variable('store::cache.generation') WHERE NOT same ORDER BY n
