package sqlext

import (
	"fmt"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{"", ""},
		{" ; ;; -- nothing\n /* ; */ ;", ""},
		{"SELECT 1", "1:SELECT 1"},
		{"SELECT 1;\n\n-- two\nSELECT\n 2 ; SELECT 3", "1:SELECT 1|4:SELECT\n 2|5:SELECT 3"},
		{"SELECT ';', ''';', \";\"\";\"; x", "1:SELECT ';', ''';', \";\"\";\"|1:x"},
		{`SELECT e'\';', E'a'';\\'; x`, `1:SELECT e'\';', E'a'';\\'|1:x`},
		{`SELECT '\'; x`, `1:SELECT '\'|1:x`},
		{`SELECT name'a;b'; x`, `1:SELECT name'a;b'|1:x`},
		{"SELECT $$;'$$, $a$;$$;$b$;$a$; x", "1:SELECT $$;'$$, $a$;$$;$b$;$a$|1:x"},
		{"SELECT $1;SELECT $2", "1:SELECT $1|1:SELECT $2"},
		{"SELECT a$b$c; x", "1:SELECT a$b$c|1:x"},
		{"a /* ; /* ; */ ; */ b; -- ;\nc", "1:a /* ; /* ; */ ; */ b|2:c"},
		{"SELECT 1 -- one; two\n, 2;", "1:SELECT 1 -- one; two\n, 2"},
		{"SELECT 'open", "1:SELECT 'open"},
		{"é; ü", "1:é|1:ü"},
		{"a - - b; c / * d", "1:a - - b|1:c / * d"},
	} {
		var got []string
		for _, s := range Split(c.script) {
			got = append(got, fmt.Sprintf("%d:%s", s.Line, s.Text))
		}
		if g := strings.Join(got, "|"); g != c.want {
			t.Errorf("%q: %q, want %q", c.script, g, c.want)
		}
	}
}

func TestSplitterPending(t *testing.T) {
	var s Splitter
	for _, c := range []struct {
		line    string
		done    int
		pending bool
	}{
		{"\n", 0, false},
		{"-- a comment\n", 0, false},
		{"SELECT 1\n", 0, true},
		{"; SELECT 'a;\n", 1, true},
		{"b'; /* x\n", 1, true},
		{"*/ ;\n", 0, false},
		{"SELECT 2; SELECT 3;\n", 2, false},
	} {
		if n := len(s.Feed(c.line)); n != c.done || s.Pending() != c.pending {
			t.Errorf("%q: %d statements, pending %v", c.line, n, s.Pending())
		}
	}
}

// FuzzSplit holds that a script's pieces do not depend on how it was fed, and
// that no statement is empty.
func FuzzSplit(f *testing.F) {
	f.Add("SELECT ';' ; -- x\n/* a */ b; $$ ; $$ e'\\''")
	f.Fuzz(func(t *testing.T, script string) {
		whole := Split(script)
		var s Splitter
		var lines []Statement
		for line := range strings.Lines(script) {
			lines = append(lines, s.Feed(line)...)
		}
		if st, ok := s.Rest(); ok {
			lines = append(lines, st)
		}
		if fmt.Sprint(whole) != fmt.Sprint(lines) {
			t.Errorf("%q: whole %+v, by lines %+v", script, whole, lines)
		}
		for _, st := range whole {
			if st.Text == "" || st.Line < 1 {
				t.Errorf("%q: %+v", script, st)
			}
		}
	})
}
