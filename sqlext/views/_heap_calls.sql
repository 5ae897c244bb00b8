-- _heap_calls: one row per call of an allocator's function, with those that it calls itself
--   process_id  the process
--   thread_id   the thread
--   call_id     the call
--   stack_id    its call stack
--   call_pc     where it was called
--   t           time of the call
--   end_t       time of its return; NULL where it did not end
--   kind        the function, as in _heap_functions
--   what        as in _heap_functions
--   pointer     the address that it was given
--   size        the size that it was asked for
--   result      what it returned; NULL where it did not return
-- Where tail calls follow one another, as operator delete and free, each has a row, and the first ends with the last.
CREATE OR REPLACE VIEW _heap_calls AS
WITH RECURSIVE heap AS NOT MATERIALIZED (
  SELECT c.process_id, c.thread_id, c.call_id, c.cfa, c.stack_id, c.call_pc, c.enter_t, c.exit_t, c.return_value, k.kind, k.what,
    CASE k.pointer WHEN 0 THEN c.arg0 END AS pointer,
    CASE k.size WHEN 0 THEN c.arg0 WHEN 1 THEN c.arg1 WHEN 2 THEN c.arg2 WHEN 3 THEN c.arg3 END AS size,
    CASE k.count WHEN 0 THEN c.arg0 WHEN 1 THEN c.arg1 END AS count
  FROM calls c JOIN _heap_functions k USING (function_id)),
-- A tail call takes its caller's frame at the time when that ends: calloc ends in a
-- jump to memset, which returns in its place.
ending(thread_id, cfa, call_id, newest, step, end_t, result) AS (
  SELECT thread_id, cfa, call_id, call_id, 0, exit_t, return_value FROM heap WHERE return_value IS NULL AND exit_t IS NOT NULL
  UNION ALL
  SELECT e.thread_id, e.cfa, e.call_id, c.call_id, e.step + 1, c.exit_t, c.return_value
  FROM ending e JOIN calls c ON c.thread_id = e.thread_id AND c.enter_t = e.end_t AND c.cfa = e.cfa AND c.call_id > e.newest
  WHERE e.result IS NULL)
SELECT h.process_id, h.thread_id, h.call_id, h.stack_id, h.call_pc, h.enter_t AS t,
  CASE WHEN e.step IS NULL THEN h.exit_t ELSE e.end_t END AS end_t, h.kind, h.what, h.pointer,
  CASE WHEN h.count IS NULL THEN h.size ELSE TRY_CAST(h.size::UHUGEINT * h.count AS UBIGINT) END AS size,
  coalesce(h.return_value, e.result) AS result
FROM heap h LEFT JOIN (
  SELECT call_id, max(step) AS step, arg_max_null(end_t, step) AS end_t, arg_max_null(result, step) AS result
  FROM ending WHERE step > 0 GROUP BY ALL) e ON e.call_id = h.call_id;
