-- hot_functions: one row per function whose code was executed
--   function       its name; NULL for code without a symbol
--   module         file name of its module
--   file           source file of its definition
--   line           line of its definition
--   function_id    the function
--   calls          how often it was called; 0 for code that is only jumped to, as of the linkage table
--   self           instructions executed in its own code, what is inlined into it included
--   total          instructions from its calls to their returns, what it called included; recursion counts once; NULL where it was not called
--   self_percent   self, of all instructions of the recording
--   total_percent  total, of all instructions of the recording
-- The sum of self is the instructions of the recording: it comes from the table blocks, which counts the whole run whatever was indexed. Calls and total come from the table calls; they are NULL in an index of a part, and where there are more than 2^24 call stacks.
-- Example: SELECT function, module, calls, self, self_percent, total_percent FROM hot_functions ORDER BY self DESC LIMIT 20
CREATE OR REPLACE VIEW hot_functions AS
WITH own AS (
  SELECT b.function_id, CASE WHEN b.function_id IS NULL THEN m.module_id END AS module_id,
    sum(b.instructions * b.executions)::UBIGINT AS self
  FROM blocks b
  LEFT JOIN modules m ON b.function_id IS NULL AND m.process_id = b.process_id AND m.start_addr <= b.pc AND b.pc < m.end_addr
    AND b.first_t >= m.mapped_t AND b.first_t < coalesce(m.unmapped_t, 18446744073709551615::UBIGINT)
  GROUP BY ALL),
part AS (
  SELECT count(*) > 0 OR EXISTS (FROM stacks WHERE stack_id > 16777216) AS part FROM _meta
  WHERE key = 'functions' AND value <> '' OR key = 'from' AND value <> '0' OR key = 'to' AND value <> ''
    OR key = 'tables' AND value <> '' AND NOT list_contains(string_split(value, ','), 'calls')),
called AS (
  SELECT s.function_id, sum(c.calls)::UBIGINT AS calls,
    (coalesce(sum(c.n) FILTER (i.stack_id IS NULL), 0))::UBIGINT AS total
  FROM (
    SELECT stack_id, count(*) AS calls, sum(instructions) AS n FROM calls GROUP BY ALL) c
  JOIN stacks s USING (stack_id)
  LEFT JOIN _recursive_stacks i USING (stack_id)
  WHERE s.function_id IS NOT NULL GROUP BY ALL)
SELECT f.name AS function, parse_filename(coalesce(m.path, a.path)) AS module, f.file, f.line, o.function_id,
  CASE WHEN NOT part THEN coalesce(c.calls, 0) END AS calls, o.self,
  CASE WHEN NOT part THEN c.total END AS total,
  round(100 * o.self / r.instructions, 3) AS self_percent,
  CASE WHEN NOT part THEN round(100 * c.total / r.instructions, 3) END AS total_percent
FROM own o
CROSS JOIN part
CROSS JOIN recordings r
LEFT JOIN functions f USING (function_id)
LEFT JOIN modules m ON m.module_id = f.module_id
LEFT JOIN modules a ON a.module_id = o.module_id
LEFT JOIN called c ON c.function_id = o.function_id;
