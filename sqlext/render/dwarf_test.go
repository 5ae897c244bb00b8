package render

import (
	"debug/dwarf"
	"debug/elf"
	"strings"
	"testing"
)

// dwarfTypes reads the types of an executable with the standard library, as a
// witness that owes nothing to internal/symbols. A type's id is its offset.
type dwarfTypes struct {
	data      *dwarf.Data
	types     Types
	variables map[string]variable
	language  string
}

// variable is where the test finds a variable: addr is 0 for locals.
type variable struct {
	typeID uint32
	addr   uint64
}

var languages = map[int64]string{0x1c: "Rust", 0x1a: "C++", 0x21: "C++", 0x04: "C++", 0x0c: "C", 0x1d: "C"}

func readDWARF(t *testing.T, path string) *dwarfTypes {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := f.DWARF()
	if err != nil {
		t.Fatal(err)
	}
	d := &dwarfTypes{data: data, types: Types{}, variables: map[string]variable{}}
	r := data.Reader()
	for {
		e, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if e == nil {
			return d
		}
		if e.Tag == dwarf.TagCompileUnit {
			language, _ := e.Val(dwarf.AttrLanguage).(int64)
			d.language = languages[language]
			d.children(t, r, "")
		} else {
			r.SkipChildren()
		}
	}
}

// children reads what is declared below an entry whose children follow.
func (d *dwarfTypes) children(t *testing.T, r *dwarf.Reader, scope string) {
	for {
		e, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if e == nil || e.Tag == 0 {
			return
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		inside := scope
		switch e.Tag {
		case dwarf.TagNamespace, dwarf.TagStructType, dwarf.TagClassType, dwarf.TagUnionType, dwarf.TagEnumerationType:
			inside = scope + name + "::"
		}
		switch e.Tag {
		case dwarf.TagVariable:
			d.variable(e, name)
		default:
			d.addType(t, e, scope, name)
		}
		if e.Children {
			d.children(t, r, inside)
		}
	}
}

func (d *dwarfTypes) variable(e *dwarf.Entry, name string) {
	typ, ok := e.Val(dwarf.AttrType).(dwarf.Offset)
	if !strings.HasPrefix(name, "v_") || !ok {
		return
	}
	v := variable{typeID: uint32(typ)}
	if loc, ok := e.Val(dwarf.AttrLocation).([]byte); ok && len(loc) == 9 && loc[0] == 3 {
		v.addr = littleEndian(loc[1:])
	}
	if old, seen := d.variables[name]; !seen || old.addr == 0 {
		d.variables[name] = v
	}
}

var tagKinds = map[dwarf.Tag]Kind{
	dwarf.TagPointerType: Pointer, dwarf.TagPtrToMemberType: Pointer, dwarf.TagReferenceType: Reference, dwarf.TagRvalueReferenceType: Reference,
	dwarf.TagStructType: Struct, dwarf.TagClassType: Class, dwarf.TagUnionType: Union, dwarf.TagEnumerationType: Enum,
	dwarf.TagArrayType: Array, dwarf.TagTypedef: Typedef, dwarf.TagConstType: Const, dwarf.TagVolatileType: Volatile,
	dwarf.TagSubroutineType: Function, dwarf.TagUnspecifiedType: Unspecified,
}

var encodings = map[int64]Kind{2: Bool, 3: Float, 4: Float, 5: Signed, 6: Char, 7: Unsigned, 8: Char, 0x10: Char}

func (d *dwarfTypes) addType(t *testing.T, e *dwarf.Entry, scope, name string) {
	kind := tagKinds[e.Tag]
	if e.Tag == dwarf.TagBaseType {
		encoding, _ := e.Val(dwarf.AttrEncoding).(int64)
		kind = encodings[encoding]
	}
	if kind == "" {
		return
	}
	typ := &Type{ID: uint32(e.Offset), Kind: kind, Language: d.language}
	if name != "" {
		typ.Name = scope + name
	}
	if size, ok := e.Val(dwarf.AttrByteSize).(int64); ok {
		typ.Size = num(uint64(size))
	} else if kind == Pointer || kind == Reference {
		typ.Size = num(8)
	}
	if target, ok := e.Val(dwarf.AttrType).(dwarf.Offset); ok {
		typ.Target = uint32(target)
	}
	if e.Tag == dwarf.TagPtrToMemberType {
		if target := d.entry(t, dwarf.Offset(typ.Target)); target.Tag == dwarf.TagSubroutineType {
			typ.Size = num(16)
		}
	}
	d.types[typ.ID] = typ
	d.members(t, e, typ)
}

func (d *dwarfTypes) entry(t *testing.T, at dwarf.Offset) *dwarf.Entry {
	r := d.data.Reader()
	r.Seek(at)
	e, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// members reads members, bases, enumerators and dimensions with a reader of its own.
func (d *dwarfTypes) members(t *testing.T, e *dwarf.Entry, typ *Type) {
	if !e.Children {
		return
	}
	r := d.data.Reader()
	r.Seek(e.Offset)
	r.Next()
	var counts []uint64
	for {
		c, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if c == nil || c.Tag == 0 {
			break
		}
		switch c.Tag {
		case dwarf.TagMember, dwarf.TagInheritance:
			if m, ok := d.member(c); ok {
				typ.Members = append(typ.Members, m)
			}
		case dwarf.TagEnumerator:
			name, _ := c.Val(dwarf.AttrName).(string)
			value, _ := c.Val(dwarf.AttrConstValue).(int64)
			typ.Members = append(typ.Members, Member{Name: name, Value: &value})
		case dwarf.TagSubrangeType:
			counts = append(counts, subrange(c))
		case dwarf.TagVariantPart:
			d.variantPart(t, r, c, typ)
			continue
		}
		if c.Children {
			r.SkipChildren()
		}
	}
	d.dimensions(typ, counts)
}

func subrange(c *dwarf.Entry) uint64 {
	if n, ok := c.Val(dwarf.AttrCount).(int64); ok {
		return uint64(n)
	}
	if n, ok := c.Val(dwarf.AttrUpperBound).(int64); ok {
		return uint64(n) + 1
	}
	return 0
}

// dimensions makes arrays of arrays.
func (d *dwarfTypes) dimensions(typ *Type, counts []uint64) {
	if typ.Kind != Array {
		return
	}
	if len(counts) == 0 {
		counts = []uint64{0}
	}
	outer := typ
	for i := range counts {
		outer.Count = &counts[i]
		if i < len(counts)-1 {
			inner := &Type{ID: 1<<31 + uint32(len(d.types)), Kind: Array, Target: typ.Target, Language: typ.Language}
			d.types[inner.ID] = inner
			outer.Target, outer = inner.ID, inner
		}
	}
}

func (d *dwarfTypes) member(c *dwarf.Entry) (Member, bool) {
	if external, _ := c.Val(dwarf.AttrExternal).(bool); external {
		return Member{}, false // a static member
	}
	name, _ := c.Val(dwarf.AttrName).(string)
	target, _ := c.Val(dwarf.AttrType).(dwarf.Offset)
	m := Member{Name: name, Type: uint32(target), Base: c.Tag == dwarf.TagInheritance}
	offset, _ := c.Val(dwarf.AttrDataMemberLoc).(int64)
	m.Offset = uint64(offset)
	if bits, ok := c.Val(dwarf.AttrBitSize).(int64); ok {
		m.BitSize = uint32(bits)
		if first, ok := c.Val(dwarf.AttrDataBitOffset).(int64); ok {
			m.Offset, m.BitOffset = uint64(first)/8, uint32(first%8)
		} else if top, ok := c.Val(dwarf.AttrBitOffset).(int64); ok { // DWARF 3's way
			size, _ := c.Val(dwarf.AttrByteSize).(int64)
			first := offset*8 + size*8 - top - bits
			m.Offset, m.BitOffset = uint64(first)/8, uint32(first%8)
		}
	}
	return m, true
}

func (d *dwarfTypes) variantPart(t *testing.T, r *dwarf.Reader, part *dwarf.Entry, typ *Type) {
	typ.Kind = Variants
	if at, ok := part.Val(dwarf.AttrDiscr).(dwarf.Offset); ok {
		e := d.entry(t, at)
		offset, _ := e.Val(dwarf.AttrDataMemberLoc).(int64)
		typ.DiscriminantOffset = num(uint64(offset))
		target, _ := e.Val(dwarf.AttrType).(dwarf.Offset)
		size, _ := d.entry(t, target).Val(dwarf.AttrByteSize).(int64)
		typ.DiscriminantSize = num(uint64(size))
	}
	var value *int64
	for {
		c, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case c.Tag == 0:
			return
		case c.Tag == dwarf.TagVariant:
			value = nil
			if n, ok := c.Val(dwarf.AttrDiscrValue).(int64); ok {
				value = &n
			}
			c, err = r.Next() // the variant's one member
			if err != nil || c.Tag != dwarf.TagMember {
				t.Fatalf("a variant without member: %v, %v", c, err)
			}
			m, _ := d.member(c)
			m.Value = value
			typ.Members = append(typ.Members, m)
			r.Next() // its end
		case c.Children:
			r.SkipChildren()
		}
	}
}
