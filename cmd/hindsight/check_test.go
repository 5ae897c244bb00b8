package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCheck holds the exit statuses of check, and that reports are written
// whatever the end.
func TestCheck(t *testing.T) {
	db, dir := newDatabase(t), t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	good := write("good.sql", "-- Good.\n-- param n UBIGINT = 5: rows\n-- expect: rows 5\nSELECT t FROM writes LIMIT $n")
	bad := write("bad.sql", "-- Bad.\n-- expect: no rows\nSELECT t FROM writes ORDER BY t")
	broken := write("broken.sql", "-- Broken.\n-- expect: no rows\nSELECT FROM")
	compares := write("compares.sql", "-- Compares.\n-- expect: no rows\nSELECT * FROM compare_functions WHERE found <> 'both'")
	for _, c := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{[]string{good}, 0, "1 check: 1 passed\n", "head has 1 warning"},
		{[]string{good, bad}, 1, "2 checks: 1 passed, 1 failed\n", ""},
		{[]string{bad, broken}, 2, "2 checks: 1 failed, 1 could not run\n", ""},
		{[]string{dir}, 2, "1 passed, 1 failed, 2 could not run", ""},
		{[]string{dir, "--base", db}, 2, "2 passed, 1 failed, 1 could not run", "base has 1 warning"},
		{[]string{compares}, 2, "name it with --base", ""},
		{[]string{good, "--param", "n=3"}, 1, "rows 5: 3 rows", ""},
		{[]string{good, "--param", "n=x"}, 2, "parameter n", ""},
		{[]string{good, "--param", "m=3"}, 2, "", "no check has a parameter \"m\""},
		{[]string{good, "--base", "/nowhere"}, 2, "", "hindsight: "},
		{[]string{filepath.Join(dir, "nothing.sql")}, 2, "no such file", ""},
		{[]string{good, ""}, 2, "", "name of a check is empty"},
		{[]string{good, "--junit", filepath.Join(dir, "missing", "x.xml")}, 2, "1 passed", "JUnit report"},
	} {
		got := hindsight(t, "", append([]string{"check", "--head", db}, c.args...)...)
		if got.code != c.code || !strings.Contains(got.stdout, c.stdout) || !strings.Contains(got.stderr, c.stderr) {
			t.Errorf("%v: %d\n%s%s", c.args, got.code, got.stdout, got.stderr)
		}
	}
	for _, head := range []string{db, "/nowhere"} {
		junit, json := filepath.Join(dir, "r.xml"), filepath.Join(dir, "r.json")
		hindsight(t, "", "check", "--head", head, "--junit", junit, "--json", json, good)
		for file, want := range map[string]string{junit: "<testcase ", json: `"name": "` + good + `"`} {
			text, err := os.ReadFile(file)
			if err != nil || !strings.Contains(string(text), want) || strings.Contains(string(text), `errors="1"`) != (head != db && file == junit) {
				t.Errorf("%s: %v\n%s", file, err, text)
			}
			if err := os.Remove(file); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestCheckInterrupted holds that Ctrl-C ends a long check, with no report.
func TestCheckInterrupted(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "long.sql")
	if err := os.WriteFile(file, []byte("-- Long.\n-- expect: no rows\nSELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000000) b"), 0o644); err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(dir, "r.xml")
	cmd := exec.Command(binary, "check", "--head", newDatabase(t), "--junit", report, file)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the code is looked at
	if code := cmd.ProcessState.ExitCode(); code != exitCouldNotRun || stderr.String() == "" || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("%d, %q", code, stderr.String())
	}
	if _, err := os.Stat(report); err == nil {
		t.Error("there is a report")
	}
}
