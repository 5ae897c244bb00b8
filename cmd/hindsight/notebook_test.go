package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const testNotebook = "# Writes\n\n```params\nleast UINTEGER = 1: size\n```\n\nThere are {{all.n}}.\n\n```sql name=all\nSELECT count(*) AS n FROM writes WHERE size >= $least;\n```\n"

// notebookFile writes a notebook into a folder of the test.
func notebookFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.md")
	if err := os.WriteFile(file, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return file
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestNotebookIsATest(t *testing.T) {
	db, file := newDatabase(t), notebookFile(t, testNotebook)
	check := func(status int, want string, args ...string) {
		t.Helper()
		r := hindsight(t, "", append([]string{"notebook", "run", file, "--check"}, args...)...)
		if r.code != status || !strings.Contains(r.stdout+r.stderr, want) {
			t.Errorf("%v: status %d, not %d:\n%s%s", args, r.code, status, r.stdout, r.stderr)
		}
	}
	check(2, "holds no results to compare with", "-r", db)
	if r := hindsight(t, "", "notebook", "run", file, "-r", db, "-o", file); r.code != 0 || r.stderr != "" {
		t.Fatalf("status %d: %s", r.code, r.stderr)
	}
	stored := read(t, file)
	if !strings.Contains(stored, "There are **5**<!--{{all.n}}-->.") || !strings.Contains(stored, "|   5 |") {
		t.Fatal(stored)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
	check(0, "", "-r", db)
	check(1, "-|   5 |", "-r", db, "--param", "least=8")
	check(2, "not a recording", "-r", t.TempDir())
	check(2, "takes least", "-r", db, "-p", "most=1")
	check(2, "give --check or -o", "-r", db, "-o", "x.md")
	if read(t, file) != stored {
		t.Error("--check changed the file")
	}
	if err := os.WriteFile(file, []byte(strings.Replace(stored, "FROM writes", "FROM wrote", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	check(2, "wrote does not exist", "-r", db)
}

func TestNotebookOutputs(t *testing.T) {
	db, file := newDatabase(t), notebookFile(t, testNotebook)
	html := filepath.Join(t.TempDir(), "out.html")
	if r := hindsight(t, "", "notebook", "run", file, "-r", db, "-o", html); r.code != 0 {
		t.Fatalf("status %d: %s", r.code, r.stderr)
	}
	if info, err := os.Stat(html); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the page's mode is %v, %v: a program's data is for its owner", info.Mode(), err)
	}
	if text := read(t, html); !strings.HasPrefix(text, "<!DOCTYPE html>") || !strings.Contains(text, "<title>Writes</title>") {
		t.Errorf("%.300s", text)
	}
	if r := hindsight(t, "", "notebook", "run", file, "-r", db); r.code != 0 || !strings.Contains(r.stdout, "**5**") {
		t.Errorf("status %d: %s%s", r.code, r.stdout, r.stderr)
	}
	// Two histories; a block that fails.
	two := notebookFile(t, "```sql\nSELECT (SELECT count(*) FROM writes) + (SELECT count(*) FROM old.writes) AS n;\n```\n\n```sql\nSELECT nothing;\n```\n")
	r := hindsight(t, "", "notebook", "run", two, "-r", db, "-r", "old="+newDatabase(t))
	if r.code != 1 || !strings.Contains(r.stdout, "|  10 |") || !strings.Contains(r.stdout, "> **Error:** line 6") || !strings.Contains(r.stderr, "test.md: line 6") {
		t.Errorf("status %d: %s%s", r.code, r.stdout, r.stderr)
	}
}

// TestNotebookReadsNothingElse runs a notebook that tries to reach files.
func TestNotebookReadsNothingElse(t *testing.T) {
	db := newDatabase(t)
	out := filepath.Join(t.TempDir(), "stolen")
	for _, sql := range []string{
		"SELECT * FROM read_text('/etc/passwd')",
		"COPY (SELECT 1) TO '" + out + "'",
		"ATTACH '" + out + "' AS x",
		"SET enable_external_access = true",
		"INSTALL httpfs",
	} {
		r := hindsight(t, "", "notebook", "run", notebookFile(t, "```sql\n"+sql+";\n```\n"), "-r", db)
		if r.code != 1 || !strings.Contains(r.stdout, "> **Error:**") || strings.Contains(r.stdout, "root:") {
			t.Errorf("%s: status %d\n%s%s", sql, r.code, r.stdout, r.stderr)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a notebook wrote a file")
	}
}

func TestNotebookWrongUse(t *testing.T) {
	db, file := newDatabase(t), notebookFile(t, testNotebook)
	for _, c := range []struct {
		want   string
		status int
		args   []string
	}{
		{"say what to do", 2, []string{"notebook"}},
		{"there is no command", 2, []string{"notebook", "frob"}},
		{"takes one notebook", 2, []string{"notebook", "run"}},
		{"must end with .html or .md", 2, []string{"notebook", "run", file, "-o", "x.pdf"}},
		{"needs a name for its tables", 2, []string{"notebook", "run", file, "-r", db, "-r", db}},
		{"is no name for a second history", 1, []string{"notebook", "run", file, "-r", db, "-r", "main=" + db}},
		{"write name=value", 2, []string{"notebook", "run", file, "-r", db, "-p", "least"}},
		{"is not a UINTEGER", 2, []string{"notebook", "run", file, "-r", db, "-p", "least=-1"}},
		{"neither a file nor a notebook", 1, []string{"notebook", "run", "nothing", "-r", db}},
		{"no such file", 1, []string{"notebook", "run", "nothing.md", "-r", db}},
		{"test.md:1: ", 1, []string{"notebook", "run", notebookFile(t, "```sql rows=0\n```\n"), "-r", db}},
		{"is a directory", 1, []string{"notebook", "run", t.TempDir(), "-r", db}},
	} {
		r := hindsight(t, "", c.args...)
		if r.code != c.status || !strings.Contains(r.stderr, c.want) || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%v: status %d, not %d with %q:\n%s%s", c.args, r.code, c.status, c.want, r.stdout, r.stderr)
		}
	}
	for _, name := range []string{"time", "memory", "variable"} {
		if r := hindsight(t, "", "notebook", "show", name); r.code != 0 || !strings.HasPrefix(r.stdout, "# ") {
			t.Errorf("show %s: status %d %s", name, r.code, r.stderr)
		}
		if r := hindsight(t, "", "notebook", "list"); !strings.Contains(r.stdout, name+" ") {
			t.Errorf("list lacks %s:\n%s", name, r.stdout)
		}
	}
}
