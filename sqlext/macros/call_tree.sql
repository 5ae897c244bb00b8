-- call_tree(id): a call and all calls below it, in order
--   id  a call_id
-- Gives:
--   call_id         the call
--   parent_call_id  the call that made it
--   depth           calls between it and the first one, which has 0
--   tree            its function, indented by depth (up to 100 levels)
--   function        name of its function; NULL where the code has no symbol
--   enter_t         time of the call
--   exit_t          time of its return; NULL where it was still open when its thread ended
--   total           instructions from the call to its return; other threads' in between do not count
--   self            of these, those not in calls below it
-- A tail call is a call of its own beside the one that made it, not below. In an index of a part, what was not indexed counts as self of its caller.
-- Example: SELECT tree, total, self FROM call_tree((SELECT min(call_id) FROM calls JOIN functions USING (function_id) WHERE name = 'main')) ORDER BY call_id LIMIT 50
CREATE OR REPLACE MACRO call_tree(id) AS TABLE
  -- A thread's calls are numbered in order: those below one follow it until it ends.
  WITH _root AS (
    SELECT call_id AS _first, thread_id AS _thread, depth AS _depth, coalesce(exit_t, 18446744073709551615::UBIGINT) AS _end
    FROM calls WHERE call_id = CAST(id AS UBIGINT)),
  _below AS MATERIALIZED (
    SELECT c.call_id, c.parent_call_id, (c.depth - r._depth)::UINTEGER AS depth, c.function_id, c.enter_t, c.exit_t, c.instructions AS total
    FROM calls c CROSS JOIN _root r
    WHERE c.call_id >= r._first AND c.thread_id = r._thread AND c.enter_t < r._end AND (c.depth > r._depth OR c.call_id = r._first)),
  _made AS (SELECT parent_call_id AS _parent, sum(total) AS _total FROM _below GROUP BY ALL)
  SELECT b.call_id, b.parent_call_id, b.depth,
    repeat('  ', least(b.depth, 100)) || coalesce(f.name, '?') AS tree,
    f.name AS function, b.enter_t, b.exit_t, b.total,
    (b.total - coalesce(m._total, 0))::UBIGINT AS self
  FROM _below b
  LEFT JOIN _made m ON m._parent = b.call_id
  LEFT JOIN functions f USING (function_id)
  ORDER BY b.call_id;
