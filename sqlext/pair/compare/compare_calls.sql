-- compare_calls: one row per call of either history, matched by thread, path and n-th occurrence
--   path               the functions from main to the one called
--   thread             the thread's lineage, as in calls_by_path
--   n                  the how manieth call by this path in the thread
--   function           the one called
--   own                whether it is the program's own
--   found              'both', 'head' or 'base'
--   head_call_id       the call in head
--   base_call_id       the call in base
--   head_instructions  instructions from its beginning to its end
--   base_instructions  the same in base
--   head_arguments     its first six integer arguments, as the registers held them
--   base_arguments     the same in base
--   head_return        rax at its return
--   base_return        the same in base
-- What a function that has fewer arguments or no result leaves in the registers means nothing.
-- Example: SELECT n, head_return, base_return FROM compare_calls WHERE function = 'cost' AND NOT same_value(head_return, base_return) ORDER BY n
CREATE OR REPLACE VIEW compare_calls AS
  SELECT
    coalesce(h.path, b.path) AS path, coalesce(h.thread, b.thread) AS thread, coalesce(h.n, b.n) AS n, coalesce(h.function, b.function) AS function, coalesce(h.own, b.own) AS own,
    CASE WHEN b.call_id IS NULL THEN 'head' WHEN h.call_id IS NULL THEN 'base' ELSE 'both' END AS found,
    h.call_id AS head_call_id, b.call_id AS base_call_id,
    h.instructions AS head_instructions, b.instructions AS base_instructions,
    CASE WHEN h.call_id IS NOT NULL THEN [h.arg0, h.arg1, h.arg2, h.arg3, h.arg4, h.arg5] END AS head_arguments,
    CASE WHEN b.call_id IS NOT NULL THEN [b.arg0, b.arg1, b.arg2, b.arg3, b.arg4, b.arg5] END AS base_arguments,
    h.return_value AS head_return, b.return_value AS base_return
  FROM head.calls_by_path h FULL JOIN base.calls_by_path b ON b.path_id = h.path_id AND b.thread = h.thread AND b.n = h.n;
