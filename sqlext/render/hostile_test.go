package render

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"
)

// libraryNames are names that make the renderer look for members.
var libraryNames = []string{"", "std::__cxx11::basic_string<char>", "std::vector<int>", "std::map<int, int>", "std::_Rb_tree<int, x>", "std::tuple<x>",
	"std::_Tuple_impl<0, x>", "std::_Head_base<0, x>", "std::variant<x, x>", "std::deque<int>", "std::list<x>", "std::unordered_map<x, x>", "std::shared_ptr<x>",
	"alloc::vec::Vec<x>", "alloc::string::String", "alloc::rc::Rc<x>", "std::collections::hash::map::HashMap<x, x>", "hashbrown::raw::RawTable<x>", "&str", "&[x]", "x", "wchar_t"}

var libraryMembers = []string{"", "_M_impl", "_M_start", "_M_finish", "_M_t", "_M_header", "_M_left", "_M_node_count", "_M_dataplus", "_M_p", "_M_string_length", "_M_head_impl",
	"_M_ptr", "_M_index", "_M_u", "_M_first", "_M_rest", "_M_cur", "_M_last", "_M_node", "_M_next", "_M_size", "_M_h", "_M_before_begin", "_M_nxt", "_M_element_count", "_M_offset",
	"buf", "len", "vec", "table", "ctrl", "bucket_mask", "items", "pointer", "data_ptr", "length", "value", "__0", "__1", "head", "cap"}

var allKinds = []Kind{Signed, Unsigned, Float, Bool, Char, Pointer, Reference, Struct, Class, Union, Enum, Variants, Array, Typedef, Const, Function, Unspecified, "other"}

// hostile makes types and memory of arbitrary bytes.
type hostile struct{ b []byte }

func (h *hostile) byte() byte {
	if len(h.b) == 0 {
		return 0
	}
	c := h.b[0]
	h.b = h.b[1:]
	return c
}

// number is small, or one of the sizes at which sums overflow.
func (h *hostile) number() uint64 {
	switch c := h.byte(); {
	case c < 200:
		return uint64(c % 48)
	case c < 220:
		return ^uint64(0) - uint64(c-200)
	case c < 240:
		return 1 << (c % 64)
	default:
		return 0x1000 + uint64(h.byte())
	}
}

func (h *hostile) optional() *uint64 {
	n := h.number()
	if n == 47 {
		return nil
	}
	return &n
}

func (h *hostile) types() Types {
	n := uint32(h.byte()%12) + 1
	types := Types{}
	for id := uint32(1); id <= n; id++ {
		t := &Type{ID: id, Kind: allKinds[int(h.byte())%len(allKinds)], Name: libraryNames[int(h.byte())%len(libraryNames)], Size: h.optional(),
			Target: uint32(h.byte()) % (n + 2), Count: h.optional(), DiscriminantOffset: h.optional(), DiscriminantSize: h.optional()}
		if h.byte()%2 == 0 {
			t.Language = "Rust"
		}
		for range h.byte() % 6 {
			m := Member{Name: libraryMembers[int(h.byte())%len(libraryMembers)], Offset: h.number(), Type: uint32(h.byte()) % (n + 2), Base: h.byte()%4 == 0}
			if h.byte()%4 == 0 {
				m.BitOffset, m.BitSize = uint32(h.number()), uint32(h.number())
			}
			if h.byte()%2 == 0 {
				value := int64(h.number())
				m.Value = &value
			}
			t.Members = append(t.Members, m)
		}
		types[id] = t
	}
	return types
}

// everywhere is memory that says at every address where to go on.
type everywhere struct{ b []byte }

func (e everywhere) ReadMemory(addr uint64, p []byte, _ uint64) int {
	for i := range p {
		var w [8]byte
		binary.LittleEndian.PutUint64(w[:], 0x1000+addr%512/8*8)
		p[i] = w[(addr+uint64(i))%8]
		if len(e.b) > 0 {
			p[i] ^= e.b[(addr+uint64(i))%uint64(len(e.b))] & 7
		}
	}
	return len(p)
}

func FuzzText(f *testing.F) {
	f.Add([]byte{3, 7, 2, 16, 1, 1, 1, 1, 0, 2, 1, 8, 3, 0, 1, 1}, []byte{0, 0x10, 0, 0, 0, 0, 0, 0})
	f.Add([]byte(strings.Repeat("\x07\x0b\x10\xf0\x01", 40)), []byte("some bytes"))
	f.Fuzz(func(t *testing.T, shape, value []byte) {
		h := hostile{shape}
		r := Renderer{Types: h.types(), Memory: everywhere{shape}, Symbols: oneSymbol{}}
		began := time.Now()
		for id := range r.Types {
			if got := r.Text(id, value, 0); got == "" || len(got) > DefaultLength {
				t.Errorf("type %d: a text of %d bytes", id, len(got))
			}
			r.BitField(id, value, uint32(len(shape)), 7, 0)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%d types took %v", len(r.Types), took)
		}
	})
}

func TestSelfContainingType(t *testing.T) {
	var b builder
	self := b.add(Type{Name: "node", Kind: Struct, Size: num(8)})
	b.types[self].Members = []Member{{Name: "a", Type: self}, {Name: "b", Type: self}}
	loop := b.add(Type{Name: "loop", Kind: Typedef})
	b.types[loop].Target = loop
	base := b.add(Type{Name: "base", Kind: Class, Size: num(8)})
	b.types[base].Members = []Member{{Name: "base", Type: base, Base: true}, {Type: base}}
	array := b.add(Type{Kind: Array, Count: num(2)})
	b.types[array].Target = array
	for _, id := range []uint32{self, loop, base, array} {
		r := Renderer{Types: b.types}
		if got := r.Text(id, make([]byte, 8), 0); got == "" || len(got) > DefaultLength {
			t.Errorf("%s: %q", b.types[id].Name, got)
		}
	}
}
