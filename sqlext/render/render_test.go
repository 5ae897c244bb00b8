package render

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

// builder makes types for tests.
type builder struct{ types Types }

func (b *builder) add(t Type) uint32 {
	if b.types == nil {
		b.types = Types{}
	}
	t.ID = uint32(len(b.types) + 1)
	b.types[t.ID] = &t
	return t.ID
}

func num(n uint64) *uint64 { return &n }
func val64(n int64) *int64 { return &n }

func (b *builder) scalar(kind Kind, name string, size uint64) uint32 {
	return b.add(Type{Name: name, Kind: kind, Size: num(size)})
}

func (b *builder) rust(kind Kind, name string, size uint64) uint32 {
	return b.add(Type{Name: name, Kind: kind, Size: num(size), Language: "Rust"})
}

func (b *builder) array(element uint32, count uint64) uint32 {
	return b.add(Type{Kind: Array, Target: element, Count: num(count)})
}

// memory is memory from address 0x1000 on.
type memory []byte

func (m memory) ReadMemory(addr uint64, p []byte, _ uint64) int {
	if addr < 0x1000 || addr-0x1000 >= uint64(len(m)) {
		return 0
	}
	return copy(p, m[addr-0x1000:])
}

// oneSymbol is a function of 16 bytes at 0x2000.
type oneSymbol struct{}

func (oneSymbol) Symbol(addr, _ uint64) (string, uint64, bool) {
	return "main", addr - 0x2000, addr-0x2000 < 16
}

func le(n uint64, size int) []byte {
	b := make([]byte, 16)
	binary.LittleEndian.PutUint64(b, n)
	return b[:size]
}

func TestScalars(t *testing.T) {
	var b builder
	int8ID, int32ID := b.scalar(Signed, "signed char", 1), b.scalar(Signed, "int", 4)
	wide, uwide := b.scalar(Signed, "__int128", 16), b.scalar(Unsigned, "unsigned __int128", 16)
	u64, boolean := b.scalar(Unsigned, "unsigned long", 8), b.scalar(Bool, "bool", 1)
	char, uchar := b.scalar(Char, "char", 1), b.scalar(Char, "unsigned char", 1)
	wchar, char16 := b.scalar(Char, "wchar_t", 4), b.scalar(Char, "char16_t", 2)
	rustChar := b.rust(Char, "char", 4)
	color := b.add(Type{Kind: Enum, Size: num(4), Members: []Member{{Name: "RED", Value: val64(0)}, {Name: "BLUE", Value: val64(-2)}}})
	mode := b.add(Type{Kind: Enum, Size: num(4), Members: []Member{{Name: "R", Value: val64(1)}, {Name: "W", Value: val64(2)}, {Name: "X", Value: val64(4)}}})
	alias := b.add(Type{Name: "t", Kind: Typedef, Target: b.add(Type{Kind: Const, Target: int32ID})})
	ones := []byte(strings.Repeat("\xff", 16))
	for _, c := range []struct {
		id   uint32
		b    []byte
		want string
	}{
		{int8ID, []byte{0x80}, "-128"},
		{int32ID, le(0xfffffffe, 4), "-2"},
		{alias, le(7, 4), "7"},
		{alias, le(7, 3), "<unknown>"},
		{u64, le(math.MaxUint64, 8), "18446744073709551615"},
		{wide, ones, "-1"},
		{uwide, ones, "340282366920938463463374607431768211455"},
		{boolean, []byte{1}, "true"},
		{boolean, []byte{2}, "2"},
		{char, []byte{'a'}, "97 'a'"},
		{char, []byte{0xff}, `-1 '\xff'`},
		{char, []byte{'\''}, `39 '\''`},
		{uchar, []byte{0xff}, `255 '\xff'`},
		{char, []byte{'\n'}, `10 '\n'`},
		{wchar, le(0x20ac, 4), "8364 L'€'"},
		{char16, le(0xd800, 2), `55296 u'\ud800'`},
		{rustChar, le('\'', 4), `'\''`},
		{rustChar, le(0x110000, 4), "0x110000"},
		{color, le(0, 4), "RED"},
		{color, le(0xfffffffe, 4), "BLUE"},
		{color, le(0xffffffff, 4), "-1"},
		{mode, le(5, 4), "(R | X)"},
		{mode, le(9, 4), "9"},
		{mode, le(0, 4), "0"},
		{999, le(9, 4), "<unknown>"},
		{0, nil, "<unknown>"},
	} {
		r := Renderer{Types: b.types}
		if got := r.Text(c.id, c.b, 0); got != c.want {
			t.Errorf("%v of % x: %q, want %q", b.types[c.id], c.b, got, c.want)
		}
	}
}

func TestFloats(t *testing.T) {
	var b builder
	f64, f32 := b.scalar(Float, "double", 8), b.scalar(Float, "float", 4)
	f80, f128, f16 := b.scalar(Float, "long double", 16), b.scalar(Float, "_Float128", 16), b.scalar(Float, "_Float16", 2)
	complexID := b.scalar(Float, "complex double", 16)
	r64, r32 := b.rust(Float, "f64", 8), b.rust(Float, "f32", 4)
	double := func(x float64) []byte { return le(math.Float64bits(x), 8) }
	single := func(x float32) []byte { return le(uint64(math.Float32bits(x)), 4) }
	for _, c := range []struct {
		id   uint32
		b    []byte
		want string
	}{
		{f64, double(0.1), "0.1"},
		{f64, double(1), "1"},
		{f64, double(-1500000), "-1500000"},
		{f64, double(1e16), "10000000000000000"},
		{f64, double(1e17), "1e+17"},
		{f64, double(0.0001), "0.0001"},
		{f64, double(0.00001), "1e-05"},
		{f64, double(math.Copysign(0, -1)), "-0"},
		{f64, double(5e-324), "5e-324"},
		{f64, double(math.MaxFloat64), "1.7976931348623157e+308"},
		{f64, double(math.Inf(-1)), "-inf"},
		{f64, le(0x7ff8000000000000, 8), "nan(0x8000000000000)"},
		{f32, single(0.1), "0.1"},
		{f32, single(16777216), "16777216"},
		{f32, single(math.SmallestNonzeroFloat32), "1e-45"},
		{f80, append(le(0x8000000000000000, 8), 0xff, 0x3f, 0, 0, 0, 0, 0, 0), "1"},
		{f80, append(le(0xcccccccccccccccd, 8), 0xfb, 0xbf, 0, 0, 0, 0, 0, 0), "-0.1"},
		{f80, append(le(0, 8), 0, 0, 0, 0, 0, 0, 0, 0), "0"},
		{f80, append(le(0x8000000000000000, 8), 0xff, 0x7f, 0, 0, 0, 0, 0, 0), "inf"},
		{f128, append(le(0, 8), 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f), "1.5"},
		{f16, le(0x3555, 2), "0.3333"},
		{complexID, append(double(1), double(-2)...), "1 + -2i"},
		{r64, double(1), "1.0"},
		{r64, double(0.1), "0.1"},
		{r64, double(1e16), "1e16"},
		{r64, double(1.5e-7), "1.5e-7"},
		{r64, double(1e-5), "1e-5"},
		{r64, double(1e-4), "0.0001"},
		{r64, double(123456789012345.6), "123456789012345.6"},
		{r64, double(math.NaN()), "NaN"},
		{r32, single(0.3), "0.3"},
	} {
		r := Renderer{Types: b.types}
		if got := r.Text(c.id, c.b, 0); got != c.want {
			t.Errorf("%s of % x: %q, want %q", b.types[c.id].Name, c.b, got, c.want)
		}
	}
}

func TestPointersAndText(t *testing.T) {
	var b builder
	char, i32 := b.scalar(Char, "char", 1), b.scalar(Signed, "int", 4)
	char16 := b.scalar(Char, "char16_t", 2)
	pointer := func(target uint32) uint32 { return b.add(Type{Kind: Pointer, Size: num(8), Target: target}) }
	str, ip, fn, void := pointer(char), pointer(i32), pointer(b.add(Type{Kind: Function})), pointer(0)
	str16 := pointer(char16)
	ref := b.add(Type{Kind: Reference, Size: num(8), Target: i32})
	self := b.add(Type{Kind: Struct, Name: "node", Size: num(8)})
	rustRef := b.add(Type{Kind: Pointer, Name: "&node", Size: num(8), Target: self, Language: "Rust"})
	b.types[self].Members = []Member{{Name: "next", Type: rustRef}}
	b.types[self].Language = "Rust"
	text, rows := b.array(char, 8), b.array(b.array(char, 4), 2)
	m := make(memory, 64)
	copy(m, "hi \"you\"\x01\xffé\x00")
	copy(m[16:], le(0xffffffff, 4))
	copy(m[32:], "a\x00\x3d\xd8\x00\xde\x00\x00")
	copy(m[40:], le(0x1028, 8)) // a node that is its own next
	copy(m[60:], "cut!")
	for _, c := range []struct {
		id   uint32
		b    []byte
		want string
	}{
		{str, le(0x1000, 8), `0x1000 "hi \"you\"\x01\xffé"`},
		{str, le(0x103c, 8), `0x103c "cut!"`},
		{str, le(0x5000, 8), "0x5000"},
		{str, le(0, 8), "0x0"},
		{str16, le(0x1020, 8), `0x1020 u"a😀"`},
		{ip, le(0x1010, 8), "0x1010"},
		{fn, le(0x2000, 8), "0x2000 <main>"},
		{void, le(0x2008, 8), "0x2008 <main+8>"},
		{ref, le(0x1010, 8), "@0x1010: -1"},
		{ref, le(0x5000, 8), "@0x5000"},
		{ref, le(0x5000, 4), "<unknown>"},
		{rustRef, le(0x1028, 8), "@0x1028: node { next: @0x1028: node { next: @0x..."},
		{text, []byte("abc\x00defg"), `"abc"`},
		{text, []byte("abcdefgh"), `"abcdefgh"`},
		{rows, []byte("ab\x00\x00cdef"), `{"ab", "cdef"}`},
	} {
		r := Renderer{Types: b.types, Memory: m, Symbols: oneSymbol{}, Options: Options{MaxLength: 50}}
		if got := r.Text(c.id, c.b, 0); got != c.want {
			t.Errorf("type %d of % x: %q, want %q", c.id, c.b, got, c.want)
		}
	}
}

func TestAggregates(t *testing.T) {
	var b builder
	i32, u32 := b.scalar(Signed, "int", 4), b.scalar(Unsigned, "unsigned int", 4)
	point := b.add(Type{Name: "point", Kind: Struct, Size: num(8), Members: []Member{{Name: "x", Type: i32}, {Name: "y", Type: i32, Offset: 4}}})
	anonymous := b.add(Type{Kind: Union, Size: num(4), Members: []Member{{Name: "i", Type: i32}, {Name: "u", Type: u32}}})
	empty := b.add(Type{Name: "Empty", Kind: Class, Size: num(1)})
	derived := b.add(Type{Name: "Derived", Kind: Class, Size: num(16), Members: []Member{
		{Name: "Empty", Type: empty, Base: true}, {Name: "point", Type: point, Base: true}, {Type: anonymous, Offset: 8},
		{Name: "low", Type: i32, Offset: 12, BitSize: 3}, {Name: "high", Type: u32, Offset: 12, BitOffset: 3, BitSize: 10}}})
	matrix := b.array(b.array(i32, 2), 2)
	many, huge := b.array(i32, 1000), b.array(i32, 1<<62)
	rustPoint := b.add(Type{Name: "a::Point", Kind: Struct, Language: "Rust", Size: num(8), Members: b.types[point].Members})
	rustTuple := b.add(Type{Name: "(i32, i32)", Kind: Struct, Language: "Rust", Size: num(8), Members: []Member{{Name: "__0", Type: i32}, {Name: "__1", Type: i32, Offset: 4}}})
	body := b.add(Type{Name: "core::option::Option<(i32, i32)>::Some", Kind: Struct, Language: "Rust", Size: num(8), Members: []Member{{Name: "__0", Type: rustTuple}}})
	none := b.add(Type{Name: "None", Kind: Struct, Language: "Rust", Size: num(8)})
	option := b.add(Type{Name: "core::option::Option<(i32, i32)>", Kind: Variants, Language: "Rust", Size: num(8), DiscriminantOffset: num(0), DiscriminantSize: num(4),
		Members: []Member{{Name: "None", Type: none, Value: val64(9)}, {Name: "Some", Type: body}}})
	eight := append(le(1, 4), le(0xffffffff, 4)...)
	counting := make([]byte, 4000)
	for i := range 1000 {
		binary.LittleEndian.PutUint32(counting[4*i:], uint32(i))
	}
	for _, c := range []struct {
		id   uint32
		b    []byte
		want string
	}{
		{point, eight, "{x = 1, y = -1}"},
		{point, eight[:6], "{x = 1, y = <unknown>}"},
		{derived, append(append([]byte{}, eight...), 2, 0, 0, 0, 0b0010_1110, 0, 0, 0), "{<point> = {x = 1, y = -1}, {i = 2, u = 2}, low = -2, high = 5}"},
		{matrix, append(append([]byte{}, eight...), eight...), "{{1, -1}, {1, -1}}"},
		{many, make([]byte, 4000), "{0 <repeats 1000 times>}"},
		{many, counting, "{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16..."},
		{huge, nil, "..."},
		{rustPoint, eight, "Point { x: 1, y: -1 }"},
		{rustTuple, eight, "(1, -1)"},
		{option, eight, "Some((1, -1))"},
		{option, le(9, 8), "None"},
		{option, nil, "<unknown>"},
	} {
		r := Renderer{Types: b.types, Options: Options{MaxLength: 60}}
		got := r.Text(c.id, c.b, 0)
		if c.want == "..." && strings.HasSuffix(got, c.want) {
			continue
		}
		if len(got) > 60 && c.id != derived || got != c.want && c.id != derived {
			t.Errorf("type %d: %q, want %q", c.id, got, c.want)
		}
		r.Options.MaxLength = 100
		if got := r.Text(c.id, c.b, 0); c.id == derived && got != c.want {
			t.Errorf("derived: %q, want %q", got, c.want)
		}
	}
}
