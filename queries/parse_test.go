package queries

import (
	"reflect"
	"strings"
	"testing"
)

const whole = `-- Who wrote the bytes at an address, newest first.
-- The last lines are where the memory came from. Note: kernel
-- writes count too.
-- param addr UBIGINT: first address
-- param size ubigint = 8: how many bytes: at least 1
-- param names VARCHAR[] = 'a: b, c''s': some names
-- param only VARCHAR = NULL: of this function
-- tags: writes, memory
-- expect: no rows
-- example: who_wrote addr=0x404040
CREATE OR REPLACE TEMP TABLE tmp_w AS SELECT * FROM writes_to($addr, $addr + $size); -- $nothing

/* $nothing */ SELECT '$nothing', "a$nothing", $$ $nothing $$ AS x FROM tmp_w
WHERE list_contains($names, 'x') OR $only IS NULL;
`

func TestParse(t *testing.T) {
	q, err := Parse("some/where/who_wrote.sql", strings.ReplaceAll("\ufeff"+whole, "\n", "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if q.Name != "who_wrote" || q.Summary != "Who wrote the bytes at an address, newest first." ||
		q.Doc != "The last lines are where the memory came from. Note: kernel\nwrites count too." {
		t.Errorf("%q, %q, %q", q.Name, q.Summary, q.Doc)
	}
	want := []Param{
		{Name: "addr", Type: "UBIGINT", Meaning: "first address"},
		{Name: "size", Type: "UBIGINT", Default: "8", Optional: true, Meaning: "how many bytes: at least 1"},
		{Name: "names", Type: "VARCHAR[]", Default: "a: b, c's", Optional: true, Meaning: "some names"},
		{Name: "only", Type: "VARCHAR", Null: true, Optional: true, Meaning: "of this function"},
	}
	if !reflect.DeepEqual(q.Params, want) {
		t.Errorf("%+v", q.Params)
	}
	keys := []Key{{"tags", "writes, memory", 8}, {"expect", "no rows", 9}, {"example", "who_wrote addr=0x404040", 10}}
	if !reflect.DeepEqual(q.Keys, keys) || q.Values("expect")[0] != "no rows" || q.Values("none") != nil {
		t.Errorf("%+v", q.Keys)
	}
	if len(q.Statements) != 2 || q.Statements[0].Line != 11 || q.Statements[1].Line != 13 || strings.Contains(q.SQL, "\r") {
		t.Errorf("%+v", q.Statements)
	}
	for _, p := range q.Params {
		again, err := ParseParam(p.String() + ": " + p.Meaning)
		if err != nil || again != p {
			t.Errorf("%s: %+v, %v", p, again, err)
		}
	}
}

// TestParseMistakes holds that each mistake is told with its line.
func TestParseMistakes(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "line 1: there is no summary"},
		{"SELECT 1", "line 1: there is no summary"},
		{"--\n-- x\nSELECT 1", "line 1: the first line is empty"},
		{"-- tags: x\nSELECT 1", "line 1: the first line must say"},
		{"-- param x INTEGER: y\nSELECT $x", "line 1: the first line must say"},
		{"-- x", "line 2: there is no statement"},
		{"-- x\n-- y\n\n-- only\n", "there is no statement"},
		{"-- x\nSELECT $y", "line 2: $y is not declared"},
		{"-- x\n-- param y INTEGER: y\nSELECT '$y'", "y is declared and $y is not used"},
		{"-- x\n-- param y INTEGER: y\n-- param y INTEGER: y\nSELECT $y", "line 3: the parameter y is declared twice"},
		{"-- x\n-- param Y INTEGER: y\nSELECT $Y", `line 2: "Y" is not a name`},
		{"-- x\n-- param y INTEGER\nSELECT $y", "$y is not declared"},
		{"-- x\n-- param y INTEGER = 3\nSELECT $y", "$y is not declared"},
		{"-- x\n-- param: y\nSELECT 1", "line 2: a parameter is declared so"},
		{"-- x\n-- param y INTEGER: \nSELECT $y", "line 2: the parameter y has no meaning"},
		{"-- x\n-- param y CHOCOLATE: y\nSELECT $y", `line 2: the parameter y has the type "CHOCOLATE"`},
		{"-- x\n-- param y TIMESTAMP[]: y\nSELECT $y", `the type "TIMESTAMP[]"`},
		{"-- x\n-- param y INTEGER = z: y\nSELECT $y", `line 2: the default of y: "z" is not an INTEGER`},
		{"-- x\n-- param y VARCHAR = 'z: y\nSELECT $y", "lacks its closing quote"},
		{"-- x\n-- param y VARCHAR = : y\nSELECT $y", "is empty"},
		{"-- x\nSELECT ?", "no parameters of a saved query"},
		{"-- x\nSELECT $1", "no parameters of a saved query"},
		{"-- x\n\nDELETE FROM writes", `line 3: the last statement must give rows (SELECT …), and begins with "DELETE"`},
		{"-- x\nSELECT 1;\nSELECT 2", `line 2: before the last statement`},
		{"-- x\nCREATE OR REPLACE TEMP TABLE writes AS SELECT 1; SELECT 2", "TEMP TABLE, VIEW or MACRO tmp_"},
		{"-- x\nSET threads = 1; SELECT 2", `begins with "SET"`},
		{"-- x\nCOPY (SELECT 1) TO 'file'", `begins with "COPY"`},
		{"-- x\n-- param y INTEGER: y\nCREATE OR REPLACE TEMP VIEW tmp_v AS SELECT $y; SELECT 1", "SET VARIABLE v = $name"},
	} {
		_, err := Parse("q.sql", c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "q.sql: line ") {
			t.Errorf("%q: %v; want %q", c.text, err, c.want)
		}
	}
	if _, err := Parse("Who Wrote.sql", "-- x\nSELECT 1"); err == nil || !strings.Contains(err.Error(), "rename the file") {
		t.Errorf("the name: %v", err)
	}
}

func TestArguments(t *testing.T) {
	q, err := Parse("who_wrote.sql", whole)
	if err != nil {
		t.Fatal(err)
	}
	values, err := Assignments([]string{"addr=0xffffffffffffffff", "only=a=b", "names="})
	if err != nil {
		t.Fatal(err)
	}
	args, err := q.Arguments(values)
	if err != nil {
		t.Fatal(err)
	}
	want := []any{uint64(1<<64 - 1), uint64(8), []string{}, "a=b"}
	for i, a := range args {
		if !reflect.DeepEqual(a.Value, want[i]) || a.Name != q.Params[i].Name {
			t.Errorf("%s: %#v, want %#v", a.Name, a.Value, want[i])
		}
	}
	for _, c := range []struct {
		texts []string
		want  string
	}{
		{nil, "who_wrote: the parameter addr has no value: give addr=… (UBIGINT: first address)"},
		{[]string{"addr=-1"}, `"-1" is not a UBIGINT: it is negative`},
		{[]string{"addr=1", "size=18446744073709551616"}, "out of range"},
		{[]string{"addr=1", "adr=2"}, "there is no parameter adr; it takes addr, size, names, only"},
		{[]string{"addr"}, "write name=value"},
		{[]string{"=1"}, "write name=value"},
		{[]string{"addr=1", "addr=2"}, "given twice"},
		{[]string{"addr=1", "names=[a"}, "bracket"},
	} {
		values, err := Assignments(c.texts)
		if err == nil {
			_, err = q.Arguments(values)
		}
		if _, usage := err.(*UsageError); !usage || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v; want %q", c.texts, err, c.want)
		}
	}
}

// FuzzParse holds that no text makes Parse or what works on its answer panic.
func FuzzParse(f *testing.F) {
	f.Add(whole, "addr=1")
	f.Add("-- x\n-- param y VARCHAR[] = 'a,\"b': z\nSELECT $y$", "y='a")
	f.Add("-- x\nSELECT $", "")
	f.Fuzz(func(_ *testing.T, text, assignment string) {
		q, err := Parse("q.sql", text)
		if err != nil {
			return
		}
		if values, err := Assignments([]string{assignment}); err == nil {
			_, _ = q.Arguments(values) // an error is as good
		}
	})
}
