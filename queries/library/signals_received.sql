-- The signals that the program received, where they came and what handled them.
-- tags: signals, crash
-- example: signals_received
SELECT s.t, s.name, s.code, s.fault_addr, f.function, f.file, f.line,
  CASE WHEN s.handler_pc IS NULL THEN 'ended the program' ELSE coalesce(h.name, format('0x{:x}', s.handler_pc)) END AS handler
FROM signals s
LEFT JOIN frames f ON f.pc = s.pc AND f.process_id = s.process_id AND f.level = 0
LEFT JOIN functions h ON h.entry_pc = s.handler_pc
ORDER BY s.t;
