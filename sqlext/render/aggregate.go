package render

import (
	"bytes"
	"iter"
	"strconv"
	"strings"
)

// structure writes a struct, class or union by its members.
func (p *printer) structure(v val) {
	if v.isRust() {
		p.rustStructure(v)
		return
	}
	p.write("{")
	first := true
	for i := range v.typ.Members {
		m := &v.typ.Members[i]
		inner := p.memberValue(v, m)
		if m.Base && !p.hasData(inner.typ, mostNesting) {
			continue
		}
		if !first {
			p.write(", ")
		}
		first = false
		switch {
		case m.Base:
			p.write("<" + m.baseName(inner.typ) + "> = ")
		case m.Name != "":
			p.write(m.Name + " = ")
		}
		p.memberText(v, m)
		if p.full {
			return
		}
	}
	p.write("}")
}

func (m *Member) baseName(t *Type) string {
	if m.Name == "" && t != nil {
		return t.Name
	}
	return m.Name
}

// memberText writes a member's value.
func (p *printer) memberText(v val, m *Member) {
	if m.BitSize > 0 {
		bytes := (uint64(m.BitOffset) + uint64(m.BitSize) + 7) / 8
		p.bitField(m.Type, part(v.b, m.Offset, bytes), m.BitOffset, m.BitSize)
		return
	}
	p.print(p.memberValue(v, m))
}

// hasData tells whether there is anything to show of a base class.
func (p *printer) hasData(t *Type, depth int) bool {
	if t == nil || depth == 0 {
		return true
	}
	for i := range t.Members {
		m := &t.Members[i]
		if !m.Base || p.hasData(p.r.Types.Strip(m.Type), depth-1) {
			return true
		}
	}
	return false
}

// array writes an array; one of characters as text, up to its first zero.
func (p *printer) array(v val) {
	element := p.r.Types.Strip(v.typ.Target)
	size, ok := p.r.Types.Size(v.typ.Target)
	if element == nil || !ok {
		p.write(unknown)
		return
	}
	if isText(element) && (len(v.b) > 0 || v.typ.Count == nil || *v.typ.Count == 0) {
		p.quoted(v.b, element)
		return
	}
	count := uint64(0)
	if v.typ.Count != nil {
		count = *v.typ.Count
	} else if size > 0 {
		count = uint64(len(v.b)) / size
	}
	at := func(i uint64) []byte { return part(v.b, i*size, size) }
	p.sequence(count, v.typ.Target, v.isRust(), at)
}

// mostSame is how many equal elements in a row are written once, with their
// number.
const mostSame = 10

// sequence writes elements that lie one after the other.
func (p *printer) sequence(count uint64, element uint32, rust bool, at func(i uint64) []byte) {
	open, closing := "{", "}"
	if rust {
		open, closing = "[", "]"
	}
	p.items(open, closing, func(yield func(func()) bool) {
		for i := uint64(0); i < count; {
			b := at(i)
			same := uint64(1)
			for i+same < count && bytes.Equal(at(i+same), b) {
				if same++; !p.spend() {
					return
				}
			}
			show, times := same, uint64(1)
			if same >= mostSame {
				show, times = 1, same
			}
			i += same
			for range show {
				if !yield(func() { p.repeated(element, b, times) }) {
					return
				}
			}
		}
	})
}

func (p *printer) repeated(element uint32, b []byte, times uint64) {
	p.value(element, b)
	if times > 1 {
		p.write(" <repeats " + strconv.FormatUint(times, 10) + " times>")
	}
}

// items writes what each item writes, between brackets.
func (p *printer) items(open, closing string, items iter.Seq[func()]) {
	p.write(open)
	first := true
	for item := range items {
		if !first {
			p.write(", ")
		}
		first = false
		if item(); !p.spend() {
			return
		}
	}
	p.write(closing)
}

// elements are the bytes of elements in memory, read in pieces.
func (p *printer) elements(addr, size uint64) func(i uint64) []byte {
	const piece = 4096
	var buf []byte
	var from uint64
	return func(i uint64) []byte {
		offset := i * size
		if size == 0 || size > mostRead || i > ^uint64(0)/size {
			return nil
		}
		if offset < from || offset+size > from+uint64(len(buf)) {
			buf, from = p.read(addr+offset, max(piece, size)), offset
			if uint64(len(buf)) < size {
				buf = p.read(addr+offset, size)
			}
		}
		return part(buf, offset-from, size)
	}
}

// rustStructure writes a struct as {:?} does.
func (p *printer) rustStructure(v val) {
	name := rustName(v.typ.Name)
	switch {
	case len(v.typ.Members) == 0:
		p.write(name)
	case isTuple(v.typ):
		p.rustTuple(name, v)
	default:
		p.items(name+" { ", " }", func(yield func(func()) bool) {
			for i := range v.typ.Members {
				m := &v.typ.Members[i]
				if !yield(func() { p.write(m.Name + ": "); p.memberText(v, m) }) {
					return
				}
			}
		})
	}
}

func (p *printer) rustTuple(name string, v val) {
	closing := ")"
	if name == "" && len(v.typ.Members) == 1 {
		closing = ",)"
	}
	p.items(name+"(", closing, func(yield func(func()) bool) {
		for i := range v.typ.Members {
			if !yield(func() { p.memberText(v, &v.typ.Members[i]) }) {
				return
			}
		}
	})
}

// isTuple tells whether all members are numbered.
func isTuple(t *Type) bool {
	for i, m := range t.Members {
		if m.Name != "__"+strconv.Itoa(i) {
			return false
		}
	}
	return true
}

// rustName is a type's name without path and arguments; "" of a tuple.
func rustName(name string) string {
	if strings.HasPrefix(name, "(") {
		if name == "()" {
			return name
		}
		return ""
	}
	if strings.HasPrefix(name, "&") || strings.HasPrefix(name, "*") {
		return name
	}
	name, _, _ = strings.Cut(name, "<")
	return name[strings.LastIndex(name, ":")+1:]
}

// variants writes a Rust enum: the variant that the discriminant says.
func (p *printer) variants(v val) {
	m, ok := p.variant(v)
	if !ok {
		p.write(unknown)
		return
	}
	body := p.memberValue(v, m)
	switch {
	case body.typ == nil || len(body.typ.Members) == 0:
		p.write(m.Name)
	case isTuple(body.typ):
		p.rustTuple(m.Name, body)
	default:
		p.rustStructure(val{&Type{Name: m.Name, Kind: Struct, Members: body.typ.Members, Language: "Rust"}, body.b})
	}
}

// variant finds the variant of a value. ok is false where the discriminant is
// not known or means none.
func (p *printer) variant(v val) (m *Member, ok bool) {
	if v.typ.DiscriminantOffset == nil || v.typ.DiscriminantSize == nil {
		if len(v.typ.Members) == 1 { // needs no discriminant
			return &v.typ.Members[0], true
		}
		return nil, false
	}
	size := *v.typ.DiscriminantSize
	b := part(v.b, *v.typ.DiscriminantOffset, size)
	if size == 0 || size > 16 || uint64(len(b)) < size {
		return nil, false
	}
	var other *Member
	for i := range v.typ.Members {
		m := &v.typ.Members[i]
		if m.Value == nil {
			other = m
		} else if isDiscriminant(b, *m.Value) {
			return m, true
		}
	}
	return other, other != nil
}

// isDiscriminant compares a number of up to 16 bytes with one of 8; a compiler
// may have written the latter with or without sign.
func isDiscriminant(b []byte, n int64) bool {
	low := b[:min(len(b), 8)]
	mask := ^uint64(0) >> (64 - 8*uint(len(low)))
	if littleEndian(low) != uint64(n)&mask {
		return false
	}
	for _, c := range b[len(low):] {
		if c != 0 && c != 0xff {
			return false
		}
	}
	return true
}
