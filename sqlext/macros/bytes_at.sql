-- bytes_at(addr, size, t): what memory held before the instruction at t, a row for each byte that was mapped
--   addr  first address
--   size  how many bytes
--   t     a time; recordings.instructions is the end
-- Gives:
--   byte_addr  the byte's address
--   byte       its value, 0 to 255; NULL where it is not known: code, and what an index of a part does not tell
--   written_t  when it was last written; NULL where it held its first contents still: those of its file, zeros, or what mremap moved there
-- Example: SELECT h(byte_addr), byte, written_t FROM bytes_at(0x404040, 8, 1000000) ORDER BY byte_addr
CREATE OR REPLACE MACRO bytes_at(addr, size, t) AS TABLE
  -- The newest of all that gave a byte its value wins: a piece of _memory or a
  -- write. _order is their order: time * 2^42, then the row. Writes are found by
  -- equality with the places where one that reaches the range can begin, so that
  -- addresses out of a table are found like constants; only those of more than
  -- 64 bytes, which are few, by comparison. A write at t itself came before t
  -- where it is a signal's frame, or what the instruction that the signal
  -- interrupted had done. Inner columns are named _… and parameters stand where
  -- only such are seen, so that none takes the place of the caller's.
  SELECT
    _byte AS byte_addr,
    CASE WHEN arg_max(_value, _order) >= 0 THEN arg_max(_value, _order)::UTINYINT END AS byte,
    CASE WHEN arg_max(_piece, _order) = 0 THEN (max(_order) // 4398046511104)::UBIGINT END AS written_t
  FROM (
    -- What it held when it was mapped.
    SELECT _place AS _byte, _order, 1 AS _piece,
      CASE WHEN NOT _known THEN -1 WHEN _bytes IS NULL THEN 0
           ELSE coalesce(TRY_CAST('0x' || hex(_bytes[(_place - _at + 1)::BIGINT:(_place - _at + 1)::BIGINT]) AS SMALLINT), -1) END AS _value
    FROM
      (SELECT least(CAST(addr AS UBIGINT), 9223372036854775808) + unnest(range(CAST(size AS BIGINT)))::UBIGINT AS _place) AS _places,
      (SELECT m.addr AS _at, m.size AS _size, m.from_t AS _from, m.to_t AS _to, m.known AS _known, m.bytes AS _bytes,
         coalesce(m.from_t, 0) * 4398046511104::HUGEINT AS _order
       FROM _memory m) AS _pieces
    WHERE _at <= _place AND _place < _at + _size
      AND _at < least(CAST(addr AS UBIGINT), 9223372036854775808) + CAST(size AS UBIGINT) AND _at + _size > least(CAST(addr AS UBIGINT), 9223372036854775808)
      AND (_from IS NULL OR _from < CAST(t AS UBIGINT)) AND (_to IS NULL OR _to >= CAST(t AS UBIGINT))
    UNION ALL
    -- Writes of up to 8 bytes: the newest of each place and size.
    SELECT _at + _i, _order, 0, ((_word >> (8 * _i)::BIGINT) & 255)::SMALLINT
    FROM (
      SELECT _at, _size, max(_row) AS _order, arg_max(_value, _row) AS _word
      FROM (SELECT greatest(least(CAST(addr AS UBIGINT), 9223372036854775808), 7) - 7 + unnest(range(CAST(size AS BIGINT) + 7))::UBIGINT AS _place) AS _places
      JOIN (
        SELECT w.addr AS _at, w.who & 15 AS _size, w.value AS _value, w.t AS _t, w.pc * 4294967296::HUGEINT + (w.who >> 36 & 65535) AS _where, false AS _signal,
          w.t * 4398046511104::HUGEINT + w.rowid + 2 AS _row
        FROM _writes w) AS _narrow ON _at = _place
      WHERE _t <= CAST(t AS UBIGINT) AND (_t < CAST(t AS UBIGINT) OR _signal OR _where IN (
        SELECT _interrupted FROM (SELECT s.t AS _s, s.pc * 4294967296::HUGEINT + s.thread_id AS _interrupted FROM signals s) AS _signals WHERE _s = CAST(t AS UBIGINT)))
      GROUP BY _at, _size) AS _newest
    JOIN (SELECT unnest(range(8))::UBIGINT AS _i) AS _bytes ON _i < _size
    WHERE _at + _i >= least(CAST(addr AS UBIGINT), 9223372036854775808) AND _at + _i < least(CAST(addr AS UBIGINT), 9223372036854775808) + CAST(size AS UBIGINT)
    UNION ALL
    -- Wide ones of up to 64, which a vector register has.
    SELECT _at + _i, _order, 0,
      CASE WHEN _size <= 8 THEN ((_word >> (8 * _i)::BIGINT) & 255)::SMALLINT
           ELSE coalesce(TRY_CAST('0x' || hex(_data[_i::BIGINT + 1:_i::BIGINT + 1]) AS SMALLINT), -1) END
    FROM (
      SELECT _at, _size, max(_row) AS _order, arg_max(_value, _row) AS _word, arg_max(_bytes, _row) AS _data
      FROM (SELECT greatest(least(CAST(addr AS UBIGINT), 9223372036854775808), 63) - 63 + unnest(range(CAST(size AS BIGINT) + 63))::UBIGINT AS _place) AS _places
      JOIN (
        SELECT w.addr AS _at, w.size::UBIGINT AS _size, w.value AS _value, w.bytes AS _bytes, w.t AS _t, w.pc * 4294967296::HUGEINT + w.thread_id AS _where, w.source = 'signal' AS _signal,
          w.t * 4398046511104::HUGEINT + CASE w.source WHEN 'signal' THEN 1 WHEN 'syscall' THEN w.rowid + 2199023255552 ELSE w.rowid + 2 END AS _row
        FROM _wide_writes w WHERE w.size <= 64) AS _wide ON _at = _place
      WHERE _t <= CAST(t AS UBIGINT) AND (_t < CAST(t AS UBIGINT) OR _signal OR _where IN (
        SELECT _interrupted FROM (SELECT s.t AS _s, s.pc * 4294967296::HUGEINT + s.thread_id AS _interrupted FROM signals s) AS _signals WHERE _s = CAST(t AS UBIGINT)))
      GROUP BY _at, _size) AS _newest
    JOIN (SELECT unnest(range(64))::UBIGINT AS _i) AS _bytes ON _i < _size
    WHERE _at + _i >= least(CAST(addr AS UBIGINT), 9223372036854775808) AND _at + _i < least(CAST(addr AS UBIGINT), 9223372036854775808) + CAST(size AS UBIGINT)
    UNION ALL
    -- Larger ones. Their bytes, which can be many, are read of the newest only.
    SELECT _byte, _order, 0, coalesce(TRY_CAST('0x' || hex(_bytes[(_byte - _at + 1)::BIGINT:(_byte - _at + 1)::BIGINT]) AS SMALLINT), -1)
    FROM (
      SELECT _place AS _byte, max(_row) AS _order, arg_max(_at, _row) AS _at, arg_max(_id, _row) AS _newest_id
      FROM (SELECT least(CAST(addr AS UBIGINT), 9223372036854775808) + unnest(range(CAST(size AS BIGINT)))::UBIGINT AS _place) AS _places
      JOIN (
        SELECT _at, _size, max(_row) AS _row, arg_max(_id, _row) AS _id
        FROM (
          SELECT w.addr AS _at, w.size::UBIGINT AS _size, w.rowid AS _id, w.t AS _t, w.pc * 4294967296::HUGEINT + w.thread_id AS _where, w.source = 'signal' AS _signal,
            w.t * 4398046511104::HUGEINT + CASE w.source WHEN 'signal' THEN 1 WHEN 'syscall' THEN w.rowid + 2199023255552 ELSE w.rowid + 2 END AS _row
          FROM _wide_writes w WHERE w.size > 64) AS _large
        WHERE _at < least(CAST(addr AS UBIGINT), 9223372036854775808) + CAST(size AS UBIGINT) AND _at + _size > least(CAST(addr AS UBIGINT), 9223372036854775808) AND _t <= CAST(t AS UBIGINT) AND (_t < CAST(t AS UBIGINT) OR _signal OR _where IN (
        SELECT _interrupted FROM (SELECT s.t AS _s, s.pc * 4294967296::HUGEINT + s.thread_id AS _interrupted FROM signals s) AS _signals WHERE _s = CAST(t AS UBIGINT)))
        GROUP BY _at, _size) AS _newest ON _at <= _place AND _place < _at + _size
      GROUP BY _place) AS _winners
    JOIN (SELECT w.rowid AS _id, w.bytes AS _bytes FROM _wide_writes w WHERE w.size > 64) AS _contents ON _id = _newest_id) AS _all
  GROUP BY _byte
  HAVING max(_piece) = 1;
