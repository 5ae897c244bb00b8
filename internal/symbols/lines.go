package symbols

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
)

// lineTable is one line number program. Sources: DWARF 4 and 5, 6.2.
type lineTable struct {
	d          *dwarfData
	version    uint16
	offsetSize int
	compDir    string
	dirs       []value // of include directories; DWARF 5: dirs[0] is compDir
	files      []fileEntry
	paths      []atomic.Pointer[string] // cache of path, as long as files

	minInst        uint64
	defaultStmt    bool
	lineBase       int64
	lineRange      byte
	opcodeBase     byte
	opcodeOperands []byte
	program        []byte

	rowsOnce  sync.Once
	rows      []row
	sequences []sequence // by lo
}

type fileEntry struct {
	name value
	dir  uint64
}

// row tells the line of the instructions from addr to the next row's.
type row struct {
	addr      uint64
	line      uint32
	file      uint32
	column    uint16
	statement bool
}

// sequence is a run of rows for [lo, hi) with ascending addresses.
type sequence struct {
	lo, hi     uint64
	first, end int // in rows
}

// lineTable returns the unit's line table, nil if it has none; units may share one.
func (u *unit) lineTable() *lineTable {
	if !u.root.stmtList.ok() {
		return nil
	}
	d, off := u.d, u.root.stmtList.u
	d.linesMu.Lock()
	defer d.linesMu.Unlock()
	if t, ok := d.lines[off]; ok {
		return t
	}
	t := &lineTable{d: d}
	d.lines[off] = nil
	d.f.guard("the line table", func() {
		if err := t.readHeader(u, off); err != nil {
			d.f.diagnose("the line table of %s: %v", u.text(u.root.name), err)
			return
		}
		d.lines[off] = t
	})
	return d.lines[off]
}

func (t *lineTable) readHeader(u *unit, off uint64) error {
	b := u.d.line
	if off >= uint64(len(b)) {
		return errCut
	}
	r := buf{b: b, p: int(off)}
	length, offsetSize := r.length()
	if r.bad || length > uint64(len(b)-r.p) {
		return errCut
	}
	if !u.d.spend(int(length)) {
		return fmt.Errorf("too many tables overlap")
	}
	r.b = b[:r.p+int(length)]
	t.offsetSize = offsetSize
	if t.version = r.u16(); t.version < 2 || t.version > 5 {
		return fmt.Errorf("version %d is not supported", t.version)
	}
	if t.version >= 5 {
		r.skip(2) // address and segment selector sizes
	}
	headerLength := r.offset(offsetSize)
	if r.bad || headerLength > uint64(len(r.b)-r.p) {
		return errCut
	}
	program := r.p + int(headerLength)
	t.minInst = uint64(r.u8())
	if t.version >= 4 {
		r.u8() // operations per instruction: 1 except on VLIW machines
	}
	t.defaultStmt = r.u8() != 0
	t.lineBase = int64(int8(r.u8()))
	t.lineRange, t.opcodeBase = r.u8(), r.u8()
	for i := 1; i < int(t.opcodeBase); i++ {
		t.opcodeOperands = append(t.opcodeOperands, r.u8())
	}
	t.program = r.b[program:]
	r.b = r.b[:program]
	t.compDir = u.text(u.root.compDir)
	if t.version >= 5 {
		t.readNames5(u, &r)
	} else {
		t.readNames4(&r)
	}
	t.paths = make([]atomic.Pointer[string], len(t.files))
	if r.bad || t.lineRange == 0 {
		return errCut
	}
	return nil
}

// readNames4 reads the lists of DWARF 2 to 4: directory and file numbers begin at 1.
func (t *lineTable) readNames4(r *buf) {
	inline := func() (value, bool) {
		at := r.p
		s := r.cstring()
		return value{u: uint64(at), form: formString}, len(s) > 0
	}
	t.dirs = append(t.dirs, value{})
	for {
		v, more := inline()
		if !more {
			break
		}
		t.dirs = append(t.dirs, v)
	}
	t.files = append(t.files, fileEntry{})
	for {
		v, more := inline()
		if !more {
			return
		}
		dir := r.uleb()
		r.skipLEB() // modification time
		r.skipLEB() // length
		t.files = append(t.files, fileEntry{v, dir})
	}
}

// Content types of DWARF 5 name lists.
const (
	lnctPath           = 1
	lnctDirectoryIndex = 2
)

func (t *lineTable) readNames5(u *unit, r *buf) {
	// The header has an offset size of its own.
	inHeader := &unit{d: u.d, version: u.version, offsetSize: t.offsetSize}
	list := func(add func(fileEntry)) {
		formats := make([][2]uint64, r.u8())
		for i := range formats {
			formats[i] = [2]uint64{r.uleb(), r.uleb()}
		}
		n := r.uleb()
		if len(formats) == 0 {
			return
		}
		for ; n > 0 && r.more(); n-- {
			var e fileEntry
			for _, f := range formats {
				v := inHeader.readValue(r, uint16(min(f[1], 0xffff)), 0)
				switch f[0] {
				case lnctPath:
					e.name = v
				case lnctDirectoryIndex:
					e.dir = v.u
				}
			}
			add(e)
		}
	}
	list(func(e fileEntry) { t.dirs = append(t.dirs, e.name) })
	list(func(e fileEntry) { t.files = append(t.files, e) })
}

// nameText returns a string of the header; inline ones lie in .debug_line.
func (t *lineTable) nameText(u *unit, v value) string {
	if v.form == formString {
		return stringAt(t.d.line, v.u)
	}
	return u.text(v)
}

// fileName returns the cleaned path of a file by the number that entries and rows
// use.
func (u *unit) fileName(i uint64) string {
	t := u.lineTable()
	if t == nil || i >= uint64(len(t.files)) || i == 0 && t.version < 5 {
		return ""
	}
	if p := t.paths[i].Load(); p != nil {
		return *p
	}
	e := t.files[i]
	name := t.nameText(u, e.name)
	if name != "" && name[0] != '/' {
		var dir string
		if e.dir < uint64(len(t.dirs)) {
			dir = t.nameText(u, t.dirs[e.dir])
		}
		isCompDir := t.version >= 5 && e.dir == 0
		if !isCompDir && (dir == "" || dir[0] != '/') {
			dir = path.Join(t.compDir, dir)
		}
		name = path.Join(dir, name)
	} else if name != "" {
		name = path.Clean(name)
	}
	t.paths[i].Store(&name)
	return name
}

// load runs the line number program once.
func (t *lineTable) load() {
	t.rowsOnce.Do(func() {
		t.d.f.guard("a line table", t.run)
		t.program = nil
		t.rows = slices.Clip(t.rows)
		slices.SortStableFunc(t.sequences, func(a, b sequence) int { return cmp.Compare(a.lo, b.lo) })
	})
}

// Standard and extended opcodes of line number programs.
const (
	lnsCopy           = 1
	lnsAdvancePC      = 2
	lnsAdvanceLine    = 3
	lnsSetFile        = 4
	lnsSetColumn      = 5
	lnsNegateStmt     = 6
	lnsConstAddPC     = 8
	lnsFixedAdvancePC = 9

	lneEndSequence = 1
	lneSetAddress  = 2
)

// run executes the program.
func (t *lineTable) run() {
	r := buf{b: t.program}
	start := row{file: 1, line: 1, statement: t.defaultStmt}
	state := start
	first := 0
	for r.more() {
		op := r.u8()
		if op >= t.opcodeBase {
			op -= t.opcodeBase
			state.addr += uint64(op/t.lineRange) * t.minInst
			state.line += uint32(t.lineBase + int64(op%t.lineRange))
			t.rows = append(t.rows, state)
			continue
		}
		switch op {
		case 0:
			if t.extended(&r, &state) {
				t.endSequence(first, state.addr)
				first = len(t.rows)
				state = start
			}
		case lnsCopy:
			t.rows = append(t.rows, state)
		case lnsAdvancePC:
			state.addr += r.uleb() * t.minInst
		case lnsAdvanceLine:
			state.line += uint32(r.sleb())
		case lnsSetFile:
			state.file = uint32(min(r.uleb(), 1<<32-1))
		case lnsSetColumn:
			state.column = uint16(min(r.uleb(), 1<<16-1))
		case lnsNegateStmt:
			state.statement = !state.statement
		case lnsConstAddPC:
			state.addr += uint64((255-t.opcodeBase)/t.lineRange) * t.minInst
		case lnsFixedAdvancePC:
			state.addr += uint64(r.u16())
		default: // basic_block, prologue_end, … : nothing we keep
			for range t.opcodeOperands[op-1] {
				r.skipLEB()
			}
		}
	}
	t.rows = t.rows[:first] // an unfinished sequence has no end
}

// extended executes an extended opcode and tells whether it ends the sequence.
func (t *lineTable) extended(r *buf, state *row) bool {
	n := r.uleb()
	if n == 0 || n > uint64(len(r.b)-r.p) {
		r.fail()
		return false
	}
	next := r.p + int(n)
	op := r.u8()
	if op == lneSetAddress && n == 9 {
		state.addr = r.u64()
	}
	r.p = next
	return op == lneEndSequence
}

// endSequence keeps the rows from first on if they are about code of the file.
func (t *lineTable) endSequence(first int, end uint64) {
	rows := t.rows[first:]
	if len(rows) == 0 {
		return
	}
	ascending := func(a, b row) int { return cmp.Compare(a.addr, b.addr) }
	if !slices.IsSortedFunc(rows, ascending) {
		slices.SortStableFunc(rows, ascending)
	}
	if !t.d.code.covers(rows[0].addr, end) {
		t.rows = t.rows[:first]
		return
	}
	t.sequences = append(t.sequences, sequence{lo: rows[0].addr, hi: end, first: first, end: len(t.rows)})
}

// at returns the row that vaddr belongs to: the last one that begins at or before it.
func (t *lineTable) at(vaddr uint64) *row {
	t.load()
	i := sort.Search(len(t.sequences), func(i int) bool { return t.sequences[i].lo > vaddr }) - 1
	for tries := 0; i >= 0 && tries < 8; i, tries = i-1, tries+1 {
		s := t.sequences[i]
		if vaddr >= s.hi {
			continue // a longer sequence may have begun before
		}
		rows := t.rows[s.first:s.end]
		k := sort.Search(len(rows), func(k int) bool { return rows[k].addr > vaddr }) - 1
		return &rows[k]
	}
	return nil
}

// Line returns the source line that the instruction at vaddr belongs to. line is 0
// where the compiler says that it belongs to none.
func (f *File) Line(vaddr uint64) (file string, line, column int, ok bool) {
	u := f.unitOf(vaddr)
	if u == nil {
		return f.golang.line(vaddr)
	}
	t := u.lineTable()
	if t == nil {
		return "", 0, 0, false
	}
	r := t.at(vaddr)
	if r == nil {
		return "", 0, 0, false
	}
	return u.fileName(uint64(r.file)), int(r.line), int(r.column), true
}

// LineRows appends the rows of the line table that begin a statement in [lo, hi), by
// address and without repetition, to dst. Several lines may begin at one address.
func (f *File) LineRows(lo, hi uint64, dst []LineRow) []LineRow {
	f.table()
	if f.dwarf == nil {
		return dst
	}
	start := len(dst)
	cover := f.dwarf.cover.spans
	i := sort.Search(len(cover), func(i int) bool { return cover[i].hi > lo })
	for ; i < len(cover) && cover[i].lo < hi; i++ {
		u := f.dwarf.units[cover[i].id]
		if t := u.lineTable(); t != nil {
			dst = t.statements(u, max(lo, cover[i].lo), min(hi, cover[i].hi), dst)
		}
	}
	rows := dst[start:]
	slices.SortStableFunc(rows, func(a, b LineRow) int { return cmp.Compare(a.PC, b.PC) })
	return dst[:start+len(slices.Compact(rows))]
}

// statements appends the statement rows in [lo, hi).
func (t *lineTable) statements(u *unit, lo, hi uint64, dst []LineRow) []LineRow {
	t.load()
	i := sort.Search(len(t.sequences), func(i int) bool { return t.sequences[i].lo >= lo })
	for i > 0 && t.sequences[i-1].hi > lo {
		i--
	}
	for ; i < len(t.sequences) && t.sequences[i].lo < hi; i++ {
		s := t.sequences[i]
		rows := t.rows[s.first:s.end]
		k := sort.Search(len(rows), func(k int) bool { return rows[k].addr >= lo })
		for ; k < len(rows) && rows[k].addr < hi; k++ {
			if r := &rows[k]; r.statement && r.line != 0 {
				dst = append(dst, LineRow{PC: r.addr, File: u.fileName(uint64(r.file)), Line: int(r.line)})
			}
		}
	}
	return dst
}
