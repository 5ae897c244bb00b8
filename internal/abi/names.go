package abi

// name is a constant of the kernel interface.
type name struct {
	value uint64
	text  string
}

// names are the constants of one argument or field, in the order in which they
// are shown.
type names []name

func (t names) find(v uint64) (string, bool) {
	for _, n := range t {
		if n.value == v {
			return n.text, true
		}
	}
	return "", false
}

// enum is a number that is one of the constants in t; kind is what strace calls
// an unknown one ("F_???").
func enum(name string, width uint8, t names, kind string) scalar {
	return scalar{name, width, false, func(p *printer, v uint64) { p.enum(v, t, kind) }}
}

func (p *printer) enum(v uint64, t names, kind string) {
	if s, ok := t.find(v); ok {
		p.text(s)
		return
	}
	p.hex(v)
	if kind != "" {
		p.comment(kind)
	}
}

// flags is a number made of the bits in t. A constant 0 in t, which must be its
// first, is shown where no bit is set.
func flags(name string, width uint8, t names, kind string) scalar {
	return scalar{name, width, false, func(p *printer, v uint64) { p.flags(v, t, kind) }}
}

func (p *printer) flags(v uint64, t names, kind string) {
	start := len(p.b)
	if v == 0 {
		if len(t) > 0 && t[0].value == 0 {
			p.text(t[0].text)
		} else {
			p.text("0")
		}
		return
	}
	for _, n := range t {
		if n.value == 0 || v&n.value != n.value {
			continue
		}
		if len(p.b) > start {
			p.text("|")
		}
		p.text(n.text)
		v &^= n.value
	}
	if v == 0 {
		return
	}
	if len(p.b) > start {
		p.text("|")
		p.hex(v)
		return
	}
	p.hex(v)
	if kind != "" {
		p.comment(kind)
	}
}

// enumAndFlags is flags with a part that is an enumeration: v&mask is looked up in
// low, the rest in bits.
func enumAndFlags(name string, width uint8, mask uint64, low names, lowKind string, bits names) scalar {
	return scalar{name, width, false, func(p *printer, v uint64) {
		p.enum(v&mask, low, lowKind)
		if rest := v &^ mask; rest != 0 {
			p.text("|")
			p.flags(rest, bits, "")
		}
	}}
}
