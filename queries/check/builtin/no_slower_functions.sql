-- No function of the program's own, nor all of them together, executes over 10 % more instructions than before.
-- Functions are compared by the instructions of their own code. Those of less than
-- minimum instructions, and those that only one build has, count in the sum alone.
-- param minimum UBIGINT = 1000: instructions in either run from which on a function is looked at
-- expect: ratio head/base <= 1.10
SELECT function, file, head_self AS head, base_self AS base
FROM compare_functions
WHERE own AND found = 'both' AND greatest(head_self, base_self) >= $minimum
UNION ALL
SELECT 'all together', NULL, coalesce(sum(head_self), 0)::UBIGINT, coalesce(sum(base_self), 0)::UBIGINT
FROM compare_functions WHERE own
ORDER BY 3 DESC, 1, 2
