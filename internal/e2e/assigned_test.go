package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hindsight/internal/fixture"
)

// truthVariants are the ways in which programs of testdata/truth are compiled.
// Where optimized, they speak of what must be in memory only.
var truthVariants = []fixture.Variant{
	{Name: "O0-dwarf5", Flags: "-O0 -gdwarf-5", Rust: "-C opt-level=0 -C dwarf-version=5"},
	{Name: "O0-dwarf4", Flags: "-O0 -gdwarf-4 -no-pie", Rust: "-C opt-level=0 -C dwarf-version=4"},
	{Name: "O2-dwarf5", Flags: "-O2 -gdwarf-5", Rust: "-C opt-level=2 -C dwarf-version=5"},
}

// TestAssignments compares variable_writes and value_at with what programs say
// of their assignments; testdata/truth/assigned.h describes how.
func TestAssignments(t *testing.T) {
	forTruthPrograms(t, func(t *testing.T, _ fixture.Program, binary string) {
		recording, r := record(t, command{args: []string{binary}})
		if r.status != 0 {
			t.Fatalf("exit status %d\n%s", r.status, tail(r.stderr))
		}
		database := index(t, recording, "history")
		said := parseAssigned(t, r.stdout)
		said.checkAssigned(t, database)
		said.checkSettled(t, database)
	})
}

// forTruthPrograms builds the programs of testdata/truth in every way.
func forTruthPrograms(t *testing.T, check func(t *testing.T, p fixture.Program, binary string)) {
	programs, err := fixture.In("testdata/truth")
	if err != nil {
		t.Fatal(err)
	}
	if len(programs) < 3 {
		t.Errorf("only %d programs in testdata/truth", len(programs))
	}
	for _, p := range programs {
		for _, v := range truthVariants {
			t.Run(filepath.Base(p.Source)+"/"+v.Name, func(t *testing.T) {
				if _, err := exec.LookPath(p.Compiler()); err != nil {
					t.Skipf("%s is not installed", p.Compiler())
				}
				binary, err := p.Binary(v)
				if err != nil {
					t.Fatal(err)
				}
				check(t, p, binary)
			})
		}
	}
}

// assigned is what a program said of its variables.
type assigned struct {
	paths   []string            // in order of their first line "assigned"
	texts   map[string][]string // of a path, in order
	settled []settledLine
}

type settledLine struct {
	path, text string
	written    bool // the last write left this text
}

func parseAssigned(t *testing.T, output string) assigned {
	t.Helper()
	said := assigned{texts: map[string][]string{}}
	for line := range strings.Lines(output) {
		kind, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		path, text, ok := strings.Cut(rest, " = ")
		switch {
		case !ok:
			t.Fatalf("%q is no line of assigned.h", line)
		case kind == "assigned":
			if said.texts[path] == nil {
				said.paths = append(said.paths, path)
			}
			said.texts[path] = append(said.texts[path], text)
		default:
			said.settled = append(said.settled, settledLine{path, text, kind == "holds"})
		}
	}
	if len(said.paths) < 2 {
		t.Fatalf("the program said nothing of its variables:\n%s", tail(output))
	}
	return said
}

// checkAssigned wants the writes to each path to be the ones that the program
// spoke of.
func (said assigned) checkAssigned(t *testing.T, database string) {
	t.Helper()
	var parts []string
	for i, path := range said.paths {
		parts = append(parts, fmt.Sprintf("SELECT %d AS i, t, text FROM variable_writes(%s)", i, quote(path)))
	}
	got := make([][]string, len(said.paths))
	// Before main, the dynamic linker and constructors write first values.
	sql := "SELECT i, text FROM (" + strings.Join(parts, "\nUNION ALL\n") + `)
		WHERE t > (SELECT min(enter_t) FROM calls JOIN functions USING (function_id) WHERE name = 'main') ORDER BY i, t`
	for _, row := range ask(t, database, sql) {
		i := 0
		fmt.Sscan(row[0], &i)
		got[i] = append(got[i], row[1])
	}
	for i, path := range said.paths {
		sameText(t, "variable_writes('"+path+"')", strings.Join(got[i], "\n"), strings.Join(said.texts[path], "\n"))
	}
}

// checkSettled asks what variables held at the calls of settled, the n-th of
// which belongs to the n-th line.
func (said assigned) checkSettled(t *testing.T, database string) {
	t.Helper()
	if len(said.settled) == 0 {
		return
	}
	times := ask(t, database, "SELECT c.enter_t FROM calls c JOIN functions f USING (function_id) WHERE f.name = 'settled' OR f.linkage_name = 'settled' ORDER BY c.enter_t")
	if len(times) != len(said.settled) {
		t.Fatalf("%d calls of settled in the history, the program made %d", len(times), len(said.settled))
	}
	var parts []string
	for i, s := range said.settled {
		parts = append(parts, fmt.Sprintf(`SELECT %d AS i, value_at(%s, %s) AS value, (SELECT max_by(text, t) FROM variable_writes(%s) WHERE t < %s) AS written`,
			i, quote(s.path), times[i][0], quote(s.path), times[i][0]))
	}
	rows := ask(t, database, strings.Join(parts, "\nUNION ALL\n")+"\nORDER BY i")
	if len(rows) != len(said.settled) {
		t.Fatalf("%d answers to %d questions", len(rows), len(said.settled))
	}
	for i, s := range said.settled {
		if rows[i][1] != s.text {
			t.Errorf("line %d: value_at('%s', %s) is %s, want %s", i+1, s.path, times[i][0], rows[i][1], s.text)
		}
		if s.written && rows[i][2] != s.text {
			t.Errorf("line %d: the last write to %s before %s left %s, want %s", i+1, s.path, times[i][0], rows[i][2], s.text)
		}
	}
}
