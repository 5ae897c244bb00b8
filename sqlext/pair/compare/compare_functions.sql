-- compare_functions: one row per function of either history, matched by name, source file and module
--   function    its name
--   file        its source file
--   module      its module
--   own         whether it is the program's own
--   found       'both', 'head' or 'base'
--   head_calls  how often it was called; NULL where head does not have it
--   base_calls  the same in base
--   head_self   instructions executed in its own code
--   base_self   the same in base
--   head_total  instructions with all that it called
--   base_total  the same in base
-- A function that moved to another file, or whose file only one history knows, is
-- matched by name and module where each history has one such function left.
-- Example: SELECT function, head_self, base_self FROM compare_functions WHERE own AND head_self > base_self ORDER BY 1
CREATE OR REPLACE VIEW compare_functions AS
  SELECT
    coalesce(h.function, b.function) AS function, coalesce(h.file, b.file) AS file, coalesce(h.module, b.module) AS module,
    coalesce(h.own, b.own) AS own,
    CASE WHEN b.function_key IS NULL THEN 'head' WHEN h.function_key IS NULL THEN 'base' ELSE 'both' END AS found,
    h.calls AS head_calls, b.calls AS base_calls,
    h.self_instructions AS head_self, b.self_instructions AS base_self,
    h.total_instructions AS head_total, b.total_instructions AS base_total
  FROM head.functions_by_name h FULL JOIN base.functions_by_name b ON b.function_key = h.function_key;
