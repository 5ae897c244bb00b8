package symbols

import "sync"

// Data is what the debug information of a file says of types and variables.
// Addresses are link-time addresses, as everywhere in File.
type Data struct {
	// Types are all types, equal ones once. Types[0] stands for none (void).
	Types []Type
	// Variables are in the order of the debug information.
	Variables []Variable
}

// TypeKind says what a type is. Its text is that of the column types.kind.
type TypeKind uint8

// The kinds of types.
const (
	Unspecified TypeKind = iota
	Signed
	Unsigned
	Float
	Bool
	Char
	Pointer
	Reference
	Struct
	Class
	Union
	Enum
	Variants // a Rust enum
	Array
	Typedef
	Const
	Volatile
	FunctionType
)

var typeKindNames = [...]string{"unspecified", "signed", "unsigned", "float", "bool", "char", "pointer", "reference",
	"struct", "class", "union", "enum", "variants", "array", "typedef", "const", "volatile", "function"}

func (k TypeKind) String() string { return typeKindNames[k] }

// Unknown stands for a size, count or offset that the debug information leaves open.
const Unknown = ^uint64(0)

// Type is a type of the debug information.
type Type struct {
	// Name is as the language writes it, empty for anonymous ones.
	Name     string
	Language string
	Kind     TypeKind
	Size     uint64 // bytes, or Unknown
	// Target is what it points to, is an array of, is a name for …; 0 for none.
	Target int32
	Count  uint64 // of an array, or Unknown
	// DiscrOffset and DiscrSize tell where the discriminant of Variants is, or Unknown.
	DiscrOffset, DiscrSize uint64
	Members                []Member
}

// Member is a member, base class, enumerator or variant.
type Member struct {
	Name   string
	Type   int32  // 0 of enumerators
	Offset uint64 // or Unknown, as of enumerators and virtual base classes
	Size   uint64 // or Unknown
	// BitSize is 0 of what is no bit field. BitOffset counts from the least
	// significant bit of the byte at Offset.
	BitOffset, BitSize uint32
	Value              int64 // of an enumerator or variant
	HasValue           bool
	Base               bool // a base class
}

// VariableKind is global, static, local or parameter.
type VariableKind uint8

// The kinds of variables, in the order of the column variables.kind.
const (
	Global VariableKind = iota
	Static
	Local
	Parameter
)

// Lives tells where a variable is while the program runs.
type Lives uint8

// Where variables live.
const (
	InMemory Lives = iota
	InRegister
	InBoth // by the place in the code
	IsConstant
	OptimizedOut
)

var livesNames = [...]string{"memory", "register", "memory and register", "constant", "optimized out"}

func (l Lives) String() string { return livesNames[l] }

// Variable is a variable or parameter of the debug information.
type Variable struct {
	Name string
	// Scope is the function (the innermost, where inlined), namespace or class that
	// it is declared in, empty for none.
	Scope string
	// Linkage is the name as linked, of what is seen from other files, if it
	// differs from Name.
	Linkage  string
	File     string
	Kind     VariableKind
	Lives    Lives
	Function int32 // in Functions, of what a function declares; else -1
	Type     int32 // in Types, 0 for none
	Line     int32
	Places   []Place
}

// PlaceBase is what the offset of a Place counts from.
type PlaceBase uint8

// The bases of places, in the order of the column _locations.base.
const (
	FromAddress PlaceBase = iota // a link-time address
	FromCFA                      // of the call of Function
	FromTLS                      // the module's block of thread-local storage
)

// Place is where a variable, or a piece of it, lies in memory while the program is
// at [Lo, Hi); everywhere, where both are 0.
type Place struct {
	Lo, Hi uint64
	Base   PlaceBase
	// Deref tells that a pointer lies there, and the variable DerefOffset from
	// where it points to.
	Deref               bool
	Offset, DerefOffset int64
	// PartSize is not 0 of a piece, which begins at PartOffset of the variable.
	PartOffset, PartSize uint64
}

// dataOnce holds the result of File.Data.
type dataOnce struct {
	sync.Once
	data *Data
}

// Data reads all types and variables, once; the caller must not change them. A file
// without debug information has none. What is damaged is left out, and Diagnostics
// says so.
func (f *File) Data() *Data {
	f.data.Do(func() {
		f.data.data = &Data{Types: make([]Type, 1)}
		f.table()
		if f.dwarf == nil {
			return
		}
		f.guard("debug information of types and variables", func() {
			f.Functions()
			r := newDataReader(f)
			f.data.data = r.read()
		})
	})
	return f.data.data
}

// HasDebugInformation tells whether Data and source lines can be known.
func (f *File) HasDebugInformation() bool { return f.dwarf != nil }
