package abi

import (
	"encoding/binary"
	"strconv"
)

// printer builds the text of one call's arguments.
type printer struct {
	b             []byte
	m             MemoryReader // before or after, whichever the current argument wants
	before, after MemoryReader
	args          [6]uint64
	result        int64
	failed        bool
	absent        bool // set by an argument that the call does not have
}

func (p *printer) text(s string) { p.b = append(p.b, s...) }

// hex appends an address or flags, NULL and 0 as strace has them: "0x1f", "0".
func (p *printer) hex(v uint64) {
	if v != 0 {
		p.text("0x")
	}
	p.b = strconv.AppendUint(p.b, v, 16)
}

// address is hex, with NULL for 0.
func (p *printer) address(v uint64) {
	if v == 0 {
		p.text("NULL")
		return
	}
	p.hex(v)
}

func (p *printer) decimal(v int64)    { p.b = strconv.AppendInt(p.b, v, 10) }
func (p *printer) unsigned(v uint64)  { p.b = strconv.AppendUint(p.b, v, 10) }
func (p *printer) comment(s string)   { p.text(" /* " + s + " */") }
func (p *printer) field(s string)     { p.text(s); p.text("=") }
func (p *printer) bracketed(f func()) { p.text("["); f(); p.text("]") }

// paddedOctal is a file mode as C's %#03o shows it: a leading 0, three digits.
func (p *printer) paddedOctal(v uint64) {
	s := strconv.FormatUint(v, 8)
	for len(s) < 2 {
		s = "0" + s
	}
	p.text("0" + s)
}

// read returns n bytes at addr; false where they cannot all be read.
func (p *printer) read(addr, n uint64) ([]byte, bool) {
	if n > 1<<20 {
		return nil, false
	}
	b := make([]byte, n)
	return b, n == 0 || p.m != nil && p.m.ReadMemory(addr, b) == int(n)
}

func (p *printer) readable(addr, n uint64) bool {
	_, ok := p.read(addr, n)
	return ok
}

func (p *printer) uint(addr uint64, size int) uint64 { return readUint(p.m, addr, size) }

// arrayMax is how many elements of an array strace shows.
const arrayMax = 32

// array appends n objects at addr, in brackets.
func (p *printer) array(addr, n uint64, o object) {
	p.arrayFunc(addr, n, o.size(), o.showAt)
}

func (p *printer) arrayFunc(addr, n, size uint64, show func(p *printer, addr uint64)) {
	if n > 0 && !p.readable(addr, size) {
		p.address(addr)
		return
	}
	p.text("[")
	for i := range n {
		if i > 0 {
			p.text(", ")
		}
		at := addr + i*size
		if i == arrayMax {
			p.text("...")
			break
		}
		if !p.readable(at, size) {
			p.text("... /* ")
			p.hex(at)
			p.text(" */")
			break
		}
		show(p, at)
	}
	p.text("]")
}

// stringMax is how many bytes of data strace shows.
const stringMax = 32

// data appends n bytes at addr as a quoted string, at most stringMax of them.
func (p *printer) data(addr, n uint64) {
	if addr == 0 {
		p.text("NULL")
		return
	}
	b, ok := p.read(addr, min(n, stringMax))
	if !ok {
		p.hex(addr)
		return
	}
	p.b = appendQuoted(p.b, b)
	if n > stringMax {
		p.text("...")
	}
}

// cstring appends the string at addr up to its NUL, at most limit bytes.
func (p *printer) cstring(addr uint64, limit int) {
	if addr == 0 {
		p.text("NULL")
		return
	}
	b, ended := readString(p.m, addr, limit+1)
	if len(b) == 0 && !ended {
		p.hex(addr)
		return
	}
	if len(b) > limit {
		b, ended = b[:limit], false
	}
	p.b = appendQuoted(p.b, b)
	if !ended {
		p.text("...")
	}
}

// pathMax is the kernel's PATH_MAX.
const pathMax = 4096

// readString reads a string of at most limit bytes and tells whether its NUL
// was found within them.
func readString(m MemoryReader, addr uint64, limit int) (s []byte, ended bool) {
	if m == nil {
		return nil, false
	}
	var chunk [256]byte
	for len(s) < limit {
		want := min(len(chunk), limit-len(s), int(256-addr%256))
		n := m.ReadMemory(addr, chunk[:want])
		for i, c := range chunk[:max(n, 0)] {
			if c == 0 {
				return append(s, chunk[:i]...), true
			}
		}
		s = append(s, chunk[:max(n, 0)]...)
		if n < want {
			return s, false
		}
		addr += uint64(n)
	}
	return s, false
}

// appendQuoted appends b in quotes with the escapes that C and strace use.
func appendQuoted(dst, b []byte) []byte {
	dst = append(dst, '"')
	for i, c := range b {
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\t':
			dst = append(dst, '\\', 't')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\v':
			dst = append(dst, '\\', 'v')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\r':
			dst = append(dst, '\\', 'r')
		default:
			if c >= ' ' && c < 0x7f {
				dst = append(dst, c)
				continue
			}
			dst = append(dst, '\\')
			if i+1 < len(b) && b[i+1] >= '0' && b[i+1] <= '9' {
				dst = append(dst, '0'+c>>6, '0'+c>>3&7, '0'+c&7)
			} else {
				dst = strconv.AppendUint(dst, uint64(c), 8)
			}
		}
	}
	return append(dst, '"')
}

// hexData appends bytes as a string of hexadecimal escapes.
func (p *printer) hexData(b []byte) {
	const digits = "0123456789abcdef"
	p.text(`"`)
	for _, c := range b {
		p.b = append(p.b, '\\', 'x', digits[c>>4], digits[c&15])
	}
	p.text(`"`)
}

// bigEndian16 is a port number as it stands in memory.
func bigEndian16(v uint64) uint64 {
	var b [2]byte
	binary.LittleEndian.PutUint16(b[:], uint16(v))
	return uint64(binary.BigEndian.Uint16(b[:]))
}
