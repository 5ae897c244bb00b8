-- The source lines that ran most often.
-- A line with several pieces of code counts by the piece that ran most often.
-- param module VARCHAR = '%': only lines of modules whose file name is LIKE this
-- param n BIGINT = 20: how many lines
-- tags: time
-- example: hot_lines n=5
SELECT l.file, l.line, max(l.executions) AS executions, any_value(f.function ORDER BY f.level) AS function
FROM lines l LEFT JOIN frames f ON f.pc = l.pc AND f.process_id = l.process_id AND f.level = 0
WHERE coalesce(f.module, '') LIKE $module
GROUP BY l.file, l.line
ORDER BY executions DESC, l.file, l.line LIMIT $n;
