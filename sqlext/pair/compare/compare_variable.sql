-- compare_variable(name): one row per write to a variable in either history, matched by n-th occurrence
--   name  the variable, or a part of it, as in variable_writes
-- Gives:
--   n              the how manieth write to it
--   found          'both', 'head' or 'base'
--   head_t         when, in head
--   base_t         when, in base
--   head_text      what the variable then held, by its type
--   base_text      the same in base
--   head_function  the function that wrote
--   base_function  the same in base
--   head_line      the source line that wrote
--   base_line      the same in base
--   same           whether both wrote it and left it with the same text
-- Pointers are texts with addresses, which differ from run to run: name what they point to. Writes of local variables are
-- counted over all calls.
-- Example: SELECT n, head_text, base_text, head_function FROM compare_variable('counter') WHERE NOT same ORDER BY n LIMIT 1
CREATE OR REPLACE MACRO compare_variable(name) AS TABLE
  SELECT
    coalesce(h.n, b.n) AS n,
    CASE WHEN b.n IS NULL THEN 'head' WHEN h.n IS NULL THEN 'base' ELSE 'both' END AS found,
    h.t AS head_t, b.t AS base_t, h.text AS head_text, b.text AS base_text,
    h.function AS head_function, b.function AS base_function, h.line AS head_line, b.line AS base_line,
    coalesce(h.n = b.n AND h.text IS NOT DISTINCT FROM b.text, false) AS same
  FROM (SELECT *, row_number() OVER (ORDER BY t, addr)::UBIGINT AS n FROM memory.head.variable_writes(name)) h
  FULL JOIN (SELECT *, row_number() OVER (ORDER BY t, addr)::UBIGINT AS n FROM memory.base.variable_writes(name)) b ON b.n = h.n;
