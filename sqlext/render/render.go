package render

import "sync"

// Memory tells what memory held. ReadMemory fills p with the bytes at addr as
// they were after the instruction at time t and returns how many of them, from
// the first on, are known.
type Memory interface {
	ReadMemory(addr uint64, p []byte, t uint64) int
}

// Symbols names addresses. Symbol returns the function or global variable that
// has addr at time t, and how far behind its first byte addr is; ok is false
// where nothing does.
type Symbols interface {
	Symbol(addr, t uint64) (name string, offset uint64, ok bool)
}

// Options bound a text.
type Options struct {
	MaxLength int // bytes of text, DefaultLength where 0; a longer one is cut and ends in "..."
	MaxDepth  int // levels of structs and pointers, DefaultDepth where 0; what is deeper is "{...}"
}

// What Options mean where they are 0.
const (
	DefaultLength = 200
	DefaultDepth  = 20
)

// Renderer renders values. It can be used by several goroutines where its
// Memory and Symbols can; these may be nil.
type Renderer struct {
	Types   Types
	Memory  Memory
	Symbols Symbols
	Options Options

	once  sync.Once
	names map[string][]uint32
}

// Text renders a value of a type as it is after the instruction at time t. Bytes
// that are missing at the end are unknown.
func (r *Renderer) Text(typeID uint32, value []byte, t uint64) string {
	p := newPrinter(r, t)
	p.value(typeID, value)
	return p.text()
}

// BitField renders a bit field: bits bits, the first of which is number first of
// the bytes, counted from the least significant one.
func (r *Renderer) BitField(typeID uint32, value []byte, first, bits uint32, t uint64) string {
	p := newPrinter(r, t)
	p.bitField(typeID, value, first, bits)
	return p.text()
}
