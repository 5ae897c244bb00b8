package symbols

import (
	"bytes"
	"compress/zlib"
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// fibLine is where inlining.c defines fib.
const fibLine = 36

func TestDemangledName(t *testing.T) {
	for _, c := range [][2]string{
		{"main", "main"},
		{"_ZN6shapes6Square4areaEv", "shapes::Square::area()"},
		{"_ZNK6shapes6Square4areaEv", "shapes::Square::area() const"},
		{"_ZN6shapes7largestIiEET_RKSt6vectorIS1_SaIS1_EE", "shapes::largest<int>(std::vector<int, std::allocator<int> > const&)"},
		{"_ZN12_GLOBAL__N_16hiddenEi", "(anonymous namespace)::hidden(int)"},
		{"_Z3fooi.constprop.0", "foo(int)"},
		{"_Z3fooi.part.0.cold", "foo(int)"},
		{"scaled.constprop.0.isra.0", "scaled"},
		{"name.with.dots", "name.with.dots"},
		{"_ZN7generic5count17h0123456789abcdefE", "generic::count"},
		{"_ZN3std3sys9backtrace28__rust_begin_short_backtrace17h0123456789abcdefE", "std::sys::backtrace::__rust_begin_short_backtrace"},
		{"_ZN63_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..clone..Clone$GT$5clone17h0123456789abcdefE", "<alloc::vec::Vec<T> as core::clone::Clone>::clone"},
		{"_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"},
		{"__GI___libc_malloc", "__libc_malloc"},
		{"_Zbroken", "_Zbroken"},
		{"_Runtime", "_Runtime"},
	} {
		if got := demangledName(c[0]); got != c[1] {
			t.Errorf("%s is %q, not %q", c[0], got, c[1])
		}
	}
}

func (f *File) named(t *testing.T, linkage string) Function {
	t.Helper()
	i := slices.IndexFunc(f.Functions(), func(fn Function) bool { return fn.LinkageName == linkage })
	if i < 0 {
		t.Fatalf("no function %s", linkage)
	}
	return f.Functions()[i]
}

// TestAliases: of fib, public_name and weak_name at one address the one that the
// debug information defines is chosen; without it the shortest visible one.
func TestAliases(t *testing.T) {
	f := open(t, build(t, "gcc", "inlining.c", "-O0", "-g"))
	if fn := f.named(t, "fib"); fn.Name != "fib" || fn.Language != "C" || fn.Line != fibLine || filepath.Base(fn.File) != "inlining.c" {
		t.Errorf("%+v", fn)
	}
	f = open(t, build(t, "gcc", "inlining.c", "-O0"))
	f.named(t, "fib")
	if fn := f.named(t, "scaled"); fn.File != "inlining.c" {
		t.Errorf("a local function's file: %+v", fn)
	}
	if d := strings.Join(f.Diagnostics(), " "); !strings.Contains(d, "-g") {
		t.Errorf("diagnostics %q", d)
	}
}

// TestAssemblerSymbols: see labels.s.
func TestAssemblerSymbols(t *testing.T) {
	f := open(t, build(t, "gcc", "labels.s", "labels_main.c", "-g"))
	var got []string
	for _, name := range []string{"sized", "local_label", "unsized", "untyped", "stray_label", "with_entry", "second_entry"} {
		at := symbolAddress(t, f, name)
		i, ok := f.FunctionAt(at)
		if !ok {
			t.Fatalf("%s is in no function", name)
		}
		fn := f.Functions()[i]
		what := name + " in " + fn.Name
		if f.IsEntry(at) {
			what += ", entry"
		}
		got = append(got, what)
	}
	slices.Sort(got)
	want := []string{"local_label in sized", "second_entry in second_entry, entry", "sized in sized, entry",
		"stray_label in stray_label", "unsized in unsized, entry", "untyped in untyped, entry", "with_entry in with_entry, entry"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func symbolAddress(t *testing.T, f *File, name string) uint64 {
	t.Helper()
	syms, err := f.main.elf.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(syms, func(s elf.Symbol) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("no symbol %s", name)
	}
	return syms[i].Value
}

// TestStrippedEntries: in stripped code .eh_frame gives the same entries as the symbol table
// did. A cold part is no entry, if a frame is set up there: that of outer cannot be told from
// a function.
func TestStrippedEntries(t *testing.T) {
	whole := build(t, "gcc", "inlining.c", "-O2", "-g")
	stripped := filepath.Join(t.TempDir(), "stripped")
	tool(t, "", "strip", "-o", stripped, whole)
	f, want := open(t, stripped), open(t, whole)
	for _, fn := range want.Functions() {
		if fn.Unit < 0 {
			continue
		}
		if !f.IsEntry(fn.Entry) {
			t.Errorf("%s at %#x is no entry any more", fn.Name, fn.Entry)
		}
		if at, ok := f.FunctionAt(fn.Entry); ok && f.Functions()[at].Name != "" {
			t.Errorf("%s is called %q", fn.Name, f.Functions()[at].Name)
		}
		for _, p := range fn.Parts {
			if fn.Name != "outer" && f.IsEntry(p[0]) {
				t.Errorf("the part of %s at %#x is an entry", fn.Name, p[0])
			}
		}
	}
	if fn := want.named(t, "scaled.constprop.0"); len(fn.Parts) != 1 {
		t.Errorf("no cold part: %+v", fn)
	}
}

// TestGoWithoutDebugInformation compares what .gopclntab tells with the unstripped program.
func TestGoWithoutDebugInformation(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	text := "package main\n\n//go:noinline\nfunc work(x int) int { return x * 3 }\n\nfunc main() { println(work(4)) }\n"
	if err := os.WriteFile(source, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"exe", "pie"} {
		out := filepath.Join(dir, mode)
		tool(t, "", "go", "build", "-buildmode="+mode, "-o", out, source)
		whole := open(t, out)
		tool(t, "", "go", "build", "-buildmode="+mode, "-ldflags=-s -w", "-o", out, source)
		f := open(t, out)
		fn, want := f.named(t, "main.work"), whole.named(t, "main.work")
		if fn.Line != 4 || fn.File != source || want.Line != 4 || want.File != source || fn.Language != "Go" {
			t.Errorf("%+v, with debug information %+v", fn, want)
		}
		if !f.IsEntry(fn.Entry) {
			t.Error("no entry")
		}
	}
}

func TestSplitDWARFIsReported(t *testing.T) {
	f := open(t, build(t, "gcc", "inlining.c", "-O2", "-gsplit-dwarf", "-gdwarf-5"))
	if d := strings.Join(f.Diagnostics(), " "); !strings.Contains(d, "-gsplit-dwarf") {
		t.Errorf("diagnostics %q", d)
	}
	if _, line, _, ok := f.Line(f.named(t, "fib").Entry); !ok || line != fibLine {
		t.Errorf("the line table is not used: %d, %v", line, ok)
	}
}

func TestInflate(t *testing.T) {
	want := bytes.Repeat([]byte("debug information "), 1000)
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write(want)
	w.Close()
	e, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for kind, b := range map[elf.CompressionType][]byte{elf.COMPRESS_ZLIB: z.Bytes(), elf.COMPRESS_ZSTD: e.EncodeAll(want, nil)} {
		got, err := inflate(kind, b, uint64(len(want)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v: %d bytes, %v", kind, len(got), err)
		}
		for _, size := range []uint64{uint64(len(want)) + 1, 1 << 62} {
			if _, err := inflate(kind, b, size); err == nil {
				t.Errorf("%v: a claim of %d bytes was believed", kind, size)
			}
		}
		if _, err := inflate(kind, b[:len(b)/2], uint64(len(want))); err == nil {
			t.Errorf("%v: cut data was believed", kind)
		}
	}
}

func TestLineRows(t *testing.T) {
	f := open(t, build(t, "gcc", "inlining.c", "-O0", "-g"))
	fn := f.named(t, "fib")
	rows := f.LineRows(fn.Entry, fn.End, nil)
	if len(rows) < 3 || rows[0].PC != fn.Entry || rows[0].Line != fibLine {
		t.Errorf("%+v", rows)
	}
	for i := 1; i < len(rows); i++ {
		if rows[i].PC < rows[i-1].PC || rows[i] == rows[i-1] || rows[i].PC >= fn.End {
			t.Errorf("row %d: %+v after %+v", i, rows[i], rows[i-1])
		}
	}
}

// Rows asked for piece by piece are those of the whole.
func TestLineRowsInPieces(t *testing.T) {
	eachProgram(t, func(t *testing.T, path string, f *File) {
		lo, hi := ^uint64(0), uint64(0)
		for _, s := range f.LoadSegments() {
			if s.Execute {
				lo, hi = min(lo, s.Vaddr), max(hi, s.Vaddr+s.Memsz)
			}
		}
		if hi-lo > 1<<20 {
			return // the pieces of 1 byte would take long
		}
		whole := f.LineRows(lo, hi, nil)
		for _, step := range []uint64{1, 7, 4096} {
			var pieces []LineRow
			for at := lo; at < hi; at += step {
				pieces = f.LineRows(at, min(hi, at+step), pieces)
			}
			if !slices.Equal(pieces, whole) {
				t.Errorf("%s in pieces of %d bytes: %d rows, whole %d", path, step, len(pieces), len(whole))
			}
		}
	})
}

func TestSpace(t *testing.T) {
	f := open(t, build(t, "gcc", "inlining.c", "-O0", "-g"))
	fn := f.named(t, "fib")
	const a, b, size = 0x555555554000, 0x7ffff7c00000, 0x10000
	s := NewSpace([]Module{
		{Path: "old", Start: a, End: a + size},
		{Path: "two", Start: b, End: b + size, Bias: b, File: f},
		{Path: "one", Start: a, End: a + size, Bias: a, File: f},
		{Path: "data", Start: b + size, End: b + 2*size},
	})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 1000 {
				for k, bias := range []uint64{b, a} {
					pc := bias + fn.Entry
					module, index, ok := s.FunctionAt(pc)
					if !ok || module != k+1 || f.Functions()[index].Name != "fib" || !s.IsEntry(pc) || s.IsEntry(pc+1) {
						t.Errorf("%#x: module %d, function %d, %v", pc, module, index, ok)
					}
					if i == 0 {
						if fr := s.Frames(pc, nil); len(fr) != 1 || fr[0].Line != fibLine {
							t.Errorf("frames %+v", fr)
						}
					}
				}
			}
		})
	}
	wg.Wait()
	for _, pc := range []uint64{0, a - 1, b + size, b + 2*size, ^uint64(0)} {
		if _, _, ok := s.FunctionAt(pc); ok || s.IsEntry(pc) || s.Frames(pc, nil) != nil {
			t.Errorf("something at %#x", pc)
		}
	}
	if i, ok := s.Find(b + size); !ok || i != 3 {
		t.Errorf("module without file: %d, %v", i, ok)
	}
}

func TestFlatten(t *testing.T) {
	got := flatten([]span{{lo: 10, hi: 100, id: 1}, {lo: 20, hi: 30, id: 2}, {lo: 25, hi: 40, id: 3}, {lo: 90, hi: 120, id: 4, rank: -1},
		{lo: 120, hi: 130, id: 4}, {lo: 5, hi: 5, id: 9}, {lo: 200, hi: 100, id: 9}})
	want := [][3]uint64{{10, 20, 1}, {20, 25, 2}, {25, 40, 3}, {40, 100, 1}, {100, 130, 4}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	table := newSpanTable(got)
	for i, w := range want {
		if s := got[i]; s.lo != w[0] || s.hi != w[1] || uint64(s.id) != w[2] {
			t.Errorf("%+v, not %v", s, w)
		}
		for pc := w[0]; pc < w[1]; pc++ {
			if id, ok := table.find(pc); !ok || uint64(id) != w[2] {
				t.Errorf("%d is in %d, %v, not %d", pc, id, ok, w[2])
			}
		}
	}
	for _, pc := range []uint64{0, 9, 130, 1 << 40, ^uint64(0)} {
		if id, ok := table.find(pc); ok {
			t.Errorf("%d is in %d", pc, id)
		}
	}
}
