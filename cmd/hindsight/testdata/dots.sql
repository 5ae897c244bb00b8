CREATE TEMP TABLE mine (id UBIGINT, name VARCHAR);
COMMENT ON COLUMN mine.id IS 'identity';
.schema mine
.schema nothing
.functions
.help h
.help .read
.help nothing
.format
.format xml
.format csv
SELECT 1 AS a;
SELECT 2 AS a;
.format markdown
SELECT 1 AS a;
.format table
.maxrows 2
SELECT range AS n FROM range(5) ORDER BY n;
.maxrows -1
.timer
.read /does/not/exist
.bogus
SELECT
.5 AS not_a_command;
.quit
SELECT 'never' AS reached;
