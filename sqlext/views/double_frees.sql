-- double_frees: one row per release of an address that was not allocated then
--   process_id      its process
--   kind            'double' where its newest allocation was released before, 'invalid' where there was none
--   address         the address
--   t               time of the call
--   call_id         the call
--   stack_id        the stack of the call
--   function        the function that made the call
--   file            source file of the call
--   line            source line of the call
--   first_t         of a double release: time of the call that released it before
--   first_call_id   that call
--   first_stack_id  the stack of that call
--   first_function  the function that made that call
--   first_file      source file of that call
--   first_line      source line of that call
-- Empty for an index of a part, which may lack the allocation.
-- Example: SELECT kind, address, function, line, first_function, first_line FROM double_frees ORDER BY t
CREATE OR REPLACE VIEW double_frees AS
WITH event AS (
  SELECT *,
    lag(released) OVER earlier AS was_released,
    lag(t) OVER earlier AS first_t,
    lag(call_id) OVER earlier AS first_call_id,
    lag(stack_id) OVER earlier AS first_stack_id,
    lag(call_pc) OVER earlier AS first_pc
  FROM _heap_events
  WINDOW earlier AS (PARTITION BY process_id, address ORDER BY since, call_id, NOT released))
SELECT e.process_id, CASE WHEN e.was_released THEN 'double' ELSE 'invalid' END AS kind, e.address, e.t, e.call_id, e.stack_id,
  a.function, a.file, a.line, e.first_t, e.first_call_id, e.first_stack_id,
  r.function AS first_function, r.file AS first_file, r.line AS first_line
FROM event e
LEFT JOIN frames a ON a.pc = e.call_pc AND a.process_id = e.process_id AND a.level = 0
LEFT JOIN frames r ON r.pc = e.first_pc AND r.process_id = e.process_id AND r.level = 0
WHERE e.released AND coalesce(e.was_released, true)
  AND NOT EXISTS (FROM _meta WHERE key = 'functions' AND value <> '' OR key = 'from' AND value <> '0');
