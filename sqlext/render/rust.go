package render

import "strings"

// rustLibrary are the types of Rust's library that are shown by their contents.
// Each function writes nothing and is false where the members are not those that
// it knows.
var rustLibrary map[string]func(*printer, val) bool

func init() { // here, since the functions print values, and so refer to this table
	rustLibrary = map[string]func(*printer, val) bool{
		"alloc::string::String":                    (*printer).rustText,
		"alloc::vec::Vec":                          (*printer).rustVec,
		"alloc::collections::vec_deque::VecDeque":  (*printer).rustDeque,
		"alloc::rc::Rc":                            (*printer).rustCounted,
		"alloc::sync::Arc":                         (*printer).rustCounted,
		"std::collections::hash::map::HashMap":     (*printer).rustHash,
		"std::collections::hash::set::HashSet":     (*printer).rustHash,
		"core::cell::UnsafeCell":                   (*printer).rustInner,
		"core::sync::atomic::Atomic":               (*printer).rustInner,
		"core::num::nonzero::NonZero":              (*printer).rustInner,
		"core::mem::manually_drop::ManuallyDrop":   (*printer).rustInner,
		"core::mem::maybe_dangling::MaybeDangling": (*printer).rustInner,
	}
	for _, name := range []string{"Bool", "I8", "I16", "I32", "I64", "Isize", "U8", "U16", "U32", "U64", "Usize", "Ptr"} {
		rustLibrary["core::sync::atomic::Atomic"+name] = (*printer).rustInner
	}
}

// rustInner writes a wrapper of one value as that value.
func (p *printer) rustInner(v val) bool {
	if len(v.typ.Members) != 1 {
		return false
	}
	p.memberText(v, &v.typ.Members[0])
	return true
}

func (p *printer) rustText(v val) bool {
	vec, ok := p.member(v, "vec")
	if !ok {
		return false
	}
	addr, n, ok := p.vecParts(vec)
	return ok && p.rustBytes(addr, n)
}

// vecParts are the address and the number of a Vec's elements.
func (p *printer) vecParts(v val) (addr, n uint64, ok bool) {
	buf, ok1 := p.member(v, "buf")
	n, ok2 := p.number(v, "len")
	if !ok1 || !ok2 {
		return 0, 0, false
	}
	pointer, ok := p.innerPointer(buf)
	if !ok {
		return 0, 0, false
	}
	addr, ok = pointer.uint()
	return addr, n, ok
}

// rustBytes writes n bytes of text.
func (p *printer) rustBytes(addr, n uint64) bool {
	if n > 1<<47 {
		return false
	}
	want := min(n, uint64(p.length+1))
	text := p.read(addr, want)
	if uint64(len(text)) < want {
		return false
	}
	p.write(rustString(text))
	return true
}

func (p *printer) rustVec(v val) bool {
	addr, n, ok := p.vecParts(v)
	if !ok {
		return false
	}
	id, ok := p.named(argument(v.typ.Name, 0), v.typ.Module)
	return ok && p.rustSlice(addr, n, id)
}

// rustSlice writes n elements that lie one after the other.
func (p *printer) rustSlice(addr, n uint64, element uint32) bool {
	size, ok := p.r.Types.Size(element)
	if !ok || size > 0 && n > 1<<47/size {
		return false
	}
	p.sequence(n, element, true, p.elements(addr, size))
	return true
}

func (p *printer) rustDeque(v val) bool {
	addr, n, ok := p.vecParts(v)
	head, ok1 := p.number(v, "head")
	id, ok2 := p.named(argument(v.typ.Name, 0), v.typ.Module)
	if !ok || !ok1 || !ok2 {
		return false
	}
	capacity, ok := p.search(v, mostNesting, func(inner val, m *Member) bool {
		return inner.is(Unsigned) && (m.Name == "__0" || m.Name == "cap")
	})
	limit, ok1 := capacity.uint()
	size, ok2 := p.r.Types.Size(id)
	if !ok || !ok1 || !ok2 || size == 0 || n > limit || head >= max(limit, 1) || limit > 1<<47/size {
		return false
	}
	at := p.elements(addr, size)
	p.sequence(n, id, true, func(i uint64) []byte { return at((head + i) % limit) })
	return true
}

// rustWide writes references and boxes of slices, text and trait objects: a
// pointer and a length or table.
func (p *printer) rustWide(v val) bool {
	data, ok := p.member(v, "data_ptr")
	if !ok || !data.is(Pointer) {
		return false
	}
	addr, ok1 := data.uint()
	n, ok2 := p.number(v, "length")
	if !ok1 || !ok2 {
		return false
	}
	name := strings.TrimPrefix(strings.TrimPrefix(v.typ.Name, "&"), "mut ")
	if templateName(name) == "alloc::boxed::Box" {
		name = argument(name, 0)
	}
	if name == "str" {
		return p.rustBytes(addr, n)
	}
	if !strings.HasPrefix(name, "[") {
		return false
	}
	return p.rustSlice(addr, n, data.typ.Target)
}

// rustCounted writes what an Rc or Arc shares: behind its two counts.
func (p *printer) rustCounted(v val) bool {
	pointer, ok := p.innerPointer(v)
	if !ok {
		return false
	}
	addr, ok := pointer.uint()
	inner := p.r.Types.Strip(pointer.typ.Target)
	if !ok || inner == nil {
		return false
	}
	for _, m := range inner.Members {
		if m.Name == "value" || m.Name == "data" {
			p.follow(addr+m.Offset, m.Type)
			return true
		}
	}
	return false
}

// rustHash writes a HashMap or HashSet: before the control bytes, whose top bit
// is set where an entry is free, lie the entries, the first one last.
func (p *printer) rustHash(v val) bool {
	table, ok := p.search(v, mostNesting, func(inner val, _ *Member) bool {
		return inner.typ != nil && templateName(inner.typ.Name) == "hashbrown::raw::RawTable"
	})
	if !ok {
		return false
	}
	control, ok := p.path(table, "table", "ctrl")
	if !ok {
		return false
	}
	pointer, ok := p.innerPointer(control)
	addr, ok1 := pointer.uint()
	mask, ok2 := p.number(table, "table", "bucket_mask")
	n, ok3 := p.number(table, "table", "items")
	id, ok4 := p.named(argument(table.typ.Name, 0), v.typ.Module)
	size, ok5 := p.r.Types.Size(id)
	if !ok || !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || n > mask+1 || mask >= 1<<40 {
		return false
	}
	isSet := strings.HasSuffix(templateName(v.typ.Name), "Set")
	p.items("{", "}", func(yield func(func()) bool) {
		bytes := p.elements(addr, 1)
		for i := uint64(0); n > 0 && i <= mask && p.spend(); i++ {
			c := bytes(i)
			if len(c) == 1 && c[0]&0x80 != 0 {
				continue
			}
			n--
			if !yield(func() { p.rustEntry(p.load(id, addr-(i+1)*size), isSet) }) {
				return
			}
		}
	})
	return true
}

// rustEntry writes an entry of a map or, where the value is nothing, of a set.
func (p *printer) rustEntry(v val, isSet bool) {
	key, ok1 := p.member(v, "__0")
	value, ok2 := p.member(v, "__1")
	if !ok1 || !ok2 {
		p.print(v)
		return
	}
	if p.print(key); !isSet {
		p.write(": ")
		p.print(value)
	}
}
