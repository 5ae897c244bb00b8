-- The program ends as before: with the same status, or by the same signal.
-- expect: no rows
SELECT h.exit_code AS head_exit_code, b.exit_code AS base_exit_code, h.exit_signal AS head_signal, b.exit_signal AS base_signal
FROM head.recordings h, base.recordings b
WHERE h.exit_code IS DISTINCT FROM b.exit_code OR h.exit_signal IS DISTINCT FROM b.exit_signal OR NOT h.complete OR NOT b.complete
