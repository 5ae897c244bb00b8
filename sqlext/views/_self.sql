-- _self: one row per call stack in which instructions were executed
--   stack_id  the stack; NULL where the index has no stacks
--   self      instructions executed in its innermost function itself
--   calls     calls that have the stack
-- What a call has, less what its calls have. They add up to the instructions of the recording where all calls were indexed.
CREATE OR REPLACE VIEW _self AS
WITH span AS (SELECT stack_id, call_id, parent_call_id, instructions::BIGINT AS n FROM calls),
step AS (
  SELECT stack_id, sum(n) AS n, count(*) AS calls FROM span GROUP BY ALL
  UNION ALL
  SELECT p.stack_id, -sum(i.n), 0
  FROM (SELECT parent_call_id, sum(n) AS n FROM span WHERE parent_call_id IS NOT NULL GROUP BY ALL) i
  JOIN calls p ON p.call_id = i.parent_call_id
  GROUP BY ALL)
SELECT stack_id, sum(n)::UBIGINT AS self, sum(calls)::UBIGINT AS calls FROM step GROUP BY ALL;
