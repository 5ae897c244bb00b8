-- Statements, errors and results of several kinds.
SELECT t, addr, value FROM writes WHERE t <= 2 ORDER BY t;
SELECT 1 AS one; SELECT
  broken,
  twice;
SELECT * FROM writes
WHERE nothing = 1
ORDER BY t;
SELEC;
CREATE TEMP TABLE mine AS SELECT t FROM writes;
INSERT INTO mine VALUES (99);
SELECT count(*) AS n FROM mine;
UPDATE writes SET t = 0;
SELECT ';' AS quoted, $$ ; $$ AS dollars; -- ; comment
SELECT t, symbolize(pc) AS place FROM writes_to(0x404040, 0x404048) ORDER BY t;
SELECT 'no semicolon' AS last
