package symbols

import (
	"debug/dwarf"
	"fmt"
	"sort"
	"sync"
	"sync/atomic"
)

// dwarfData is the debug information of one file. Sources: DWARF 4 and 5 standards.
type dwarfData struct {
	f     *File
	image *image
	alt   *dwarfData // the file that dwz moved common parts to

	prepareOnce sync.Once

	info, abbrev, str, lineStr, strOffsets []byte
	addr, ranges, rnglists, line           []byte
	loc, loclists                          []byte

	// keyBits make offsets unique over the sections; see dataKey.
	keyBits uint64
	// types is .debug_types of DWARF 4, with the other sections in common; its
	// parent is the data that it belongs to.
	types, parent *dwarfData

	units []*unit
	// typeUnits hold one type each (-fdebug-types-section), found by its signature.
	typeUnits   []*unit
	bySignature map[uint64]typePlace
	abbrevs     map[abbrevKey]*abbrevTable

	code  *spanTable // where instructions are
	cover spanTable  // address → unit

	// budget bounds how much a damaged file can make us read again and again
	// (many units that share one list); honest files stay far below.
	budget atomic.Int64

	linesMu sync.Mutex
	lines   map[uint64]*lineTable // by offset in .debug_line
}

// unit is a compilation unit. Everything up to scopes is fixed after prepare.
type unit struct {
	d               *dwarfData
	index           int32
	off, first, end uint64 // header, first entry, end, in .debug_info
	version         uint16
	offsetSize      int
	abbrevs         *abbrevTable

	root           die
	language       string
	low            uint64 // base of range lists
	strOffsetsBase uint64
	addrBase       uint64
	rangesBase     uint64
	loclistsBase   uint64
	typeOff        uint64 // of a type unit, the type's entry

	scopesOnce sync.Once
	scopes     *unitScopes

	enclosuresOnce sync.Once
	enclosures     []enclosure
}

// Unit types (DWARF 5, 7.5.1).
const (
	unitType         = 2
	unitSkeleton     = 4
	unitSplitCompile = 5
	unitSplitType    = 6
)

// openDWARF returns the debug information of the debug file, nil if there is none.
// Nothing is read before prepare.
func (f *File) openDWARF() *dwarfData {
	if !f.debug.hasDWARF() {
		return nil
	}
	return &dwarfData{f: f, image: f.debug}
}

// prepare reads the sections and all unit headers.
func (d *dwarfData) prepare(code *spanTable) {
	d.prepareOnce.Do(func() {
		d.code = code
		d.lines = map[uint64]*lineTable{}
		d.abbrevs = map[abbrevKey]*abbrevTable{}
		d.bySignature = map[uint64]typePlace{}
		d.readSections()
		all := len(d.info) + len(d.abbrev) + len(d.ranges) + len(d.rnglists) + len(d.line)
		d.budget.Store(8*int64(all) + 1<<20)
		d.f.guard("debug information", func() { d.readUnits() })
		d.f.guard("section .debug_types", d.readTypesSection)
		d.openAlt(code)
	})
}

// readSections reads, and decompresses, all sections at once.
func (d *dwarfData) readSections() {
	sections := []struct {
		name string
		to   *[]byte
	}{
		{".debug_info", &d.info}, {".debug_line", &d.line}, {".debug_str", &d.str}, // the largest first
		{".debug_rnglists", &d.rnglists}, {".debug_ranges", &d.ranges}, {".debug_abbrev", &d.abbrev},
		{".debug_line_str", &d.lineStr}, {".debug_str_offsets", &d.strOffsets}, {".debug_addr", &d.addr},
	}
	d.f.parallel("debug information", len(sections), func(i int) { d.readSection(sections[i].name, sections[i].to) })
}

func (d *dwarfData) readSection(name string, to *[]byte) {
	b, err := d.image.section(name)
	if err != nil {
		d.f.diagnose("debug information is incomplete: %v", err)
	}
	*to = b
}

// readLocations reads the sections that only variables need.
func (d *dwarfData) readLocations() {
	d.readSection(".debug_loclists", &d.loclists)
	d.readSection(".debug_loc", &d.loc)
	d.budget.Add(8 * int64(len(d.loclists)+len(d.loc)))
}

// spend takes n bytes of reading from the budget.
func (d *dwarfData) spend(n int) bool { return d.budget.Add(-int64(n)-1) > 0 }

func (d *dwarfData) readUnits() {
	for off := uint64(0); off < uint64(len(d.info)); {
		u, err := d.readUnit(off)
		if err != nil {
			d.f.diagnose("debug information of the unit at %#x: %v", off, err)
		}
		if u.end <= off {
			break // its length is unknown, so is where the next one begins
		}
		off = u.end
		switch {
		case err != nil || u.abbrevs == nil:
		case u.typeOff != 0:
			d.typeUnits = append(d.typeUnits, u)
		default:
			d.units = append(d.units, u)
		}
	}
	for i := range d.units {
		d.units[i].index = int32(i)
	}
}

// readUnit reads a unit's header and first entry. u.end is set where the length is
// sound, even if the rest is not; u.abbrevs is nil for units to leave out.
func (d *dwarfData) readUnit(off uint64) (u *unit, err error) {
	u = &unit{d: d, off: off}
	r := buf{b: d.info, p: int(off)}
	length, offsetSize := r.length()
	if r.bad || length > uint64(len(d.info)-r.p) || length == 0 {
		return u, errCut
	}
	u.end, u.offsetSize = uint64(r.p)+length, offsetSize
	r.b = d.info[:u.end]
	u.version = r.u16()
	if u.version < 2 || u.version > 5 {
		return u, fmt.Errorf("DWARF version %d is not supported", u.version)
	}
	var abbrevOff uint64
	var addrSize, kind byte
	if u.version >= 5 {
		kind, addrSize, abbrevOff = r.u8(), r.u8(), r.offset(offsetSize)
	} else {
		abbrevOff, addrSize = r.offset(offsetSize), r.u8()
	}
	switch kind {
	case unitSplitType:
		return u, nil
	case unitType:
		d.readTypeHeader(&r, u)
	case unitSkeleton, unitSplitCompile:
		r.skip(8)
	}
	if d.parent != nil {
		d.readTypeHeader(&r, u)
	}
	if r.bad || addrSize != 8 {
		return u, fmt.Errorf("%d-byte addresses are not supported", addrSize)
	}
	u.first = uint64(r.p)
	table, err := d.abbrevTable(abbrevKey{abbrevOff, u.version, offsetSize})
	if err != nil {
		return u, err
	}
	a := table.get(r.uleb())
	if a == nil {
		return u, fmt.Errorf("its first entry: %w", errCut)
	}
	u.root = u.readDIE(&r, a, u.first)
	if r.bad {
		return u, fmt.Errorf("its first entry: %w", errCut)
	}
	u.abbrevs = table
	u.setRoot()
	return u, nil
}

// readTypeHeader reads what a type unit's header has more than others'.
func (d *dwarfData) readTypeHeader(r *buf, u *unit) {
	signature := r.u64()
	off := r.offset(u.offsetSize)
	if r.bad || off >= u.end-u.off {
		r.fail()
		return
	}
	u.typeOff = u.off + off
	places := d.signatures()
	if _, known := places[signature]; !known {
		places[signature] = typePlace{u, u.typeOff}
	}
}

// readTypesSection reads the type units of DWARF 4, which lie in a section of their own.
func (d *dwarfData) readTypesSection() {
	info, err := d.image.section(".debug_types")
	if err != nil {
		d.f.diagnose("debug information is incomplete: %v", err)
	}
	if err != nil || len(info) == 0 {
		return
	}
	t := &dwarfData{f: d.f, image: d.image, parent: d, keyBits: d.keyBits | typesKey, info: info,
		abbrev: d.abbrev, str: d.str, lineStr: d.lineStr, strOffsets: d.strOffsets, line: d.line,
		code: d.code, lines: map[uint64]*lineTable{}, abbrevs: d.abbrevs}
	t.budget.Store(8*int64(len(info)) + 1<<20)
	t.prepareOnce.Do(func() {})
	t.readUnits()
	d.types = t
}

// Bits of keys of entries that are not in .debug_info of the file itself.
const (
	altKey   = 1 << 63 // in the file of dwz
	typesKey = 1 << 62 // in .debug_types
)

func (u *unit) setRoot() {
	root := &u.root
	if u.version >= 5 { // the default is behind the first header of the section
		u.strOffsetsBase = uint64(2 * u.offsetSize)
		u.addrBase = uint64(2 * u.offsetSize)
	}
	if root.strOffsets.ok() {
		u.strOffsetsBase = root.strOffsets.u
	}
	if root.addrBase.ok() {
		u.addrBase = root.addrBase.u
	}
	u.rangesBase = root.rangesBase.u
	u.loclistsBase = root.loclistsBase.u
	u.low, _ = u.address(root.low)
	u.language = languageName(root.language.u)
	if root.dwoName.ok() {
		u.d.f.diagnose("split debug information (.dwo files, -gsplit-dwarf) is not read: compile without it for inlined calls and declarations")
	}
}

func (d *dwarfData) abbrevTable(key abbrevKey) (*abbrevTable, error) {
	if t, ok := d.abbrevs[key]; ok {
		return t, nil
	}
	t, n, err := parseAbbrevs(d.abbrev, key)
	if err != nil {
		return nil, err
	}
	if !d.spend(16 * n) {
		return nil, fmt.Errorf("abbreviation tables overlap")
	}
	d.abbrevs[key] = t
	return t, nil
}

// unitAt returns the unit that holds an offset of .debug_info.
func (d *dwarfData) unitAt(off uint64) *unit {
	i := sort.Search(len(d.units), func(i int) bool { return d.units[i].end > off })
	if i == len(d.units) || off < d.units[i].first {
		return nil
	}
	return d.units[i]
}

// languageName names a DW_LANG code.
func languageName(code uint64) string {
	switch code {
	case 0x01, 0x02, 0x0c, 0x1d, 0x2c, 0x3e:
		return "C"
	case 0x04, 0x1a, 0x21, 0x2b, 0x3a:
		return "C++"
	case 0x1c:
		return "Rust"
	case 0x16:
		return "Go"
	case 0x07, 0x08, 0x0e, 0x22, 0x23, 0x2d:
		return "Fortran"
	case 0x03, 0x0d, 0x2e, 0x2f:
		return "Ada"
	case 0x13:
		return "D"
	case 0x1e:
		return "Swift"
	case 0x27:
		return "Zig"
	case 0x09:
		return "Pascal"
	case 0x10, 0x11:
		return "Objective-C"
	case 0x31, 0x8001:
		return "assembly"
	}
	return ""
}

// origin is what a chain of abstract origins and specifications says about a
// function.
type origin struct {
	name, linkage string
	root          uint64 // offset of the last abstract origin: the function's identity
	in            *unit  // where the entry is that has the name,
	at            uint64 // and its offset
	declUnit      *unit
	declFile      uint64
	declLine      int
}

// describe follows an entry's references; entries refer to each other at most a few
// steps deep.
func (u *unit) describe(d die) (o origin) {
	o.root = u.key(d.off)
	for range 8 {
		if o.name == "" {
			o.name, o.in, o.at = u.text(d.name), u, d.off
		}
		if o.linkage == "" {
			o.linkage = u.text(d.linkage)
		}
		if o.declLine == 0 && d.declLine.ok() {
			o.declLine = d.declLine.number()
		}
		if o.declUnit == nil && d.declFile.ok() {
			o.declUnit, o.declFile = u, d.declFile.u
		}
		ref := d.origin
		if !ref.ok() {
			ref = d.specification
		}
		to, off := u.target(ref)
		if to == nil {
			return o
		}
		next, ok := to.dieAt(off)
		if !ok {
			return o
		}
		if d.origin.ok() {
			o.root = to.key(off)
		}
		u, d = to, next
	}
	return o
}

// key identifies an entry in this file and the one that dwz shares.
func (u *unit) key(off uint64) uint64 {
	if u.d.f.dwarf != u.d {
		return off | 1<<63
	}
	return off
}

// qualified returns what demangledName would make of the linkage name that is missing.
func (o origin) qualified() string {
	if o.in == nil || o.name == "" {
		return o.name
	}
	return o.in.qualifiedName(o.at, o.name)
}

func (o origin) file() string {
	if o.declUnit == nil {
		return ""
	}
	return o.declUnit.fileName(o.declFile)
}

// prunable tells whether an entry's children can hold no code.
func prunable(tag dwarf.Tag) bool {
	switch tag {
	case dwarf.TagStructType, dwarf.TagClassType, dwarf.TagUnionType, dwarf.TagEnumerationType,
		dwarf.TagArrayType, dwarf.TagSubroutineType, dwarf.TagInterfaceType, dwarf.TagCallSite, 0x4109:
		return true
	}
	return false
}
