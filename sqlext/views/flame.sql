-- flame: one row per call path, folded for a flame graph
--   path          the functions from the outermost to the innermost, with ';' between them: 'main;parse;read'
--   instructions  executed in the path's last function itself
-- What flamegraph.pl and its like read is 'path instructions', line by line. The counts add up to the instructions of the recording; inlined functions are part of those that have their code.
-- A path ends at its 200th function: what is deeper counts there. In an index of a part, what was not indexed counts for the caller.
-- Example: SELECT path || ' ' || instructions AS folded FROM flame ORDER BY path
CREATE OR REPLACE VIEW flame AS
WITH RECURSIVE named AS MATERIALIZED (
  SELECT s.stack_id, s.parent_stack_id, s.depth, replace(coalesce(f.name, '?'), ';', ',') AS name
  FROM stacks s LEFT JOIN functions f USING (function_id)
  -- What lies deeper than a path is long finds its path by its place in the trie.
  WHERE s.depth < 200 OR NOT EXISTS (FROM _stack_order)),
walk(stack_id, depth, path) AS (
  SELECT stack_id, depth, name FROM named WHERE parent_stack_id IS NULL
  UNION ALL
  SELECT n.stack_id, n.depth, CASE WHEN n.depth < 200 THEN w.path || ';' || n.name ELSE w.path END
  FROM walk w JOIN named n ON n.parent_stack_id = w.stack_id),
deep AS (
  SELECT o.stack_id, w.path
  FROM (SELECT o.stack_id, o.first FROM _stack_order o JOIN stacks USING (stack_id) WHERE depth >= 200) o
  ASOF JOIN (SELECT o.first, w.path FROM _stack_order o JOIN walk w USING (stack_id) WHERE w.depth = 199) w ON o.first >= w.first)
SELECT coalesce(p.path, '?') AS path, sum(s.self)::UBIGINT AS instructions
FROM _self s
LEFT JOIN (SELECT stack_id, path FROM walk UNION ALL SELECT stack_id, path FROM deep) p USING (stack_id)
WHERE s.self > 0
GROUP BY ALL;
