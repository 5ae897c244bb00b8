-- _heap_calls: one row per call into the allocator from outside, whatever it calls itself
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
-- Calls nest, and within a thread they are numbered in order: one is inside an earlier one if it begins before all earlier ones ended, and a tail call of it if it begins when that ended.
CREATE OR REPLACE VIEW _heap_calls AS
WITH heap AS (
  SELECT c.process_id, c.thread_id, c.call_id, c.cfa, c.stack_id, c.call_pc, c.enter_t, c.exit_t, c.return_value, k.kind, k.what,
    CASE k.pointer WHEN 0 THEN c.arg0 END AS pointer,
    CASE k.size WHEN 0 THEN c.arg0 WHEN 1 THEN c.arg1 WHEN 2 THEN c.arg2 WHEN 3 THEN c.arg3 END AS size,
    CASE k.count WHEN 0 THEN c.arg0 WHEN 1 THEN c.arg1 END AS count,
    k.count IS NOT NULL AS counted,
    max(coalesce(c.exit_t, 18446744073709551615::UBIGINT)) OVER before AS ended
  FROM calls c JOIN _heap_functions k USING (function_id)
  WINDOW before AS (PARTITION BY c.thread_id ORDER BY c.call_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
outside AS (
  -- Not count with FILTER: as a window that takes the square of the rows.
  SELECT *, sum(CASE WHEN ended IS NULL OR enter_t > ended THEN 1 ELSE 0 END) OVER (PARTITION BY thread_id ORDER BY call_id ROWS UNBOUNDED PRECEDING) AS number
  FROM heap WHERE ended IS NULL OR enter_t >= ended),
outermost AS MATERIALIZED (
SELECT
  any_value(process_id) AS process_id,
  thread_id,
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
  any_value(cfa) AS cfa
FROM outside
GROUP BY thread_id, number),
-- calloc ends in a jump to memset, which returns in its place.
ending AS (
  SELECT o.thread_id, o.call_id, c.exit_t, c.return_value
  FROM (FROM outermost WHERE result IS NULL AND what <> 'release') o
  JOIN calls c ON c.thread_id = o.thread_id AND c.enter_t = o.end_t AND c.cfa = o.cfa AND c.call_id > o.call_id)
SELECT o.process_id, o.thread_id, o.call_id, o.stack_id, o.call_pc, o.t, coalesce(e.exit_t, o.end_t) AS end_t, o.kind, o.what, o.pointer, o.size,
  coalesce(o.result, e.return_value) AS result
FROM outermost o LEFT JOIN ending e ON e.thread_id = o.thread_id AND e.call_id = o.call_id;
