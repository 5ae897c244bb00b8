package render

import "strings"

// cppLibrary are the types of libstdc++ that are shown by their contents. Each
// function writes nothing and is false where the members are not those that it
// knows.
var cppLibrary map[string]func(*printer, val) bool

func init() { // here, since the functions print values, and so refer to this table
	cppLibrary = map[string]func(*printer, val) bool{
		"std::basic_string":       (*printer).cppString,
		"std::basic_string_view":  (*printer).cppStringView,
		"std::vector":             (*printer).cppVector,
		"std::array":              (*printer).cppArray,
		"std::tuple":              (*printer).cppTuple,
		"std::unique_ptr":         (*printer).cppUnique,
		"std::shared_ptr":         (*printer).cppShared,
		"std::weak_ptr":           (*printer).cppShared,
		"std::optional":           (*printer).cppOptional,
		"std::variant":            (*printer).cppVariant,
		"std::atomic":             (*printer).cppAtomic,
		"std::list":               (*printer).cppList,
		"std::deque":              (*printer).cppDeque,
		"std::map":                (*printer).cppTree,
		"std::multimap":           (*printer).cppTree,
		"std::set":                (*printer).cppTree,
		"std::multiset":           (*printer).cppTree,
		"std::unordered_map":      (*printer).cppHash,
		"std::unordered_multimap": (*printer).cppHash,
		"std::unordered_set":      (*printer).cppHash,
		"std::unordered_multiset": (*printer).cppHash,
	}
}

// cppString writes a std::string: of the newer kind, whose length is a member, or
// the older one, whose length lies before the characters.
func (p *printer) cppString(v val) bool {
	data, ok := p.path(v, "_M_dataplus", "_M_p")
	if !ok || !data.is(Pointer) {
		return false
	}
	addr, ok := data.uint()
	if !ok {
		return false
	}
	if length, ok := p.member(v, "_M_string_length"); ok {
		n, known := length.uint()
		return known && p.counted(addr, n, data.typ.Target)
	}
	const lengthBefore = 24 // length, capacity, owners: then the characters
	n, ok := p.word(addr - lengthBefore)
	return ok && p.counted(addr, n, data.typ.Target)
}

func (p *printer) cppStringView(v val) bool {
	data, ok := p.member(v, "_M_str")
	addr, known := data.uint()
	n, ok2 := p.number(v, "_M_len")
	return ok && known && ok2 && data.is(Pointer) && p.counted(addr, n, data.typ.Target)
}

// counted writes n characters. Characters that are not known are no text; the
// structure says more then.
func (p *printer) counted(addr, n uint64, charID uint32) bool {
	char := p.r.Types.Strip(charID)
	if char == nil || !isText(char) || n > 1<<47 {
		return false
	}
	want := min(n, uint64(p.length+1)) * *char.Size
	text := p.read(addr, want)
	if uint64(len(text)) < want {
		return false
	}
	p.characters(text, char)
	return true
}

func (p *printer) cppVector(v val) bool {
	start, ok1 := p.path(v, "_M_impl", "_M_start")
	finish, ok2 := p.path(v, "_M_impl", "_M_finish")
	if !ok1 || !ok2 {
		return false
	}
	if !start.is(Pointer) {
		return p.cppBits(start, finish)
	}
	from, ok1 := start.uint()
	to, ok2 := finish.uint()
	size, ok3 := p.r.Types.Size(start.typ.Target)
	if !ok1 || !ok2 || !ok3 || size == 0 || to < from || (to-from)%size != 0 {
		return false
	}
	p.sequence((to-from)/size, start.typ.Target, false, p.elements(from, size))
	return true
}

// cppBits writes a std::vector<bool>, whose iterators are a word and a bit in it.
func (p *printer) cppBits(start, finish val) bool {
	from, ok1 := p.number(start, "_M_p")
	to, ok2 := p.number(finish, "_M_p")
	last, ok3 := p.number(finish, "_M_offset")
	if !ok1 || !ok2 || !ok3 || to < from || last > 63 {
		return false
	}
	words := p.elements(from, 8)
	p.items("{", "}", func(yield func(func()) bool) {
		for i := range (to-from)*8 + last {
			word := words(i / 64)
			if !yield(func() {
				if len(word) < 8 {
					p.write(unknown)
					return
				}
				p.bool([]byte{byte(littleEndian(word) >> (i % 64) & 1)})
			}) {
				return
			}
		}
	})
	return true
}

func (p *printer) cppArray(v val) bool {
	elements, ok := p.member(v, "_M_elems")
	if ok {
		p.print(elements)
	}
	return ok
}

// cppTuple writes the elements of a std::tuple, which is a chain of base classes
// with one element each.
func (p *printer) cppTuple(v val) bool {
	var elements []val
	for node, ok := p.tupleNode(v); ok && len(elements) < 100; node, ok = p.tupleNode(node) {
		for i := range node.typ.Members {
			base := p.memberValue(node, &node.typ.Members[i])
			if base.typ == nil || templateName(base.typ.Name) != "std::_Head_base" {
				continue
			}
			head, ok := p.member(base, "_M_head_impl")
			if !ok {
				head = base // an empty class is its own base
			}
			elements = append(elements, head)
		}
	}
	if len(elements) == 0 {
		return false
	}
	p.items("{", "}", func(yield func(func()) bool) {
		for _, e := range elements {
			if !yield(func() { p.print(e) }) {
				return
			}
		}
	})
	return true
}

func (p *printer) tupleNode(v val) (val, bool) {
	for i := range v.typ.Members {
		m := &v.typ.Members[i]
		base := p.memberValue(v, m)
		if m.Base && base.typ != nil && templateName(base.typ.Name) == "std::_Tuple_impl" {
			return base, true
		}
	}
	return val{}, false
}

// cppUnique writes what a std::unique_ptr owns.
func (p *printer) cppUnique(v val) bool {
	owner, ok := p.r.Types.Owner(v.typ.ID)
	if !ok {
		return false
	}
	pointer := part(v.b, owner.Offset, 8)
	if len(pointer) == 8 {
		p.follow(littleEndian(pointer), owner.Target)
	}
	return len(pointer) == 8
}

func (p *printer) cppShared(v val) bool {
	owned, ok := p.member(v, "_M_ptr")
	return ok && owned.is(Pointer) && p.owner(owned)
}

func (p *printer) owner(pointer val) bool {
	addr, ok := pointer.uint()
	if ok {
		p.follow(addr, pointer.typ.Target)
	}
	return ok
}

func (p *printer) cppOptional(v val) bool {
	engaged, ok := p.number(v, "_M_payload", "_M_engaged")
	if !ok {
		return false
	}
	if engaged == 0 {
		p.write("nullopt")
		return true
	}
	value, ok := p.path(v, "_M_payload", "_M_payload", "_M_value")
	if ok {
		p.print(value)
	}
	return ok
}

// cppVariant writes the alternative that a std::variant has.
func (p *printer) cppVariant(v val) bool {
	index, ok := p.number(v, "_M_index")
	storage, ok2 := p.member(v, "_M_u")
	if !ok || !ok2 || storage.typ == nil {
		return false
	}
	if size := *storageIndexSize(p, v); index == 1<<(8*size)-1 {
		p.write("valueless")
		return true
	}
	for range min(index, 100) {
		if storage, ok = p.member(storage, "_M_rest"); !ok {
			return false
		}
	}
	first, ok := p.member(storage, "_M_first")
	if !ok {
		return false
	}
	value, ok := p.member(first, "_M_storage")
	if !ok {
		return false
	}
	if inner, ok := p.typed(value); ok {
		value = inner
	}
	p.print(value)
	return true
}

func storageIndexSize(p *printer, v val) *uint64 {
	index, _ := p.member(v, "_M_index")
	return index.typ.Size
}

// typed gives raw storage the type that its own type's name says.
func (p *printer) typed(v val) (val, bool) {
	if v.typ == nil || !strings.HasPrefix(v.typ.Name, "__gnu_cxx::__aligned_") {
		return val{}, false
	}
	id, ok := p.named(argument(v.typ.Name, 0), v.typ.Module)
	return p.of(id, v.b), ok
}

func (p *printer) cppAtomic(v val) bool {
	for _, name := range []string{"_M_i", "_M_p"} {
		for _, within := range []string{"", "_M_b", "_M_base"} {
			outer := v
			if within != "" {
				var ok bool
				if outer, ok = p.member(v, within); !ok {
					continue
				}
			}
			if inner, ok := p.member(outer, name); ok {
				p.print(inner)
				return true
			}
		}
	}
	return false
}
