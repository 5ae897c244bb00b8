package check

import (
	"database/sql/driver"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"

	"hindsight/sqlext"
)

func TestParseExpectation(t *testing.T) {
	for _, text := range []string{
		"no rows", "rows 3", "rows 3..5", "rows >= 1", "rows  <  4", "rows >= 1 and <= 5", "golden a", "golden a-b.tsv",
		"ratio head/base <= 1.10", "ratio head / base >= 0.9 and <= 1.1", "ratio a/b 0.9..1.1", "ratio a/b = 1",
	} {
		if _, err := ParseExpectation(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		"":                               "nothing that can be expected",
		"nothing":                        "nothing that can be expected",
		"rows":                           "nothing that can be expected",
		"rows many":                      "not a comparison",
		"rows 1.5":                       "not a number of rows",
		"rows 5..3":                      "at least 5 and at most 3",
		"rows -1":                        "not a comparison",
		"rows >= 99999999999999999999":   "not a comparison",
		"golden ../x":                    "not a name",
		"golden .hidden":                 "not a name",
		"golden x.sql":                   "taken for a check",
		"golden a b":                     "nothing that can be expected",
		"ratio head <= 1":                "nothing that can be expected",
		"ratio head/base":                "nothing that can be expected",
		"ratio head/base <= 110%":        "not a comparison",
		"ratio head/base <= 1 or >= 2":   "not a comparison",
		"ratio head/base <= 1 and <= 2x": "not a comparison",
	} {
		if _, err := ParseExpectation(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// judgeOf shows rows to an expectation.
func judgeOf(t *testing.T, text string, columns []string, rows ...[]driver.Value) (Outcome, error) {
	t.Helper()
	e, err := ParseExpectation(text)
	if err != nil {
		t.Fatal(err)
	}
	j := e.kind.judge()
	var c []sqlext.Column
	for _, name := range columns {
		c = append(c, sqlext.Column{Name: name, Type: "DOUBLE"})
	}
	if err := j.begin(c, nil); err != nil {
		return Outcome{}, err
	}
	for _, r := range rows {
		if err := j.row(r); err != nil {
			return Outcome{}, err
		}
	}
	return j.end()
}

func TestRowCount(t *testing.T) {
	for _, c := range []struct {
		expect string
		rows   int
		held   bool
	}{
		{"no rows", 0, true}, {"no rows", 1, false}, {"rows 3", 3, true}, {"rows 3", 2, false}, {"rows 3..5", 3, true},
		{"rows 3..5", 5, true}, {"rows 3..5", 6, false}, {"rows 3..5", 2, false}, {"rows >= 1", 0, false}, {"rows >= 1", 9, true},
		{"rows > 1", 1, false}, {"rows < 1", 0, true}, {"rows >= 1 and < 3", 3, false}, {"rows = 2", 2, true},
	} {
		rows := make([][]driver.Value, c.rows)
		for i := range rows {
			rows[i] = []driver.Value{int64(i)}
		}
		o, err := judgeOf(t, c.expect, []string{"a"}, rows...)
		if err != nil || o.Held != c.held {
			t.Errorf("%s of %d rows: %v, %v", c.expect, c.rows, o.Held, err)
		}
	}
	many := make([][]driver.Value, 50)
	for i := range many {
		many[i] = []driver.Value{int64(1000 + i)}
	}
	o, err := judgeOf(t, "no rows", []string{"a"}, many...)
	if err != nil || !strings.Contains(o.Evidence, "1019") || strings.Contains(o.Evidence, "1020") || !strings.Contains(o.Evidence, "30 more") {
		t.Errorf("evidence: %v\n%s", err, o.Evidence)
	}
}

func TestRatio(t *testing.T) {
	dec := func(n int64, scale uint8) duckdb.Decimal {
		return duckdb.Decimal{Width: 18, Scale: scale, Value: big.NewInt(n)}
	}
	for _, c := range []struct {
		expect string
		row    []driver.Value
		held   bool
		err    string
	}{
		{"ratio head/base <= 1.10", []driver.Value{uint64(110), uint64(100)}, true, ""},
		{"ratio head/base <= 1.10", []driver.Value{uint64(111), uint64(100)}, false, ""},
		// 0.1 * 3 is not 0.3 in floating point: the comparison is exact.
		{"ratio head/base <= 0.1", []driver.Value{int64(3), int64(30)}, true, ""},
		{"ratio head/base <= 1.1", []driver.Value{big.NewInt(11), dec(100, 1)}, true, ""},
		{"ratio head/base <= 1.1", []driver.Value{uint64(math.MaxUint64), uint64(math.MaxUint64)}, true, ""},
		{"ratio head/base < 1", []driver.Value{uint64(math.MaxUint64 - 1), uint64(math.MaxUint64)}, true, ""},
		{"ratio head/base 0.9..1.1", []driver.Value{int64(89), int64(100)}, false, ""},
		{"ratio head/base 0.9..1.1", []driver.Value{int64(90), int64(100)}, true, ""},
		{"ratio head/base <= 1.1", []driver.Value{int64(0), int64(0)}, true, ""},
		{"ratio head/base >= 0.9", []driver.Value{int64(0), int64(0)}, true, ""},
		{"ratio head/base <= 1.1", []driver.Value{int64(1), int64(0)}, false, ""},
		{"ratio head/base >= 2", []driver.Value{int64(1), int64(0)}, true, ""},
		{"ratio base/head <= 0.5", []driver.Value{int64(2), int64(1)}, true, ""},
		{"ratio head/base <= 1", []driver.Value{nil, int64(1)}, false, "NULL"},
		{"ratio head/base <= 1", []driver.Value{int64(1), nil}, false, "NULL"},
		{"ratio head/base <= 1", []driver.Value{int64(-1), int64(1)}, false, "negative"},
		{"ratio head/base <= 1", []driver.Value{"1", int64(1)}, false, "not a number"},
		{"ratio head/base <= 1", []driver.Value{math.NaN(), int64(1)}, false, "not a number"},
		{"ratio head/base <= 1", []driver.Value{math.Inf(1), int64(1)}, false, "not a number"},
	} {
		o, err := judgeOf(t, c.expect, []string{"Head", "base"}, c.row)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) || o.Held != c.held {
			t.Errorf("%s of %v: %v, %v", c.expect, c.row, o.Held, err)
		}
	}
	if o, err := judgeOf(t, "ratio head/base <= 1", []string{"head", "base"}); err != nil || o.Held {
		t.Errorf("without rows: %v, %v", o.Held, err)
	}
	if _, err := judgeOf(t, "ratio head/base <= 1", []string{"head", "old"}); err == nil || !strings.Contains(err.Error(), "AS base") {
		t.Errorf("without a column: %v", err)
	}
	if _, err := judgeOf(t, "ratio head/base <= 1", []string{"head", "base", "head"}); err == nil || !strings.Contains(err.Error(), "two columns") {
		t.Errorf("with a column twice: %v", err)
	}
}

func TestEscape(t *testing.T) {
	for _, c := range [][2]string{
		{"plain ü", "plain ü"}, {"a\tb\nc\rd\\e", `a\tb\nc\rd\\e`}, {"\x00\x1b\x7f", `\x00\x1b\x7f`}, {"\xff\xfe", `\xff\xfe`},
		{"", ""}, {`\N`, `\\N`}, {"\ufffd", "\ufffd"},
	} {
		if got := escape(c[0]); got != c[1] {
			t.Errorf("%q: %q, want %q", c[0], got, c[1])
		}
	}
}

func TestCheckGolden(t *testing.T) {
	for text, want := range map[string]string{
		"a INTEGER\n1\n2\n(2 rows)\n": "",
		"a INTEGER\n(0 rows)\n":       "",
		"a INTEGER\n1\n(1 row)\n":     "",
		"":                            "end is missing",
		"a INTEGER\n1\n2\n(2 rows)":   "end is missing",
		"a INTEGER\n1\n2\n(2 ro\n":    "last line",
		"a INTEGER\n1\n(2 rows)\n":    "has 1 rows and says 2",
		"a \xff\n(0 rows)\n":          "UTF-8",
		"<<<<<<< x\n1\n>>>>>>> y\n":   "last line",
	} {
		err := checkGolden(text)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestDiff applies differences to their left sides, which must give the right.
func TestDiff(t *testing.T) {
	texts := []string{"", "a", "a\nb\nc", "a\nc", "b\na\nc\nd", "x\ny\nz", "a\nb\nb\nb\nc", strings.Repeat("q\n", 3000) + "end", strings.Repeat("p\n", 3000) + "end"}
	for _, want := range texts {
		for _, got := range texts {
			var left, right []string
			for _, l := range diffLines(splitLines(want), splitLines(got)) {
				if l.mark != '+' {
					left = append(left, l.text)
				}
				if l.mark != '-' {
					right = append(right, l.text)
				}
			}
			if strings.Join(left, "\n") != want || strings.Join(right, "\n") != got {
				t.Errorf("%.20q and %.20q: %.40q and %.40q", want, got, left, right)
			}
		}
	}
	if got, want := diff("h\n1\n2\n3\n4\n5\n6\n", "h\n1\n2\n3\nx\n5\n6\n"), "- expected, + got\n  …\n  2\n  3\n- 4\n+ x\n  5\n  6\n"; got != want && !strings.Contains(got, "- 4\n+ x\n") {
		t.Errorf("got %q", got)
	}
}
