package replay

import (
	"math/bits"

	"hindsight/internal/x86"
)

// symbolic is a register's value within a translation: root (a value that is
// only known at run time) plus delta; root 0 is the constant delta.
type symbolic struct {
	root  int32
	delta int64
}

// recorder builds the templates of one translation: it tracks what each
// register holds in terms of values that are already in the record, so that most
// addresses and many values cost nothing.
type recorder struct {
	t     *translator
	entry uint64 // where the translation begins
	regs  [16]symbolic
	roots int32
	// slots and base give for each root the record's slot, 0 for none, and the
	// delta that was stored there.
	slots [2048]int16
	base  [2048]int64
	size  int // bytes of the record so far

	firstStep int
	insns     uint32
	rows      int
	fills     uint8
}

func (r *recorder) begin(t *translator, pc uint64) {
	clear(r.slots[:r.roots+1])
	r.t, r.entry, r.roots, r.size, r.insns, r.rows, r.fills = t, pc, 0, 4, 0, 0, 0
	r.firstStep = len(t.templates.steps)
	for i := range r.regs {
		r.fresh(i)
	}
	rsp := r.regs[x86.RSP].root
	r.slots[rsp], r.base[rsp] = slotRSP, 0
}

// fresh gives a register an unknown value.
func (r *recorder) fresh(reg int) {
	r.roots++
	r.regs[reg] = symbolic{root: r.roots}
}

func (r *recorder) alloc(n int) int {
	o := r.size
	r.size += (n + 3) &^ 3
	return o
}

// ref is a register's value as the decoder gets it: what the slot holds, plus
// delta.
func (r *recorder) ref(reg int) (slot int16, delta int64) {
	s := r.regs[reg]
	if !r.logged(reg) {
		o := r.alloc(8)
		r.t.cache.storeLog(r.t.hostReg(reg), o, true)
		r.slots[s.root], r.base[s.root] = int16(o), s.delta
	}
	return r.known(s)
}

// known is ref of a value that is a constant or in the record.
func (r *recorder) known(s symbolic) (slot int16, delta int64) {
	if s.root == 0 {
		return slotZero, s.delta
	}
	return r.slots[s.root], s.delta - r.base[s.root]
}

// logged tells whether ref would cost nothing.
func (r *recorder) logged(reg int) bool {
	s := r.regs[reg]
	return s.root == 0 || r.slots[s.root] != 0
}

// lastRSP tells how rsp ends if the record ends here. Slot 0 is for a value that
// must be stored then, see storeRSP.
func (r *recorder) lastRSP() lastRSP {
	if r.logged(x86.RSP) {
		if slot, d := r.known(r.regs[x86.RSP]); d == int64(int32(d)) {
			return lastRSP{slot: slot, delta: int32(d)}
		}
	}
	return lastRSP{}
}

// storeRSP stores rsp at offset size of the record where lastRSP could not tell
// it, and returns the new size.
func (r *recorder) storeRSP(last *lastRSP, size int) int {
	if last.slot != 0 {
		return size
	}
	last.slot = int16(size)
	r.t.cache.storeLog(x86.RSP, size, true)
	return size + 8
}

// after tracks what an instruction did to the registers.
func (r *recorder) after(in *x86.Inst) {
	src, dst := symbolic{}, symbolic{}
	if in.Effect != x86.NoEffect {
		src, dst = r.regs[in.EffectSrc&15], r.regs[in.EffectDst&15]
	}
	rsp, rbp := r.regs[x86.RSP], r.regs[x86.RBP]
	for m := in.Written & 0xffff; m != 0; m &= m - 1 {
		r.fresh(bits.TrailingZeros32(m))
	}
	switch in.Effect {
	case x86.EffectAdd:
		r.regs[in.EffectDst] = symbolic{dst.root, dst.delta + in.EffectImm}
	case x86.EffectCopy:
		r.regs[in.EffectDst] = symbolic{src.root, src.delta + in.EffectImm}
	case x86.EffectConst:
		r.regs[in.EffectDst] = symbolic{0, in.EffectImm}
	case x86.EffectPush:
		r.regs[x86.RSP] = symbolic{rsp.root, rsp.delta - in.EffectImm}
	case x86.EffectPop:
		if in.EffectDst != x86.RSP {
			r.regs[x86.RSP] = symbolic{rsp.root, rsp.delta + in.EffectImm}
		}
	case x86.EffectLeave:
		r.regs[x86.RSP] = symbolic{rbp.root, rbp.delta + 8}
	}
}

// newStep is a step of the instruction at pc, as yet with address and value 0.
func (r *recorder) newStep(pc uint64) step {
	return step{dpc: int32(pc - r.entry), dt: uint8(r.insns), a1: slotZero, a2: slotZero, slot: slotZero}
}

// address fills in a step's address from the stored operand.
func (r *recorder) address(s *step, in *x86.Inst) {
	s.disp = in.Disp
	s.flags |= in.Seg // 1 is fs, 2 gs
	if in.Base == x86.RIP {
		return
	}
	if in.Base != x86.NoReg {
		slot, d := r.ref(int(in.Base))
		s.disp += d
		s.a1 = slot
	}
	if in.Index != x86.NoReg {
		slot, d := r.ref(int(in.Index))
		s.disp += d * int64(in.Scale)
		s.a2, s.scale = slot, uint8(bits.TrailingZeros8(in.Scale))
	}
}

// add appends a step.
func (r *recorder) add(s step) {
	r.t.templates.steps = append(r.t.templates.steps, s)
	r.rows++
	if s.kind == stepMasked {
		r.rows += 31 // at most 32 runs of lanes
	}
}

func (r *recorder) steps() int { return len(r.t.templates.steps) - r.firstStep }

// controlInfo is a control with the registers given, which it puts into the
// record where they are not there.
func (r *recorder) controlInfo(kind ControlKind, target, next uint64, regs ...int) controlInfo {
	c := controlInfo{kind: kind, target: target, next: next, used: uint8(len(regs))}
	for i, reg := range regs {
		c.slots[i], c.values[i] = r.ref(reg)
	}
	return c
}

// control adds a control step with rsp and the registers given.
func (r *recorder) control(kind ControlKind, pc, target, next uint64, pending bool, regs ...int) {
	c := r.controlInfo(kind, target, next, regs...)
	s := r.newStep(pc)
	s.kind, s.value = stepControl, int64(len(r.t.templates.controls))
	if kind != Syscall && kind != Input {
		s.a1, s.disp = r.ref(x86.RSP)
	}
	if pending {
		s.flags |= stepPending
	}
	r.t.templates.controls = append(r.t.templates.controls, c)
	r.add(s)
}
