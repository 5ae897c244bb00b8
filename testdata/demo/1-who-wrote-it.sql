-- 1. Who wrote the balance that the audit calls wrong? (Its address is what
-- audit_failed was called with.) The last writes there, newest first:
SELECT w.t, w.value AS balance, f.function, f.line, c.enter_t AS in_call_since
FROM calls failed JOIN functions USING (function_id)
JOIN writes w ON w.addr = failed.arg0 + 8 AND w.t < failed.enter_t
JOIN frames f ON f.pc = w.pc AND f.level = 0
JOIN calls c ON c.call_id = w.call_id
WHERE functions.name = 'audit_failed'
ORDER BY w.t DESC LIMIT 5;
