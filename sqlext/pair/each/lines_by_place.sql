-- lines_by_place: one row per source line that was executed
--   function          the innermost function there, inlined or not
--   file              source file
--   module            module of the function
--   own               whether the function is the program's own
--   line              source line
--   line_in_function  lines below the first of the function
--   executions        how often it ran: of its pieces of code the one that ran most, summed over the functions that it was inlined into
--   function_key      the same number in head and base
-- Example: SELECT line, executions FROM lines_by_place WHERE function = 'ship' ORDER BY line
CREATE OR REPLACE VIEW lines_by_place AS
  SELECT
    any_value(k.function) AS function, source AS file, any_value(k.module) AS module, coalesce(any_value(k.own), false) AS own,
    line, line_in_function, sum(executions)::UBIGINT AS executions, function_key
  FROM (
    SELECT p.function_key, p.file AS source, p.line, p.line_in_function, p.outer_id, max(l.executions) AS executions
    FROM lines l JOIN _places p ON p.pc = l.pc WHERE p.line IS NOT NULL GROUP BY ALL)
  LEFT JOIN memory.main._keys k USING (function_key)
  GROUP BY function_key, source, line, line_in_function;
