package symbols

import (
	"debug/dwarf"
	"sort"
	"strings"
)

// rawType is a type as a unit has it. Target is an entry's key, of a rawMember as well,
// until the units are put together.
type rawType struct {
	key            uint64
	name           string
	qualifier      string // in front of name, with its separator
	prefix         string // "struct " in C
	file           string
	line           int32
	kind           TypeKind
	passes         bool // restrict, atomic: its target in its place
	declared       bool // only declared here
	member         bool // a pointer to member: target's, in the class other
	rvalue         bool // a reference &&
	named          bool // has its name from the debug information, derived types too
	size           uint64
	count          uint64
	target         uint64
	other          uint64
	discrOffset    uint64
	first, count32 int32 // its members in dataUnit.members
}

// rawMember is a member as a unit has it.
type rawMember struct {
	name               string
	typ                uint64
	offset, size       uint64 // size Unknown: its type's
	bitOffset, bitSize uint32
	value              int64
	hasValue, base     bool
	oldBits            bool // bitOffset counts as in DWARF 3, in a unit of size bytes
	isParameter        bool
}

// baseKinds maps DW_ATE codes.
var baseKinds = map[uint64]TypeKind{0x01: Unsigned, 0x02: Bool, 0x04: Float, 0x05: Signed, 0x06: Char,
	0x07: Unsigned, 0x08: Char, 0x10: Char, 0x11: Char, 0x12: Char}

// derivedKinds are those of types that are made of one other type.
var derivedKinds = map[dwarf.Tag]TypeKind{dwarf.TagPointerType: Pointer, dwarf.TagReferenceType: Reference,
	dwarf.TagRvalueReferenceType: Reference, dwarf.TagTypedef: Typedef, dwarf.TagConstType: Const,
	dwarf.TagVolatileType: Volatile, dwarf.TagTemplateAlias: Typedef}

// typeEntry takes an entry that is a type or a part of one; next is the level of what is
// in it.
func (p *dataUnit) typeEntry(e *entry, next *level) {
	switch e.tag {
	case dwarf.TagMember, dwarf.TagInheritance:
		p.member(e)
		next.kind = inNothing
	case dwarf.TagEnumerator:
		p.enumerator(e)
	case dwarf.TagSubrangeType:
		if p.top().kind == inArray {
			p.dimension(e)
			return
		}
		p.add(e, Typedef).passes = true
	case dwarf.TagVariantPart:
		p.openVariants(e, next)
	case dwarf.TagVariant:
		if p.top().kind == inVariants {
			next.kind, next.typ, next.value = inVariant, p.top().typ, e.get(aDiscrValue)
		}
	default:
		p.newType(e, next)
	}
}

// add begins a type.
func (p *dataUnit) add(e *entry, kind TypeKind) *rawType {
	u := p.u
	t := rawType{key: u.dataKey(e.off), name: u.string(e.get(aName)), kind: kind, size: Unknown, count: Unknown,
		discrOffset: Unknown, declared: e.flag(aDeclaration)}
	t.named = t.name != ""
	if s := e.get(aSize); s.isNumber() {
		t.size = s.u
	}
	_, _, t.target = u.reference(e.get(aType))
	if e.ok(aDeclFile) {
		t.file = p.fileName(u, e.v[aDeclFile].u)
	}
	t.line = int32(e.get(aDeclLine).value().number())
	p.types = append(p.types, t)
	return &p.types[len(p.types)-1]
}

func (p *dataUnit) newType(e *entry, next *level) {
	if kind, ok := derivedKinds[e.tag]; ok {
		t := p.add(e, kind)
		t.rvalue = e.tag == dwarf.TagRvalueReferenceType
		if kind == Typedef && t.named {
			t.qualifier = p.qualifierAt(p.depth - 1)
		}
		next.kind = inNothing
		return
	}
	switch e.tag {
	case dwarf.TagBaseType:
		p.add(e, baseKinds[e.get(aEncoding).u])
	case dwarf.TagStructType, dwarf.TagInterfaceType:
		p.openType(e, Struct, "struct ", inType, next)
	case dwarf.TagClassType:
		p.openType(e, Class, "", inType, next)
	case dwarf.TagUnionType:
		p.openType(e, Union, "union ", inType, next)
	case dwarf.TagEnumerationType:
		p.openType(e, Enum, "enum ", inEnum, next)
	case dwarf.TagArrayType:
		p.add(e, Array)
		next.kind, next.typ = inArray, len(p.types)-1
	case dwarf.TagSubroutineType:
		p.add(e, FunctionType)
		next.kind, next.typ = inFuncType, len(p.types)-1
	case dwarf.TagPtrToMemberType:
		t := p.add(e, Unspecified)
		t.member = true
		_, _, t.other = p.u.reference(e.get(aContaining))
	case dwarf.TagRestrictType, dwarf.TagAtomicType, dwarf.TagSharedType, dwarf.TagPackedType, 0x4b: // immutable
		p.add(e, Typedef).passes = true
	case dwarf.TagUnspecifiedType, dwarf.TagStringType, dwarf.TagSetType, dwarf.TagFileType:
		p.add(e, Unspecified)
	}
}

// openType begins a struct, union, class or enum.
func (p *dataUnit) openType(e *entry, kind TypeKind, prefix string, in levelKind, next *level) {
	t := p.add(e, kind)
	at := len(p.types) - 1
	if p.u.language == "C" {
		t.prefix = prefix
	}
	if origin := e.get(aSpecification); origin.ok() { // defined outside of where it was declared
		p.specify(at, origin)
	} else if t.named || in == inType {
		t.qualifier = p.qualifierAt(p.depth - 1)
	}
	if e.ok(aSignature) { // the type unit has it
		_, _, t.target = p.u.reference(e.v[aSignature])
		t.passes = t.target != 0
	}
	*next = level{kind: in, typ: at, name: t.name, fnOff: next.fnOff, scope: next.scope}
	if e.ok(aSpecification) && t.named && len(t.qualifier)+len(t.name) < maxQualifier {
		next.qualifier, next.qualified = t.qualifier+t.name+"::", true
	}
}

// specify names a type after its declaration elsewhere, which then stands for it.
func (p *dataUnit) specify(at int, declaration attr) {
	t := &p.types[at]
	to, off, key := p.u.reference(declaration)
	if to == nil {
		return
	}
	if to == p.u {
		k := sort.Search(len(p.types), func(k int) bool { return p.types[k].key >= key })
		if k < at && p.types[k].key == key {
			d := &p.types[k]
			t.name, t.qualifier, t.named = d.name, d.qualifier, d.named
			d.passes, d.target = true, t.key
			return
		}
	}
	if d, ok := to.dieAt(off); ok && t.name == "" {
		t.name = to.text(d.name)
	}
	t.named = t.name != ""
	t.qualifier = strings.TrimSuffix(to.qualifiedName(off, t.name), t.name)
}

func (a attr) ok() bool { return a.form != 0 }

// member takes a member or a base class.
func (p *dataUnit) member(e *entry) {
	l := p.top()
	u := p.u
	if l.kind == inType && (e.flag(aExternal) || e.flag(aDeclaration)) { // a class static of DWARF 4
		p.declare(e)
		return
	}
	if l.kind != inType && l.kind != inVariant && l.kind != inVariants {
		return
	}
	m := rawMember{name: u.string(e.get(aName)), size: Unknown, base: e.tag == dwarf.TagInheritance}
	_, _, m.typ = u.reference(e.get(aType))
	m.offset = p.memberOffset(e)
	if n := e.get(aBitSize); n.isNumber() && n.u > 0 && n.u <= 1<<16 {
		p.bitField(e, &m, uint32(n.u))
	}
	if l.kind == inVariants { // the discriminant
		t := &p.types[l.typ]
		t.discrOffset, t.target = m.offset, m.typ
		return
	}
	l.members = append(l.members, m)
}

// memberOffset is where a member lies, 0 in unions, where it need not be said.
func (p *dataUnit) memberOffset(e *entry) uint64 {
	a := e.get(aMemberLocation)
	switch {
	case a.isNumber():
		return a.u
	case a.isBlock():
		r := buf{b: p.u.block(a)}
		if r.u8() == opPlusUconst {
			if n := r.uleb(); !r.bad && !r.more() {
				return n
			}
		}
		return Unknown // of a virtual base class: only the object knows
	case a.ok():
		return Unknown
	}
	return 0
}

func (p *dataUnit) bitField(e *entry, m *rawMember, size uint32) {
	m.bitSize = size
	if a := e.get(aDataBitOffset); a.isNumber() {
		m.offset += a.u / 8
		m.bitOffset = uint32(a.u % 8)
		return
	}
	// From the most significant bit of a unit of so many bytes, which may be the
	// type's: merger finishes it.
	m.oldBits = true
	m.bitOffset = uint32(min(e.get(aBitOffset).u, 1<<16))
	if n := e.get(aSize); n.isNumber() {
		m.size = n.u
	}
}

func (p *dataUnit) enumerator(e *entry) {
	if l := p.top(); l.kind == inEnum {
		v := e.get(aConst)
		l.members = append(l.members, rawMember{name: p.u.string(e.get(aName)), offset: Unknown, size: Unknown,
			value: int64(v.u), hasValue: v.isNumber()})
	}
}

// dimension takes an array's next dimension. The first is the array's own, others are
// arrays in it.
func (p *dataUnit) dimension(e *entry) {
	l := p.top()
	count := arrayCount(e)
	if l.dims++; l.dims == 1 {
		p.types[l.typ].count = count
		return
	}
	element := p.types[len(p.types)-1].target
	outer := &p.types[len(p.types)-1]
	outer.size = Unknown
	inner := rawType{key: p.u.dataKey(e.off), kind: Array, size: Unknown, count: count, target: element, discrOffset: Unknown}
	outer.target = inner.key
	p.types = append(p.types, inner)
}

// arrayCount is the number of elements of a dimension, Unknown where it is open.
func arrayCount(e *entry) uint64 {
	if n := e.get(aCount); n.isNumber() {
		return n.u
	}
	upper, lower := e.get(aUpper), e.get(aLower)
	if !upper.isNumber() || lower.ok() && !lower.isNumber() {
		return Unknown
	}
	n := upper.u - lower.u + 1
	if int64(n) < 0 || upper.form == formData4 && upper.u == 1<<32-1 {
		return 0
	}
	return n
}

func (p *dataUnit) openVariants(e *entry, next *level) {
	l := p.top()
	if l.kind != inType {
		next.kind = inNothing
		return
	}
	t := &p.types[l.typ]
	t.kind = Variants
	if _, _, key := p.u.reference(e.get(aType)); key != 0 {
		t.target = key
	}
	*next = level{kind: inVariants, typ: l.typ}
}

// closeVariant adds a variant to its enum: its only member.
func (p *dataUnit) closeVariant(l *level) {
	if p.depth == 0 || len(l.members) == 0 {
		return
	}
	m := l.members[0]
	m.value, m.hasValue = int64(l.value.u), l.value.isNumber()
	parts := p.top()
	parts.members = append(parts.members, m)
}
