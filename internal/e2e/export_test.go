package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2" // the driver
	"golang.org/x/sys/unix"

	"hindsight/sqlext"
	"hindsight/tables"
)

// TestExport exports two recordings into one data set and reads every table back
// in a DuckDB that knows nothing of hindsight.
func TestExport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data set")
	var databases []string
	for _, name := range []string{"misfortunes", "avx_stores"} {
		recording, _ := record(t, command{args: []string{variant(t, name, "O0")}})
		databases = append(databases, index(t, recording, "history"))
		hindsight(t, "export", "--db", databases[len(databases)-1], dir)
	}
	checkModes(t, dir)
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	script, err := os.ReadFile(filepath.Join(dir, "schema.sql"))
	if err != nil {
		t.Fatal(err)
	}
	do := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%.200s: %v", statement, err)
		}
	}
	do("SET file_search_path = " + quote(dir))
	do(string(script))
	for i, database := range databases {
		do(fmt.Sprintf("ATTACH %s AS original%d (READ_ONLY)", quote(database), i))
		do(fmt.Sprintf("SET VARIABLE recording = (SELECT recording_id::VARCHAR FROM original%d.recordings)", i))
		var names []string
		for _, table := range tables.Schema() {
			if table.Name != "_writes" {
				names = append(names, table.Name)
			}
		}
		for _, view := range sqlext.Views() {
			names = append(names, view.Name)
		}
		for _, name := range names {
			sameRelation(t, db, name, fmt.Sprintf("original%d", i))
		}
		sameMacros(t, db, fmt.Sprintf("original%d", i))
	}
	var n int
	again := run(t, command{args: []string{binary, "export", "--db", databases[0], dir}})
	if again.status != 1 || !strings.Contains(again.stderr, "--force") {
		t.Errorf("the same recording again: %d, %s", again.status, again.stderr)
	}
	hindsight(t, "export", "--force", "--db", databases[0], dir)
	row := db.QueryRowContext(t.Context(), "SELECT count(DISTINCT recording) FROM read_parquet('recording=*/table=recordings/*.parquet', hive_partitioning = true)")
	if err := row.Scan(&n); err != nil || n != 2 {
		t.Errorf("%d recordings, %v", n, err)
	}
	checkModes(t, dir)
}

// sameRelation compares the rows and the types of a table with the original's.
func sameRelation(t *testing.T, db *sql.DB, name, original string) {
	t.Helper()
	a, b := `(SELECT * FROM main."`+name+`")`, "(SELECT * FROM "+original+`.main."`+name+`")`
	var extra, lost, all int
	query := fmt.Sprintf("SELECT (SELECT count(*) FROM (FROM %s EXCEPT ALL FROM %s)), (SELECT count(*) FROM (FROM %s EXCEPT ALL FROM %s)), (SELECT count(*) FROM %s)", a, b, b, a, b)
	if err := db.QueryRowContext(t.Context(), query).Scan(&extra, &lost, &all); err != nil || extra != 0 || lost != 0 {
		t.Errorf("%s: %d rows more, %d less of %d, %v", name, extra, lost, all, err)
	}
	if all == 0 && (name == "writes" || name == "_wide_writes" || name == "stack_frames" || name == "output" || name == "types") {
		t.Errorf("%s is empty", name)
	}
	types := func(from string) (out string) {
		t.Helper()
		row := db.QueryRowContext(t.Context(), "SELECT string_agg(column_name || ' ' || column_type, ', ') FROM (DESCRIBE FROM "+from+")")
		if err := row.Scan(&out); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return out
	}
	if got, want := types(a), types(b); got != want {
		t.Errorf("%s has the columns %s, want %s", name, got, want)
	}
}

// macroQueries ask each exported macro.
var macroQueries = map[string]string{
	"h":         "SELECT string_agg(h(addr), ' ' ORDER BY t, addr) FROM writes WHERE t < 300",
	"symbolize": "SELECT string_agg(s, ' ' ORDER BY s) FROM (SELECT DISTINCT symbolize(pc) AS s FROM writes)",
	"stack":     "SELECT string_agg(stack(stack_id), ' ' ORDER BY stack_id) FROM stacks",
	"writes_to": "SELECT string_agg(t || ' ' || value, ' ' ORDER BY t, addr, value) FROM writes_to((SELECT min(addr) FROM writes), (SELECT min(addr) + 100000 FROM writes))",
	"call_tree": "SELECT string_agg(tree || ' ' || self, ' ' ORDER BY call_id) FROM call_tree((SELECT min(call_id) FROM calls JOIN functions USING (function_id) WHERE name = 'main'))",
	"callers":   "SELECT string_agg(c.caller || ' ' || c.calls, ' ' ORDER BY c.caller, c.calls, c.line) FROM callers('*') c",
	"callees":   "SELECT string_agg(c.callee || ' ' || c.calls, ' ' ORDER BY c.callee, c.calls, c.line) FROM callees('*') c",
}

// sameMacros compares what the macros of the data set give with what those that
// are stored in the original do.
func sameMacros(t *testing.T, db *sql.DB, original string) {
	t.Helper()
	exported := sqlext.ExportedMacros()
	if len(exported) != len(macroQueries) {
		t.Errorf("%d macros are exported, %d are asked", len(exported), len(macroQueries))
	}
	for _, m := range exported {
		query := macroQueries[m.Name]
		if query == "" {
			t.Errorf("nothing asks %s", m.Name)
			continue
		}
		var answers [2]sql.NullString
		for i, use := range []string{"memory", original} {
			if _, err := db.ExecContext(t.Context(), "USE "+use); err != nil {
				t.Fatal(err)
			}
			if err := db.QueryRowContext(t.Context(), query).Scan(&answers[i]); err != nil {
				t.Errorf("%s in %s: %v", m.Name, use, err)
			}
		}
		if answers[0] != answers[1] || answers[0].String == "" {
			t.Errorf("%s is %.200q, in the original %.200q", m.Name, answers[0].String, answers[1].String)
		}
	}
	if _, err := db.ExecContext(t.Context(), "USE memory"); err != nil {
		t.Fatal(err)
	}
}

// checkModes holds that recorded data is nobody else's, and nothing is left over.
func checkModes(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		if strings.HasPrefix(d.Name(), ".") {
			t.Errorf("%s was left behind", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestExportFailure holds that an export that cannot write, or is interrupted,
// leaves nothing behind.
func TestExportFailure(t *testing.T) {
	recording, _ := record(t, command{args: []string{variant(t, "misfortunes", "O0")}})
	database := index(t, recording, "history")
	h, err := sqlext.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".partial-999999999"), 0o700); err != nil { // of a killed one
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = h.Export(ctx, dir, sqlext.ExportOptions{Progress: func(table string, done, _ int) {
		if done == 3 {
			cancel()
		}
	}})
	if err == nil || ctx.Err() == nil {
		t.Errorf("interrupted: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"export", "--db", database, file}, 1, "is a file"},
		{[]string{"export", "--db", database, "/proc/nothing"}, 1, "/proc/nothing"},
		{[]string{"export", "--db", database, "--format", "csv", dir}, 2, "not a format to export"},
		{[]string{"export"}, 2, "the folder to write to"},
		{[]string{"export", dir, "a", "b"}, 2, "one recording"},
	} {
		r := run(t, command{args: append([]string{binary}, c.args...)})
		if r.status != c.status || !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%q: %d, %s; want %q", c.args, r.status, r.stderr, c.want)
		}
	}
}

// TestExportWithoutRoom: a disk that is full, a limit on the size of files and a
// folder that cannot be written each end in one line that says what to do, and
// leave nothing behind.
func TestExportWithoutRoom(t *testing.T) {
	recording, _ := record(t, command{args: []string{variant(t, "misfortunes", "O0")}})
	database := index(t, recording, "history")
	limited := t.TempDir()
	// The files of data get larger than 4 KiB.
	r := run(t, command{args: []string{"bash", "-c", `ulimit -f 4; exec "$@"`, "bash", binary, "export", "--db", database, limited}})
	complaint(t, r, 1, "there is no room on the disk", "nothing was written")
	isEmpty(t, limited)
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", unix.MS_NOEXEC, "size=200k"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	defer func() {
		if err := unix.Unmount(small, 0); err != nil {
			t.Error(err)
		}
	}()
	r = run(t, command{args: []string{binary, "export", "--db", database, small}})
	complaint(t, r, 1, "there is no room on the disk", "make room, or name a folder on another disk")
	isEmpty(t, small)
	if err := unix.Mount("", small, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	r = run(t, command{args: []string{binary, "export", "--db", database, filepath.Join(small, "set")}})
	complaint(t, r, 1, "read-only", "name a folder that you can write to")
}

func isEmpty(t *testing.T, dir string) {
	t.Helper()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
