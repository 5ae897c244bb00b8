package render

import (
	"encoding/binary"
	"math/big"
	"strconv"
	"strings"
)

// scalar writes a number, truth value, character or enumerator.
func (p *printer) scalar(v val) {
	if v.typ.Name == "()" {
		p.write("()")
		return
	}
	if v.typ.Size == nil || *v.typ.Size == 0 || uint64(len(v.b)) < *v.typ.Size {
		p.write(unknown)
		return
	}
	switch v.typ.Kind {
	case Float:
		p.float(v)
	case Bool:
		p.bool(v.b)
	case Char:
		p.char(v)
	case Enum:
		p.enum(v)
	default:
		p.write(integer(v.b, v.typ.Kind == Signed))
	}
}

// integer renders a little-endian integer of any size in decimal.
func integer(b []byte, signed bool) string {
	if len(b) <= 8 {
		if signed {
			return strconv.FormatInt(signExtend(b), 10)
		}
		return strconv.FormatUint(littleEndian(b), 10)
	}
	reversed := make([]byte, len(b))
	for i, c := range b {
		reversed[len(b)-1-i] = c
	}
	n := new(big.Int).SetBytes(reversed)
	if signed && reversed[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n.String()
}

// signExtend reads a signed little-endian integer of up to 8 bytes.
func signExtend(b []byte) int64 {
	shift := 64 - 8*uint(len(b))
	return int64(littleEndian(b)<<shift) >> shift
}

// bool writes true and false; what is neither, as only damaged memory has, is a
// number.
func (p *printer) bool(b []byte) {
	switch n := integer(b, false); n {
	case "0":
		p.write("false")
	case "1":
		p.write("true")
	default:
		p.write(n)
	}
}

// isSigned tells whether integers of a type are negative where their top bit is
// set.
func (p *printer) isSigned(t *Type) bool {
	switch t.Kind {
	case Signed:
		return true
	case Char:
		return !strings.HasPrefix(t.Name, "unsigned") && t.Size != nil && *t.Size == 1 && t.Name != "char8_t" || t.Name == "wchar_t"
	case Enum:
		for _, m := range t.Members {
			if m.Value != nil && *m.Value < 0 {
				return true
			}
		}
		target := p.r.Types.Strip(t.Target)
		return target != nil && target.Kind == Signed
	}
	return false
}

// enum writes an enumerator's name; a value that is made of several single bits
// with names as (A | B); any other as a number.
func (p *printer) enum(v val) {
	if len(v.b) > 8 {
		p.write(integer(v.b, false))
		return
	}
	n := littleEndian(v.b)
	mask := ^uint64(0) >> (64 - 8*uint(len(v.b)))
	for _, m := range v.typ.Members {
		if m.Value != nil && uint64(*m.Value)&mask == n {
			p.write(m.Name)
			return
		}
	}
	if names := flags(v.typ, n); len(names) > 0 {
		p.write("(" + strings.Join(names, " | ") + ")")
		return
	}
	p.write(integer(v.b, p.isSigned(v.typ)))
}

// flags are the enumerators whose bits a value is made of; none where the
// enumeration is not one of flags, each with bits of its own.
func flags(t *Type, n uint64) []string {
	var names []string
	var seen uint64
	rest := n
	for _, m := range t.Members {
		if m.Value == nil || *m.Value < 0 {
			return nil
		}
		bits := uint64(*m.Value)
		if bits&seen != 0 {
			return nil
		}
		seen |= bits
		if bits != 0 && n&bits == bits {
			names = append(names, m.Name)
			rest &^= bits
		}
	}
	if rest != 0 {
		return nil
	}
	return names
}

// bitField writes bits of b, the first of which is number first.
func (p *printer) bitField(id uint32, b []byte, first, bits uint32) {
	t := p.r.Types.Strip(id)
	size, ok := p.r.Types.Size(id)
	end := uint64(first) + uint64(bits)
	if t == nil || !ok || size == 0 || size > 16 || bits == 0 || uint64(bits) > 8*size || (end+7)/8 > uint64(len(b)) {
		p.write(unknown)
		return
	}
	out := make([]byte, size)
	bit := func(i uint64) byte { return b[i/8] >> (i % 8) & 1 }
	negative := p.isSigned(t) && bit(end-1) == 1
	for i := range 8 * size {
		if i < uint64(bits) && bit(uint64(first)+i) == 1 || i >= uint64(bits) && negative {
			out[i/8] |= 1 << (i % 8)
		}
	}
	p.value(id, out)
}

// char writes a character: in Rust as it is written there, else its number and
// the character.
func (p *printer) char(v val) {
	if v.isRust() {
		p.write(rustChar(uint32(littleEndian(v.b))))
		return
	}
	p.write(integer(v.b, p.isSigned(v.typ)) + " " + charPrefix(v.typ) + quoteUnits(v.b, len(v.b), '\''))
}

// charPrefix is what stands before literals of a character type.
func charPrefix(t *Type) string {
	switch {
	case t.Name == "wchar_t":
		return "L"
	case t.Name == "char8_t":
		return "u8"
	case t.Size != nil && *t.Size == 2:
		return "u"
	case t.Size != nil && *t.Size == 4:
		return "U"
	}
	return ""
}

// unit reads a character's code from its bytes.
func unit(b []byte) uint32 {
	switch len(b) {
	case 1:
		return uint32(b[0])
	case 2:
		return uint32(binary.LittleEndian.Uint16(b))
	case 4:
		return binary.LittleEndian.Uint32(b)
	}
	return uint32(littleEndian(b))
}
