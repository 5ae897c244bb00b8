-- _self: one row per call stack in which instructions were executed
--   stack_id  the stack; NULL where the index has no stacks
--   self      instructions executed in its innermost function itself
--   calls     calls that have the stack
-- What a call's interval has, less its calls' intervals. They add up to the instructions of the recording where all calls were indexed.
CREATE OR REPLACE VIEW _self AS
WITH span AS (
  -- The instructions of a call follow the call instruction and end with the
  -- return; the program's entry and signal handlers have no call instruction.
  SELECT c.stack_id, c.call_id, c.parent_call_id,
    (coalesce(c.exit_t, r.instructions - 1) - c.enter_t)::BIGINT + CASE WHEN c.call_pc IS NULL THEN 1 ELSE 0 END AS n
  FROM calls c CROSS JOIN recordings r),
step AS (
  SELECT stack_id, sum(n) AS n, count(*) AS calls FROM span GROUP BY ALL
  UNION ALL
  SELECT p.stack_id, -sum(i.n), 0
  FROM (SELECT parent_call_id, sum(n) AS n FROM span WHERE parent_call_id IS NOT NULL GROUP BY ALL) i
  JOIN calls p ON p.call_id = i.parent_call_id
  GROUP BY ALL)
SELECT stack_id, sum(n)::UBIGINT AS self, sum(calls)::UBIGINT AS calls FROM step GROUP BY ALL;
