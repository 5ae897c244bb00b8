-- _places: one row per instruction's address that another table mentions, with its place in the source
--   pc                the address
--   function_key      the innermost function there, inlined or not
--   file              source file, by the name that both histories use
--   line              source line
--   line_in_function  lines below the first of the function
--   outer_id          the function that has the code
CREATE OR REPLACE VIEW _places AS
  SELECT
    f.pc,
    coalesce(k.function_key, i.function_key) AS function_key,
    coalesce(n.file, f.file) AS file,
    f.line,
    f.line::BIGINT - coalesce(k.line, i.line)::BIGINT AS line_in_function,
    o.function_id AS outer_id
  FROM frames f
  LEFT JOIN _function_keys k ON k.function_id = f.function_id
  LEFT JOIN _inlined_keys i
    ON f.function_id IS NULL AND i.function = f.function AND i.module = coalesce(f.module, '') AND i.file = coalesce(f.file, '')
  LEFT JOIN _files n ON n.path = f.file
  LEFT JOIN frames o ON o.pc = f.pc AND o.process_id = f.process_id AND NOT o.inlined
  WHERE f.level = 0;
