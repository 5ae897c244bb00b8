-- h(addr): an address as people write it, '0x7ffe1000'
--   addr  an address, or any other number that is not negative
-- Example: SELECT t, h(addr), h(value) FROM writes ORDER BY t LIMIT 10
CREATE OR REPLACE MACRO h(addr) AS
  format('0x{:x}', CAST(addr AS UBIGINT));
