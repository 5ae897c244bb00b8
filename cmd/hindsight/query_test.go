package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// saved makes the configuration folder of a user with these queries.
func saved(t *testing.T, queries map[string]string) string {
	t.Helper()
	config := t.TempDir()
	folder := filepath.Join(config, "hindsight", "queries")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range queries {
		if err := os.WriteFile(filepath.Join(folder, name+".sql"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return config
}

func TestQueryCommands(t *testing.T) {
	db := newDatabase(t)
	t.Setenv("XDG_CONFIG_HOME", saved(t, map[string]string{
		"writes_at": "-- The writes at an address.\n-- Much more.\n-- param addr UBIGINT: the address\n-- param n BIGINT = 2: how many\n-- tags: mine\n" +
			"-- example: writes_at addr=1\nSELECT t, value FROM writes_to($addr, $addr + 1) ORDER BY t LIMIT $n",
		"text_is": "-- A text.\n-- param text VARCHAR: it\nSELECT $text AS x",
		"broken":  "-- Broken.\nSELECT $y",
		"failing": "-- Fails.\n\nSELECT\nnothing FROM writes",
	}))
	for _, c := range []struct {
		args []string
		code int
		want string // in standard output, where the code is 0, else in standard error
	}{
		{[]string{"query", "list", "--format", "csv"}, 0, "\nwrites_at,The writes at an address.,mine,user\n"},
		{[]string{"query", "list", "--format", "csv"}, 0, "\nwho_wrote,"},
		{[]string{"query", "list", "--format", "csv"}, 0, "broken: "},
		{[]string{"query", "list", "--format", "csv", "--tag", "mine"}, 0, "query,gives,tags,source\nwrites_at,The writes at an address.,mine,user\n"},
		{[]string{"query", "list", "--tag", "nonsense"}, 1, "no query has the tag"},
		{[]string{"query", "show", "writes_at"}, 0, "addr UBIGINT"},
		{[]string{"query", "show", "writes_at"}, 0, "FROM writes_to($addr, $addr + 1)"},
		{[]string{"query", "show", "broken"}, 1, "$y is not declared"},
		{[]string{"query", "show"}, 2, "one query"},
		{[]string{"query", "show", "a", "b"}, 2, "one query"},
		{[]string{"query"}, 2, "say what to do"},
		{[]string{"query", "bogus"}, 2, `no command "bogus"`},
		{[]string{"query", "run"}, 2, "the name of a query"},
		{[]string{"query", "run", "writes_att"}, 2, "did you mean"},
		{[]string{"query", "run", "writes_at", "--db", db}, 2, "the parameter addr has no value"},
		{[]string{"query", "run", "writes_at", "--db", db, "addr=x"}, 2, "is not a UBIGINT"},
		{[]string{"query", "run", "writes_at", "--db", db, "address=1"}, 2, "there is no parameter address"},
		{[]string{"query", "run", "writes_at", "--db", db, "addr=1", "addr=1"}, 2, "given twice"},
		{[]string{"query", "run", "writes_at", "--db", db, "--format", "xml", "addr=1"}, 2, "not a format"},
		{[]string{"query", "run", "writes_at", "a", "b", "addr=1"}, 2, "takes one recording"},
		{[]string{"query", "run", "writes_at", "a", "-r", "b", "addr=1"}, 2, "takes one recording"},
		{[]string{"query", "run", "broken", "--db", db}, 1, "cannot be used"},
		{[]string{"query", "run", "failing", "--db", db}, 1, "failing.sql: line 4: "},
		{[]string{"query", "run", "writes_at", "missing", "addr=1"}, 1, "hindsight list"},
		{[]string{"query", "run", "writes_at", "--db", db, "--format", "csv", "addr=0x404040"}, 0, "t,value\n1,1\n3,3\n"},
		{[]string{"query", "run", "writes_at", "--db", db, "--format", "csv", "n=1", "addr=4210752"}, 0, "t,value\n1,1\n"},
		{[]string{"query", "run", "text_is", "--db", db, "--format", "csv", "text='; SELECT 1 --=x"}, 0, "x\n'; SELECT 1 --=x\n"},
	} {
		got := hindsight(t, "", c.args...)
		text := got.stderr
		if c.code == 0 {
			text = got.stdout
		}
		if got.code != c.code || !strings.Contains(text, c.want) || c.code != 0 && !isOneLine(got.stderr) {
			t.Errorf("%q: %d, %q, %q; want %d and %q", c.args, got.code, got.stdout, got.stderr, c.code, c.want)
		}
	}
}

// TestProjectQueries holds that the working directory's queries are found.
func TestProjectQueries(t *testing.T) {
	db, dir := newDatabase(t), t.TempDir()
	folder := filepath.Join(dir, ".hindsight", "queries")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "who_wrote.sql"), []byte("-- Ours.\nSELECT 'ours' AS x"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "query", "run", "who_wrote", "--db", db, "--format", "csv")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "x\nours\n" {
		t.Errorf("%v, %s", err, out)
	}
}

func TestQueryCompletion(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", saved(t, map[string]string{"broken": "-- Broken.\nSELECT $y"}))
	for _, c := range []struct {
		words     []string
		want, not string
	}{
		{[]string{"query", "run", "who"}, "who_wrote\tWho wrote", "broken"},
		{[]string{"query", "show", "h"}, "hot_lines\t", "addr="},
		{[]string{"query", "run", "who_wrote", ""}, "addr=\tfirst address", "hot_lines"},
		{[]string{"query", "run", "who_wrote", "addr=1", ""}, "size=\t", "addr="},
		{[]string{"query", "run", "nonsense", ""}, ":", "addr="},
	} {
		got := hindsight(t, "", append([]string{"__complete"}, c.words...)...)
		if got.code != 0 || !strings.Contains(got.stdout, c.want) || strings.Contains(got.stdout, c.not) {
			t.Errorf("%q: %+v; want %q and no %q", c.words, got, c.want, c.not)
		}
	}
}

func TestShellQueries(t *testing.T) {
	db := newDatabase(t)
	t.Setenv("XDG_CONFIG_HOME", saved(t, map[string]string{
		"text_is": "-- A text.\n-- param text VARCHAR: it\nCREATE OR REPLACE TEMP TABLE tmp_x AS SELECT $text AS x;\nSELECT x FROM tmp_x",
	}))
	got := hindsight(t, ".format csv\n.queries memory\n.run text_is \"text=a b\"\n.run text_is text='\n.help text_is\n.run text_is\n.run nothing\n.run\n",
		"sql", "--db", db)
	for _, want := range []string{"\nwho_wrote,", "x\na b\n", "x\n'\n", "text_is: A text.\n", "text VARCHAR"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("no %q in %q", want, got.stdout)
		}
	}
	for _, want := range []string{"line 6: text_is: the parameter text has no value", "line 7: there is no query", "line 8: use: .run NAME"} {
		if !strings.Contains(got.stderr, want) {
			t.Errorf("no %q in %q", want, got.stderr)
		}
	}
	if got.code != exitFailure {
		t.Errorf("exit status %d", got.code)
	}
	for _, c := range []struct{ text, word, want string }{
		{".run who", "who", "who_wrote"}, {".run who_wrote ", "", "addr="}, {".run who_wrote addr=1 s", "s", "size="}, {".run text_is te", "te", "text="},
	} {
		word, found := (&completer{}).candidates(c.text)
		if word != c.word || len(found) == 0 || found[0].value != c.want {
			t.Errorf("%q: %q, %v", c.text, word, found)
		}
	}
}
