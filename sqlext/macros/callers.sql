-- callers(pattern): who called a function, from where and how often
--   pattern  the function's name; C++ names without their parameters as well; * stands for any characters, ? for one
-- Gives:
--   function  the function called
--   caller    the function, inlined ones included, that has the call; NULL for the program's entry, a thread's first call, signal handlers and code without a symbol
--   module    file name of its module
--   file      source file of the call
--   line      source line of the call
--   calls     how often it called
--   total     instructions from these calls to their returns; recursion from the same place counts once
-- Example: SELECT * FROM callers('malloc')
CREATE OR REPLACE MACRO callers(pattern) AS TABLE
  WITH _called AS (
    SELECT n.name AS _function, f.function AS _caller, f.module AS _module, f.file AS _file, f.line AS _line,
      c.thread_id AS _thread, c.call_id AS _id, c.enter_t AS _enter,
      c.instructions AS _total,
      coalesce(c.exit_t, 18446744073709551615::UBIGINT) AS _exit
    FROM calls c
    JOIN functions n USING (function_id)
    LEFT JOIN frames f ON f.pc = c.call_pc AND f.process_id = c.process_id AND f.level = 0
    WHERE n.name = pattern OR n.name GLOB pattern OR starts_with(n.name, pattern || '(') OR n.linkage_name = pattern),
  _nested AS (
    SELECT *, max(_exit) OVER (PARTITION BY _thread, _function, _caller, _module, _file, _line ORDER BY _id
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS _ended
    FROM _called)
  SELECT _function AS function, _caller AS caller, _module AS module, _file AS file, _line AS line,
    count(*)::UBIGINT AS calls, sum(_total) FILTER (_ended IS NULL OR _enter >= _ended)::UBIGINT AS total
  FROM _nested GROUP BY ALL ORDER BY calls DESC, caller, file, line, function;
