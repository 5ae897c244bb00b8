package queries

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"hindsight/sqlext"
	"hindsight/sqlext/sqltest"
)

func openTestHistory(t *testing.T) *sqlext.History {
	t.Helper()
	file := filepath.Join(t.TempDir(), "history.duckdb")
	sqltest.Create(t, file)
	h, err := sqlext.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// runQuery runs a query with the values that assignments give its parameters. The
// error is that of the run.
func runQuery(t *testing.T, h *sqlext.History, q *Query, assignments []string) (*sqlext.Rows, error) {
	t.Helper()
	values, err := Assignments(assignments)
	if err != nil {
		t.Fatal(err)
	}
	args, err := q.Arguments(values)
	if err != nil {
		t.Fatal(err)
	}
	return q.Run(t.Context(), h, args)
}

// ask runs the text of a query and gives its rows, values separated by blanks.
func ask(t *testing.T, h *sqlext.History, text string, assignments ...string) (string, error) {
	t.Helper()
	q, err := Parse("q.sql", text)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := runQuery(t, h, q, assignments)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var lines []string
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return strings.Join(lines, "\n"), nil
		}
		if err != nil {
			return "", err
		}
		lines = append(lines, strings.Trim(fmt.Sprint(row), "[]"))
	}
}

// TestRun holds that parameters reach every place where a value can stand: macros
// of rows, macros of values, table functions, LIMIT, temporary tables.
func TestRun(t *testing.T) {
	h := openTestHistory(t)
	for _, c := range []struct {
		name, text string
		values     []string
		want       string
	}{
		{"rows of a macro", "-- x\n-- param lo UBIGINT: x\n-- param size UBIGINT = 8: x\nSELECT t FROM writes_to($lo, $lo + $size) ORDER BY t",
			[]string{"lo=0x404040"}, "1\n2\n3"},
		{"value of a macro", "-- x\n-- param a UBIGINT: x\nSELECT h($a), typeof($a)", []string{"a=255"}, "0xff UBIGINT"},
		{"stack", "-- x\n-- param s UINTEGER: x\nSELECT split_part(stack($s), chr(10), -1)", []string{"s=3"}, "main at a.c:12"},
		{"table function", "-- x\n-- param n BIGINT: x\nSELECT max(range) FROM range($n)", []string{"n=5"}, "4"},
		{"limit", "-- x\n-- param n BIGINT: x\nSELECT range FROM range(9) LIMIT $n", []string{"n=2"}, "0\n1"},
		{"null", "-- x\n-- param n INTEGER = NULL: x\nSELECT $n IS NULL, coalesce($n, 7)", nil, "true 7"},
		{"list", "-- x\n-- param n VARCHAR[]: x\nSELECT len($n), $n[2]", []string{`n=[a, "b, c"]`}, "2 b, c"},
		{"empty list", "-- x\n-- param n UBIGINT[]: x\nSELECT len($n), list_contains($n, 1::UBIGINT)", []string{"n="}, "0 false"},
		{"time", "-- x\n-- param n TIMESTAMP: x\nSELECT ($n + INTERVAL 1 DAY)::VARCHAR, typeof($n)", []string{"n=2026-01-31T12:00:00.5"},
			"2026-02-01 12:00:00.5 TIMESTAMP"},
		{"time with zone", "-- x\n-- param n TIMESTAMPTZ: x\nSELECT epoch($n), typeof($n)", []string{"n=1970-01-01T02:00:00+02:00"}, "0 TIMESTAMP WITH TIME ZONE"},
		{"several statements", "-- x\n-- param n INTEGER: x\nCREATE OR REPLACE TEMP TABLE tmp_a AS SELECT $n AS a;\nSET VARIABLE v = $n;\n" +
			"CREATE OR REPLACE TEMP VIEW tmp_b AS SELECT a + getvariable('v') AS b FROM tmp_a; SELECT b, $n FROM tmp_b", []string{"n=3"}, "6 3"},
		{"again", "-- x\n-- param n INTEGER: x\nCREATE OR REPLACE TEMP TABLE tmp_a AS SELECT $n AS a; SELECT a FROM tmp_a", []string{"n=4"}, "4"},
		{"hexadecimal", "-- x\nSELECT 0x10", nil, "16"},
	} {
		got, err := ask(t, h, c.text, c.values...)
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

// TestRunInjection holds that a value is never read as SQL.
func TestRunInjection(t *testing.T) {
	h := openTestHistory(t)
	for _, evil := range []string{
		"'; SELECT 1; --", `"`, "$other", "0x41", "' OR true --", "\\", "a\x00b", "$$", "/*", "é\xff",
	} {
		got, err := ask(t, h, "-- x\n-- param n VARCHAR: x\nSELECT count(*), any_value(len($n)) FROM functions WHERE name = $n", "n="+evil)
		if strings.Contains(evil, "\xff") && err != nil {
			continue // no text
		}
		if err != nil || !strings.HasPrefix(got, "0 ") {
			t.Errorf("%q: %q, %v", evil, got, err)
		}
	}
}

func TestRunFailure(t *testing.T) {
	h := openTestHistory(t)
	_, err := ask(t, h, "-- x\n-- y\n\nSELECT 1,\n  broken\nFROM writes")
	var failure *RunError
	if !errors.As(err, &failure) || failure.Line != 5 || !strings.Contains(err.Error(), `q.sql: line 5: `) || !strings.Contains(err.Error(), "broken") {
		t.Errorf("%v", err)
	}
	if _, err := ask(t, h, "-- x\nWITH a AS (SELECT 1) INSERT INTO diagnostics SELECT 'info', 0, 'a', 'b'"); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a write: %v", err)
	}
}
