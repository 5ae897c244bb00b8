package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// recordSome records a program into a store of the test's own.
func recordSome(t *testing.T, args ...string) (dir string) {
	t.Helper()
	store := t.TempDir()
	t.Setenv("HINDSIGHT_DIR", store)
	dir = filepath.Join(store, "it")
	if got := hindsight(t, "", append([]string{"record", "-o", dir, "--"}, args...)...); got.code != 0 {
		t.Fatalf("record: %+v", got)
	}
	return dir
}

func TestIndex(t *testing.T) {
	dir := recordSome(t, "/bin/echo", "hello")
	got := hindsight(t, "", "index")
	if got.code != 0 || !isOneLine(got.stderr) || !strings.Contains(got.stderr, "instructions") || got.stdout != "" {
		t.Fatalf("index: %+v", got)
	}
	before, err := os.ReadFile(filepath.Join(dir, databaseFile))
	if err != nil {
		t.Fatal(err)
	}
	// A second time only where it is asked for.
	if got := hindsight(t, "", "index"); got.code != exitFailure || !strings.Contains(got.stderr, "--force") {
		t.Errorf("again: %+v", got)
	}
	if after, err := os.ReadFile(filepath.Join(dir, databaseFile)); err != nil || string(after) != string(before) {
		t.Error("the refused indexing changed the database")
	}
	// In part, to another file, with the macros in it.
	part := filepath.Join(t.TempDir(), "part.duckdb")
	if got := hindsight(t, "", "index", "--tables", "syscalls,output", "--db", part); got.code != 0 {
		t.Fatalf("index --tables: %+v", got)
	}
	got = hindsight(t, "", "sql", "--db", part, "--format", "csv", "-c",
		"SELECT text, (SELECT count(*) FROM calls) AS calls FROM output; SELECT count(*) AS n FROM duckdb_functions() WHERE database_name = 'history' AND function_name = 'writes_to'")
	if got.code != 0 || got.stdout != "text,calls\n\"hello\n\",0\n\nn\n1\n" {
		t.Errorf("part: %+v", got)
	}
	late := filepath.Join(t.TempDir(), "late.duckdb")
	if got := hindsight(t, "", "index", "--from", "999_999_999_999", "--db", late); got.code != 0 || !strings.Contains(got.stderr, "the recording ends at") {
		t.Errorf("index --from behind the end: %+v", got)
	}
	if got := hindsight(t, "", "list", "--format", "csv"); !strings.HasSuffix(got.stdout, ",true\n") {
		t.Errorf("list: %+v", got)
	}
	if got := hindsight(t, "", "show"); got.code != 0 || !strings.Contains(got.stdout, "│ syscalls ") {
		t.Errorf("show: %+v", got)
	}
}

func TestSQLIndexesFirst(t *testing.T) {
	dir := recordSome(t, "/bin/echo", "hello")
	got := hindsight(t, "", "sql", "--format", "csv", "-c", "SELECT fd, text FROM output")
	if got.code != 0 || got.stdout != "fd,text\n1,\"hello\n\"\n" || !strings.Contains(got.stderr, "indexing "+dir+" first") {
		t.Errorf("first: %+v", got)
	}
	got = hindsight(t, "", "sql", "--format", "csv", "-c", "SELECT fd FROM output")
	if got.code != 0 || got.stderr != "" {
		t.Errorf("then: %+v", got)
	}
	// The history of another recording is not taken for this one's.
	got = hindsight(t, "", "sql", dir, "--db", newDatabase(t), "-c", "SELECT 1")
	if got.code != exitFailure || !strings.Contains(got.stderr, "another recording") {
		t.Errorf("another's: %+v", got)
	}
}

// TestIndexInterrupted holds that Ctrl-C leaves nothing behind.
func TestIndexInterrupted(t *testing.T) {
	dir := recordSome(t, "perl", "-e", "my %h; $h{$_ % 1000} .= 'x' for 1..1000000")
	before, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := startTerminal(t, nil, "index")
	p.expect(" instructions, ")
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	p.expect("interrupted")
	if code := p.wait(); code != exitFailure {
		t.Errorf("exit code %d", code)
	}
	after, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(after) != len(before) {
		t.Errorf("before %v, after %v", before, after)
	}
}
