-- Printed in every format by TestFormats.
SELECT t, addr, size, pc, value, bytes FROM writes ORDER BY t LIMIT 4;
SELECT NULL AS nothing, '' AS empty, 'a,"b"' AS quoted, 'two
lines' AS lines, chr(27) || '[31m' || chr(7) || chr(9) AS control, 'pipe | < & é 漢字' AS other;
SELECT true AS b, -5::TINYINT AS i, 18446744073709551615::UBIGINT AS u, 170141183460469231731687303715884105727 AS h,
  1.50::DECIMAL(10, 2) AS d, -0.05::DECIMAL(4, 2) AS e, 0.1 + 0.2::DOUBLE AS f, 'NaN'::DOUBLE AS nan, '-inf'::FLOAT AS inf;
SELECT DATE '2026-11-23' AS d, TIME '07:42:00.5' AS t, TIMESTAMP '2026-11-23 07:42:00.123456' AS ts,
  TIMESTAMPTZ '2026-11-23 09:42:00+02' AS tz, INTERVAL '14 months 1 day 90 seconds 5 ms' AS i, INTERVAL 0 seconds AS z;
SELECT {'name': 'x', 'offset': 1::UBIGINT, 'at': TIMESTAMPTZ '2026-11-23 00:00:00+00'} AS s, [1, NULL, 3] AS l,
  ['a', 'b, c', '', 'NULL', 'it''s'] AS texts, [{'z': 1, 'a': 'q'}] AS nested, map {'k': 1, 'j': 2} AS m, []::INTEGER[] AS none;
SELECT '4ee10510-7c5a-4c7e-bfa7-659fbe0f23e4'::UUID AS id, 'b'::ENUM('a', 'b') AS e, '101'::BIT AS bits,
  '{"a": [1, "x"]}'::JSON AS j, '\x00\xFFabc''\x5C'::BLOB AS blob, union_value(n := 2) AS u, [1.5, 2]::DECIMAL(4,1)[2] AS arr;
SELECT 1 AS a, 2 AS a, 3 AS a;
SELECT range AS n FROM range(10) ORDER BY n;
SELECT t FROM writes WHERE false ORDER BY t;
