package sqlext

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hindsight/sqlext/sqltest"
)

// hostile are statements that a restricted history must not run. FILE is a file
// that is there, DIR its folder, HISTORY the database, NEW a file that is not
// there and TEMP DuckDB's folder for temporary files.
var hostile = []string{
	// Reading.
	"SELECT * FROM 'FILE'",
	"FROM 'DIR/*.csv'",
	"SELECT * FROM read_csv('FILE')",
	"SELECT * FROM read_csv(['FILE'])",
	"SELECT * FROM read_csv_auto('FILE')",
	"SELECT * FROM sniff_csv('FILE')",
	"SELECT * FROM read_text('FILE')",
	"SELECT * FROM read_blob('FILE')",
	"SELECT * FROM read_json('FILE')",
	"SELECT * FROM read_json_objects('FILE')",
	"SELECT * FROM read_ndjson('FILE')",
	"SELECT * FROM read_parquet('FILE')",
	"SELECT * FROM parquet_metadata('FILE')",
	"SELECT * FROM parquet_schema('FILE')",
	"SELECT * FROM parquet_file_metadata('FILE')",
	"SELECT * FROM parquet_kv_metadata('FILE')",
	"SELECT * FROM parquet_bloom_probe('FILE', 'a', 1)",
	"SELECT * FROM parquet_scan('FILE')",
	"SELECT * FROM arrow_scan(1, 2, 3)",
	"SELECT * FROM glob('/etc/*')",
	"SELECT * FROM glob('DIR/*')",
	"SELECT count(*) FROM query('SELECT * FROM read_text(''FILE'')')",
	"SELECT count(*) FROM query_table('FILE')",
	"SELECT (SELECT content FROM read_text('FILE'))",
	"WITH x AS (FROM read_text('FILE')) FROM x",
	"CREATE TEMP TABLE x AS FROM read_text('FILE')",
	"CREATE TEMP VIEW x AS FROM read_text('FILE')",
	"INSERT INTO mine SELECT content FROM read_text('FILE')",
	"SET VARIABLE x = (SELECT content FROM read_text('FILE'))",
	"SELECT getenv('HOME')",
	"DESCRIBE SELECT * FROM 'FILE'",
	"SUMMARIZE FROM 'FILE'",
	"SELECT * FROM read_csv('https://example.com/x.csv')",
	"SELECT * FROM 's3://bucket/x.parquet'",
	"COPY mine FROM 'FILE'",
	"COPY mine FROM PROGRAM 'id'",
	"IMPORT DATABASE 'DIR'",
	"PRAGMA import_database('DIR')",
	// Writing.
	"COPY (SELECT 1) TO 'NEW'",
	"COPY mine TO 'NEW'",
	"COPY (SELECT 1) TO PROGRAM 'id'",
	"COPY (SELECT 1) TO '/dev/stdout'",
	"COPY (SELECT 1) TO 'HISTORY'",
	"COPY (SELECT 1) TO 'HISTORY.wal'",
	"COPY (SELECT 1) TO 'TEMP/x.csv'",
	"COPY (SELECT 1 AS a) TO 'NEW' (FORMAT parquet, PARTITION_BY a)",
	"/* x */ copy (SELECT 1) TO 'HISTORY'",
	"EXPLAIN ANALYZE COPY (SELECT 1) TO 'HISTORY'",
	"explain /* */ analyze COPY (SELECT 1) TO 'HISTORY'",
	"EXPLAIN (ANALYZE) COPY (SELECT 1) TO 'HISTORY'",
	"EXPLAIN (ANALYZE true, FORMAT json) COPY (SELECT 1) TO 'HISTORY'",
	"PREPARE p AS COPY (SELECT 1) TO 'HISTORY'",
	"EXECUTE p",
	"EXPORT DATABASE 'NEW'",
	"COPY FROM DATABASE history TO memory",
	"ATTACH 'NEW' AS x",
	"ATTACH 'HISTORY' AS x",
	"ATTACH 'HISTORY' AS x (READ_WRITE)",
	"ATTACH ':memory:' AS x",
	"ATTACH 'FILE' AS x (TYPE sqlite)",
	"DETACH history",
	"USE memory",
	"CREATE PERSISTENT SECRET x (TYPE s3)",
	"CREATE SECRET x (TYPE s3)",
	"DELETE FROM diagnostics",
	"UPDATE diagnostics SET what = 'x'",
	"INSERT INTO history.diagnostics SELECT 'info', 0, 'a', 'b'",
	"DROP TABLE calls",
	"DROP TABLE history.diagnostics",
	"CREATE TABLE history.x (a INTEGER)",
	"CREATE OR REPLACE MACRO history.stack(id) AS 'x'",
	"ALTER TABLE diagnostics ADD COLUMN x INTEGER",
	"COMMENT ON TABLE diagnostics IS 'x'",
	"TRUNCATE diagnostics",
	"CHECKPOINT",
	"CHECKPOINT history",
	"FORCE CHECKPOINT",
	"VACUUM",
	"ANALYZE",
	"SELECT * FROM checkpoint('history')",
	"SELECT * FROM force_checkpoint('history')",
	"CALL checkpoint()",
	// Extensions and settings.
	"INSTALL httpfs",
	"INSTALL 'FILE'",
	"LOAD httpfs",
	"LOAD 'FILE'",
	"FORCE INSTALL httpfs FROM core_nightly",
	"UPDATE EXTENSIONS",
	"SET enable_external_access = true",
	"SET GLOBAL enable_external_access = true",
	"RESET enable_external_access",
	"SET lock_configuration = false",
	"SET memory_limit = '100GB'",
	"SET threads = 64",
	"SET temp_directory = 'DIR'",
	"SET allowed_directories = ['/']",
	"SET allowed_paths = ['FILE']",
	"SET extension_directory = 'DIR'",
	"SET secret_directory = 'DIR'",
	"SET home_directory = 'DIR'",
	"SET log_query_path = 'NEW'",
	"SET profiling_output = 'NEW'",
	"SET custom_profiling_settings = '{}'",
	"SET search_path = 'memory'",
	"SET SESSION schema = 'memory'",
	"SET VARIABLE/**/x = (SELECT content FROM read_text('FILE'))",
	"PRAGMA enable_profiling = 'json'",
	"PRAGMA profiling_output = 'NEW'",
	"PRAGMA log_query_path = 'NEW'",
	"PRAGMA enable_logging",
	"PRAGMA database_list",
	"CALL enable_logging(storage = 'file', storage_path = 'DIR')",
	"SELECT * FROM enable_logging(storage := 'file', storage_path := 'DIR')",
	"CALL pragma_version()",
	"CALL dbgen(sf = 1)",
	"SELECT * FROM enable_logging(storage := 'file', storage_path := 'TEMP/')",
	"SELECT * FROM system.main.\"enable_logging\"()",
	"SELECT * FROM query('SELECT * FROM enable' || '_logging()')",
	"SELECT * FROM \"query\" ('SELECT 1')",
	"SELECT * FROM query/**/('SELECT 1')",
	"SELECT * FROM U&\"qu\\0065ry\"('SELECT 1')",
	"CREATE TEMP MACRO evil() AS TABLE SELECT * FROM enable_logging()",
	"CREATE TEMP VIEW evil AS SELECT * FROM enable_profiling(save_location := 'NEW')",
	"SELECT * FROM enable_profiling(save_location := 'NEW')",
	"SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
	"PRAGMA json_execute_serialized_sql('{}')",
	"SELECT write_log('x')",
	"SELECT * FROM disable_logging()",
	"SELECT * FROM truncate_duckdb_logs()",
	// Several statements in one.
	"SELECT 1; COPY (SELECT 1) TO 'HISTORY'",
	"SELECT $tag$; COPY (SELECT 1) TO 'HISTORY'; $tag$",
	"/* /* */ ; COPY (SELECT 1) TO 'HISTORY' /* */ */",
	"SELECT e'\\'; COPY (SELECT 1) TO 'HISTORY' --'",
	"CREATE TEMP TABLE y AS SELECT 1; COPY (SELECT 1) TO 'HISTORY'",
}

// harmless are statements that a restricted history must run.
var harmless = []string{
	"SELECT * FROM writes ORDER BY t",
	"-- a comment\nWITH x AS (SELECT 1 AS a) SELECT * FROM x",
	"FROM writes_to(0x404040, 0x404048)",
	"SELECT t, symbolize(pc), stack(stack_id) FROM writes ORDER BY t",
	"CREATE TEMP TABLE mine2 AS SELECT * FROM writes",
	"create or replace temp view v as select * from writes",
	"CREATE TEMP MACRO m(a) AS a + 1",
	"INSERT INTO mine VALUES ('x')",
	"DELETE FROM mine",
	"DROP TABLE mine2",
	"SET VARIABLE x = 3",
	"SELECT getvariable('x')",
	"RESET VARIABLE x",
	"EXPLAIN SELECT * FROM writes",
	"DESCRIBE writes",
	"SHOW TABLES",
	"SUMMARIZE calls",
	"PIVOT (SELECT 1 AS a, 2 AS b) ON a IN (1) USING sum(b)",
	"SELECT '/etc/passwd', 'COPY x TO y'",
	"SELECT * FROM duckdb_settings()",
	"BEGIN",
	"ROLLBACK",
}

func TestRestrict(t *testing.T) {
	dir := t.TempDir()
	file, history, fresh := filepath.Join(dir, "file.csv"), filepath.Join(dir, "history.duckdb"), filepath.Join(dir, "new")
	if err := os.WriteFile(file, []byte("a,b\n1,SECRET-CONTENT\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sqltest.Create(t, history)
	before, err := os.ReadFile(history)
	if err != nil {
		t.Fatal(err)
	}
	h, err := Open(t.Context(), history)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := attempt(t, h, "CREATE TEMP TABLE mine (a VARCHAR)"); err != nil {
		t.Fatal(err)
	}
	if err := h.Restrict(t.Context()); err != nil {
		t.Fatal(err)
	}
	replace := strings.NewReplacer("FILE", file, "HISTORY", history, "NEW", fresh, "DIR", dir, "TEMP/", h.tempDir+"/")
	for _, s := range hostile {
		s = replace.Replace(s)
		if got, err := attempt(t, h, s); err == nil {
			t.Errorf("%s was run: %.100q", s, got)
		} else if strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s shows the file: %v", s, err)
		} else {
			t.Logf("%s: %.120s", s, err)
		}
	}
	for _, s := range harmless {
		if _, err := attempt(t, h, s); err != nil {
			t.Errorf("%s is refused: %v", s, err)
		}
	}
	if after, err := os.ReadFile(history); err != nil || string(after) != string(before) {
		t.Errorf("the history has changed: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("there are new files: %v, %v", entries, err)
	}
}

// TestRestrictSpills holds that results larger than memory still work, in
// temporary files.
func TestRestrictSpills(t *testing.T) {
	history := filepath.Join(t.TempDir(), "history.duckdb")
	sqltest.Create(t, history)
	h, err := Open(t.Context(), history)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.restrict(t.Context(), "200MB"); err != nil {
		t.Fatal(err)
	}
	got, err := attempt(t, h, "SELECT count(*), max(v) FROM (SELECT range::VARCHAR || repeat('x', 100) AS v FROM range(4000000) ORDER BY hash(range))")
	if err != nil || !strings.Contains(got, ":4000000,") {
		t.Errorf("%.100q, %v", got, err)
	}
}

// attempt gives the rows of a statement as text.
func attempt(t *testing.T, h *History, statement string) (string, error) {
	t.Helper()
	rows, err := h.Query(t.Context(), statement)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	if rows.Kind == RowsResult {
		if _, err = Write(&out, rows, WriteOptions{Format: JSONL}); errors.Is(err, io.EOF) {
			err = nil
		}
	}
	return out.String(), errors.Join(err, rows.Close())
}
