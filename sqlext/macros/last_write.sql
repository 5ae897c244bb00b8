-- last_write(addr, t): the write that gave a byte the value that it had before the instruction at t
--   addr  the byte's address
--   t     a time; recordings.instructions is the end
-- Gives the columns of writes.
-- There is no row where the byte held its first contents still (those
-- of its file, zeros, or what mremap moved there), where it was not mapped, and
-- where an index of a part cannot tell. bytes_at tells these apart.
-- Example: SELECT w.t, h(w.value), symbolize(w.pc), stack(w.stack_id) FROM last_write(0x404040, 1000000) w
CREATE OR REPLACE MACRO last_write(addr, t) AS TABLE
  -- As in bytes_at: the newest of the byte's piece of _memory and the writes
  -- to it, and that one's row.
  WITH _newest AS MATERIALIZED (
    SELECT (max(_order) // 4398046511104)::UBIGINT AS _time, arg_max(_kind, _order) AS _found, arg_max(_row, _order) AS _which
    FROM (
      SELECT 0 AS _kind, 0 AS _row, coalesce(_from, 0) * 4398046511104::HUGEINT AS _order
      FROM (SELECT m.addr AS _at, m.size AS _size, m.from_t AS _from, m.to_t AS _to FROM _memory m) AS _pieces
      WHERE _at <= least(CAST(addr AS UBIGINT), 9223372036854775808) AND _at + _size > least(CAST(addr AS UBIGINT), 9223372036854775808)
        AND (_from IS NULL OR _from < CAST(t AS UBIGINT)) AND (_to IS NULL OR _to >= CAST(t AS UBIGINT))
      UNION ALL
      SELECT 1, _row, _order
      FROM (SELECT greatest(least(CAST(addr AS UBIGINT), 9223372036854775808), 7) - 7 + unnest(range(8))::UBIGINT AS _place) AS _places
      JOIN (
        SELECT w.addr AS _at, w.who & 15 AS _size, w.t AS _t, w.pc * 4294967296::HUGEINT + (w.who >> 36 & 65535) AS _where, false AS _signal, w.rowid AS _row,
          w.t * 4398046511104::HUGEINT + w.rowid + 2 AS _order
        FROM _writes w) AS _narrow ON _at = _place
      WHERE _at + _size > least(CAST(addr AS UBIGINT), 9223372036854775808) AND _t <= CAST(t AS UBIGINT) AND (_t < CAST(t AS UBIGINT) OR _signal OR _where IN (
        SELECT _interrupted FROM (SELECT s.t AS _s, s.pc * 4294967296::HUGEINT + s.thread_id AS _interrupted FROM signals s) AS _signals WHERE _s = CAST(t AS UBIGINT)))
      UNION ALL
      SELECT 2, _row, _order
      FROM (SELECT greatest(least(CAST(addr AS UBIGINT), 9223372036854775808), 63) - 63 + unnest(range(64))::UBIGINT AS _place) AS _places
      JOIN (
        SELECT w.addr AS _at, w.size::UBIGINT AS _size, w.t AS _t, w.pc * 4294967296::HUGEINT + w.thread_id AS _where, w.source = 'signal' AS _signal, w.rowid AS _row,
          w.t * 4398046511104::HUGEINT + CASE w.source WHEN 'signal' THEN 1 WHEN 'syscall' THEN w.rowid + 2199023255552 ELSE w.rowid + 2 END AS _order
        FROM _wide_writes w WHERE w.size <= 64) AS _wide ON _at = _place
      WHERE _at + _size > least(CAST(addr AS UBIGINT), 9223372036854775808) AND _t <= CAST(t AS UBIGINT) AND (_t < CAST(t AS UBIGINT) OR _signal OR _where IN (
        SELECT _interrupted FROM (SELECT s.t AS _s, s.pc * 4294967296::HUGEINT + s.thread_id AS _interrupted FROM signals s) AS _signals WHERE _s = CAST(t AS UBIGINT)))
      UNION ALL
      SELECT 2, _row, _order
      FROM (
        SELECT w.addr AS _at, w.size::UBIGINT AS _size, w.t AS _t, w.pc * 4294967296::HUGEINT + w.thread_id AS _where, w.source = 'signal' AS _signal, w.rowid AS _row,
          w.t * 4398046511104::HUGEINT + CASE w.source WHEN 'signal' THEN 1 WHEN 'syscall' THEN w.rowid + 2199023255552 ELSE w.rowid + 2 END AS _order
        FROM _wide_writes w WHERE w.size > 64) AS _large
      WHERE _at <= least(CAST(addr AS UBIGINT), 9223372036854775808) AND _at + _size > least(CAST(addr AS UBIGINT), 9223372036854775808) AND _t <= CAST(t AS UBIGINT) AND (_t < CAST(t AS UBIGINT) OR _signal OR _where IN (
        SELECT _interrupted FROM (SELECT s.t AS _s, s.pc * 4294967296::HUGEINT + s.thread_id AS _interrupted FROM signals s) AS _signals WHERE _s = CAST(t AS UBIGINT)))) AS _all
    HAVING min(_kind) = 0)
  SELECT _t AS t, (_who >> 52)::UINTEGER AS process_id, (_who >> 36 & 65535)::UINTEGER AS thread_id, _call AS call_id,
    (_who >> 4 & 4294967295)::UINTEGER AS stack_id, _pc AS pc, _at AS addr, (_who & 15)::UINTEGER AS size, _value AS value, NULL::BLOB AS bytes,
    'instruction'::ENUM('instruction', 'syscall', 'signal') AS source, NULL::UBIGINT AS syscall_id
  FROM _newest JOIN (
    SELECT n.rowid AS _number, n.t AS _t, n.who AS _who, n.call_id AS _call, n.pc AS _pc, n.addr AS _at, n.value AS _value
    FROM _writes n) AS _narrow ON _number = _which AND _t = _time
  WHERE _found = 1
  UNION ALL
  SELECT _wide.* EXCLUDE (_number)
  FROM _newest JOIN (SELECT n.rowid AS _number, n.* FROM _wide_writes n) AS _wide ON _number = _which AND _wide.t = _time
  WHERE _found = 2;
