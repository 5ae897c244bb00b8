package symbols

import (
	"cmp"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
)

// Functions returns all functions by entry address; the caller must not change them.
// Where ranges overlap (nested assembler entries, damaged files), FunctionAt
// prefers the function that begins later, so each address has at most one.
func (f *File) Functions() []Function {
	f.table()
	f.namesOnce.Do(func() {
		const chunk = 256
		f.parallel("names", (len(f.functions)+chunk-1)/chunk, func(i int) {
			part := f.functions[i*chunk : min((i+1)*chunk, len(f.functions))]
			for k := range part {
				f.complete(&part[k])
			}
		})
	})
	return f.functions
}

// complete fills in what FunctionAt and IsEntry have no need of: the name and, where
// only the line table knows it (Go, assembler), the file.
func (f *File) complete(fn *Function) {
	if plain, ok := strings.CutSuffix(fn.LinkageName, "@plt"); ok && fn.PLT {
		fn.Name = demangledName(plain) + "@plt"
	} else if fn.LinkageName != "" {
		fn.Name = demangledName(fn.LinkageName)
	}
	if fn.File != "" || fn.PLT {
		return
	}
	if file, line, _, ok := f.Line(fn.Entry); ok {
		fn.File = file
		if fn.Line == 0 {
			fn.Line = line
		}
	}
	if u := f.unitOf(fn.Entry); u != nil && fn.Language == "" {
		fn.Language = u.language
	}
}

// FunctionAt returns the position in Functions of the function that covers vaddr,
// in its entry range or one of its parts.
func (f *File) FunctionAt(vaddr uint64) (index int, ok bool) {
	f.table()
	id, ok := f.spans.find(vaddr)
	return int(id), ok
}

// IsEntry tells whether a function begins at vaddr. Split-off cold parts and labels
// are no entries, PLT stubs are.
func (f *File) IsEntry(vaddr uint64) bool {
	f.table()
	id, ok := f.spans.find(vaddr)
	return ok && f.functions[id].Entry == vaddr && !f.functions[id].Label
}

// table makes the function table once.
func (f *File) table() {
	f.tableOnce.Do(func() {
		f.guard("the file", func() {
			b := &tableBuilder{f: f, code: newSpanTable(f.main.code()), byEntry: map[uint64]int32{}}
			b.build()
		})
		f.diagnoseMissing()
	})
}

func (f *File) diagnoseMissing() {
	switch {
	case len(f.functions) == 0:
		f.diagnose("no functions are known: the file has no symbols, debug information or frame tables")
	case f.dwarf != nil || f.golang != nil:
	case strings.HasPrefix(baseName(f.path), "libc.") || strings.HasPrefix(baseName(f.path), "ld-linux"):
		f.diagnose("no debug information, so no source lines: install libc6-dbg (or set the debug folder)")
	default:
		f.diagnose("no debug information, so no source lines: compile with -g or install the package's debug symbols (-dbgsym, -dbg, debuginfo)")
	}
	if f.main.find(".gnu_debugdata") != nil && f.dwarf == nil && f.debug == f.main {
		f.diagnose("the compressed symbol table (.gnu_debugdata) is not read")
	}
}

func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// parallel calls step(0..n-1) on all processors; a panic costs its item only.
func (f *File) parallel(what string, n int, step func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f.guard(what, func() { step(i) })
			}
		})
	}
	wg.Wait()
}

// tableBuilder merges what the sources know; see build for the order.
type tableBuilder struct {
	f       *File
	code    spanTable
	fns     []Function
	dwarfs  []dwarfFunction  // parallel to the first functions
	byEntry map[uint64]int32 // entry → index in fns
	parts   map[uint64]bool  // where split-off parts begin
	frames  []span
	cold    []symbol
	open    []symbol // symbols without size
	symbols []symbol
}

// build adds DWARF's functions first, then symbols with sizes, PLT stubs, symbols
// without sizes where nothing is known yet, and frame table entries likewise.
func (b *tableBuilder) build() {
	b.parts = map[uint64]bool{}
	b.symbols = b.f.allSymbols(&b.code)
	b.f.guard(".eh_frame", func() {
		var err error
		if b.frames, err = b.f.main.frameRanges(); err != nil {
			b.f.diagnose(".eh_frame is damaged: %v", err)
		}
	})
	b.addDWARF()
	b.addSymbols()
	b.addCold()
	b.addGo()
	for _, fn := range b.f.pltFunctions(b.nameAt) {
		b.add(fn)
	}
	b.addUncovered()
	b.finish()
}

// add appends a function unless one begins there already.
func (b *tableBuilder) add(fn Function) (int32, bool) {
	if i, ok := b.byEntry[fn.Entry]; ok {
		return i, false
	}
	if _, ok := b.code.find(fn.Entry); !ok {
		return 0, false
	}
	if fn.Language == "" {
		fn.Language = languageOf(fn.LinkageName)
	}
	i := int32(len(b.fns))
	b.byEntry[fn.Entry] = i
	b.fns = append(b.fns, fn)
	return i, true
}

func (b *tableBuilder) addDWARF() {
	if b.f.dwarf == nil {
		return
	}
	for _, d := range b.f.dwarf.scan(&b.code) {
		entry := b.entryRange(d.ranges)
		fn := Function{LinkageName: cmp.Or(d.linkage, d.name), Language: d.language, File: d.file,
			Line: d.line, Entry: d.ranges[entry].lo, End: d.ranges[entry].hi, Unit: int(d.unit)}
		for i, r := range d.ranges {
			if i != entry {
				fn.Parts = append(fn.Parts, [2]uint64{r.lo, r.hi})
				b.parts[r.lo] = true
			}
		}
		if _, ok := b.add(fn); ok {
			b.dwarfs = append(b.dwarfs, d)
		}
	}
}

// addGo adds what Go's own table knows, in programs without DWARF.
func (b *tableBuilder) addGo() {
	if b.f.dwarf != nil {
		return
	}
	b.f.guard("Go's function table", func() {
		var err error
		if b.f.golang, err = openGoTable(b.f.main, &b.code); err != nil {
			b.f.diagnose("Go's function table is not used: %v", err)
		}
	})
	for _, fn := range b.f.golang.functions() {
		if at, isNew := b.add(fn); !isNew && b.byEntry[fn.Entry] == at {
			b.fns[at].Language = fn.Language
		}
	}
}

// entryRange returns which of a function's ranges it is entered by: the first that
// has a symbol which is not a cold part's, else the first.
func (b *tableBuilder) entryRange(ranges []span) int {
	if len(ranges) == 1 {
		return 0
	}
	for i, r := range ranges {
		for k := b.symbolsFrom(r.lo); k < len(b.symbols) && b.symbols[k].addr == r.lo; k++ {
			if s := b.symbols[k]; s.typed && !coldSuffix.MatchString(s.name) {
				return i
			}
		}
	}
	return 0
}

func (b *tableBuilder) symbolsFrom(addr uint64) int {
	return sort.Search(len(b.symbols), func(i int) bool { return b.symbols[i].addr >= addr })
}

// addSymbols names functions by their best alias and adds those with sizes.
func (b *tableBuilder) addSymbols() {
	for i := 0; i < len(b.symbols); {
		n := i + 1
		for n < len(b.symbols) && b.symbols[n].addr == b.symbols[i].addr {
			n++
		}
		aliases := b.symbols[i:n]
		i = n
		at, known := b.byEntry[aliases[0].addr]
		var dwarfName string
		if known {
			dwarfName = b.fns[at].LinkageName
		}
		best := slices.MinFunc(aliases, func(x, y symbol) int { return compareAliases(x, y, dwarfName) })
		for _, s := range aliases {
			best.size = max(best.size, s.size)
		}
		switch {
		case known:
			if best.typed || dwarfName == "" {
				b.fns[at].LinkageName = best.name
			}
		case b.parts[best.addr]:
		case coldSuffix.MatchString(best.name):
			b.cold = append(b.cold, best)
		case best.typed && best.size > 0:
			b.add(Function{LinkageName: best.name, File: best.file, Entry: best.addr, End: best.addr + best.size, Unit: -1})
		default:
			b.open = append(b.open, best)
		}
	}
}

type nameInGroup struct {
	name  string
	group int32
}

// addCold gives `f.cold` to f: the one of the same source file for local symbols.
func (b *tableBuilder) addCold() {
	if len(b.cold) == 0 {
		return
	}
	byName := map[nameInGroup]int32{}
	for _, s := range b.symbols {
		if at, ok := b.byEntry[s.addr]; ok {
			byName[nameInGroup{s.name, s.group}] = at
			byName[nameInGroup{s.name, -1}] = at
		}
	}
	for _, s := range b.cold {
		parent := coldSuffix.ReplaceAllString(s.name, "")
		at, ok := byName[nameInGroup{parent, s.group}]
		if !ok {
			at, ok = byName[nameInGroup{parent, -1}]
		}
		if ok && s.size > 0 {
			b.fns[at].Parts = append(b.fns[at].Parts, [2]uint64{s.addr, s.addr + s.size})
			continue
		}
		b.add(Function{LinkageName: s.name, Entry: s.addr, End: s.addr + s.size, Label: true, Unit: -1})
	}
}

// nameAt returns the linkage name of the function that begins at addr.
func (b *tableBuilder) nameAt(addr uint64) string {
	if at, ok := b.byEntry[addr]; ok {
		return b.fns[at].LinkageName
	}
	for k := b.symbolsFrom(addr); k < len(b.symbols) && b.symbols[k].addr == addr; k++ {
		return b.symbols[k].name
	}
	return ""
}

func (b *tableBuilder) spansOf() []span {
	var in []span
	for i, fn := range b.fns {
		in = append(in, span{lo: fn.Entry, hi: fn.End, id: int32(i)})
		for _, p := range fn.Parts {
			in = append(in, span{lo: p[0], hi: p[1], id: int32(i)})
		}
	}
	return in
}

// addUncovered adds symbols without sizes and frame table entries where no function is
// known. Such a symbol ends with its frame table entry or where the next thing begins.
func (b *tableBuilder) addUncovered() {
	known := newSpanTable(flatten(b.spansOf()))
	frames := newSpanTable(flatten(b.frames))
	for _, s := range b.open {
		if _, ok := known.find(s.addr); !ok {
			b.add(Function{LinkageName: s.name, Entry: s.addr, Label: !s.typed && s.local, Unit: -1})
		}
	}
	for _, r := range b.frames {
		if _, ok := known.find(r.lo); ok {
			continue
		}
		if b.beginsBehind(r) {
			continue
		}
		at, isNew := b.add(Function{Entry: r.lo, End: r.hi, Label: r.rank == splitOff, Unit: -1})
		if !isNew && b.byEntry[r.lo] == at && r.rank != splitOff {
			b.fns[at].Label = false
		}
	}
	starts := make([]uint64, 0, len(b.fns))
	for _, fn := range b.fns {
		starts = append(starts, fn.Entry)
		for _, p := range fn.Parts {
			starts = append(starts, p[0])
		}
	}
	slices.Sort(starts)
	for i := range b.fns {
		if fn := &b.fns[i]; fn.End <= fn.Entry {
			fn.End = b.openEnd(fn.Entry, starts, &frames)
		}
	}
}

// beginsBehind tells whether a frame table entry begins with the padding before a
// function (`.cfi_startproc` before `.align` in assembler code).
func (b *tableBuilder) beginsBehind(r span) bool {
	if _, ok := b.byEntry[r.lo]; ok {
		return false
	}
	for pc := r.lo + 1; pc < min(r.lo+16, r.hi); pc++ {
		if _, ok := b.byEntry[pc]; ok {
			return true
		}
	}
	return false
}

func (b *tableBuilder) openEnd(entry uint64, starts []uint64, frames *spanTable) uint64 {
	end := ^uint64(0)
	for _, t := range []*spanTable{&b.code, frames} {
		i := sort.Search(len(t.spans), func(i int) bool { return t.spans[i].hi > entry })
		if i < len(t.spans) && t.spans[i].lo <= entry {
			end = min(end, t.spans[i].hi)
		}
	}
	if i := sort.Search(len(starts), func(i int) bool { return starts[i] > entry }); i < len(starts) {
		end = min(end, starts[i])
	}
	return end
}

// finish sorts the functions, drops those whose entry another one covers better, and
// makes the look-up tables.
func (b *tableBuilder) finish() {
	visible := newSpanTable(flatten(b.spansOf()))
	order := make([]int32, 0, len(b.fns))
	for i, fn := range b.fns {
		if id, ok := visible.find(fn.Entry); ok && id == int32(i) {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(x, y int32) int { return cmp.Compare(b.fns[x].Entry, b.fns[y].Entry) })
	renumbered := make([]int32, len(b.fns))
	for i := range renumbered {
		renumbered[i] = -1
	}
	f := b.f
	f.functions = make([]Function, len(order))
	for to, from := range order {
		renumbered[from] = int32(to)
		f.functions[to] = b.fns[from]
	}
	spans := slices.DeleteFunc(visible.spans, func(s span) bool { return renumbered[s.id] < 0 })
	for i := range spans {
		spans[i].id = renumbered[spans[i].id]
	}
	f.spans = newSpanTable(spans)
	f.origins = map[uint64]int32{}
	for i, d := range b.dwarfs {
		if to := renumbered[i]; to >= 0 {
			if _, ok := f.origins[d.origin]; !ok {
				f.origins[d.origin] = to
			}
		}
	}
}
