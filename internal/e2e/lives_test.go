package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hindsight/internal/fixture"
)

// livesHistory records testdata/lives/lives.c.
func livesHistory(t *testing.T) (program, database string) {
	t.Helper()
	programs, err := fixture.In("testdata/lives")
	if err != nil || len(programs) != 1 {
		t.Fatalf("%d programs, %v", len(programs), err)
	}
	if program, err = programs[0].Binary(fixture.Variant{Name: "lives"}); err != nil {
		t.Fatal(err)
	}
	recording, r := record(t, command{args: []string{program}})
	if r.status != 0 {
		t.Fatal(r.stderr)
	}
	return program, index(t, recording, "history")
}

var (
	gdbSymbol   = regexp.MustCompile(`(?m)^Symbol (\w+) is `)
	gdbRegister = regexp.MustCompile(`is a variable in \$|: a variable in \$|DW_OP_stack_value`)
	gdbInMemory = regexp.MustCompile(`DW_OP_fbreg -?\d+\n+(,|  Range|  Base)`)
	gdbConstant = regexp.MustCompile(`constant`)
)

// gdbLives asks gdb how the locals of a function live, in the words of
// variables.lives. Those of inner blocks are not among them.
func gdbLives(t *testing.T, program, function string) map[string]string {
	t.Helper()
	r := run(t, command{args: []string{"gdb", "-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex", "info scope " + function, program}})
	out := map[string]string{}
	begins := gdbSymbol.FindAllStringSubmatchIndex(r.stdout, -1)
	for i, b := range begins {
		end := len(r.stdout)
		if i+1 < len(begins) {
			end = begins[i+1][0]
		}
		text := r.stdout[b[0]:end]
		// What a list places in memory is there for a part of the function only.
		register := gdbRegister.MatchString(text) || strings.Contains(text, "multi-location")
		memory := gdbInMemory.MatchString(text)
		lives := "optimized out"
		switch {
		case register && memory:
			lives = "memory and register"
		case register:
			lives = "register"
		case memory:
			lives = "memory"
		case gdbConstant.MatchString(text):
			lives = "constant"
		}
		out[r.stdout[b[2]:b[3]]] = lives
	}
	return out
}

// TestUnseenVariables: what gdb finds in registers, constant or optimized out is
// named once by diagnostics, what it finds in memory is not.
func TestUnseenVariables(t *testing.T) {
	need(t, "gdb")
	program, database := livesHistory(t)
	headings := map[string]string{"register": "in registers", "memory and register": "at times in registers", "constant": "constant"}
	seen := map[string]int{}
	for _, function := range []string{"in_registers", "in_memory", "at_times", "look"} {
		notes := ask(t, database, "SELECT detail FROM diagnostics WHERE what = "+quote("variables of "+function))
		if len(notes) != 1 {
			t.Errorf("%d rows about %s", len(notes), function)
			continue
		}
		said, _, _ := strings.Cut(notes[0][0], ". ")
		told := map[string]string{}
		for part := range strings.SplitSeq(said, "; ") {
			heading, names, _ := strings.Cut(part, ": ")
			for name := range strings.SplitSeq(names, ", ") {
				if told[name] != "" {
					t.Errorf("%s is told twice: %s", name, said)
				}
				told[name] = heading
			}
		}
		for name, lives := range gdbLives(t, program, function) {
			seen[lives]++
			if want := headings[lives]; told[name] != want {
				t.Errorf("%s.%s is told as %q; gdb says %q", function, name, told[name], lives)
			}
			if got := askOne(t, database, "SELECT lives FROM variables JOIN functions f USING (function_id) WHERE variables.name = "+quote(name)+" AND f.name = "+quote(function)); got != lives {
				t.Errorf("%s.%s lives in %s; gdb says %q", function, name, got, lives)
			}
		}
	}
	for _, lives := range []string{"memory", "register", "memory and register", "constant"} {
		if seen[lives] == 0 {
			t.Errorf("gdb found no variable that is %s: the program does not show what it says", lives)
		}
	}
}

// TestUnseenVariableErrors: what is not in memory is an error that says what to do.
func TestUnseenVariableErrors(t *testing.T) {
	_, database := livesHistory(t)
	for path, wants := range map[string][]string{
		"in_registers.sum":   {"sum of in_registers lives in registers only", "compile with -O0"},
		"in_registers.scale": {"scale of in_registers is a constant", "nothing writes to it"},
		"in_registers.i":     {"i of in_registers was optimized out", "compile with -O0 or -Og"},
		"in_registers.summ":  {"near to it are in_registers.sum"},
		"nowhere_at_all":     {`no variable "nowhere_at_all"`, "FROM variables lists all"},
	} {
		for _, want := range wants {
			complains(t, database, "SELECT * FROM variable_writes("+quote(path)+")", want)
			complains(t, database, "SELECT value_at("+quote(path)+", 7)", want)
		}
	}
	if got := ask(t, database, "SELECT DISTINCT function FROM variable_writes('in_memory.held')"); fmt.Sprint(got) != "[[in_memory]]" {
		t.Errorf("the functions that write in_memory.held are %v", got)
	}
}

// TestVariableOfBareLibrary: a library without debug information is named, and how
// to get it, whether or not the path names it.
func TestVariableOfBareLibrary(t *testing.T) {
	need(t, "gcc")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "lib.c"), "int in_library;\nvoid set(int n) { in_library = n; }\n")
	write(t, filepath.Join(dir, "main.c"), "void set(int);\nint own;\nint main(void) { own = 1; set(own); return 0; }\n")
	for _, args := range [][]string{
		{"gcc", "-shared", "-fPIC", "-o", "libbare.so", "lib.c"},
		{"gcc", "-g", "-o", "main", "main.c", "-L.", "-lbare", "-Wl,-rpath,$ORIGIN"},
	} {
		if r := run(t, command{args: args, dir: dir}); r.status != 0 {
			t.Fatal(r.stderr)
		}
	}
	recording, r := record(t, command{args: []string{filepath.Join(dir, "main")}})
	if r.status != 0 {
		t.Fatal(r.stderr)
	}
	database := index(t, recording, "history")
	complains(t, database, "SELECT * FROM variable_writes('libbare.so!in_library')", "libbare.so has no debug information; compile it with -g, or install its debug package, and index again")
	complains(t, database, "SELECT * FROM variable_writes('in_library')", "libbare.so came without debug information")
	notes := ask(t, database, "SELECT what || ': ' || detail FROM diagnostics WHERE what LIKE '%libbare.so%' OR detail LIKE '%libbare.so%'")
	if !slices.ContainsFunc(notes, func(n []string) bool { return strings.Contains(n[0], "debug") }) {
		t.Errorf("diagnostics says nothing of it: %v", notes)
	}
}
