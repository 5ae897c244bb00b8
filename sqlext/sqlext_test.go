package sqlext

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hindsight/sqlext/sqltest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// newHistory makes a database and gives its file, whose name is not easy.
func newHistory(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "it's 100% a?history.duckdb")
	sqltest.Create(t, file)
	return file
}

func openHistory(t *testing.T, file string) *History {
	t.Helper()
	h, err := Open(t.Context(), file)
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

// run prints a query's result, or its error.
func run(t *testing.T, h *History, query string, opt WriteOptions) string {
	t.Helper()
	rows, err := h.Query(t.Context(), query)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	defer rows.Close()
	var out strings.Builder
	if _, err := Write(&out, rows, opt); err != nil {
		return "error: " + err.Error() + "\n"
	}
	return out.String()
}

// TestFormats runs the queries of testdata/formats.sql in every format.
func TestFormats(t *testing.T) {
	h := openHistory(t, newHistory(t))
	script, err := os.ReadFile("testdata/formats.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Formats() {
		t.Run(f, func(t *testing.T) {
			var out strings.Builder
			for _, s := range Split(string(script)) {
				out.WriteString(run(t, h, s.Text, WriteOptions{Format: Format(f), MaxRows: 4}) + "\n")
			}
			golden(t, "testdata/formats."+f+".golden", out.String())
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it anew); got:\n%s", file, got)
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"two\nlines, 日本":    "two\nlines, 日本",
		"\x1b[2J\a\t\r\x7f": `\x1b[2J\x07\t\r\x7f`,
		"a\u202eb\u2066c":   `a\u202eb\u2066c`,
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestTableFitsTerminal(t *testing.T) {
	h := openHistory(t, newHistory(t))
	out := run(t, h, "SELECT repeat('word ', 60) AS long, 1 AS short", WriteOptions{Width: 60})
	for line := range strings.Lines(out) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 60 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if got := strings.Count(out, "word"); got != 60 {
		t.Errorf("%d of 60 words are shown:\n%s", got, out)
	}
}

func TestOpenFailures(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("this is not a database at all"), 0o644); err != nil {
		t.Fatal(err)
	}
	// A database's magic, and then nothing.
	cut := filepath.Join(dir, "cut")
	whole, err := os.ReadFile(newHistory(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, whole[:5000], 0o644); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{text, cut, dir, filepath.Join(dir, "missing")} {
		h, err := Open(t.Context(), file)
		if err == nil {
			h.Close()
			t.Errorf("%s was opened", file)
			continue
		}
		if strings.Contains(strings.TrimSpace(err.Error()), "\n") {
			t.Errorf("more than a line: %v", err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "missing")); err == nil {
		t.Error("a missing database was created")
	}
}

func TestOtherVersions(t *testing.T) {
	for _, c := range []struct{ change, want string }{
		{"UPDATE _meta SET value = '99' WHERE key = 'schema_version'", "newer"},
		{"UPDATE _meta SET value = '0' WHERE key = 'schema_version'", "index --force"},
		{"DELETE FROM _meta", "index --force"},
		{"DROP TABLE _meta", "no history"},
	} {
		file := newHistory(t)
		h, err := connect(t.Context(), file, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(h.exec(t.Context(), c.change), h.Close()); err != nil {
			t.Fatal(err)
		}
		if h, err := Open(t.Context(), file); err == nil {
			h.Close()
			t.Errorf("%s: no error", c.change)
		} else if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", c.change, err)
		}
	}
}

func TestErrors(t *testing.T) {
	h := openHistory(t, newHistory(t))
	for _, c := range []struct{ query, want string }{
		{"SELEC 1", "syntax error"},
		{"SELECT *\nFROM nothing", "nothing does not exist"},
		{"INSERT INTO writes SELECT * FROM writes", "read-only"},
		{"DELETE FROM writes", "read-only"},
		{"CREATE TABLE x(a INT)", "read-only"},
		{"UPDATE writes SET t = 0", "read-only"},
		{"DELETE FROM calls", "read-only"},
		{"DROP VIEW writes", "read-only"},
		{"SELECT 0x12345678123456789", "64 bits"},
	} {
		rows, err := h.Query(t.Context(), c.query)
		if err == nil {
			rows.Close()
			t.Errorf("%s: no error", c.query)
			continue
		}
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Message, c.want) || strings.Contains(e.Message, "\n") {
			t.Errorf("%s: %q, want one line with %q", c.query, err, c.want)
		}
		if c.want == "nothing does not exist" && e.Line != 2 {
			t.Errorf("%s: line %d, want 2", c.query, e.Line)
		}
	}
	if got := run(t, h, "SELECT count(*) AS n FROM writes", WriteOptions{Format: CSV}); got != "n\n5\n" {
		t.Errorf("afterwards: %q", got)
	}
}

func TestTemporaryTablesLast(t *testing.T) {
	h := openHistory(t, newHistory(t))
	for _, q := range []string{"CREATE TEMP TABLE mine AS SELECT t FROM writes", "SET threads = 1"} {
		rows, err := h.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if rows.Kind != NoResult {
			t.Errorf("%s: kind %d", q, rows.Kind)
		}
		rows.Close()
	}
	if got := run(t, h, "SELECT count(*) AS n FROM mine", WriteOptions{Format: CSV}); got != "n\n5\n" {
		t.Errorf("got %q", got)
	}
}

func TestInterrupt(t *testing.T) {
	h := openHistory(t, newHistory(t))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	rows, err := h.Query(ctx, "SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000000) b")
	if err == nil {
		rows.Close()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	if got := run(t, h, "SELECT 1 AS n", WriteOptions{Format: CSV}); got != "n\n1\n" {
		t.Errorf("afterwards: %q", got)
	}
}

// TestMacroResults holds for stored macros and for those that Open adds.
func TestMacroResults(t *testing.T) {
	file := newHistory(t)
	results := func() string {
		h := openHistory(t, file)
		script, err := os.ReadFile("testdata/macros.sql")
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		for _, s := range Split(string(script)) {
			out.WriteString(s.Text + "\n" + run(t, h, s.Text, WriteOptions{Format: CSV}) + "\n")
		}
		return out.String()
	}
	golden(t, "testdata/macros.golden", results())
	if err := Install(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/macros.golden", results())
}

func TestExpandHex(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"SELECT 0xff, '0xff', \"0xff\" -- 0xff", "SELECT 255::UBIGINT, '0xff', \"0xff\" -- 0xff"},
		{"a0xff + 0XFFFFFFFFFFFFFFFF", "a0xff + 18446744073709551615::UBIGINT"},
		{"$$ 0x1 $$ /* 0x1 */ 0xzz 0x", "$$ 0x1 $$ /* 0x1 */ 0xzz 0x"},
	} {
		got, err := expandHex(c.in)
		if err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", c.in, got, err, c.want)
		}
	}
}

func TestCatalog(t *testing.T) {
	h := openHistory(t, newHistory(t))
	tables, err := h.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, table := range tables {
		names = append(names, table.Name)
		if table.Name == "writes" && (table.Rows != 5 || !strings.Contains(table.Comment, "memory write") ||
			table.Columns[0].Name != "t" || table.Columns[0].Type != "UBIGINT" || table.Columns[0].Comment == "") {
			t.Errorf("%+v", table)
		}
		if table.Name == "stack_frames" && (!table.View || table.Rows != -1) {
			t.Errorf("%+v", table)
		}
	}
	if got := strings.Join(names, " "); !strings.Contains(got, "leaks lines modules output") || strings.Contains(got, "_writes") || strings.Contains(got, "_heap") {
		t.Errorf("tables %s", got)
	}
	functions, err := h.FunctionNames(t.Context())
	if err != nil || !strings.Contains(" "+strings.Join(functions, " ")+" ", " writes_to ") {
		t.Errorf("functions %v, %v", functions, err)
	}
	if d, err := h.Describe(t.Context(), "printf"); err != nil || len(d) == 0 {
		t.Errorf("printf: %v, %v", d, err)
	}
	if d, err := h.Describe(t.Context(), "STACK"); err != nil || len(d) != 1 || d[0].Macro == nil {
		t.Errorf("stack: %v, %v", d, err)
	}
	if k, err := h.Keywords(t.Context()); err != nil || len(k) < 50 {
		t.Errorf("%d keywords, %v", len(k), err)
	}
}

// TestDriverVersion notices when DuckDB changes: macros, error texts and the
// catalog's functions are to be looked at then.
func TestDriverVersion(t *testing.T) {
	v, err := EngineVersion(t.Context())
	if err != nil || v != "v1.5.6" {
		t.Errorf("DuckDB %s, %v", v, err)
	}
}
