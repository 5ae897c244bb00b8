-- _heap_calls: one row per call of an allocator's function, with those that it calls itself
--   process_id  the process
--   thread_id   the thread
--   call_id     the call; the first where tail calls follow one another, as operator delete and free
--   stack_id    its call stack
--   call_pc     where it was called
--   t           time of the call
--   end_t       time of its return; NULL where it did not end
--   kind        the function, as in _heap_functions
--   what        as in _heap_functions
--   pointer     the address that it was given
--   size        the size that it was asked for
--   result      what it returned; NULL where it did not return
-- A tail call takes its caller's frame when that ends: the next call of the same frame address begins at that time.
CREATE OR REPLACE VIEW _heap_calls AS
WITH RECURSIVE heap AS (
  SELECT c.process_id, c.thread_id, c.call_id, c.cfa, c.stack_id, c.call_pc, c.enter_t, c.exit_t, c.return_value, k.kind, k.what,
    CASE k.pointer WHEN 0 THEN c.arg0 END AS pointer,
    CASE k.size WHEN 0 THEN c.arg0 WHEN 1 THEN c.arg1 WHEN 2 THEN c.arg2 WHEN 3 THEN c.arg3 END AS size,
    CASE k.count WHEN 0 THEN c.arg0 WHEN 1 THEN c.arg1 END AS count,
    k.count IS NOT NULL AS counted,
    lag(c.exit_t) OVER (PARTITION BY c.thread_id, c.cfa ORDER BY c.call_id) AS before
  FROM calls c JOIN _heap_functions k USING (function_id)),
numbered AS (
  -- Not count with FILTER: as a window that takes the square of the rows.
  SELECT *, sum(CASE WHEN enter_t = before THEN 0 ELSE 1 END) OVER (PARTITION BY thread_id, cfa ORDER BY call_id ROWS UNBOUNDED PRECEDING) AS number
  FROM heap),
chain AS MATERIALIZED (
  SELECT
    any_value(process_id) AS process_id,
    thread_id,
    cfa,
    min(call_id) AS call_id,
    arg_min(stack_id, call_id) AS stack_id,
    arg_min(call_pc, call_id) AS call_pc,
    min(enter_t) AS t,
    arg_max_null(exit_t, call_id) AS end_t,
    arg_min(kind, call_id) AS kind,
    arg_min(what, call_id) AS what,
    arg_min(pointer, call_id) AS pointer,
    arg_min(CASE WHEN counted THEN TRY_CAST(size::UHUGEINT * count AS UBIGINT) ELSE size END, call_id) AS size,
    arg_max_null(return_value, call_id) AS result,
    max(call_id) AS newest
  FROM numbered
  GROUP BY thread_id, cfa, number),
-- Other functions may take the frame as well: calloc ends in a jump to memset, which
-- returns in its place.
ending(thread_id, call_id, newest, cfa, step, end_t, result) AS (
  SELECT thread_id, call_id, newest, cfa, 0, end_t, result FROM chain WHERE result IS NULL AND end_t IS NOT NULL
  UNION ALL
  SELECT e.thread_id, e.call_id, c.call_id, e.cfa, e.step + 1, c.exit_t, c.return_value
  FROM ending e JOIN calls c ON c.thread_id = e.thread_id AND c.enter_t = e.end_t AND c.cfa = e.cfa AND c.call_id > e.newest
  WHERE e.result IS NULL)
SELECT o.process_id, o.thread_id, o.call_id, o.stack_id, o.call_pc, o.t, coalesce(e.end_t, o.end_t) AS end_t, o.kind, o.what, o.pointer, o.size,
  coalesce(o.result, e.result) AS result
FROM chain o LEFT JOIN (
  SELECT thread_id, call_id, arg_max_null(end_t, step) AS end_t, arg_max_null(result, step) AS result
  FROM ending WHERE step > 0 GROUP BY ALL) e ON e.thread_id = o.thread_id AND e.call_id = o.call_id;
