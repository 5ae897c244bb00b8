-- same_value(head, base): whether values of the two runs are the same: equal, both NULL, or both addresses of mapped memory, which differ from run to run
--   head  a value of head
--   base  a value of base
-- A number that happens to be as large as an address is taken for one.
-- Example: SELECT path, n FROM compare_calls WHERE own AND NOT same_value(head_return, base_return) ORDER BY ALL
CREATE OR REPLACE MACRO same_value(head, base) AS
  (head IS NOT DISTINCT FROM base OR coalesce(memory.head.is_address(head) AND memory.base.is_address(base), false));
