-- allocations: one row per piece of memory that was allocated
--   process_id       its process
--   address          its address
--   size             bytes that were asked for
--   kind             the function that gave it: 'malloc', 'operator new', '__rust_alloc' …
--   t                time of the call
--   call_id          the call
--   stack_id         the stack of the call
--   function         the function, inlined ones included, that made the call
--   file             source file of the call
--   line             source line of the call
--   freed_t          time of the call that released it; NULL where it was never released
--   freed_kind       the function that released it: 'free', 'realloc' …
--   freed_call_id    the call of that
--   freed_stack_id   the stack of that call
--   freed_function   the function that made that call
--   freed_file       source file of that call
--   freed_line       source line of that call
-- Known are the C library's functions, C++'s operators new and delete, and Rust's global allocator, by their names, in whatever module. A call inside another, as of malloc in operator new, is no allocation of its own. A resize ends one allocation and begins another, at the same address too.
-- What failed has no row. A release whose argument is not known (a tail call through a register) is not seen. The dynamic linker's own are here as well.
-- Example: SELECT function, line, count(*) AS n, sum(size) AS bytes FROM allocations GROUP BY ALL ORDER BY bytes DESC LIMIT 10
CREATE OR REPLACE VIEW allocations AS
WITH event AS (
  SELECT *,
    lead(released) OVER next AS then_released,
    lead(t) OVER next AS freed_t,
    lead(kind) OVER next AS freed_kind,
    lead(call_id) OVER next AS freed_call_id,
    lead(stack_id) OVER next AS freed_stack_id,
    lead(call_pc) OVER next AS freed_pc
  FROM _heap_events
  WINDOW next AS (PARTITION BY process_id, address ORDER BY since, call_id, NOT released)),
piece AS (
  SELECT process_id, address, size, kind, t, call_id, stack_id, call_pc,
    CASE WHEN then_released THEN freed_t END AS freed_t,
    CASE WHEN then_released THEN freed_kind END AS freed_kind,
    CASE WHEN then_released THEN freed_call_id END AS freed_call_id,
    CASE WHEN then_released THEN freed_stack_id END AS freed_stack_id,
    CASE WHEN then_released THEN freed_pc END AS freed_pc
  FROM event WHERE NOT released)
SELECT p.process_id, p.address, p.size, p.kind, p.t, p.call_id, p.stack_id, a.function, a.file, a.line,
  p.freed_t, p.freed_kind, p.freed_call_id, p.freed_stack_id, r.function AS freed_function, r.file AS freed_file, r.line AS freed_line
FROM piece p
LEFT JOIN frames a ON a.pc = p.call_pc AND a.process_id = p.process_id AND a.level = 0
LEFT JOIN frames r ON r.pc = p.freed_pc AND r.process_id = p.process_id AND r.level = 0;
