-- The last writes before the signal that ended the program, newest first.
-- No rows where no signal ended it.
-- param n BIGINT = 20: how many writes
-- tags: memory, crash
-- example: last_writes_before_crash n=10
WITH crash AS (SELECT max(t) AS t FROM signals WHERE handler_pc IS NULL),
newest AS MATERIALIZED (
  SELECT w.* FROM writes w, crash c WHERE w.t < c.t ORDER BY w.t DESC LIMIT $n)
SELECT w.t, w.addr, w.size, w.value, f.function, f.file, f.line, w.source
FROM newest w LEFT JOIN frames f ON f.pc = w.pc AND f.process_id = w.process_id AND f.level = 0
ORDER BY w.t DESC;
