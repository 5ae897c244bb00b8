-- callees(pattern): what a function called, from where and how often
--   pattern  the function's name; C++ names without their parameters as well; * stands for any characters, ? for one
-- Gives:
--   function  the function, inlined or not, whose code has the call
--   callee    the function called; NULL where the code has no symbol
--   module    file name of the callee's module
--   file      source file of the call
--   line      source line of the call
--   calls     how often it called
--   total     instructions from these calls to their returns; recursion from the same place counts once
-- Example: SELECT * FROM callees('main')
CREATE OR REPLACE MACRO callees(pattern) AS TABLE
  WITH _site AS (
    SELECT p.pc AS _pc, p.process_id AS _process, p.function AS _function, p.file AS _file, p.line AS _line
    FROM frames p LEFT JOIN functions n USING (function_id)
    WHERE p.level = 0
      AND (p.function = pattern OR p.function GLOB pattern OR starts_with(p.function, pattern || '(') OR n.linkage_name = pattern)),
  _called AS (
    SELECT s._function, g.name AS _callee, parse_filename(m.path) AS _module, s._file, s._line,
      c.thread_id AS _thread, c.call_id AS _id, c.enter_t AS _enter,
      c.instructions AS _total,
      coalesce(c.exit_t, 18446744073709551615::UBIGINT) AS _exit
    FROM calls c
    JOIN _site s ON s._pc = c.call_pc AND s._process = c.process_id
    LEFT JOIN functions g USING (function_id)
    LEFT JOIN modules m USING (module_id)),
  _nested AS (
    SELECT *, max(_exit) OVER (PARTITION BY _thread, _function, _callee, _module, _file, _line ORDER BY _id
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS _ended
    FROM _called)
  SELECT _function AS function, _callee AS callee, _module AS module, _file AS file, _line AS line,
    count(*)::UBIGINT AS calls, sum(_total) FILTER (_ended IS NULL OR _enter >= _ended)::UBIGINT AS total
  FROM _nested GROUP BY ALL ORDER BY calls DESC, callee, file, line, function;
