package check

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"hindsight/sqlext"
	"hindsight/sqlext/sqltest"
)

// pair opens a small history beside itself.
func pair(t *testing.T, withBase bool) *sqlext.History {
	t.Helper()
	file := filepath.Join(t.TempDir(), "history.duckdb")
	sqltest.Create(t, file)
	base := ""
	if withBase {
		base = file
	}
	h, err := sqlext.OpenPair(t.Context(), file, base)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func results(t *testing.T, h *sqlext.History, checks []Check, opt Options) []Result {
	t.Helper()
	var out []Result
	if err := Run(t.Context(), h, checks, opt, func(r Result) { out = append(out, r) }); err != nil {
		t.Fatal(err)
	}
	return out
}

func describe(r Result) string {
	s := string(r.Status)
	if r.Err != nil {
		s += " " + r.Err.Error()
	}
	for _, o := range r.Outcomes {
		s += fmt.Sprintf(" [%v %s %s]", o.Held, o.Detail, o.Evidence)
	}
	return s
}

// TestChecks runs checks of every kind, good and bad.
func TestChecks(t *testing.T) {
	withBase, alone := pair(t, true), pair(t, false)
	for _, c := range []struct {
		name, text string
		base       bool
		want       string
	}{
		{"holds", "-- A.\n-- expect: no rows\nSELECT 1 WHERE false", false, "passed"},
		{"rows", "-- A.\n-- expect: no rows\nSELECT t FROM writes ORDER BY t", false, "failed [false 5 rows"},
		{"two", "-- A.\n-- expect: rows 5\n-- expect: rows <= 4\nSELECT t FROM writes", false, "failed [true  ] [false 5 rows"},
		{"comment", "-- A.\n-- expect: rows 1\nSELECT 1 -- the end", false, "passed"},
		{"semicolon", "-- A.\n-- expect: rows 1\nSELECT 1;\n-- the end\n", false, "passed"},
		{"crlf", "-- A.\r\n-- expect: rows 1\r\nSELECT 1\r\n", false, "passed"},
		{"none", "-- A.\nSELECT 1", false, "error none.sql says nowhere what must hold"},
		{"misspelt", "-- A.\n-- expected: no rows\nSELECT 1", false, "error misspelt.sql says nowhere"},
		{"wrong", "-- A.\n--\n-- expect: few rows\nSELECT 1", false, "error wrong.sql: line 3:"},
		{"syntax", "-- A.\n-- expect: no rows\n\nSELECT FROM WHERE", false, "error syntax.sql: line 4:"},
		{"missing", "-- A.\n-- expect: no rows\nSELECT * FROM nowhere", false, "error missing.sql: line 3:"},
		{"create", "-- A.\n-- expect: no rows\nCREATE TABLE x AS SELECT 1", false, "error create.sql: line 3:"},
		{"copy", "-- A.\n-- expect: no rows\nCOPY (SELECT 1) TO '" + t.TempDir() + "/x'", false, "error copy.sql: line 3:"},
		{"insert", "-- A.\n-- expect: no rows\nDELETE FROM history.main._meta", false, "error insert.sql: line 3:"},
		{"empty", "-- A.\n-- expect: no rows\n", false, "error empty.sql"},
		{"late", "-- A.\n-- expect: no rows\nSELECT error('boom') FROM writes", false, "error late.sql: line 3:"},
		{"needs_base", "-- A.\n-- expect: no rows\nSELECT * FROM base.writes", false, "error the check compares with another recording: name it with --base"},
		{"needs_base_too", "-- A.\n-- expect: no rows\nSELECT * FROM compare_functions", false, "error the check compares"},
		{"compares", "-- A.\n-- expect: no rows\nSELECT * FROM compare_writes WHERE NOT same", true, "passed"},
		{"bumps", "-- A.\n-- expect: ratio head/base 1..1\nSELECT h.t AS head, b.t AS base FROM head.writes h JOIN base.writes b USING (t)", true, "passed"},
		{"needs_parameter", "-- A.\n-- param n UBIGINT: rows\n-- expect: rows 1\nSELECT 1 LIMIT $n", false, "error needs_parameter: the parameter n has no value"},
		{"parameter", "-- A.\n-- param limit UBIGINT: rows\n-- expect: rows 2\nFROM writes LIMIT $limit", false, "passed"},
		{"not_utf8", "-- A.\n-- expect: rows 1\nSELECT '\xff'", false, "error"},
		{"zero", "\x00\x01\x02", false, "error"},
	} {
		h := alone
		if c.base {
			h = withBase
		}
		check := New(c.name, c.name+".sql", c.text)
		opt := Options{Base: c.base, Params: map[string]string{"limit": "2"}}
		got := describe(results(t, h, []Check{check}, opt)[0])
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestBuiltins holds that each check that the program brings can be run and says
// nothing of a history beside itself.
func TestBuiltins(t *testing.T) {
	checks := Builtin()
	if len(checks) < 5 {
		t.Fatal(len(checks))
	}
	h := pair(t, true)
	for _, r := range results(t, h, checks, Options{Base: true}) {
		// The small history has no program's main, and no recording.
		if r.Status != Passed {
			t.Errorf("%s: %s", r.Name, describe(r))
		}
	}
	for _, c := range checks {
		if c.Err != nil || !strings.Contains(c.Query.SQL, "ORDER BY") && !strings.Contains(c.Query.SQL, "recordings") {
			t.Errorf("%s: %v", c.Name, c.Err)
		}
	}
}

// TestGolden writes a golden file, compares with it, and finds it missing, cut
// and otherwise than the answer.
func TestGolden(t *testing.T) {
	dir := t.TempDir()
	h := pair(t, false)
	file := write(t, dir, "g.sql", "-- A.\n-- expect: golden g\nSELECT t, CASE t WHEN 1 THEN NULL WHEN 2 THEN '' WHEN 3 THEN '\\N' ELSE chr(9) || t END AS x FROM writes ORDER BY t")
	golden := filepath.Join(dir, "g.txt")
	ask := func(update bool) string {
		t.Helper()
		return describe(results(t, h, Find([]string{file}), Options{Update: update})[0])
	}
	if got := ask(false); !strings.HasPrefix(got, "error") || !strings.Contains(got, "--update writes it") {
		t.Errorf("missing: %s", got)
	}
	if got := ask(true); !strings.HasPrefix(got, "updated") {
		t.Errorf("update: %s", got)
	}
	text, err := os.ReadFile(golden)
	want := "t UBIGINT\tx VARCHAR\n1\t\\N\n2\t\n3\t\\\\N\n4\t\\t4\n5\t\\t5\n(5 rows)\n"
	if err != nil || string(text) != want {
		t.Errorf("wrote %q, %v", text, err)
	}
	if info, err := os.Stat(golden); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	for _, update := range []bool{false, true} {
		if got := ask(update); !strings.HasPrefix(got, "passed") {
			t.Errorf("the same again: %s", got)
		}
	}
	write(t, dir, "g.txt", strings.Replace(want, "\\\\N", "other", 1))
	if got := ask(false); !strings.HasPrefix(got, "failed") || !strings.Contains(got, "- 3\tother") && !strings.Contains(got, `- 3\tother`) {
		t.Errorf("otherwise: %s", got)
	}
	write(t, dir, "g.txt", strings.ReplaceAll(want, "\n", "\r\n"))
	if got := ask(false); !strings.HasPrefix(got, "passed") {
		t.Errorf("with line ends of another system: %s", got)
	}
	write(t, dir, "g.txt", want[:20])
	if got := ask(false); !strings.HasPrefix(got, "error") || !strings.Contains(got, "damaged") {
		t.Errorf("cut: %s", got)
	}
	if got := ask(true); !strings.HasPrefix(got, "updated") {
		t.Errorf("cut, updated: %s", got)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != 2 {
		t.Errorf("left behind: %v", names)
	}
}

// TestGoldenRefused holds that answers without an order are not compared, that
// two checks do not share a file, and that failures of other expectations stay
// failures with --update.
func TestGoldenRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.sql", "-- A.\n-- expect: golden shared\nSELECT 1 AS x")
	write(t, dir, "b.sql", "-- A.\n-- expect: golden shared\nSELECT 2 AS x")
	write(t, dir, "c.sql", "-- A.\n-- expect: golden c\nSELECT t FROM writes")
	write(t, dir, "d.sql", "-- A.\n-- expect: golden d\n-- expect: no rows\nSELECT t FROM writes ORDER BY t")
	if err := os.Mkdir(filepath.Join(dir, "e.txt"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "e.sql", "-- A.\n-- expect: golden e\nSELECT 1 AS x")
	want := []string{"updated", "error", "error", "failed", "error"}
	for i, r := range results(t, pair(t, false), Find([]string{dir}), Options{Update: true}) {
		if string(r.Status) != want[i] {
			t.Errorf("%s: %s, want %s", r.Name, describe(r), want[i])
		}
	}
}

// TestUpdateAtTheSameTime holds that a golden file is always whole.
func TestUpdateAtTheSameTime(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for i := range 4 {
		h := pair(t, false)
		check := New("c", filepath.Join(dir, "c.sql"), fmt.Sprintf("-- A.\n-- expect: golden c\nSELECT range, %d AS who FROM range(2000) ORDER BY 1", i))
		all.Add(1)
		go func() {
			defer all.Done()
			for range 5 {
				if err := Run(context.Background(), h, []Check{check}, Options{Update: true}, func(r Result) {
					if r.Err != nil {
						t.Error(r.Err)
					}
				}); err != nil {
					t.Error(err)
				}
				text, err := os.ReadFile(filepath.Join(dir, "c.txt"))
				if err == nil {
					err = checkGolden(string(text))
				}
				if err != nil {
					t.Error(err)
				}
			}
		}()
	}
	all.Wait()
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	const text = "-- A.\n-- expect: no rows\nSELECT 1"
	for _, name := range []string{"b.sql", "a.sql", "sub/c.sql", "sub/notes.md"} {
		write(t, dir, name, text)
	}
	closed := filepath.Join(dir, "zclosed")
	if err := os.Mkdir(closed, 0o000); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(closed, 0o755)
	if err := os.Symlink("..", filepath.Join(dir, "sub", "loop")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "sub", "dangling.sql")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sub", "huge.sql"), make([]byte, maxFile+1), 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range Find([]string{filepath.Join(dir, "b.sql"), dir, dir, "builtin:same_output", "builtin:nothing", "/nowhere"}) {
		name := strings.TrimPrefix(c.Name, dir+"/")
		if c.Err != nil {
			name += " error"
		}
		got = append(got, name)
	}
	want := "b.sql, a.sql, sub/c.sql, sub/dangling.sql error, sub/huge.sql error, "
	if os.Getuid() != 0 {
		want += "zclosed error, "
	} else {
		t.Log("as root every folder can be read: the closed one is not tried")
	}
	want += "builtin:same_output, builtin:nothing error, /nowhere error"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	if found := Find([]string{link}); len(found) < 5 {
		t.Errorf("through a link: %v", found)
	}
	if found := Find([]string{t.TempDir()}); len(found) != 1 || found[0].Err == nil {
		t.Errorf("an empty folder: %v", found)
	}
	t.Chdir(t.TempDir())
	if found := Find(nil); len(found) != 1 || found[0].Err == nil {
		t.Errorf("no folder: %v", found)
	}
	write(t, ".", filepath.Join(DefaultDir, "x.sql"), text)
	if found := Find(nil); len(found) != 1 || found[0].Err != nil {
		t.Errorf("the project's folder: %v", found)
	}
}

// TestInterrupt holds that a long check can be ended.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	check := New("long", "long.sql", "-- A.\n-- expect: no rows\nSELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000000) b")
	h := pair(t, false)
	go cancel()
	if err := Run(ctx, h, []Check{check}, Options{}, func(r Result) { t.Error(describe(r)) }); err != context.Canceled {
		t.Error(err)
	}
}
