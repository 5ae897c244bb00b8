package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestScripts runs each testdata/*.sql as piped input and compares what comes
// out, on both streams, with its .golden.
func TestScripts(t *testing.T) {
	db := newDatabase(t)
	scripts, err := filepath.Glob("testdata/*.sql")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	for _, file := range scripts {
		t.Run(filepath.Base(file), func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := hindsight(t, string(script), "sql", "--db", db)
			text := got.stdout + "--- standard error, exit status " + string(rune('0'+got.code)) + "\n" + got.stderr
			golden := strings.TrimSuffix(file, ".sql") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if text != string(want) {
				t.Errorf("differs from %s (-update writes it anew):\n%s", golden, text)
			}
		})
	}
}

func TestSQLCommandAndFile(t *testing.T) {
	db := newDatabase(t)
	if got := hindsight(t, "", "sql", "--db", db, "--format", "csv", "-c", "SELECT 1 AS a; SELECT 2 AS b"); got.code != 0 ||
		got.stdout != "a\n1\n\nb\n2\n" || got.stderr != "" {
		t.Errorf("-c: %+v", got)
	}
	if got := hindsight(t, "", "sql", "--db", db, "--format", "markdown", "-c", "SELECT 1 AS a; SELECT 2 AS b"); got.stdout !=
		"| a |\n| ---:|\n| 1 |\n\n| b |\n| ---:|\n| 2 |\n" {
		t.Errorf("two tables in markdown: %+v", got)
	}
	if got := hindsight(t, "", "sql", "--db", db, "-c", ".mode jsonl", "-c", "SELECT 1 AS a; SELECT 2 AS a", "-c", "SELECT 3 AS a"); got.code != 0 ||
		got.stdout != "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n" {
		t.Errorf("several -c: %+v", got)
	}
	if got := hindsight(t, "", "sql", "--db", db, "-c", ".quit", "-c", "SELECT 1"); got.code != 0 || got.stdout != "" {
		t.Errorf(".quit before another -c: %+v", got)
	}
	if got := hindsight(t, "", "sql", "--db", db, "-c", "SELECT row(1, 'x')"); got.code != exitFailure || !strings.Contains(got.stderr, "cast it to VARCHAR") {
		t.Errorf("a struct without names: %+v", got)
	}
	file := filepath.Join(t.TempDir(), "q.sql")
	if err := os.WriteFile(file, []byte("SELECT 1 AS a;\n\nSELECT\nbroken;\nSELECT 3 AS c;"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := hindsight(t, "", "sql", "--db", db, "--format", "jsonl", "-f", file)
	if got.code != 1 || got.stdout != "{\"a\":1}\n{\"c\":3}\n" || !strings.Contains(got.stderr, "q.sql: line 4: ") {
		t.Errorf("-f: %+v", got)
	}
	if got := hindsight(t, "SELECT 1 AS a", "sql", "--db", db, "--format", "csv", "-f", "-"); got.stdout != "a\n1\n" {
		t.Errorf("-f -: %+v", got)
	}
}

func TestDotTables(t *testing.T) {
	got := hindsight(t, ".format csv\n.tables\n.schema writes\n", "sql", "--db", newDatabase(t))
	for _, want := range []string{"writes,5,", "calls,0,", "stack_frames,,", "writes,addr,UBIGINT,"} {
		if got.code != 0 || !strings.Contains(got.stdout, "\n"+want) {
			t.Errorf("no %q in %d, %s%s", want, got.code, got.stdout, got.stderr)
		}
	}
}

// TestPrompt types at a terminal.
func TestPrompt(t *testing.T) {
	state := t.TempDir()
	p := startTerminal(t, []string{"XDG_STATE_HOME=" + state}, "sql", "--db", newDatabase(t))
	p.prompt()
	p.send("SELECT 6 * 7 AS answer;\r")
	p.expect("42")
	p.expect("1 row (")
	p.prompt()

	// Several lines, then an error that shows its place.
	p.send("SELECT t\r")
	p.settle()
	p.send("FROM nothing;\r")
	p.expect("nothing does not exist")
	p.expect("LINE 2")
	p.prompt()

	// Ctrl-C clears the line, and the next statement is not spoiled by it.
	p.send("SELECT rubbish")
	p.expect("rubbish")
	p.send("\x03")
	p.prompt()
	p.send(".format csv\r")
	p.prompt()
	p.send("SELECT 'still' || 'here' AS x;\r")
	p.expect("stillhere")
	p.prompt()

	// Tab completes a table's name.
	p.send("SELECT count(*) AS n FROM wri\t")
	p.expect("writes")
	p.send(";\r")
	p.expect("n\r\n5\r\n")
	p.prompt()

	p.send("\x04")
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	info, err := os.Stat(filepath.Join(state, "hindsight", "history"))
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
		t.Errorf("the history file: %v, %v", info, err)
	}
}

// TestPromptInterrupt holds that Ctrl-C ends a long query and not the prompt.
func TestPromptInterrupt(t *testing.T) {
	p := startTerminal(t, []string{"XDG_STATE_HOME=" + t.TempDir()}, "sql", "--db", newDatabase(t))
	p.prompt()
	for range 2 {
		p.send("SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000000) b;\r")
		p.expect("range(1000000000) b;")
		time.Sleep(300 * time.Millisecond)
		p.send("\x03")
		p.expect("interrupted")
		p.prompt()
	}
	p.send("SELECT 6 * 7 AS answer;\r")
	p.expect("42")
	p.prompt()
	p.send(".quit\r")
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestPlainPrompt holds for terminals without cursor movement, as in editors.
func TestPlainPrompt(t *testing.T) {
	p := startTerminal(t, []string{"TERM=dumb"}, "sql", "--db", newDatabase(t))
	p.expect("hindsight> ")
	p.send("SELECT 6 *\n")
	p.expect("...> ")
	p.send("7 AS answer;\n")
	p.expect("42")
	p.expect("hindsight> ")
	p.send("\x04")
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestComplete(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{"", true}, {"  \n", true}, {".tables", true}, {"SELECT 1", false}, {"SELECT 1;", true},
		{"SELECT ';", false}, {"SELECT 1; -- done", true}, {"SELECT 1; SELECT", false}, {"/* open ;", false}, {"-- note", true},
	} {
		if got := complete(c.text); got != c.want {
			t.Errorf("%q: %v", c.text, got)
		}
	}
}

func TestSplitWords(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{".read file", ".read|file"}, {`.read "a b" 'c'`, ".read|a b|c"}, {".tables ", ".tables"}, {".output  x\ty", ".output|x|y"},
	} {
		words, err := splitWords(c.line)
		if err != nil || strings.Join(words, "|") != c.want {
			t.Errorf("%q: %q, %v", c.line, words, err)
		}
	}
	if _, err := splitWords(`.read "a`); err == nil {
		t.Error("an open quote is no error")
	}
}
