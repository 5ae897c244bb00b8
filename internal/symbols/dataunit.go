package symbols

import (
	"debug/dwarf"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// dataReader reads the types and variables of all units of a file.
type dataReader struct {
	f     *File
	units []*dataUnit // by key
}

// dataUnit is what one unit says, before it is put together with the others.
type dataUnit struct {
	f       *File
	u       *unit
	types   []rawType // by key
	members []rawMember
	vars    []rawVariable

	levels    []level
	depth     int // levels in use
	declared  map[uint64]declaration
	fileNames []string
	inlined   map[uint64]string // names of inlined functions by key
	follow    entry             // scratch
}

// levelKind is what an entry's children belong to.
type levelKind uint8

const (
	inScope    levelKind = iota // of a unit or namespace
	inType                      // of a struct, class or union
	inEnum                      //
	inArray                     //
	inFuncType                  // of a function type
	inVariants                  // the variant part of a Rust enum
	inVariant                   // one variant in it
	inFunction                  // with code
	inAbstract                  // a function without code of its own
	inNothing                   // nothing that matters
)

// level is an entry whose children are being read.
type level struct {
	kind levelKind
	// qualifier is what the names of types in it begin with; it is made when a
	// name asks for it.
	name      string
	qualifier string
	qualified bool
	typ       int // the type that members belong to
	members   []rawMember
	dims      int // dimensions of an array so far
	value     attr
	fn        *openFunction
	fnOff     uint64 // the function's entry
	scope     string // name of the function, of variables in it
	ranges    []span // code where variables in it can be seen
}

// openFunction is the function with code that is being read.
type openFunction struct {
	index  int32
	lo     uint64
	ranges []span
	bases  []frameBase
	rows   []frameRow
	asked  bool // rows is filled
}

// read reads the whole unit.
func (p *dataUnit) read() error {
	u := p.u
	r := buf{b: u.d.info[:u.end], p: int(u.first)}
	var e entry
	p.push(level{kind: inScope})
	for r.more() {
		off := uint64(r.p)
		code := r.uleb()
		if code == 0 {
			if p.pop(); p.depth <= 1 {
				break
			}
			continue
		}
		a := u.abbrevs.get(code)
		if a == nil {
			return fmt.Errorf("entry at %#x has the unknown abbreviation %d", off, code)
		}
		if useless(a.tag) {
			next := u.skipDIE(&r, a)
			if a.children {
				if next > uint64(r.p) && next <= u.end {
					r.p = int(next)
				} else {
					p.push(level{kind: inNothing})
				}
			}
		} else {
			u.readEntry(&r, a, off, &e)
			if !r.bad {
				p.entry(&e)
			}
		}
		if r.bad {
			return fmt.Errorf("entry at %#x: %w", off, errCut)
		}
		if !a.children && p.depth <= 1 {
			break
		}
	}
	for p.depth > 0 {
		p.pop()
	}
	return nil
}

// useless tells whether neither an entry nor what is in it says anything of types or
// variables.
func useless(tag dwarf.Tag) bool {
	switch tag {
	case dwarf.TagCallSite, 0x4109, dwarf.TagCallSiteParameter, 0x410a, dwarf.TagLabel, dwarf.TagTemplateTypeParameter,
		dwarf.TagTemplateValueParameter, dwarf.TagImportedDeclaration, dwarf.TagImportedModule, dwarf.TagImportedUnit,
		dwarf.TagUnspecifiedParameters, dwarf.TagFriend, dwarf.TagDwarfProcedure, 0x4106, 0x4107:
		return true
	}
	return false
}

// push opens a level; it keeps the memory of the one that was there before.
func (p *dataUnit) push(l level) {
	if p.depth < len(p.levels) {
		l.members = p.levels[p.depth].members[:0]
		p.levels[p.depth] = l
	} else {
		p.levels = append(p.levels, l)
	}
	p.depth++
}

// pop closes a level, and with it the type that it is about.
func (p *dataUnit) pop() {
	if p.depth == 0 {
		return
	}
	p.depth--
	l := &p.levels[p.depth]
	switch l.kind {
	case inType, inEnum, inFuncType, inVariants:
		t := &p.types[l.typ]
		if l.kind == inType && t.kind == Variants {
			return // its members are the variants
		}
		t.first, t.count32 = int32(len(p.members)), int32(len(l.members))
		p.members = append(p.members, l.members...)
	case inVariant:
		p.closeVariant(l)
	}
}

func (p *dataUnit) top() *level { return &p.levels[p.depth-1] }

// entry takes an entry and opens a level where it has children.
func (p *dataUnit) entry(e *entry) {
	next := p.top().inside()
	switch e.tag {
	case dwarf.TagNamespace, dwarf.TagModule:
		next.kind, next.name = inScope, p.named(e, "(anonymous namespace)")
	case dwarf.TagSubprogram, dwarf.TagEntryPoint:
		p.openFunction(e, &next)
	case dwarf.TagInlinedSubroutine:
		p.openInlined(e, &next)
	case dwarf.TagLexDwarfBlock, dwarf.TagTryDwarfBlock, dwarf.TagCatchDwarfBlock, dwarf.TagWithStmt:
		if next.kind == inFunction {
			p.openBlock(e, &next)
		}
	case dwarf.TagVariable, dwarf.TagConstant:
		p.variable(e, Local)
		next.kind = inNothing
	case dwarf.TagFormalParameter:
		p.parameter(e)
		next.kind = inNothing
	case dwarf.TagCompileUnit, dwarf.TagPartialUnit, dwarf.TagTypeUnit, 0x4a: // skeleton unit
	default:
		p.typeEntry(e, &next)
	}
	if e.children {
		p.push(next)
	}
}

// inside is a level below l that changes nothing.
func (l *level) inside() level {
	n := level{kind: l.kind, fnOff: l.fnOff, fn: l.fn, scope: l.scope, ranges: l.ranges}
	switch l.kind {
	case inScope, inFunction, inAbstract:
	default:
		n.kind = inNothing
	}
	return n
}

// named returns an entry's name, or that of what it extends.
func (p *dataUnit) named(e *entry, otherwise string) string {
	if name := p.u.string(e.get(aName)); name != "" {
		return name
	}
	if name := p.u.text(p.u.nameOf(die{origin: e.get(aOrigin).value(), specification: e.get(aSpecification).value()})); name != "" {
		return name
	}
	return otherwise
}

// qualifierAt returns what the names of types in a level begin with.
func (p *dataUnit) qualifierAt(i int) string {
	switch p.u.language {
	case "C", "Go", "assembly", "Fortran", "":
		return ""
	}
	l := &p.levels[i]
	if l.qualified || i == 0 {
		return l.qualifier
	}
	switch {
	case l.kind == inFunction || l.kind == inAbstract:
		l.qualifier = p.functionName(l) + "::"
	case l.name != "":
		l.qualifier = p.qualifierAt(i-1) + l.name + "::"
	default:
		l.qualifier = p.qualifierAt(i - 1)
	}
	l.qualified = true
	return l.qualifier
}

// functionName is the name of the function of a level.
func (p *dataUnit) functionName(l *level) string {
	if l.scope == "" {
		l.scope = p.nameOfFunction(p.u, l.fnOff)
	}
	return l.scope
}

// nameOfFunction is the name as in Function.Name of the function that an entry is of.
func (p *dataUnit) nameOfFunction(u *unit, off uint64) string {
	key := u.dataKey(off)
	if name, ok := p.inlined[key]; ok {
		return name
	}
	name := ""
	if d, ok := u.dieAt(off); ok {
		o := u.describe(d)
		if name = demangledName(o.linkage); o.linkage == "" {
			name = o.qualified()
		}
	}
	p.inlined[key] = name
	return name
}

func (p *dataUnit) openFunction(e *entry, next *level) {
	outer := p.top()
	*next = level{kind: inAbstract, fnOff: e.off}
	ranges := p.codeRanges(e)
	if len(ranges) == 0 {
		if outer.kind == inType { // a member function that is declared: its parameters are no variables
			next.kind = inNothing
		}
		return
	}
	fn := &openFunction{index: -1, lo: ranges[0].lo, ranges: ranges}
	next.kind, next.ranges, next.fn = inFunction, ranges, fn
	if i, ok := p.f.FunctionAt(fn.lo); ok {
		fn.index = int32(i)
		next.scope = p.f.functions[i].Name
	}
	fn.bases = p.frameBases(e.get(aFrameBase))
}

func (p *dataUnit) codeRanges(e *entry) []span {
	d := die{low: e.get(aLow).value(), high: e.get(aHigh).value(), ranges: e.get(aRanges).value()}
	return p.u.codeRanges(&d, nil)
}

func (p *dataUnit) openInlined(e *entry, next *level) {
	if next.kind != inFunction {
		next.kind = inNothing
		return
	}
	to, off, _ := p.u.reference(e.get(aOrigin))
	next.scope = ""
	if to != nil {
		next.scope = p.nameOfFunction(to, off)
	}
	p.openBlock(e, next)
}

// openBlock restricts what is in a block to its code. A block without code of its own
// sees all of its parent's.
func (p *dataUnit) openBlock(e *entry, next *level) {
	if e.ok(aLow) || e.ok(aRanges) {
		next.ranges = p.codeRanges(e)
	}
}

// fileName is unit.fileName for many calls.
func (p *dataUnit) fileName(u *unit, i uint64) string {
	if u != p.u || i >= 1<<16 {
		return u.fileName(i)
	}
	for uint64(len(p.fileNames)) <= i {
		p.fileNames = append(p.fileNames, "\x00")
	}
	if p.fileNames[i] == "\x00" {
		p.fileNames[i] = u.fileName(i)
	}
	return p.fileNames[i]
}

// newDataReader lists all units, those of dwz's file and of types as well.
func newDataReader(f *File) *dataReader {
	r := &dataReader{f: f}
	for d := f.dwarf; d != nil; d = d.alt {
		d.readLocations()
		for _, list := range [][]*unit{d.units, d.typeUnits} {
			r.add(list)
		}
		if d.types != nil {
			r.add(d.types.typeUnits)
		}
	}
	slices.SortFunc(r.units, func(a, b *dataUnit) int {
		if a.u.dataKey(a.u.off) < b.u.dataKey(b.u.off) {
			return -1
		}
		return 1
	})
	return r
}

func (r *dataReader) add(units []*unit) {
	for _, u := range units {
		r.units = append(r.units, &dataUnit{f: r.f, u: u, declared: map[uint64]declaration{}, inlined: map[uint64]string{}})
	}
}

// scratch is memory for the lists of a unit while they grow.
type scratch struct {
	types   []rawType
	members []rawMember
	vars    []rawVariable
	levels  []level
}

func (r *dataReader) read() *Data {
	r.readUnits()
	m := merger{units: r.units}
	return m.merge()
}

// readUnits reads all units in parallel.
func (r *dataReader) readUnits() {
	scratches := sync.Pool{New: func() any { return &scratch{} }}
	r.f.parallel("debug information of types and variables", len(r.units), func(i int) {
		p := r.units[i]
		s := scratches.Get().(*scratch)
		p.types, p.members, p.vars, p.levels = s.types[:0], s.members[:0], s.vars[:0], s.levels
		if err := p.read(); err != nil {
			r.f.diagnose("types and variables of %s: %v", p.u.text(p.u.root.name), err)
		}
		s.types, s.members, s.vars, s.levels = p.types, p.members, p.vars, p.levels
		p.types, p.members, p.vars = slices.Clone(p.types), slices.Clone(p.members), slices.Clone(p.vars)
		p.levels, p.declared, p.inlined, p.fileNames = nil, nil, nil, nil
		scratches.Put(s)
	})
}

// joinScope is a qualifier without the separator at its end.
func joinScope(qualifier string) string { return strings.TrimSuffix(qualifier, "::") }
