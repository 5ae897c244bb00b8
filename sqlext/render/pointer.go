package render

import (
	"bytes"
	"strconv"
	"strings"
)

// pointer writes an address, the symbol that has it, and the text where it points
// to characters. Rust's references show what they refer to.
func (p *printer) pointer(v val) {
	if len(v.b) == 16 && !v.isRust() {
		p.memberFunction(v)
		return
	}
	addr, ok := v.uint()
	if !ok {
		p.write(unknown)
		return
	}
	if v.isRust() && (strings.HasPrefix(v.typ.Name, "&") || templateName(v.typ.Name) == "alloc::boxed::Box") {
		p.follow(addr, v.typ.Target)
		return
	}
	p.address(addr)
	if target := p.r.Types.Strip(v.typ.Target); target != nil && addr != 0 && isText(target) {
		p.cString(addr, target)
	}
}

// memberFunction writes a pointer to a member function: a function or an offset
// in the table of virtual ones, and what to add to the object's address.
func (p *printer) memberFunction(v val) {
	p.address(littleEndian(v.b[:8]))
	if adjust := int64(littleEndian(v.b[8:])); adjust != 0 {
		p.write(", this adjustment " + strconv.FormatInt(adjust, 10))
	}
}

// reference writes the address and what is there.
func (p *printer) reference(v val) {
	addr, ok := v.uint()
	if !ok {
		p.write(unknown)
		return
	}
	p.follow(addr, v.typ.Target)
}

// follow writes what a reference or owning pointer has: "@0x…: value". A null
// pointer has nothing, and what is not known is left out.
func (p *printer) follow(addr uint64, target uint32) {
	if addr == 0 {
		p.write("0x0")
		return
	}
	p.write("@" + hex(addr))
	if v := p.load(target, addr); v.typ != nil && v.typ.Kind != Function && (len(v.b) > 0 || v.isEmpty()) {
		p.write(": ")
		p.print(v)
	}
}

// isEmpty tells that values of the type have no bytes.
func (v val) isEmpty() bool { return v.typ.Size != nil && *v.typ.Size == 0 }

// address writes an address and the symbol that has it.
func (p *printer) address(addr uint64) {
	p.write(hex(addr))
	if p.r.Symbols == nil || addr == 0 {
		return
	}
	name, offset, ok := p.r.Symbols.Symbol(addr, p.t)
	if !ok {
		return
	}
	p.write(" <" + name)
	if offset != 0 {
		p.write("+" + strconv.FormatUint(offset, 10))
	}
	p.write(">")
}

func hex(n uint64) string { return "0x" + strconv.FormatUint(n, 16) }

// isText tells whether arrays of a type, and what pointers to it point to, are
// text: characters of C and C++.
func isText(t *Type) bool {
	return t.Kind == Char && t.Language != "Rust" && t.Size != nil && (*t.Size == 1 || *t.Size == 2 || *t.Size == 4)
}

// cString writes the text at addr, up to its zero. Where nothing of it is known,
// nothing is written.
func (p *printer) cString(addr uint64, char *Type) {
	size := int(*char.Size)
	text := p.read(addr, uint64((p.length+1)*size))
	if len(text) < size {
		return
	}
	p.write(" ")
	p.quoted(text, char)
}

// quoted writes the characters before the first zero.
func (p *printer) quoted(b []byte, char *Type) {
	size := int(*char.Size)
	b = b[:len(b)/size*size]
	zero := make([]byte, size)
	for i := 0; i < len(b); i += size {
		if bytes.Equal(b[i:i+size], zero) {
			b = b[:i]
			break
		}
	}
	p.characters(b, char)
}

// characters writes text with all its zeros, as long as the whole text may be.
func (p *printer) characters(b []byte, char *Type) {
	size := int(*char.Size)
	if most := (p.length + 1) * size; len(b) > most {
		b = b[:most]
	}
	p.write(charPrefix(char) + quoteUnits(b, size, '"'))
}
