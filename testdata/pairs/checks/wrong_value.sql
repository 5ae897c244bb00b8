-- Every account has the balances that it had before, one after the other.
-- expect: no rows
SELECT n, head_text, base_text, head_function FROM compare_variable('accounts') WHERE NOT same ORDER BY n
