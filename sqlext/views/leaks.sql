-- leaks: one row per piece of memory that was never released
--   process_id  its process
--   address     its address
--   size        bytes that were asked for
--   kind        the function that gave it
--   t           time of the call
--   call_id     the call
--   stack_id    the stack of the call
--   function    the function that made the call
--   file        source file of the call
--   line        source line of the call
-- Allocations that were live when the program ended, those that it could still reach too. The dynamic linker's own allocations are left out: it never releases them.
-- Example: SELECT function, line, count(*) AS n, sum(size) AS bytes, any_value(stack_id) AS stack_id FROM leaks GROUP BY ALL ORDER BY bytes DESC
CREATE OR REPLACE VIEW leaks AS
SELECT a.process_id, a.address, a.size, a.kind, a.t, a.call_id, a.stack_id, a.function, a.file, a.line
FROM allocations a
JOIN calls c USING (call_id)
LEFT JOIN functions f ON f.function_id = c.function_id
WHERE a.freed_t IS NULL AND NOT starts_with(f.name, '__minimal_');
