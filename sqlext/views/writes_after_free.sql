-- writes_after_free: one row per write into memory that was released and not allocated again
--   t               time of the write
--   process_id      its process
--   call_id         the call that it was made in
--   stack_id        the stack of that call
--   pc              the instruction, of a system call the syscall instruction
--   addr            first byte written
--   size            bytes written
--   value           the first 8 bytes after the write
--   source          'instruction', or 'syscall' where the kernel wrote for the program
--   function        the function, inlined ones included, that wrote
--   file            source file of the write
--   line            source line of the write
--   address         where the released memory began
--   allocated_t     time of its allocation
--   freed_t         time of its release
--   freed_call_id   the call that released it
--   freed_stack_id  the stack of that call
--   freed_function  the function that made that call
--   freed_file      source file of that call
--   freed_line      source line of that call
-- Writes whose first byte lies in the released memory. The allocator's own, made inside its functions, are left out, and so is memory that the release gave back to the kernel. Empty for an index of a part.
-- Example: SELECT t, addr, value, function, line, freed_function, freed_line FROM writes_after_free ORDER BY t
CREATE OR REPLACE VIEW writes_after_free AS
WITH heap AS MATERIALIZED (SELECT * FROM _heap_calls),
event AS MATERIALIZED (
  -- A released piece has the size of its allocation.
  SELECT *, CASE WHEN released THEN lag(size) OVER earlier ELSE size END AS bytes, lag(t) OVER earlier AS allocated_t,
    released AND lag(released) OVER earlier AS again
  FROM _heap_events
  WINDOW earlier AS (PARTITION BY process_id, address ORDER BY since, call_id, NOT released)),
unmapped AS MATERIALIZED (
  SELECT DISTINCT e.call_id
  FROM (SELECT thread_id, t, arg0 AS lo, arg0 + arg1 AS hi FROM syscalls WHERE name = 'munmap' OR name = 'mremap') s
  JOIN event e ON e.released AND e.t < s.t AND s.t < e.end_t
  WHERE e.thread_id = s.thread_id AND s.lo <= e.address AND e.address < s.hi),
piece AS MATERIALIZED (
  -- Numbered in order of time; at a resize in place the allocation is the later.
  SELECT row_number() OVER (ORDER BY e.since, NOT e.released, e.address) AS number, e.process_id,
    (e.address >> 3)::BIGINT AS lo, ((e.address + greatest(e.bytes, 1) - 1) >> 3)::BIGINT AS hi,
    e.since, e.call_id, e.address, e.bytes, e.released AND u.call_id IS NULL AS released
  FROM event e LEFT JOIN unmapped u ON e.released AND u.call_id = e.call_id
  WHERE e.bytes IS NOT NULL AND NOT coalesce(e.again, false)),
bounds AS MATERIALIZED (SELECT min(address) AS lo, max(address + bytes) AS hi FROM piece WHERE released),
-- Most of what the allocator writes is written by its functions themselves; the
-- rest is found at the end.
written AS NOT MATERIALIZED (
  SELECT w.*, (w.addr >> 3)::BIGINT AS granule FROM writes w ANTI JOIN heap h ON h.call_id = w.call_id
  WHERE w.addr >= (SELECT lo FROM bounds) AND w.addr < (SELECT hi FROM bounds) AND w.source <> 'signal'),
touched AS MATERIALIZED (SELECT DISTINCT granule FROM written),
granule AS MATERIALIZED (
  SELECT g.* FROM (SELECT unnest(range(lo, hi + 1)) AS granule, number, process_id, since, released FROM piece WHERE hi - lo < 1024) g
  SEMI JOIN touched USING (granule)
  UNION ALL
  SELECT t.granule, p.number, p.process_id, p.since, p.released
  FROM (FROM piece WHERE hi - lo >= 1024) p JOIN touched t ON t.granule >= p.lo AND t.granule <= p.hi),
-- The newest piece of 8 bytes of memory tells whether they are released. These are
-- windows and no ASOF joins, which would compare everything with everything where
-- few rows are expected.
newest AS (
  SELECT *, max(number) OVER (PARTITION BY process_id, granule ORDER BY since, number NULLS LAST ROWS UNBOUNDED PRECEDING) AS newest
  FROM (
    SELECT process_id, granule, since, number, NULL::UINTEGER AS thread_id, NULL::UBIGINT AS call_id, NULL::UINTEGER AS stack_id,
      NULL::UBIGINT AS pc, NULL::UBIGINT AS addr, NULL::UINTEGER AS size, NULL::UBIGINT AS value, NULL AS source
    FROM granule
    UNION ALL
    SELECT process_id, granule, t, NULL, thread_id, call_id, stack_id, pc, addr, size, value, source::VARCHAR
    FROM written SEMI JOIN (SELECT DISTINCT granule FROM granule WHERE released) USING (granule))),
late AS MATERIALIZED (
  SELECT n.since AS t, n.process_id, n.thread_id, n.call_id, n.stack_id, n.pc, n.addr, n.size, n.value, n.source, p.call_id AS freed_call_id
  FROM newest n JOIN piece p ON p.number = n.newest
  WHERE n.number IS NULL AND p.released AND n.addr >= p.address AND n.addr < p.address + p.bytes),
outside AS (
  SELECT * FROM (
    SELECT *, max(ends) OVER (PARTITION BY thread_id ORDER BY t, ends NULLS FIRST ROWS UNBOUNDED PRECEDING) AS ended
    FROM (
      SELECT *, NULL::UBIGINT AS ends FROM late
      UNION ALL BY NAME
      SELECT thread_id, t, coalesce(end_t, 18446744073709551615::UBIGINT) AS ends FROM heap
      WHERE t <= (SELECT max(t) FROM late)))
  WHERE ends IS NULL AND (ended IS NULL OR ended < t))
SELECT w.t, w.process_id, w.call_id, w.stack_id, w.pc, w.addr, w.size, w.value, w.source,
  f.function, f.file, f.line, e.address, e.allocated_t, e.t AS freed_t, e.call_id AS freed_call_id, e.stack_id AS freed_stack_id,
  r.function AS freed_function, r.file AS freed_file, r.line AS freed_line
FROM outside w
JOIN event e ON e.released AND e.call_id = w.freed_call_id
LEFT JOIN frames f ON f.pc = w.pc AND f.process_id = w.process_id AND f.level = 0
LEFT JOIN frames r ON r.pc = e.call_pc AND r.process_id = w.process_id AND r.level = 0
WHERE NOT EXISTS (FROM _meta WHERE key = 'functions' AND value <> '' OR key = 'from' AND value <> '0');
