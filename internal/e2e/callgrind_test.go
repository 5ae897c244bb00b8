package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestCallsEqualCallgrind compares calls between functions of the program itself,
// by the line that calls, and the instructions of each function, with callgrind.
// Callgrind counts recursion in the total of a call each time; such totals are not
// compared.
func TestCallsEqualCallgrind(t *testing.T) {
	need(t, "valgrind")
	for _, c := range []struct {
		program, variant string
		totals           bool
	}{
		{"calls_and_returns", "O0", true},
		{"calls_and_returns", "O2", true},
		{"deep_recursion", "O0", false},
		{"jump_tables", "O0", true},
		{"indirect_calls", "O0", true},
	} {
		t.Run(c.program+"/"+c.variant, func(t *testing.T) {
			t.Parallel()
			path := variant(t, c.program, c.variant)
			calls, self := callgrind(t, path, c.totals)
			recording, _ := record(t, command{args: []string{path}})
			database := index(t, recording, "history")
			total := ""
			if c.totals {
				total = ", total"
			}
			own := "SELECT name FROM functions WHERE module_id = 1 AND file LIKE '%" + c.program + ".c'"
			var got, reverse, hot []string
			for _, r := range ask(t, database, "SELECT function, callee, line, calls"+total+" FROM callees('*') WHERE function IN ("+own+") AND callee IN ("+own+") ORDER BY ALL") {
				got = append(got, strings.Join(r, " "))
			}
			for _, r := range ask(t, database, "SELECT caller, function, line, calls"+total+" FROM callers('*') WHERE function IN ("+own+") AND caller IN ("+own+") ORDER BY ALL") {
				reverse = append(reverse, strings.Join(r, " "))
			}
			for _, r := range ask(t, database, "SELECT function, calls, self FROM hot_functions WHERE function IN ("+own+") AND function <> 'main' ORDER BY function") {
				hot = append(hot, strings.Join(r, " "))
			}
			slices.Sort(got)
			slices.Sort(reverse)
			sameText(t, "callees", strings.Join(got, "\n"), strings.Join(calls, "\n"))
			sameText(t, "callers", strings.Join(reverse, "\n"), strings.Join(calls, "\n"))
			sameText(t, "hot_functions", strings.Join(hot, "\n"), strings.Join(self, "\n"))
			t.Logf("%d pairs of caller and callee, %d functions", len(got), len(hot))
		})
	}
}

// callgrind returns the calls between functions of the program, "CALLER CALLEE
// LINE CALLS [TOTAL]", and of each of them but main "FUNCTION CALLS SELF".
func callgrind(t *testing.T, path string, totals bool) (calls, functions []string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "callgrind")
	r := run(t, command{args: []string{"valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, "--compress-strings=no", "--compress-pos=no", path}})
	text, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(text), "\nfn=main") {
		t.Skipf("valgrind does not work here: %s", tail(r.stderr))
	}
	p := callgrindProfile{path: path, source: filepath.Base(path) + ".c", sum: map[string][2]int{}, called: map[string]int{}, self: map[string]int{}}
	for line := range strings.Lines(string(text)) {
		p.line(t, strings.TrimSpace(line))
	}
	for key, n := range p.sum {
		text := fmt.Sprint(key, " ", n[0])
		if totals {
			text += fmt.Sprint(" ", n[1])
		}
		calls = append(calls, text)
	}
	for name, self := range p.self {
		if name != "main" {
			functions = append(functions, fmt.Sprint(name, " ", p.called[name], " ", self))
		}
	}
	slices.Sort(calls)
	slices.Sort(functions)
	if len(calls) == 0 || len(functions) == 0 {
		t.Fatalf("callgrind knows of %d calls, %d functions", len(calls), len(functions))
	}
	return calls, functions
}

// callgrindProfile reads callgrind's file: "key=value" lines set the context, a line
// "calls=N …" says that the next line is the place and the total of these calls, and
// other lines are a place and instructions.
type callgrindProfile struct {
	path, source                   string
	object, file, function, callee string
	to                             string // the module of the callee, where it is another
	calls                          int
	sum                            map[string][2]int // by "caller callee line"
	called, self                   map[string]int
}

func (p *callgrindProfile) line(t *testing.T, line string) {
	t.Helper()
	key, value, assigns := strings.Cut(line, "=")
	if assigns && !strings.Contains(key, " ") {
		switch key {
		case "ob":
			p.object = value
		case "fl":
			p.file = value
		case "fn":
			p.function, _, _ = strings.Cut(value, "'") // what recursion is told apart by
		case "cob":
			p.to = value
		case "cfn":
			p.callee, _, _ = strings.Cut(value, "'")
		case "calls":
			p.calls = int(number(t, strings.Fields(value)[0]))
		}
		return
	}
	fields := strings.Fields(line)
	if len(fields) != 2 {
		return
	}
	cost, err := strconv.Atoi(fields[1])
	if err != nil || strings.Trim(fields[0], "0123456789") != "" {
		return
	}
	own := p.object == p.path && filepath.Base(p.file) == p.source
	switch {
	case p.calls > 0:
		if p.to == p.path || p.to == "" && p.object == p.path {
			p.called[p.callee] += p.calls
			if own {
				key := p.function + " " + p.callee + " " + fields[0]
				p.sum[key] = [2]int{p.sum[key][0] + p.calls, p.sum[key][1] + cost}
			}
		}
		p.calls, p.to = 0, ""
	case own:
		p.self[p.function] += cost
	}
}
