package render

import "slices"

// Kind says how the bytes of a type are to be read. The names are those of
// types.kind.
type Kind string

// The kinds of types.
const (
	Signed      Kind = "signed"
	Unsigned    Kind = "unsigned"
	Float       Kind = "float"
	Bool        Kind = "bool"
	Char        Kind = "char"
	Pointer     Kind = "pointer"
	Reference   Kind = "reference"
	Struct      Kind = "struct"
	Class       Kind = "class"
	Union       Kind = "union"
	Enum        Kind = "enum"
	Variants    Kind = "variants" // a Rust enum
	Array       Kind = "array"
	Typedef     Kind = "typedef"
	Const       Kind = "const"
	Volatile    Kind = "volatile"
	Function    Kind = "function"
	Unspecified Kind = "unspecified"
)

// Type is a row of the table types. Columns that may be NULL are pointers, but
// for names, where NULL is "", and for Target, where it is 0.
type Type struct {
	ID       uint32
	Name     string
	Kind     Kind
	Size     *uint64
	Members  []Member
	Target   uint32 // 0 where there is none: void
	Count    *uint64
	Language string
	Module   uint32

	DiscriminantOffset, DiscriminantSize *uint64
}

// Member is an element of types.members: a member or base class of a struct,
// class or union, an enumerator, or a variant of a Rust enum.
type Member struct {
	Name      string
	Offset    uint64
	Size      *uint64
	Type      uint32
	BitOffset uint32 // from the least significant bit of the byte at Offset
	BitSize   uint32 // 0 where it is no bit field
	Value     *int64 // of an enumerator; of a variant its discriminant, nil for the default
	Base      bool
}

// Types are the types of a history by type_id. They must not change once a
// Renderer uses them.
type Types map[uint32]*Type

// mostIndirections bounds chains of typedefs and qualifiers, so that one that
// bites its tail ends.
const mostIndirections = 64

// wideCharacters are the types that are characters whatever the debug information
// calls them: in C these names are typedefs of integers.
var wideCharacters = map[string]*Type{
	"wchar_t":  {Name: "wchar_t", Kind: Char, Size: sized(4)},
	"char8_t":  {Name: "char8_t", Kind: Char, Size: sized(1)},
	"char16_t": {Name: "char16_t", Kind: Char, Size: sized(2)},
	"char32_t": {Name: "char32_t", Kind: Char, Size: sized(4)},
}

func sized(n uint64) *uint64 { return &n }

// Strip returns the type behind typedefs, const and volatile. It is nil where the
// type is void, not there or endless.
func (ts Types) Strip(id uint32) *Type {
	for range mostIndirections {
		t := ts[id]
		if t == nil {
			return nil
		}
		if c := wideCharacters[t.Name]; c != nil && t.Language != "Rust" {
			return c
		}
		switch t.Kind {
		case Typedef, Const, Volatile:
			id = t.Target
		default:
			return t
		}
	}
	return nil
}

// Size returns the bytes of a value of a type. ok is false where they are not
// known.
func (ts Types) Size(id uint32) (size uint64, ok bool) { return ts.size(id, 0) }

func (ts Types) size(id uint32, depth int) (uint64, bool) {
	t := ts.Strip(id)
	if t == nil {
		return 0, false
	}
	if t.Size != nil {
		return *t.Size, true
	}
	if t.Kind != Array || t.Count == nil || depth > mostIndirections {
		return 0, false
	}
	element, ok := ts.size(t.Target, depth+1)
	if !ok || element != 0 && *t.Count > ^uint64(0)/element {
		return 0, false
	}
	return element * *t.Count, true
}

// align returns the alignment that a type has by the rules of the ABI, for
// places that no debug information names. Packed types are not considered.
func (ts Types) align(id uint32, depth int) uint64 {
	t := ts.Strip(id)
	if t == nil || depth > mostIndirections {
		return 1
	}
	switch t.Kind {
	case Array:
		return ts.align(t.Target, depth+1)
	case Struct, Class, Union, Variants:
		most := uint64(1)
		for i := range t.Members {
			most = max(most, ts.align(t.Members[i].Type, depth+1))
		}
		return most
	}
	size, _ := ts.Size(id)
	if size == 0 || size > 16 || size&(size-1) != 0 {
		return 1
	}
	return size
}

// byName indexes the named types that have a size: library containers name
// their elements only in their own names.
func (ts Types) byName() map[string][]uint32 {
	names := make(map[string][]uint32)
	for id, t := range ts {
		if t == nil || t.Name == "" {
			continue
		}
		if _, ok := ts.Size(id); ok {
			names[t.Name] = append(names[t.Name], id)
		}
	}
	for _, ids := range names {
		slices.Sort(ids)
	}
	return names
}
