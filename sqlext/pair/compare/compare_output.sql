-- compare_output: one row per line that either run printed, matched by its number
--   fd    1 for standard output, 2 for standard error
--   n     number of the line in it, from 1
--   head  the line in head; NULL where there is none
--   base  the line in base
--   same  whether they are equal
-- Example: SELECT n, head, base FROM compare_output WHERE fd = 1 AND NOT same ORDER BY n
CREATE OR REPLACE VIEW compare_output AS
  SELECT coalesce(h.fd, b.fd) AS fd, coalesce(h.n, b.n) AS n, h.text AS head, b.text AS base, coalesce(h.text = b.text, false) AS same
  FROM head.output_lines h FULL JOIN base.output_lines b ON b.fd = h.fd AND b.n = h.n;
