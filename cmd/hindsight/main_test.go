package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hindsight/sqlext/sqltest"
)

// binary is the command under test, built once.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "hindsight-cmd-test-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "hindsight")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

type outcome struct {
	code           int
	stdout, stderr string
}

// hindsight runs the binary with a store of its own.
func hindsight(t *testing.T, input string, args ...string) outcome {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Stdin = strings.NewReader(input)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = os.Environ()
	if os.Getenv("HINDSIGHT_DIR") == "" {
		cmd.Env = append(cmd.Env, "HINDSIGHT_DIR="+t.TempDir())
	}
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// newDatabase makes a small history.
func newDatabase(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "history.duckdb")
	sqltest.Create(t, file)
	return file
}

// TestWrongUse holds that each wrong use gets one line that says where help is,
// and 2.
func TestWrongUse(t *testing.T) {
	db := newDatabase(t)
	for _, c := range []struct {
		args string
		want string
	}{
		{"bogus", `unknown command "bogus"`},
		{"recrod", `did you mean "record"?`},
		{"--bogus", "unknown flag"},
		{"record", "no program"},
		{"record --bogus x", "unknown flag"},
		{"replay a b", "takes one recording"},
		{"replay --engine steam", "not an engine"},
		{"replay --translated --engine native", "contradict"},
		{"index --from x", "not a count of instructions"},
		{"index --from 5 --to 5", "less than"},
		{"index --max-rows many", "is not a count"},
		{"index --max-rows 0", "at least 1"},
		{"index --tables=", "--tables needs a value"},
		{"record --output= true", "--output needs a value"},
		{"help bogus", "no command"},
		{"sql a b", "takes one recording"},
		{"sql --db " + db + " -c x -f y", "not both"},
		{"sql --db " + db + " --format xml", "not a format"},
		{"list x", "takes no arguments"},
		{"list --format xml", "not a format"},
		{"show a b", "takes one recording"},
		{"remove", "--all"},
		{"remove --all x", "--all"},
		{"doctor x", "takes no arguments"},
		{"version x", "takes no arguments"},
	} {
		got := hindsight(t, "", strings.Fields(c.args)...)
		if got.code != exitUsage || got.stdout != "" || !strings.Contains(got.stderr, c.want) ||
			!isOneLine(got.stderr) || !strings.Contains(got.stderr, "--help") {
			t.Errorf("%s: %d, %q, %q; want %d and %q", c.args, got.code, got.stdout, got.stderr, exitUsage, c.want)
		}
	}
}

func isOneLine(s string) bool {
	return strings.HasPrefix(s, "hindsight: ") && strings.Count(s, "\n") == 1 && strings.HasSuffix(s, "\n")
}

// TestFailures holds that what cannot be done gets one line, and 1.
func TestFailures(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.duckdb")
	if err := os.WriteFile(text, []byte("certainly no database"), 0o644); err != nil {
		t.Fatal(err)
	}
	db := newDatabase(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"replay"}, "hindsight record"},
		{[]string{"replay", "nothing"}, "hindsight list"},
		{[]string{"index", dir}, "not a recording"},
		{[]string{"show", text}, "is a file"},
		{[]string{"sql", "-c", "SELECT 1"}, "hindsight record"},
		{[]string{"sql", "--db", text, "-c", "SELECT 1"}, "not a history database"},
		{[]string{"sql", "--db", db, "-f", filepath.Join(dir, "missing")}, "no such file"},
		{[]string{"sql", "--db", db, "-f", dir}, "is a directory"},
		{[]string{"sql", "--db", db, "-c", "SELECT nothing FROM writes"}, `"nothing" not found`},
		{[]string{"sql", "--db", db, "-c", "DELETE FROM writes"}, "read-only"},
		{[]string{"remove", "--yes", dir}, "not a recording"},
		{[]string{"remove", "--yes", "nothing"}, "hindsight list"},
	} {
		got := hindsight(t, "", c.args...)
		if got.code != exitFailure || !isOneLine(got.stderr) || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%s: %d, %q; want 1 and %q", c.args, got.code, got.stderr, c.want)
		}
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error("remove removed what is no recording")
	}
}

// TestHelp holds that every command explains itself and has an example.
func TestHelp(t *testing.T) {
	for _, c := range newRoot().Commands() {
		if c.Short == "" || c.Example == "" || !strings.Contains(c.Example, "hindsight "+c.Name()) {
			t.Errorf("%s: %q, example %q", c.Name(), c.Short, c.Example)
		}
	}
	if got := hindsight(t, "", "sql", "--help"); got.code != 0 || !strings.Contains(got.stdout, "Examples:") || got.stderr != "" {
		t.Errorf("sql --help: %+v", got)
	}
	if got := hindsight(t, "", "completion", "bash"); got.code != 0 || !strings.Contains(got.stdout, "hindsight") {
		t.Errorf("completion: %d", got.code)
	}
}

// TestEmptyNames holds that an argument without a value, as from an unset
// variable of a shell, does not pass for none.
func TestEmptyNames(t *testing.T) {
	for _, command := range []string{"replay", "index", "sql", "show", "remove", "record"} {
		if got := hindsight(t, "", command, ""); got.code != exitUsage || !isOneLine(got.stderr) {
			t.Errorf("%s: %+v", command, got)
		}
	}
}

// TestFullOutput holds that a result that cannot be written is a failure, told
// once.
func TestFullOutput(t *testing.T) {
	db := newDatabase(t)
	for _, args := range [][]string{
		{"version"}, {"doctor"}, {"list", "--format", "json"}, {"sql", "--db", db, "--format", "csv", "-c", "SELECT range FROM range(100000)"},
	} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip(err)
		}
		cmd := exec.Command(binary, args...)
		cmd.Env = append(os.Environ(), "HINDSIGHT_DIR="+t.TempDir())
		var stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &stderr
		_ = cmd.Run() // the code is looked at
		full.Close()
		if code := cmd.ProcessState.ExitCode(); code != exitFailure || strings.Count(stderr.String(), "no space left") != 1 {
			t.Errorf("%s: %d, %q", args, code, stderr.String())
		}
	}
}

// TestClosedOutput holds that a closed standard output is no success either.
func TestClosedOutput(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", `exec "$0" version >&-`, binary)
	out, _ := cmd.CombinedOutput() // the code is looked at
	if code := cmd.ProcessState.ExitCode(); code != exitFailure || !strings.Contains(string(out), "bad file descriptor") {
		t.Errorf("%d, %q", code, out)
	}
}

func TestVersion(t *testing.T) {
	got := hindsight(t, "", "version")
	for _, want := range []string{"hindsight ", "go 1.", "duckdb v1.", "zydis 4."} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("no %q in %q", want, got.stdout)
		}
	}
}

func TestListNothing(t *testing.T) {
	if got := hindsight(t, "", "list", "--format", "json"); got.code != 0 || got.stdout != "[]\n" {
		t.Errorf("%+v", got)
	}
	if got := hindsight(t, "", "list"); got.code != 0 || got.stdout != "" || !strings.Contains(got.stderr, "hindsight record") {
		t.Errorf("%+v", got)
	}
}

func TestMessageIsOneLine(t *testing.T) {
	if got := message(fmt.Errorf("one\n  two\n\n")); got != "one; two" {
		t.Errorf("got %q", got)
	}
	if got := message(fmt.Errorf("x: %w", context.Canceled)); got != "interrupted" {
		t.Errorf("got %q", got)
	}
}
