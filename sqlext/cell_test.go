package sqlext

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"hindsight/sqlext/sqltest"
)

func TestCells(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history.duckdb")
	sqltest.Create(t, file)
	h, err := Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for _, c := range []struct {
		sql     string
		text    string
		number  float64 // NaN for none
		numeric bool
	}{
		{"1::TINYINT", "1", 1, true},
		{"2::USMALLINT", "2", 2, true},
		{"18446744073709551615::UBIGINT", "18446744073709551615", math.MaxUint64, true},
		{"-5::HUGEINT", "-5", -5, true},
		{"1.50::DECIMAL(9,2)", "1.50", 1.5, true},
		{"'nan'::DOUBLE", "NaN", math.NaN(), true},
		{"0.25::FLOAT", "0.25", 0.25, true},
		{"'7'", "7", math.NaN(), false},
		{"NULL::INTEGER", "NULL", math.NaN(), true},
		{"[1]", "[1]", math.NaN(), false},
		{"chr(27) || 'x'", `\x1bx`, math.NaN(), false},
	} {
		rows, err := h.Query(t.Context(), "SELECT "+c.sql+" AS v")
		if err != nil {
			t.Fatal(err)
		}
		values, err := rows.Next()
		if err != nil {
			t.Fatal(err)
		}
		column := rows.Columns[0]
		number, ok := Number(values[0])
		if !ok {
			number = math.NaN()
		}
		if text := column.Text(values[0]); text != c.text || column.Numeric() != c.numeric || number != c.number && !(math.IsNaN(number) && math.IsNaN(c.number)) {
			t.Errorf("%s: %q, %g, numeric %v", c.sql, text, number, column.Numeric())
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
	address := Column{Name: "call_pc", Type: "UBIGINT"}
	if text := address.Text(uint64(0x401000)); text != "0x401000" || address.Numeric() {
		t.Errorf("an address: %s, numeric %v", text, address.Numeric())
	}
}

func TestWords(t *testing.T) {
	got := Words("SELECT 'a b' -- c\n, \"d e\" /* f */ FROM x(1)")
	want := []string{"SELECT", "'", ",", `"`, "FROM", "x", "(", "1", ")"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestAttach(t *testing.T) {
	first, second := filepath.Join(t.TempDir(), "a.duckdb"), filepath.Join(t.TempDir(), "b.duckdb")
	sqltest.Create(t, first)
	sqltest.Create(t, second)
	h, err := Open(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for _, name := range []string{"history", "memory", "a b", `x"; DROP TABLE y; --`, ""} {
		if h.Attach(t.Context(), name, second) == nil {
			t.Errorf("a history can be called %q", name)
		}
	}
	if h.Attach(t.Context(), "old", t.TempDir()) == nil {
		t.Error("a folder is taken for a history")
	}
	if err := h.Attach(t.Context(), "old", second); err != nil {
		t.Fatal(err)
	}
	rows, err := h.strings(t.Context(), "SELECT count(*) FROM old.writes JOIN writes USING (t)")
	if err != nil || rows[0][0] != "5" {
		t.Errorf("%v %v", rows, err)
	}
	if err := h.exec(t.Context(), "DELETE FROM old.calls"); err == nil {
		t.Error("the second history can be changed")
	}
}
