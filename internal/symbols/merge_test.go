package symbols

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// naiveClasses looks at every type in every round, and compares texts instead of hashes.
func naiveClasses(m *merger) []int {
	class := make([]int, len(m.all))
	before := 0
	for {
		numbers := map[string]int{}
		next := make([]int, len(m.all))
		for t := int32(1); t < int32(len(m.all)); t++ {
			r := m.all[t]
			if r.passes {
				continue
			}
			key := fmt.Sprint(m.hash[t], class[t], class[r.target], class[r.other])
			for _, e := range m.members(t) {
				key += fmt.Sprint(" ", class[e.typ])
			}
			if numbers[key] == 0 {
				numbers[key] = len(numbers) + 1
			}
			next[t] = numbers[key]
		}
		class = next
		if len(numbers) == before {
			return class
		}
		before = len(numbers)
	}
}

// TestEqualTypes compares the classes with those of the naive way: each must be one of the
// others, and the reverse.
func TestEqualTypes(t *testing.T) {
	paths := []string{
		build(t, "g++", "data.cc", "-O0", "-gdwarf-5"), build(t, "g++", "data.cc", "-g", "-fdebug-types-section"),
		build(t, "rustc", "data.rs", "-g", "--edition", "2021"), twoUnits(t),
	}
	if _, err := os.Stat("/lib/x86_64-linux-gnu/libc.so.6"); err == nil && !testing.Short() {
		paths = append(paths, "/lib/x86_64-linux-gnu/libc.so.6")
	}
	for _, path := range paths {
		f, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		f.Functions()
		if f.dwarf == nil {
			t.Logf("%s has no debug information here", path)
			continue
		}
		r := newDataReader(f)
		r.readUnits()
		m := merger{units: r.units}
		m.prepare()
		got, want := m.refine(), naiveClasses(&m)
		to, from := map[int32]int{}, map[int]int32{}
		for i := range got {
			if n, ok := to[got[i]]; ok && n != want[i] {
				t.Fatalf("%s: type %d (%s) is one with a different type", path, i, m.all[i].name)
			}
			if n, ok := from[want[i]]; ok && n != got[i] {
				t.Fatalf("%s: type %d (%s) is not one with an equal type", path, i, m.all[i].name)
			}
			to[got[i]], from[want[i]] = want[i], got[i]
		}
		t.Logf("%s: %d types, %d different ones", filepath.Base(path), len(got), len(to)-1)
	}
}

// Sources of two units whose types have names in common.
const (
	sharedHeader = `
struct both { int a; struct both *next; };
struct opened;
typedef struct both both_t;
`
	firstUnit = `#include "shared.h"
struct same { int x; };
struct deep { struct same *to; };
struct opened { long inside; };
struct same one; struct deep deep_one; both_t both_one; struct opened opened_one;
int other(struct opened *);
int main(void) { return other(&opened_one); }
`
	secondUnit = `#include "shared.h"
struct same { float x; };
struct deep { struct same *to; };
struct nowhere;
struct same two; struct deep deep_two; both_t both_two; struct opened *opened_two; struct nowhere *nowhere;
int other(struct opened *o) { opened_two = o; return 0; }
`
)

func twoUnits(t *testing.T) string {
	t.Helper()
	bin, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("gcc is not installed")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"shared.h": sharedHeader, "one.c": firstUnit, "two.c": secondUnit} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(bin, "-g", "-o", "program", "one.c", "two.c")
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return filepath.Join(dir, "program")
}

// TestTypesOfTwoUnits: equal types are one, different ones of the same name stay two, also where only
// what they point to differs; a declaration is its definition of another unit.
func TestTypesOfTwoUnits(t *testing.T) {
	d := open(t, twoUnits(t)).Data()
	count := map[string]int{}
	for i := 1; i < len(d.Types); i++ {
		if d.Types[i].Name != "" {
			count[d.Types[i].Name]++
		}
	}
	for name, want := range map[string]int{"struct both": 1, "both_t": 1, "struct both *": 1, "int": 1, "struct same": 2, "struct deep": 2,
		"struct same *": 2, "struct opened": 1, "struct opened *": 1, "struct nowhere": 1} {
		if count[name] != want {
			t.Errorf("%q is there %d times, not %d", name, count[name], want)
		}
	}
	for _, v := range d.Variables {
		typ := d.Types[v.Type]
		switch v.Name {
		case "opened_two":
			if to := d.Types[typ.Target]; to.Size != 8 || len(to.Members) != 1 || to.Members[0].Name != "inside" {
				t.Errorf("opened_two points to %+v", to)
			}
		case "nowhere":
			if to := d.Types[typ.Target]; to.Size != Unknown || to.Kind != Struct {
				t.Errorf("nowhere points to %+v", to)
			}
		case "one", "two":
			member := d.Types[d.Types[v.Type].Members[0].Type].Name
			if want := map[string]string{"one": "int", "two": "float"}[v.Name]; member != want {
				t.Errorf("%s.x is %s", v.Name, member)
			}
		}
	}
}

// Names of types are as C writes them.
func TestTypeNames(t *testing.T) {
	d := open(t, build(t, "gcc", "data.c", "-O0", "-gdwarf-5")).Data()
	names := map[string]bool{}
	for i := range d.Types {
		names[d.Types[i].Name] = true
	}
	for _, name := range []string{"struct node *", "int (*)(struct node *, const char *)", "short int [2][3][4]", "short int [3][4]", "const char *const",
		"const char *const [2]", "char []", "const long long int", "volatile unsigned char", "enum color", "union word", "callback", "char **"} {
		if !names[name] {
			var near []string
			for n := range names {
				if strings.HasPrefix(n, name[:3]) {
					near = append(near, n)
				}
			}
			t.Errorf("there is no type %q, but %q", name, near)
		}
	}
}
