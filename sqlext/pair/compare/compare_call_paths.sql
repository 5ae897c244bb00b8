-- compare_call_paths: one row per call path of either history
--   path               the functions from main to the one called
--   function           the one called
--   own                whether it is the program's own
--   depth              functions on the path
--   head_calls         calls by this path; 0 for none
--   base_calls         the same in base
--   head_instructions  instructions of these calls, with all that they called; of calls that had ended
--   base_instructions  the same in base
--   path_id            number of the path
-- Example: SELECT path, head_calls, base_calls FROM compare_call_paths WHERE own AND head_calls <> base_calls ORDER BY 1
CREATE OR REPLACE VIEW compare_call_paths AS
  SELECT
    p.path, coalesce(k.function, '?') AS function, coalesce(k.own, false) AS own, p.depth,
    coalesce(h.calls, 0)::UBIGINT AS head_calls, coalesce(b.calls, 0)::UBIGINT AS base_calls,
    coalesce(h.instructions, 0)::UBIGINT AS head_instructions, coalesce(b.instructions, 0)::UBIGINT AS base_instructions,
    p.path_id
  FROM memory.main._paths p
  LEFT JOIN memory.main._keys k ON k.function_key = p.function_key
  LEFT JOIN (SELECT path_id, count(*) AS calls, sum(instructions) FILTER (exit_t IS NOT NULL) AS instructions
             FROM head.calls JOIN head._stack_paths USING (stack_id) GROUP BY ALL) h ON h.path_id = p.path_id
  LEFT JOIN (SELECT path_id, count(*) AS calls, sum(instructions) FILTER (exit_t IS NOT NULL) AS instructions
             FROM base.calls JOIN base._stack_paths USING (stack_id) GROUP BY ALL) b ON b.path_id = p.path_id
  WHERE h.calls > 0 OR b.calls > 0;
