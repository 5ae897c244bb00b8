package symbols

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

type program struct {
	compiler string
	args     string
}

// programs are the fixtures in every form of debug information that must be read.
func programs() []program {
	var out []program
	for _, opt := range []string{"-O0", "-O2"} {
		for _, debug := range []string{"-gdwarf-4", "-gdwarf-5", "-gdwarf-5 -gz=zlib", "-gdwarf-4 -gz=zlib-gnu"} {
			out = append(out, program{"gcc", "inlining.c " + opt + " " + debug})
		}
		out = append(out,
			program{"g++", "classes.cc " + opt + " -gdwarf-4"},
			program{"g++", "classes.cc " + opt + " -gdwarf-5 -ffunction-sections -Wl,--gc-sections"},
			program{"gcc", "inlining.c " + opt + " -g -static"},
			program{"gcc", "inlining.c " + opt + " -g -no-pie -fcf-protection=full -Wl,-z,ibtplt"},
			program{"rustc", "generic.rs -g -C opt-level=" + opt[2:]},
		)
	}
	return append(out,
		program{"rustc", "generic.rs -g -O -C symbol-mangling-version=v0"},
		program{"gcc", "inlining.c -O2 -g -flto"},
		program{"gcc", "labels.s labels_main.c -g"},
		program{"clang", "inlining.c -O2 -g"},
		program{"clang++", "classes.cc -O2 -g -gsimple-template-names"},
	)
}

func eachProgram(t *testing.T, test func(t *testing.T, path string, f *File)) {
	for _, p := range programs() {
		t.Run(p.compiler+" "+p.args, func(t *testing.T) {
			path := build(t, p.compiler, strings.Fields(p.args)...)
			test(t, path, open(t, path))
		})
	}
}

// sameName tolerates what addr2line and we mean to show differently: return types of
// templates, clone suffixes.
func sameName(got, want string) bool {
	got, want = plainRust(got), plainRust(want)
	want, _, _ = strings.Cut(want, " [clone")
	return got == want || strings.HasSuffix(want, " "+got) || got == demangledName(want)
}

// hasBareName tolerates that DWARF has the bare name of a function without linkage name,
// where we show the symbol's, with namespaces and parameters.
func hasBareName(got, want string) bool {
	bare, _, generic := strings.Cut(want, "<")
	open := "("
	if generic {
		open = "<"
	}
	return strings.HasPrefix(got, bare+open) || strings.Contains(got, "::"+bare+open)
}

// plainRust removes generic arguments, numbers of closures and `<T as Trait>` brackets,
// which the two demanglers write differently for the newer mangling.
func plainRust(s string) string {
	if !strings.Contains(s, "{closure") && !strings.Contains(s, "::<") {
		return s
	}
	return rustDetail.ReplaceAllString(s, "")
}

var rustDetail = regexp.MustCompile(`#[0-9]+|, \(\)`)

// TestFramesEqualAddr2line compares names, files and lines of all frames at every
// instruction (a sample of it in large programs). Where addr2line says something else
// the naive oracle decides.
func TestFramesEqualAddr2line(t *testing.T) {
	eachProgram(t, func(t *testing.T, path string, f *File) {
		all, _ := instructions(t, path)
		code := sample(all, 8000)
		want := addr2line(t, path, code)
		truth := newNaive(t, path)
		aliases := symbolNames(t, path)
		bad, inlined, overruled := 0, 0, 0
		for _, in := range code {
			got := f.Frames(in.addr, nil)
			inlined += max(0, len(got)-1)
			i, ok := f.FunctionAt(in.addr)
			if !ok {
				if !in.padding() {
					t.Errorf("%#x (%s) is in no function", in.addr, in.text)
				}
				continue
			}
			fn := f.Functions()[i]
			why := differs(got, want[in.addr])
			if why != "" && fn.Unit < 0 && slices.ContainsFunc(aliases[fn.Entry], func(n string) bool {
				return sameName(n, strings.TrimSuffix(want[in.addr][0].Function, ".cold"))
			}) {
				continue // without DWARF binutils chooses another alias
			}
			if why != "" {
				overruled++
				why = differs(got, truth.frames(in.addr))
			}
			if why != "" {
				if bad++; bad <= 10 {
					t.Errorf("%#x: %s\n got %+v\nwant %+v\n  or %+v", in.addr, why, got, want[in.addr], truth.frames(in.addr))
				}
			}
		}
		t.Logf("%d instructions, %d inlined frames, binutils overruled at %d, %d wrong", len(code), inlined, overruled, bad)
		if d := f.Diagnostics(); len(d) > 0 {
			t.Errorf("diagnostics: %q", d)
		}
	})
}

// sample takes about n of the instructions, or all.
func sample(all []line, n int) []line {
	step := len(all)/n + 1
	var out []line
	for i := 0; i < len(all); i += step {
		out = append(out, all[i])
	}
	return out
}

func differs(got, want []Frame) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d frames, not %d", len(got), len(want))
	}
	for i := range got {
		g, w := got[i], want[i]
		if w.Function == "" && w.File == "" && g.File == "" {
			continue // we know PLT stubs and frame table entries besides
		}
		if !sameName(g.Function, w.Function) && !(i == len(got)-1 && hasBareName(g.Function, w.Function)) &&
			!strings.HasSuffix(g.Function, "::"+w.Function) {
			return fmt.Sprintf("frame %d is %q, not %q", i, g.Function, w.Function)
		}
		if g.File == "" && w.Line == 0 && !strings.Contains(w.File, "/") {
			continue // it shows the symbol table's file where there is no line
		}
		if g.File != w.File || g.Line != w.Line {
			return fmt.Sprintf("frame %d lies at %s:%d, not %s:%d", i, g.File, g.Line, w.File, w.Line)
		}
	}
	return ""
}

// symbolNames returns what nm calls the code at each address.
func symbolNames(t *testing.T, path string) map[uint64][]string {
	names := map[uint64][]string{}
	for line := range strings.Lines(tool(t, "", "nm", "-C", path)) {
		p := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(p) == 3 && len(p[0]) == 16 {
			addr, _ := strconv.ParseUint(p[0], 16, 64)
			names[addr] = append(names[addr], p[2])
		}
	}
	return names
}

// TestFunctionsEqualNM compares entries, sizes and names with the symbol table.
func TestFunctionsEqualNM(t *testing.T) {
	eachProgram(t, func(t *testing.T, path string, f *File) {
		fns := f.Functions()
		names := map[uint64][]string{}
		sizes := map[uint64]uint64{}
		for line := range strings.Lines(tool(t, "", "nm", "-S", "-C", path)) {
			p := strings.SplitN(strings.TrimSpace(line), " ", 4)
			if len(p) != 4 || len(p[1]) != 16 || !strings.Contains("tTwWi", p[2]) {
				continue
			}
			addr, _ := strconv.ParseUint(p[0], 16, 64)
			size, _ := strconv.ParseUint(p[1], 16, 64)
			names[addr] = append(names[addr], p[3])
			sizes[addr] = max(sizes[addr], size)
		}
		checked := 0
		for addr, size := range sizes {
			i, ok := f.FunctionAt(addr)
			if !ok {
				t.Errorf("nothing at %#x, where nm has %q", addr, names[addr])
				continue
			}
			fn := fns[i]
			cold := strings.Contains(names[addr][0], ".cold") || strings.Contains(names[addr][0], "[clone .cold")
			if cold != (fn.Entry != addr) || cold == f.IsEntry(addr) {
				t.Errorf("%#x %q: entry %#x, IsEntry %v", addr, names[addr], fn.Entry, f.IsEntry(addr))
			}
			if cold {
				continue
			}
			checked++
			if fn.End != addr+size {
				t.Errorf("%s ends at %#x, not %#x", fn.Name, fn.End, addr+size)
			}
			if !slices.ContainsFunc(names[addr], func(n string) bool { return sameName(fn.Name, n) }) {
				t.Errorf("%#x is %q, not one of %q", addr, fn.Name, names[addr])
			}
		}
		t.Logf("%d functions compared of %d", checked, len(fns))
	})
}

// TestPLTEqualsObjdump compares the names of PLT stubs.
func TestPLTEqualsObjdump(t *testing.T) {
	eachProgram(t, func(t *testing.T, path string, f *File) {
		_, labels := instructions(t, path)
		n := 0
		for _, l := range labels {
			if !strings.HasSuffix(l.name, "@plt") || strings.HasPrefix(l.name, "*ABS*") {
				continue
			}
			i, ok := f.FunctionAt(l.addr)
			if !ok || !f.Functions()[i].PLT || !f.IsEntry(l.addr) {
				t.Errorf("no stub at %#x, where objdump has %s", l.addr, l.name)
				continue
			}
			if got := f.Functions()[i].LinkageName; got != l.name {
				t.Errorf("the stub at %#x is %s, not %s", l.addr, got, l.name)
			}
			n++
		}
		t.Logf("%d stubs", n)
	})
}

// TestSeparateDebugFile strips a program and finds its debug file by link and by build id.
func TestSeparateDebugFile(t *testing.T) {
	whole := build(t, "gcc", "inlining.c", "-O2", "-g")
	want := open(t, whole)
	dir := t.TempDir()
	stripped, debug := filepath.Join(dir, "program"), filepath.Join(dir, "program.debug")
	tool(t, "", "objcopy", "--only-keep-debug", whole, debug)
	tool(t, "", "objcopy", "--strip-all", "--add-gnu-debuglink="+debug, whole, stripped)

	if f := open(t, stripped); f.DebugPath() != debug {
		t.Errorf("debug file %q by link, want %q; %q", f.DebugPath(), debug, f.Diagnostics())
	} else {
		sameFile(t, f, want)
	}
	dirs := filepath.Join(dir, "store")
	id := want.BuildID()
	byID := filepath.Join(dirs, ".build-id", id[:2], id[2:]+".debug")
	if err := os.MkdirAll(filepath.Dir(byID), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(debug, byID); err != nil {
		t.Fatal(err)
	}
	f, err := Open(stripped, Options{DebugDirs: []string{dirs}})
	if err != nil {
		t.Fatal(err)
	}
	if f.DebugPath() != byID {
		t.Errorf("debug file %q by build id, want %q; %q", f.DebugPath(), byID, f.Diagnostics())
	}
	sameFile(t, f, want)

	// Another build's file is refused.
	other := build(t, "gcc", "inlining.c", "-O0", "-g")
	tool(t, "", "objcopy", "--only-keep-debug", other, debug)
	f = open(t, stripped)
	if f.DebugPath() != "" || !strings.Contains(strings.Join(f.Diagnostics(), " "), "does not belong to this build") {
		t.Errorf("used %q: %q", f.DebugPath(), f.Diagnostics())
	}
}

func sameFile(t *testing.T, got, want *File) {
	t.Helper()
	g, w := got.Functions(), want.Functions()
	if len(g) != len(w) {
		t.Fatalf("%d functions, not %d", len(g), len(w))
	}
	for i := range g {
		if g[i].Name != w[i].Name || g[i].Entry != w[i].Entry || g[i].End != w[i].End {
			t.Errorf("function %d is %+v, not %+v", i, g[i], w[i])
		}
		for pc := g[i].Entry; pc < g[i].End; pc++ {
			if a, b := got.Frames(pc, nil), want.Frames(pc, nil); !slices.Equal(a, b) {
				t.Fatalf("%#x: %+v, not %+v", pc, a, b)
			}
		}
	}
}
