-- Who wrote the bytes at an address, newest first.
-- Writes of the kernel count too (source 'syscall'). Where memory was freed and
-- allocated again, the older lines are about another object.
-- param addr UBIGINT: first address
-- param size UBIGINT = 8: how many bytes
-- param before UBIGINT = NULL: only writes before this t
-- param n BIGINT = 20: how many writes
-- tags: memory
-- example: who_wrote addr=0x404040 size=4
WITH newest AS MATERIALIZED (
  SELECT * FROM writes_to($addr, $addr + $size) WHERE $before IS NULL OR t < $before ORDER BY t DESC LIMIT $n)
SELECT w.t, w.addr, w.size, w.value, f.function, f.file, f.line, w.source, w.call_id,
  (SELECT string_agg(coalesce(s.function, '?') || coalesce(':' || s.line, ''), ' < ' ORDER BY s.level)
   FROM stack_frames s WHERE s.stack_id = w.stack_id AND s.level BETWEEN 1 AND 4) AS called_from
FROM newest w LEFT JOIN frames f ON f.pc = w.pc AND f.process_id = w.process_id AND f.level = 0
ORDER BY w.t DESC;
