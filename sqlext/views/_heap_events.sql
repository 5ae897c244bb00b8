-- _heap_events: one row per allocation and per release of an address
--   process_id  the process
--   address     the address
--   call_id     the call of the allocator
--   released    true for a release, false for an allocation
--   size        of an allocation: its bytes
--   stack_id    the call's stack
--   call_pc     where it was called
--   t           time of the call
--   end_t       time of its return
--   kind        the function
--   thread_id   the thread
--   since       where it is in the order of an address's events: a release counts from its call on, an allocation from its return on
-- A resize that succeeded is a release and an allocation.
-- Another thread may be given an address before the call that released it has returned, by a call that began before it: hence since. Nobody releases an address before the call that gives it has returned.
CREATE OR REPLACE VIEW _heap_events AS
WITH heap AS MATERIALIZED (SELECT * FROM _heap_calls WHERE what <> 'other'),
stored AS MATERIALIZED (SELECT * FROM heap WHERE kind = 'posix_memalign' AND result = 0)
SELECT process_id, result AS address, call_id, false AS released, size, stack_id, call_pc, t, end_t, kind, thread_id, coalesce(end_t, t) AS since
FROM heap WHERE what <> 'release' AND kind <> 'posix_memalign' AND result <> 0
UNION ALL
SELECT s.process_id, arg_max(w.value, w.t), s.call_id, false, s.size, s.stack_id, s.call_pc, s.t, s.end_t, s.kind, s.thread_id, s.end_t
FROM stored s JOIN writes w ON w.addr = s.pointer AND w.thread_id = s.thread_id AND w.t > s.t AND w.t <= s.end_t AND w.size = 8
GROUP BY ALL
UNION ALL
SELECT process_id, pointer, call_id, true, NULL, stack_id, call_pc, t, end_t, kind, thread_id, t
FROM heap
WHERE pointer <> 0 AND (what = 'release' OR what = 'resize' AND (result <> 0 OR result = 0 AND size = 0));
