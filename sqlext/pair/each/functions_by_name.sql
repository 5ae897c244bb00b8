-- functions_by_name: one row per function, by its name, source file and module
--   function            its name, without what compilers append to copies (.constprop.0, .part.0, .cold); '?' for code without a name
--   file                its source file, the end of the path that tells it from the others; NULL without debug information
--   module              its module; a shared library without its version, the executable by the name that head has
--   own                 whether it is the program's own: not the system's, nor linked to every program
--   line                line of its definition
--   calls               how often it was called
--   self_instructions   instructions executed in its own code, inlined functions included
--   total_instructions  the same with all that it called; calls within a call of the same function are not counted twice
--   function_key        the same number in head and base
-- Functions that have all of the first three in common, as copies do, are one row.
-- calls and total_instructions are of the time that was indexed.
-- Example: SELECT function, calls, self_instructions FROM functions_by_name WHERE own ORDER BY 3 DESC, 1
CREATE OR REPLACE VIEW functions_by_name AS
  WITH called AS (
    SELECT k.function_key, count(*) AS calls
    FROM calls c JOIN _function_keys k USING (function_id) GROUP BY ALL
  ), took AS (
    SELECT p.function_key, sum(s.instructions) AS total
    FROM (SELECT stack_id, sum(instructions) AS instructions
          FROM calls GROUP BY ALL) s
    JOIN _stack_paths USING (stack_id)
    JOIN memory.main._paths p USING (path_id)
    WHERE NOT p.recursive GROUP BY ALL
  ), ran AS (
    SELECT k.function_key, sum(b.executions * b.instructions) AS self
    FROM blocks b JOIN _function_keys k USING (function_id) GROUP BY ALL
  )
  SELECT
    any_value(k.function) AS function,
    any_value(k.file) AS file,
    any_value(k.module) AS module,
    any_value(k.own) AS own,
    min(f.line) AS line,
    coalesce(any_value(called.calls), 0)::UBIGINT AS calls,
    coalesce(any_value(ran.self), 0)::UBIGINT AS self_instructions,
    coalesce(any_value(took.total), 0)::UBIGINT AS total_instructions,
    f.function_key
  FROM _function_keys f
  JOIN memory.main._keys k USING (function_key)
  LEFT JOIN called USING (function_key)
  LEFT JOIN took USING (function_key)
  LEFT JOIN ran USING (function_key)
  GROUP BY f.function_key;
