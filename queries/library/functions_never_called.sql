-- The functions with a source line that never ran.
-- Code that was inlined everywhere is no function of its own.
-- param module VARCHAR = NULL: only functions of modules whose file name is LIKE this; the program itself where it is NULL
-- tags: coverage
-- example: functions_never_called
SELECT f.name AS function, f.file, f.line
FROM functions f JOIN modules m USING (module_id) JOIN processes p USING (process_id)
WHERE CASE WHEN $module IS NULL THEN m.path = p.executable ELSE parse_filename(m.path) LIKE $module END
  AND f.file IS NOT NULL
  AND f.function_id NOT IN (SELECT b.function_id FROM blocks b WHERE b.function_id IS NOT NULL)
  AND f.function_id NOT IN (SELECT r.function_id FROM frames r WHERE r.function_id IS NOT NULL)
ORDER BY f.file, f.line, f.name;
