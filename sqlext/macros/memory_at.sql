-- memory_at(addr, size, t): what memory held before the instruction at t, as a BLOB
--   addr  first address
--   size  how many bytes
--   t     a time; recordings.instructions is the end
-- NULL where one of the bytes was not mapped or is not known: bytes_at tells
-- which. A stack counts as mapped as far down as it may grow.
-- Example: SELECT hex(memory_at(0x404040, 16, 1000000))
CREATE OR REPLACE MACRO memory_at(addr, size, t) AS (
  -- Inner columns are named _… so that none takes the place of the caller's.
  SELECT CASE WHEN _known = CAST(size AS BIGINT) THEN unhex(_text) END
  FROM (
    SELECT count(m.byte) AS _known, coalesce(string_agg(format('{:02x}', m.byte), '' ORDER BY m.byte_addr), '') AS _text
    FROM bytes_at(addr, size, t) m) AS _m);
