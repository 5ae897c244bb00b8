-- output_lines: one row per line that the program printed
--   fd    1 for standard output, 2 for standard error
--   n     number of the line in it, from 1
--   text  the line, without its end
-- Example: SELECT n, text FROM output_lines WHERE fd = 1 ORDER BY n
CREATE OR REPLACE VIEW output_lines AS
  SELECT fd, unnest(range(1, len(lines) + 1))::UBIGINT AS n, unnest(lines) AS text
  FROM (
    SELECT fd, CASE WHEN ends_with(printed, chr(10)) THEN string_split(printed[:-2], chr(10)) ELSE string_split(printed, chr(10)) END AS lines
    FROM (SELECT fd, string_agg(text, '' ORDER BY t) AS printed FROM output GROUP BY fd) WHERE printed <> '');
