-- Where the program was when a signal ended it: its call stack, innermost first.
-- The first line is the instruction itself. No rows where no signal ended it.
-- tags: crash
-- example: crash_stack
WITH crash AS (SELECT s.*, (SELECT max(call_id) FROM calls c WHERE c.thread_id = s.thread_id AND c.enter_t <= s.t AND (c.exit_t IS NULL OR c.exit_t > s.t)) AS call_id
  FROM signals s WHERE s.handler_pc IS NULL)
SELECT 0::UINTEGER AS level, c.name AS signal, c.code, c.fault_addr, f.function, f.module, f.file, f.line
FROM crash c LEFT JOIN frames f ON f.pc = c.pc AND f.process_id = c.process_id AND f.level = 0
UNION ALL
SELECT s.level, NULL, NULL, NULL, s.function, s.module, s.file, s.line
FROM crash c JOIN calls k USING (call_id) JOIN stack_frames s ON s.stack_id = k.stack_id AND s.level > 0
ORDER BY level;
