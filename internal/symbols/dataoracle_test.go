package symbols

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// dataPrograms are built for the comparison with gdb.
var dataPrograms = []program{
	{"gcc", "data.c -O0 -gdwarf-5"},
	{"gcc", "data.c -O0 -gdwarf-4"},
	{"gcc", "data.c -O2 -gdwarf-5"},
	{"gcc", "data.c -O2 -gdwarf-4"},
	{"gcc", "data.c -O0 -g -fdebug-types-section"},
	{"gcc", "data.c -O2 -g -fomit-frame-pointer -fno-asynchronous-unwind-tables"},
	{"g++", "data.cc -O0 -gdwarf-5"},
	{"g++", "data.cc -O0 -gdwarf-4"},
	{"g++", "data.cc -O2 -gdwarf-5"},
	{"g++", "data.cc -O0 -gdwarf-4 -fdebug-types-section"},
	{"rustc", "data.rs -g --edition 2021"},
	{"rustc", "data.rs -g -O --edition 2021"},
}

// gdb runs commands on a program that does not run, and returns what each prints.
func gdb(t testing.TB, file, language string, commands []string) []string {
	t.Helper()
	const mark = "=====next====="
	var script strings.Builder
	script.WriteString("set width 0\nset height 0\nset confirm off\nset max-completions 0\nset language " + language + "\n")
	for _, c := range commands {
		fmt.Fprintf(&script, "echo %s\\n\n%s\n", mark, c)
	}
	bin, err := exec.LookPath("gdb")
	if err != nil {
		t.Skip("gdb is not installed")
	}
	// Read from standard input, it goes on where a command fails.
	cmd := exec.Command(bin, "-q", "-nx", file)
	cmd.Env = append(os.Environ(), "DEBUGINFOD_URLS=", "LC_ALL=C", "TERM=dumb")
	cmd.Stdin = strings.NewReader(script.String() + "quit\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("gdb: %v\n%s", err, out)
	}
	text := strings.ReplaceAll(string(out), "(gdb) ", "")
	parts := strings.Split(text, mark+"\n")
	if len(parts) != len(commands)+1 {
		t.Fatalf("gdb answered %d of %d commands:\n%s", len(parts)-1, len(commands), text)
	}
	return parts[1:]
}

func gdbLanguage(p program) string {
	switch p.compiler {
	case "g++":
		return "c++"
	case "rustc":
		return "rust"
	}
	return "c"
}

// own tells whether something was declared in the test's own source.
func own(file string) bool { return strings.HasPrefix(filepath.Base(file), "data.") }

// inGDB is how gdb wants a type's name, "" where it cannot name it.
func inGDB(language string, t *Type) string {
	switch {
	case strings.Contains(t.Name, "("):
		return "" // local
	case language == "c++":
		return "'" + t.Name + "'"
	case language == "rust" && (strings.Count(t.Name, "::") != 1 || strings.ContainsAny(t.Name, "<{[")):
		return ""
	}
	return t.Name
}

// TestSizesAndOffsets compares each named type's size, and each member's offset and
// place in bits, with what gdb makes of the same debug information.
func TestSizesAndOffsets(t *testing.T) {
	for _, p := range dataPrograms {
		t.Run(p.compiler+" "+p.args, func(t *testing.T) {
			path := build(t, p.compiler, strings.Fields(p.args)...)
			d := open(t, path).Data()
			var commands []string
			var check []func(got string)
			language := gdbLanguage(p)
			for i := 1; i < len(d.Types); i++ {
				typ := &d.Types[i]
				if typ.Name == "" || typ.Size == Unknown || !strings.Contains(typ.Name, interestingTypes[p.compiler]) {
					continue
				}
				name := inGDB(language, typ)
				if typ.Kind != Struct && typ.Kind != Class && typ.Kind != Union && typ.Kind != Enum || name == "" {
					continue
				}
				commands = append(commands, "output/d sizeof("+name+")")
				check = append(check, func(got string) {
					if n, err := strconv.ParseUint(strings.TrimSpace(got), 10, 64); err != nil || n != typ.Size {
						t.Errorf("%s has %d bytes, gdb: %s", typ.Name, typ.Size, got)
					}
				})
			}
			if len(commands) == 0 {
				t.Fatal("no types to compare")
			}
			for i, got := range gdb(t, path, language, commands) {
				check[i](got)
			}
			t.Logf("%d types compared", len(commands))
		})
	}
}

// interestingTypes is a part of the names of the types that are compared.
var interestingTypes = map[string]string{"gcc": "", "g++": "shop::", "rustc": "data::"}

var layoutRow = regexp.MustCompile(`^/\* +(\d+)(?:: *(\d+))? +\| +(\d+) +\*/ +(.*)$`)

// TestLayout compares the members of structs with gdb's `ptype /o`.
func TestLayout(t *testing.T) {
	for _, p := range dataPrograms[:10] {
		t.Run(p.compiler+" "+p.args, func(t *testing.T) {
			path := build(t, p.compiler, strings.Fields(p.args)...)
			d := open(t, path).Data()
			var commands []string
			var of []*Type
			for i := 1; i < len(d.Types); i++ {
				typ := &d.Types[i]
				if (typ.Kind == Struct || typ.Kind == Class) && typ.Name != "" && strings.Contains(typ.Name, interestingTypes[p.compiler]) && typ.Size != Unknown {
					commands, of = append(commands, "ptype /o "+typ.Name), append(of, typ)
				}
			}
			compared := 0
			for i, got := range gdb(t, path, gdbLanguage(p), commands) {
				compared += compareLayout(t, of[i], got)
			}
			if compared < 10 {
				t.Errorf("only %d members compared", compared)
			}
			t.Logf("%d members compared", compared)
		})
	}
}

// compareLayout finds the row of each named member in gdb's picture of the type.
func compareLayout(t *testing.T, typ *Type, picture string) int {
	t.Helper()
	compared := 0
	for _, m := range typ.Members {
		if m.Name == "" || m.Base || m.Offset == Unknown {
			continue
		}
		word := regexp.MustCompile(`[ *&(]` + regexp.QuoteMeta(m.Name) + `(\)\(.*|\[.*| : \d+)?;$`)
		for _, line := range strings.Split(picture, "\n") {
			// Rows of nested types are indented deeper.
			row := layoutRow.FindStringSubmatch(line)
			if row == nil || !word.MatchString(" "+row[4]) || strings.Index(line, row[4]) != 31 {
				continue
			}
			offset, _ := strconv.ParseUint(row[1], 10, 64)
			bit, _ := strconv.ParseUint(row[2], 10, 32)
			if 8*offset+bit != 8*m.Offset+uint64(m.BitOffset) {
				t.Errorf("%s.%s lies at %d:%d, gdb: %s", typ.Name, m.Name, m.Offset, m.BitOffset, line)
			}
			compared++
		}
	}
	return compared
}
