package symbols

// Sources: DWARF 5, 2.5 and 7.7; the GNU operations from the DWARF wiki.

// symbolic is a value on the stack of a location expression, as far as it is known
// without running the program: a base and a distance to it.
type symbolic struct {
	base symbolicBase
	off  int64
	// deref: what lies at base + off was fetched, derefOff was added to it.
	deref    bool
	derefOff int64
}

type symbolicBase uint8

const (
	symUnknown symbolicBase = iota // computed, or from registers other than these
	symNumber
	symAddress
	symCFA
	symTLS
	symRSP
	symRBP
)

func (s symbolic) plus(n int64) symbolic {
	if s.deref {
		s.derefOff += n
	} else {
		s.off += n
	}
	return s
}

// Numbers of registers in DWARF (System V ABI, x86-64 supplement, figure 3.36).
const (
	regRBP = 6
	regRSP = 7
)

func registerBase(reg uint64, off int64) symbolic {
	switch reg {
	case regRBP:
		return symbolic{base: symRBP, off: off}
	case regRSP:
		return symbolic{base: symRSP, off: off}
	}
	return symbolic{}
}

// partKind is what a location expression says of a variable or of a piece of it.
type partKind uint8

const (
	partNothing  partKind = iota // optimized out
	partMemory                   // at a symbolic place
	partRegister                 // in a register, or where a register says
	partConstant
)

type part struct {
	kind partKind
	at   symbolic
	size uint64 // of a piece, 0 for all of the variable
}

// Operations of location expressions.
const (
	opAddr          = 0x03
	opDeref         = 0x06
	opConst1u       = 0x08
	opConst1s       = 0x09
	opConst2u       = 0x0a
	opConst2s       = 0x0b
	opConst4u       = 0x0c
	opConst4s       = 0x0d
	opConst8u       = 0x0e
	opConst8s       = 0x0f
	opConstu        = 0x10
	opConsts        = 0x11
	opMinus         = 0x1c
	opPlus          = 0x22
	opPlusUconst    = 0x23
	opLit0          = 0x30
	opReg0          = 0x50
	opBreg0         = 0x70
	opBregLast      = 0x8f
	opRegx          = 0x90
	opFbreg         = 0x91
	opBregx         = 0x92
	opPiece         = 0x93
	opNop           = 0x96
	opCallFrameCFA  = 0x9c
	opFormTLS       = 0x9b
	opImplicit      = 0x9e
	opStackValue    = 0x9f
	opImplicitPtr   = 0xa0
	opAddrx         = 0xa1
	opConstx        = 0xa2
	opGNUPushTLS    = 0xe0
	opGNUImplicit   = 0xf2
	opGNUAddrIndex  = 0xfb
	opGNUConstIndex = 0xfc
)

// maxParts bounds the pieces of one variable.
const maxParts = 64

// evaluation runs location expressions, one after the other.
type evaluation struct {
	u      *unit
	fbase  symbolic // of DW_OP_fbreg
	r      buf
	stack  []symbolic
	parts  []part
	simple part // what the last operation made of the piece, where that is no memory
	isDone bool // simple is set
}

// run returns what an expression says, in pieces: one of size 0 where it is about
// the whole variable. fbase is the function's frame base. The result is valid until the
// next call.
func (v *evaluation) run(u *unit, expr []byte, fbase symbolic) []part {
	*v = evaluation{u: u, fbase: fbase, r: buf{b: expr}, stack: v.stack[:0], parts: v.parts[:0]}
	for v.r.more() && len(v.parts) < maxParts {
		if !v.step() || v.r.bad {
			v.parts = append(v.parts[:0], part{kind: partRegister})
			return v.parts
		}
	}
	if len(v.parts) == 0 || v.isDone || len(v.stack) > 0 {
		v.piece(0)
	}
	return v.parts
}

// piece ends a piece.
func (v *evaluation) piece(size uint64) {
	p := part{kind: partNothing}
	switch n := len(v.stack); {
	case v.isDone:
		p = v.simple
	case n > 0 && (v.stack[n-1].base == symUnknown || v.stack[n-1].base == symNumber):
		p.kind = partRegister
	case n > 0:
		p = part{kind: partMemory, at: v.stack[n-1]}
	}
	p.size = size
	v.parts = append(v.parts, p)
	v.stack, v.isDone = v.stack[:0], false
}

func (v *evaluation) push(s symbolic) { v.stack = append(v.stack, s) }

func (v *evaluation) number(n int64) { v.push(symbolic{base: symNumber, off: n}) }

func (v *evaluation) pop() symbolic {
	n := len(v.stack)
	if n == 0 {
		v.r.fail()
		return symbolic{}
	}
	s := v.stack[n-1]
	v.stack = v.stack[:n-1]
	return s
}

func (v *evaluation) is(kind partKind) { v.simple, v.isDone = part{kind: kind}, true }

// step executes an operation; false: it is one that the place cannot be known after.
func (v *evaluation) step() bool {
	r := &v.r
	switch op := r.u8(); {
	case op >= opReg0 && op < opBreg0:
		v.is(partRegister)
	case op >= opBreg0 && op <= opBregLast:
		v.push(registerBase(uint64(op-opBreg0), r.sleb()))
	case op >= opLit0 && op < opReg0:
		v.number(int64(op - opLit0))
	case op >= opConst1u && op <= opConsts:
		v.number(v.constant(op))
	default:
		return v.special(op)
	}
	return true
}

func (v *evaluation) constant(op byte) int64 {
	r := &v.r
	switch op {
	case opConst1u:
		return int64(r.u8())
	case opConst1s:
		return int64(int8(r.u8()))
	case opConst2u:
		return int64(r.u16())
	case opConst2s:
		return int64(int16(r.u16()))
	case opConst4u:
		return int64(r.u32())
	case opConst4s:
		return int64(int32(r.u32()))
	case opConst8u, opConst8s:
		return int64(r.u64())
	case opConstu:
		return int64(r.uleb())
	}
	return r.sleb()
}

func (v *evaluation) special(op byte) bool {
	r := &v.r
	switch op {
	case opNop:
	case opAddr:
		v.push(symbolic{base: symAddress, off: int64(r.u64())})
	case opAddrx, opGNUAddrIndex:
		a, ok := v.u.indexedAddress(r.uleb())
		v.push(symbolic{base: symAddress, off: int64(a)})
		return ok
	case opConstx, opGNUConstIndex:
		a, ok := v.u.indexedAddress(r.uleb())
		v.number(int64(a))
		return ok
	case opFbreg:
		if n := r.sleb(); v.fbase.base != symUnknown {
			v.push(v.fbase.plus(n))
		} else {
			v.push(symbolic{})
		}
	case opBregx:
		reg := r.uleb()
		v.push(registerBase(reg, r.sleb()))
	case opRegx:
		r.uleb()
		v.is(partRegister)
	case opCallFrameCFA:
		v.push(symbolic{base: symCFA})
	case opPlusUconst:
		v.push(v.pop().plus(int64(r.uleb())))
	case opPlus, opMinus:
		return v.sum(op == opMinus)
	case opDeref:
		s := v.pop()
		if s.deref || s.base == symUnknown || s.base == symNumber {
			return false
		}
		s.deref = true
		v.push(s)
	case opFormTLS, opGNUPushTLS:
		s := v.pop()
		if s.deref || s.base != symNumber && s.base != symAddress {
			return false
		}
		v.push(symbolic{base: symTLS, off: s.off})
	default:
		return v.described(op)
	}
	return true
}

// described takes an operation that says what a piece of the value is.
func (v *evaluation) described(op byte) bool {
	r := &v.r
	switch op {
	case opPiece:
		v.piece(r.uleb())
	case opStackValue:
		kind := partRegister
		if v.pop().base == symNumber {
			kind = partConstant
		}
		v.is(kind)
	case opImplicit:
		r.skip(int(min(r.uleb(), 1<<30)))
		v.is(partConstant)
	case opImplicitPtr, opGNUImplicit:
		r.offset(v.u.offsetSize)
		r.sleb()
		v.is(partNothing)
	default:
		return false
	}
	return true
}

// sum adds or subtracts the two topmost values.
func (v *evaluation) sum(minus bool) bool {
	b, a := v.pop(), v.pop()
	switch {
	case b.base == symNumber && !b.deref && minus:
		a = a.plus(-b.off)
	case b.base == symNumber && !b.deref:
		a = a.plus(b.off)
	case a.base == symNumber && !a.deref && !minus:
		a = b.plus(a.off)
	default:
		return false
	}
	v.push(a)
	return true
}

// listed is an entry of a location list.
type listed struct {
	lo, hi uint64
	// everywhere: of the default entry, which holds where no other does.
	everywhere bool
	expr       []byte
}

// locationList reads the location list that an attribute refers to.
func (u *unit) locationList(a attr) []listed {
	if u.version < 5 {
		return u.locationList4(a.u)
	}
	off := a.u
	if a.form == formLoclistx {
		r := buf{b: u.d.loclists}
		if off > uint64(len(u.d.loclists)) {
			return nil
		}
		r.skip(int(min(u.loclistsBase+off*uint64(u.offsetSize), 1<<62)))
		off = u.loclistsBase + r.offset(u.offsetSize)
		if r.bad {
			return nil
		}
	}
	return u.locationList5(off)
}

func (u *unit) locationList4(off uint64) (out []listed) {
	if off >= uint64(len(u.d.loc)) {
		return nil
	}
	r := buf{b: u.d.loc, p: int(off)}
	base := u.low
	for !r.bad && u.d.spend(18) {
		lo, hi := r.u64(), r.u64()
		switch {
		case lo == 0 && hi == 0 || r.bad:
			return out
		case lo == ^uint64(0):
			base = hi
			continue
		}
		if expr, ok := r.expression(uint64(r.u16())); ok && lo < hi {
			out = append(out, listed{lo: base + lo, hi: base + hi, expr: expr})
		}
	}
	return out
}

// expression returns the next n bytes.
func (r *buf) expression(n uint64) ([]byte, bool) {
	at := r.p
	r.skip(int(min(n, 1<<40)))
	if r.bad {
		return nil, false
	}
	return r.b[at : at+int(n)], true
}

// Entries of a DWARF 5 location list; the view pairs are GNU's.
const (
	lleEnd          = 0
	lleBasex        = 1
	lleStartxEndx   = 2
	lleStartxLength = 3
	lleOffsetPair   = 4
	lleDefault      = 5
	lleBase         = 6
	lleStartEnd     = 7
	lleStartLength  = 8
	lleViewPair     = 9
)

func (u *unit) locationList5(off uint64) (out []listed) {
	if off >= uint64(len(u.d.loclists)) {
		return nil
	}
	r := buf{b: u.d.loclists, p: int(off)}
	base := u.low
	for !r.bad && u.d.spend(4) {
		e := listed{}
		ok := true
		switch r.u8() {
		case lleBasex:
			base, _ = u.indexedAddress(r.uleb())
			continue
		case lleBase:
			base = r.u64()
			continue
		case lleViewPair:
			r.uleb()
			r.uleb()
			continue
		case lleStartxEndx:
			var ok2 bool
			e.lo, ok = u.indexedAddress(r.uleb())
			e.hi, ok2 = u.indexedAddress(r.uleb())
			ok = ok && ok2
		case lleStartxLength:
			e.lo, ok = u.indexedAddress(r.uleb())
			e.hi = e.lo + r.uleb()
		case lleOffsetPair:
			e.lo, e.hi = base+r.uleb(), base+r.uleb()
		case lleDefault:
			e.everywhere = true
		case lleStartEnd:
			e.lo, e.hi = r.u64(), r.u64()
		case lleStartLength:
			e.lo = r.u64()
			e.hi = e.lo + r.uleb()
		default: // lleEnd, or unknown
			return out
		}
		var fits bool
		if e.expr, fits = r.expression(r.uleb()); fits && ok && (e.lo < e.hi || e.everywhere) {
			out = append(out, e)
		}
	}
	return out
}
