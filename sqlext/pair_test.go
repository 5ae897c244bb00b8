package sqlext

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// changed makes a second small history and changes it.
func changed(t *testing.T, statements ...string) string {
	t.Helper()
	file := newHistory(t)
	h, err := connect(t.Context(), file, false)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for _, s := range statements {
		if err := h.exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return file
}

func openPair(t *testing.T, head, base string) *History {
	t.Helper()
	h, err := OpenPair(t.Context(), head, base)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// csvOf is a query's result, without the names.
func csvOf(t *testing.T, h *History, query string) string {
	t.Helper()
	out := run(t, h, query, WriteOptions{Format: CSV})
	_, rows, _ := strings.Cut(out, "\n")
	if strings.HasPrefix(out, "error") {
		t.Fatalf("%s: %s", query, out)
	}
	return rows
}

// TestPairSides holds that the tables, views and macros of each schema are of
// its own history, and names without a schema of head.
func TestPairSides(t *testing.T) {
	base := changed(t, "UPDATE functions SET name = 'climb' WHERE function_id = 2",
		"UPDATE frames SET function = 'climb' WHERE function_id = 2", "UPDATE _writes SET value = 77 WHERE t = 1")
	h := openPair(t, newHistory(t), base)
	for _, c := range []struct{ query, want string }{
		{"SELECT value FROM head.writes WHERE t = 1", "1\n"},
		{"SELECT value FROM base.writes WHERE t = 1", "77\n"},
		{"SELECT value FROM writes WHERE t = 1", "1\n"},
		{"SELECT value FROM writes_to(4210752, 4210753) ORDER BY t", "1\n3\n"},
		{"SELECT value FROM base.writes_to(4210752, 4210753) ORDER BY t", "77\n3\n"},
		{"SELECT split_part(stack(2), ' ', 1), split_part(base.stack(2), ' ', 1), split_part(head.stack(2), ' ', 1)", "bump,climb,bump\n"},
		{"SELECT symbolize(4360), base.symbolize(4360)", "add (in bump+0x8) a.h:2,add (in climb+0x8) a.h:2\n"},
		{"SELECT h(255), base.h(255)", "0xff,0xff\n"},
		{"SELECT function, found FROM compare_functions ORDER BY 1", "bump,head\nclimb,base\nmain,both\n"},
	} {
		if got := csvOf(t, h, c.query); got != c.want {
			t.Errorf("%s: %q, want %q", c.query, got, c.want)
		}
	}
	if out := run(t, h, "CREATE OR REPLACE TABLE history.main.x AS SELECT 1", WriteOptions{}); !strings.Contains(out, "read-only") {
		t.Errorf("writing to the history: %s", out)
	}
}

// TestPairOfOne holds that a history can be compared with itself, which DuckDB
// does not attach twice, and that head alone has no base.
func TestPairOfOne(t *testing.T) {
	file := newHistory(t)
	link := filepath.Join(t.TempDir(), "link.duckdb")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	h := openPair(t, file, link)
	if got := csvOf(t, h, "SELECT count(*) FROM compare_writes WHERE NOT same"); got != "0\n" {
		t.Errorf("differences with itself: %s", got)
	}
	if got := csvOf(t, h, "SELECT count(*) FROM compare_writes"); got != "3\n" {
		t.Errorf("writes at a line: %s", got)
	}
	alone := openPair(t, file, "")
	if got := csvOf(t, alone, "SELECT count(*) FROM functions_by_name"); got != "2\n" {
		t.Errorf("functions: %s", got)
	}
	if out := run(t, alone, "FROM base.writes", WriteOptions{}); !strings.HasPrefix(out, "error") {
		t.Errorf("there is a base: %s", out)
	}
}

// TestPairLibrary holds every view and macro to its form of documentation, and
// runs its example.
func TestPairLibrary(t *testing.T) {
	h := openPair(t, newHistory(t), newHistory(t))
	for _, e := range PairLibrary() {
		if strings.Contains(e.Signature, "(") {
			example(t, h, e.Name, e.Example)
			if e.Gives != nil {
				sameColumns(t, h, e.Name, "FROM "+e.Name+"('counter')", e.Gives)
			}
			continue
		}
		sameColumns(t, h, e.Name, "FROM "+e.Name, e.Columns)
		if !strings.HasPrefix(e.Name, "_") {
			example(t, h, e.Name, e.Example)
		}
	}
}

func TestPairRefuses(t *testing.T) {
	good := newHistory(t)
	other := changed(t, "UPDATE _meta SET value = '99' WHERE key = 'schema_version'")
	empty := filepath.Join(t.TempDir(), "empty.duckdb")
	db, err := sql.Open("duckdb", empty)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = db.Exec("CREATE TABLE t(a INTEGER)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ head, base, want string }{
		{"/nowhere", good, "no such file"}, {good, "/nowhere", "no such file"}, {good, t.TempDir(), "not a file"},
		{good, other, "newer hindsight"}, {other, good, "newer hindsight"}, {good, empty, "no history of Hindsight's"},
	} {
		if h, err := OpenPair(t.Context(), c.head, c.base); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s and %s: %v, want %q", c.head, c.base, err, c.want)
			if err == nil {
				h.Close()
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if h, err := OpenPair(ctx, good, good); err == nil {
		h.Close()
		t.Error("opened although interrupted")
	}
}

func TestStableName(t *testing.T) {
	for _, c := range [][2]string{
		{"parse", "parse"}, {"parse.constprop.0", "parse"}, {"parse.part.0.isra.0", "parse"}, {"main.cold", "main"},
		{"inner.0", "inner"}, {"ns::f(int) [clone .isra.0]", "ns::f(int)"}, {"sub_401000", "?"}, {"subtract", "subtract"}, {"", "?"},
		{"std::x::h0123456789abcdef", "std::x"}, {"main.func1", "main.func1"}, {"__libc_start_main@@GLIBC_2.34", "__libc_start_main"},
		{"puts@plt", "puts@plt"}, {".plt", ".plt"}, {"operator.()", "operator.()"}, {".0", ".0"}, {"f.llvm.123", "f"},
	} {
		if got := stableName(c[0]); got != c[1] {
			t.Errorf("%q: %q, want %q", c[0], got, c[1])
		}
	}
	for _, c := range [][2]string{{"/x/libfoo.so.1.2", "libfoo.so"}, {"/lib/ld-linux-x86-64.so.2", "ld-linux-x86-64.so"}, {"/a/prog", "prog"}, {"[vdso]", "[vdso]"}} {
		if got := stableModule(c[0]); got != c[1] {
			t.Errorf("%q: %q, want %q", c[0], got, c[1])
		}
	}
}

func TestMatchFiles(t *testing.T) {
	shared := func(h, b string) int {
		if strings.TrimPrefix(h, "/h") == strings.TrimPrefix(b, "/b") {
			return 3
		}
		return 0
	}
	for _, c := range []struct{ head, base, headNames, baseNames string }{
		{"/h/x.c", "/b/long/x.c", "x.c", "x.c"},
		{"/h/a/u.c /h/b/u.c", "/b/z/b/u.c /b/z/a/u.c", "a/u.c b/u.c", "b/u.c a/u.c"},
		{"/h/a/u.c", "/b/a/u.c /b/b/u.c", "u.c", "u.c b/u.c"},
		{"/h/a/u.c /h/b/u.c", "/b/b/u.c", "a/u.c b/u.c", "b/u.c"},
		{"/h1/u.c /h2/u.c", "/b2/u.c /b1/u.c", "h1/u.c h2/u.c", "h2/u.c h1/u.c"},
		{"/h/new.c", "/b/old.c", "new.c", "old.c"},
		{"x.c", "/b/x.c", "x.c", "x.c"},
		{"/h/src/parse.c", "/b/lib/parse.c", "parse.c", "parse.c"},
	} {
		head, base := strings.Fields(c.head), strings.Fields(c.base)
		names := matchFiles(slices.Clone(head), slices.Clone(base), shared)
		var h, b []string
		for _, f := range head {
			h = append(h, names[0][f])
		}
		for _, f := range base {
			b = append(b, names[1][f])
		}
		if strings.Join(h, " ") != c.headNames || strings.Join(b, " ") != c.baseNames {
			t.Errorf("%s and %s: %v and %v", c.head, c.base, h, b)
		}
	}
}

// TestPathMaker compares the numbering of paths, and what it says of recursion,
// with the plain lists of functions.
func TestPathMaker(t *testing.T) {
	p := &pathMaker{nodes: make([]pathNode, 1), found: map[pathStep]uint32{}, main: 9}
	names := []string{"?", "a", "b", "c", "d", "e", "f", "g", "h", "main"}
	for _, c := range []struct {
		keys      []uint32
		text      string
		recursive bool
	}{
		{[]uint32{1}, "a", false}, {[]uint32{1, 2, 9, 3}, "main;c", false}, {[]uint32{9, 3, 3}, "main;c;c", true},
		{[]uint32{9, 3, 3, 1}, "main;c;c;a", false}, {[]uint32{9, 3, 3, 1, 3}, "main;c;c;a;c", true},
		{[]uint32{9, 1, 9, 1}, "main;a;main;a", true}, {[]uint32{0, 0}, "?;?", true}, {[]uint32{0, 1}, "?;a", false},
	} {
		path := uint32(0)
		for _, k := range c.keys {
			path = p.step(path, k, false)
		}
		if got := p.text(path, names); got != c.text || p.nodes[path].recursive != c.recursive {
			t.Errorf("%v: %s, recursive %v", c.keys, got, p.nodes[path].recursive)
		}
	}
	path := uint32(0)
	for i := range 200_000 {
		path = p.step(path, uint32(i%3+1), false)
		p.step(path, 8, false)
	}
	text := p.text(path, names)
	if !strings.HasPrefix(text, "…;") || strings.Count(text, ";") != pathNames || p.nodes[path].depth != 200_000 {
		t.Errorf("a deep path: %s of depth %d", text, p.nodes[path].depth)
	}
}

// A thread's path begins with the first function of the program's own.
func TestThreadPaths(t *testing.T) {
	p := &pathMaker{nodes: make([]pathNode, 1), found: map[pathStep]uint32{}, main: 4, keys: []keyInfo{{}, {}, {own: true}, {own: true}}}
	names := []string{"?", "clone", "start", "work", "main"}
	for _, c := range []struct {
		keys      []uint32
		text      string
		underMain bool
	}{
		{[]uint32{1, 2}, "clone;start", false}, {[]uint32{1, 2, 3, 3, 1}, "work;work;clone", true}, {[]uint32{1, 0, 2}, "clone;?;start", false},
		{[]uint32{1, 2, 4, 3}, "main;work", true},
	} {
		path := uint32(0)
		for i, k := range c.keys {
			path = p.step(path, k, i == 0)
		}
		if got := p.text(path, names); got != c.text || p.nodes[path].underMain != c.underMain {
			t.Errorf("%v: %s, under main %v", c.keys, got, p.nodes[path].underMain)
		}
	}
}

func TestQualify(t *testing.T) {
	h := openPair(t, newHistory(t), "")
	names := map[string]string{"writes": "s", "stack": "s", "calls": "s"}
	for _, c := range [][2]string{
		{"SELECT * FROM writes", "SELECT * FROM s.writes"},
		{"SELECT writes.t, 'writes' FROM writes", "SELECT writes.t, 'writes' FROM s.writes"},
		{`SELECT stack(1) FROM "writes" w, x.writes`, `SELECT s.stack(1) FROM s."writes" w, x.writes`},
		{"WITH calls AS (FROM writes) SELECT * FROM calls", "WITH calls AS (FROM s.writes) SELECT * FROM calls"},
		{"(SELECT max(t) FROM writes WHERE a IN (SELECT t FROM calls)) + k", "(SELECT max(t) FROM s.writes WHERE a IN (SELECT t FROM s.calls)) + k"},
		{"SELECT 'ü', t FROM writes", "SELECT 'ü', t FROM s.writes"},
	} {
		if got, err := h.qualify(t.Context(), c[0], names); got != c[1] || err != nil {
			t.Errorf("%s: %s, %v", c[0], got, err)
		}
	}
	if _, err := h.qualify(t.Context(), "SELECT FROM FROM", names); err == nil {
		t.Error("nonsense is qualified")
	}
}

func TestJoinSpans(t *testing.T) {
	got := joinSpans([]span{{1 << 40, 1<<40 + 5}, {0x400000, 0x401000}, {0x402000, 0x403000}, {1<<40 + 2, 1<<40 + 9}})
	if fmt.Sprint(got) != fmt.Sprint([]span{{0x400000, 0x403000}, {1 << 40, 1<<40 + 9}}) {
		t.Errorf("%x", got)
	}
	var many []span
	for i := range uint64(1000) {
		many = append(many, span{i << 30, i<<30 + 10})
	}
	if got := joinSpans(many); len(got) > maxSpans || got[0].lo != 0 || got[len(got)-1].hi != 999<<30+10 {
		t.Errorf("%x", got)
	}
}
