-- writes_to(lo, hi): writes that touch the bytes from lo up to, not including, hi; in order of t
--   lo  first address
--   hi  the address after the last
-- Gives the columns of writes.
-- Example: SELECT t, h(addr), value, symbolize(pc) FROM writes_to(0x404040, 0x404048)
CREATE OR REPLACE MACRO writes_to(lo, hi) AS TABLE
  -- Writes that begin close to lo or behind it are found by addr, which the
  -- file is sorted by; of those before it only the largest can touch lo.
  SELECT * FROM (
    SELECT w.* FROM writes w
    WHERE w.addr < CAST(hi AS UBIGINT)
      AND w.addr >= CASE WHEN CAST(lo AS UBIGINT) > 64 THEN CAST(lo AS UBIGINT) - 64 ELSE 0::UBIGINT END
      AND w.addr + w.size > CAST(lo AS UBIGINT)
    UNION ALL
    SELECT w.* FROM _wide_writes w
    WHERE w.size > 64 AND w.addr < CAST(hi AS UBIGINT)
      AND w.addr < CASE WHEN CAST(lo AS UBIGINT) > 64 THEN CAST(lo AS UBIGINT) - 64 ELSE 0::UBIGINT END
      AND w.addr + w.size > CAST(lo AS UBIGINT))
  ORDER BY t;
