package render

import (
	"encoding/binary"
	"strings"
)

// val is a value: bytes and what they mean. Its type is no typedef; nil where it
// is not known. Bytes that are missing at the end are unknown.
type val struct {
	typ *Type
	b   []byte
}

func (v val) isRust() bool { return v.typ != nil && v.typ.Language == "Rust" }

func (v val) is(kind Kind) bool { return v.typ != nil && v.typ.Kind == kind }

// uint reads an unsigned integer or address. ok is false where it is not known.
func (v val) uint() (n uint64, ok bool) {
	if v.typ == nil || v.typ.Size == nil || *v.typ.Size == 0 || *v.typ.Size > 8 || uint64(len(v.b)) < *v.typ.Size {
		return 0, false
	}
	return littleEndian(v.b[:*v.typ.Size]), true
}

func littleEndian(b []byte) uint64 {
	var buf [8]byte
	copy(buf[:], b)
	return binary.LittleEndian.Uint64(buf[:])
}

// of makes a value. Bytes behind the type's size are left out.
func (p *printer) of(id uint32, b []byte) val {
	if size, ok := p.r.Types.Size(id); ok && uint64(len(b)) > size {
		b = b[:size]
	}
	return val{p.r.Types.Strip(id), b}
}

// part cuts size bytes at offset, as far as they are there.
func part(b []byte, offset, size uint64) []byte {
	if offset >= uint64(len(b)) {
		return nil
	}
	b = b[offset:]
	return b[:min(uint64(len(b)), size)]
}

// memberValue is a member that is no bit field.
func (p *printer) memberValue(v val, m *Member) val {
	size, ok := p.r.Types.Size(m.Type)
	if !ok {
		size = uint64(len(v.b)) // such as a flexible array: all the rest
	}
	return p.of(m.Type, part(v.b, m.Offset, size))
}

// mostNesting bounds the search for members of library types.
const mostNesting = 8

// member finds a member by name, in base classes and members without names too.
func (p *printer) member(v val, name string) (val, bool) { return p.memberWithin(v, name, mostNesting) }

func (p *printer) memberWithin(v val, name string, depth int) (val, bool) {
	if v.typ == nil || depth == 0 || v.typ.Kind == Enum || v.typ.Kind == Variants {
		return val{}, false
	}
	for i := range v.typ.Members {
		if m := &v.typ.Members[i]; m.Name == name && !m.Base && m.BitSize == 0 {
			return p.memberValue(v, m), true
		}
	}
	for i := range v.typ.Members {
		if m := &v.typ.Members[i]; m.Base || m.Name == "" {
			if found, ok := p.memberWithin(p.memberValue(v, m), name, depth-1); ok {
				return found, true
			}
		}
	}
	return val{}, false
}

// path follows members by name.
func (p *printer) path(v val, names ...string) (val, bool) {
	for _, name := range names {
		var ok bool
		if v, ok = p.member(v, name); !ok {
			return val{}, false
		}
	}
	return v, true
}

// number follows members by name to an unsigned integer or pointer.
func (p *printer) number(v val, names ...string) (uint64, bool) {
	v, ok := p.path(v, names...)
	if !ok {
		return 0, false
	}
	return v.uint()
}

// search finds the first value, in members of members, that want accepts.
func (p *printer) search(v val, depth int, want func(val, *Member) bool) (val, bool) {
	if v.typ == nil || depth == 0 || v.typ.Kind == Enum || v.typ.Kind == Variants || !p.spend() {
		return val{}, false
	}
	for i := range v.typ.Members {
		m := &v.typ.Members[i]
		inner := p.memberValue(v, m)
		if want(inner, m) {
			return inner, true
		}
		if found, ok := p.search(inner, depth-1, want); ok {
			return found, true
		}
	}
	return val{}, false
}

// innerPointer finds the pointer that a wrapper such as NonNull is around.
func (p *printer) innerPointer(v val) (val, bool) {
	if v.is(Pointer) {
		return v, true
	}
	return p.search(v, mostNesting, func(inner val, _ *Member) bool { return inner.is(Pointer) })
}

// read reads memory, as far as it is known.
func (p *printer) read(addr, size uint64) []byte {
	if p.r.Memory == nil || size == 0 || addr == 0 {
		return nil
	}
	b := make([]byte, min(size, mostRead))
	if p.bytes -= len(b); p.bytes < 0 {
		if !p.full {
			p.cutHere()
		}
		return nil
	}
	n := p.r.Memory.ReadMemory(addr, b, p.t)
	return b[:max(0, min(n, len(b)))]
}

// load reads a value of a type from memory.
func (p *printer) load(id uint32, addr uint64) val {
	size, _ := p.r.Types.Size(id)
	return p.of(id, p.read(addr, size))
}

// word reads an address or other 8-byte number from memory.
func (p *printer) word(addr uint64) (uint64, bool) {
	b := p.read(addr, 8)
	if len(b) < 8 {
		return 0, false
	}
	return littleEndian(b), true
}

// named finds a type by its name as another type's name mentions it. Of several,
// one of the same module is preferred.
func (p *printer) named(name string, module uint32) (uint32, bool) {
	p.r.once.Do(func() { p.r.names = p.r.Types.byName() })
	ids := p.r.names[name]
	if len(ids) == 0 {
		return 0, false
	}
	for _, id := range ids {
		if p.r.Types[id].Module == module {
			return id, true
		}
	}
	return ids[0], true
}

// templateName is a type's name without its template arguments and without the
// namespace that libstdc++ hides its newer strings and lists in.
func templateName(name string) string {
	base, _, _ := strings.Cut(name, "<")
	return strings.Replace(base, "std::__cxx11::", "std::", 1)
}

// argument is the n-th template argument of a type's name, "" where there is none.
func argument(name string, n int) string {
	_, rest, ok := strings.Cut(name, "<")
	if !ok {
		return ""
	}
	depth, start := 0, 0
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '<' || c == '(' || c == '[' || c == '{':
			depth++
		case c == '>' && i > 0 && rest[i-1] == '-': // of fn() -> T
		case depth == 0 && (c == ',' || c == '>'):
			if n == 0 {
				return strings.TrimSpace(rest[start:i])
			}
			if n--; c == '>' {
				return ""
			}
			start = i + 1
		case c == '>' || c == ')' || c == ']' || c == '}':
			depth--
		}
	}
	return ""
}
