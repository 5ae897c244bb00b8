package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSafe holds that nothing that one does not trust reads or writes a file.
func TestSafe(t *testing.T) {
	db, dir := newDatabase(t), t.TempDir()
	file, fresh := filepath.Join(dir, "file.csv"), filepath.Join(dir, "new")
	if err := os.WriteFile(file, []byte("SELECT 'SECRET' AS x;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	script := strings.NewReplacer("FILE", file, "NEW", fresh).Replace(`.read FILE
.output NEW
SELECT * FROM read_text('FILE');
COPY (SELECT 1) TO 'NEW';
SET lock_configuration = false;
.format csv
SELECT count(*) AS n FROM writes;
.tables
`)
	got := hindsight(t, script, "sql", "--safe", "--db", db)
	if got.code != exitFailure || strings.Contains(got.stdout, "SECRET") || !strings.Contains(got.stdout, "n\n5\n") || !strings.Contains(got.stdout, "writes,5,") {
		t.Errorf("%+v", got)
	}
	for n, want := range []string{1: ".read is refused", 2: ".output is refused", 3: "Permission Error", 4: "Permission Error", 5: "in safe mode"} {
		if want != "" && !strings.Contains(got.stderr, "line "+string(rune('0'+n))+": ") || !strings.Contains(got.stderr, want) {
			t.Errorf("line %d: no %q in %s", n, want, got.stderr)
		}
	}
	if _, err := os.Stat(fresh); err == nil {
		t.Error("a file was written")
	}
	t.Setenv("XDG_CONFIG_HOME", saved(t, map[string]string{"evil": "-- x\n-- param file VARCHAR: x\nSELECT * FROM read_text($file)"}))
	if got := hindsight(t, "", "query", "run", "evil", "--db", db, "file="+file); got.code != 0 || !strings.Contains(got.stdout, "SECRET") {
		t.Errorf("without --safe: %+v", got)
	}
	if got := hindsight(t, "", "query", "run", "evil", "--safe", "--db", db, "file="+file); got.code != exitFailure || got.stdout != "" {
		t.Errorf("with --safe: %+v", got)
	}
	if got := hindsight(t, "", "query", "run", "who_wrote", "--safe", "--db", db, "--format", "csv", "addr=0x404040"); got.code != 0 || strings.Count(got.stdout, "\n") != 4 {
		t.Errorf("a good query: %+v", got)
	}
}
