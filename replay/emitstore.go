package replay

import (
	"encoding/binary"

	"hindsight/internal/x86"
)

// emitNormal emits an instruction that does not branch, and logs what it stores.
func (t *translator) emitNormal(p *scanned, id int32) {
	in := p.in
	v := int(t.translations[id].view)
	if t.alone(in) {
		if in.Flags&x86.SetsDF == 0 {
			s := t.record.newStep(in.PC)
			s.kind = stepData
			t.record.add(s)
		}
		t.record.insns++
		return
	}
	s := t.record.newStep(in.PC)
	how := in.Store
	if how != x86.NoStore {
		how = t.beforeStore(p, &s)
	}
	t.original(p, v)
	if how != x86.NoStore {
		t.afterStore(in, how, &s, v)
		t.record.add(s)
	}
	t.record.after(in)
	t.record.insns++
}

// beforeStore logs what must be known before the instruction: its address, and
// its value unless that is read back. It returns how the store is logged.
func (t *translator) beforeStore(p *scanned, s *step) x86.Store {
	in, r := p.in, &t.record
	how := in.Store
	if (how == x86.StoreCopy || how == x86.StoreMasked) && in.Stores15() {
		how = x86.StoreReadback
	}
	s.size = uint8(in.Size)
	if how == x86.StoreMovs && in.Rep {
		s.kind = stepData
		t.cache.storeSlot(x86.RCX, slotCount)
		t.cache.storeSlot(x86.RDI, slotDest)
		return how
	}
	r.address(s, in)
	switch how {
	case x86.StoreImm:
		s.value = in.Imm
	case x86.StoreReg:
		how = t.logRegister(in, s)
	case x86.StoreCopy, x86.StoreMasked:
		t.copyStore(p, how, s)
	case x86.StoreStos:
		t.logFill(in, s)
	}
	return how
}

// logRegister logs a stored register, as its value where that is in the record
// or 8 bytes wide, else as 4 bytes.
func (t *translator) logRegister(in *x86.Inst, s *step) x86.Store {
	r := &t.record
	src := int(in.Source)
	if src == x86.R15 && t.host.renamed < 0 { // push r15
		return x86.StorePushed
	}
	if in.SourceHigh {
		s.shift = 8
	}
	if r.logged(src) || in.Size == 8 {
		s.slot, s.value = r.ref(src)
		return x86.StoreReg
	}
	o := r.alloc(4)
	t.cache.storeLog(t.hostReg(src), o, false)
	s.slot = int16(o)
	return x86.StoreReg
}

// copyStore repeats the store into the record.
func (t *translator) copyStore(p *scanned, how x86.Store, s *step) {
	c, r := t.cache, &t.record
	n := int(p.in.Size)
	o := r.alloc(max(n, 4))
	if how == x86.StoreMasked {
		m := r.alloc(8)
		s.kind, s.value, s.shift = stepMasked, int64(m), p.in.Lane
		c.emit(0xc4, 0xc1, 0xf8, 0x91, 0x87|p.in.Mask<<3) // kmovq [r15+m], k
		c.emit32(uint32(m))
	}
	c.at = len(p.in.CopyStore(c.code[:c.at], p.code, int32(o)))
	t.valueAt(s, o, n)
}

// valueAt says that the value is in the record's slot o.
func (t *translator) valueAt(s *step, o, n int) {
	s.slot = int16(o)
	if n > 8 && s.kind == stepWrite {
		s.kind = stepWide
	}
}

func (t *translator) logFill(in *x86.Inst, s *step) {
	r := &t.record
	s.slot, s.value = r.ref(x86.RAX)
	if in.Rep {
		o := r.alloc(8)
		t.cache.storeLog(x86.RCX, o, true)
		s.kind, s.a2, r.fills = stepFill, int16(o), 1
	}
}

// original emits the instruction itself: with r15 renamed and the displacement
// of a RIP-relative operand adjusted.
func (t *translator) original(p *scanned, v int) {
	c, in := t.cache, p.in
	at := c.at
	switch {
	case in.Uses15() && t.host.renamed < 0 && in.Effect == x86.EffectPush:
		c.emit(0xff, 0x34, 0x25) // push [slot]
		c.emit32(c.low + slotR15)
		return
	case in.Uses15() && t.host.renamed < 0:
		c.emit(0x8f, 0x04, 0x25) // pop [slot]
		c.emit32(c.low + slotR15)
		return
	case in.Uses15():
		c.at = len(in.Rename15(c.code[:at], p.code, uint8(t.host.renamed)))
	default:
		c.emit(p.code[:in.Len]...)
	}
	if in.RIPRelative {
		d := in.Target - (c.views[v].base + uint64(c.at))
		binary.LittleEndian.PutUint32(c.code[at+int(in.DispOffset):], uint32(d))
	}
}

// afterStore reads back what could not be logged before.
func (t *translator) afterStore(in *x86.Inst, how x86.Store, s *step, v int) {
	o := t.hostOperand(in.Base, in.Index, in.Scale, in.Seg, in.Disp)
	switch {
	case how == x86.StoreReadback:
	case how == x86.StorePushed:
		o = operand{base: x86.RSP, index: x86.NoReg}
	case how == x86.StoreMovs && !in.Rep:
		o = operand{base: x86.RDI, index: x86.NoReg, disp: -int64(in.Size)}
	default:
		return
	}
	t.readBack(in, o, s, v)
}

// readBack copies the operand's bytes into the record through a register that
// the instruction does not use.
func (t *translator) readBack(in *x86.Inst, o operand, s *step, v int) {
	c := t.cache
	used := in.Read | in.Written | 1<<x86.RSP | 1<<x86.R15 | 1<<x86.RDI
	if t.host.renamed >= 0 {
		used |= 1 << t.host.renamed
	}
	reg := 0
	for used>>reg&1 != 0 {
		reg++
	}
	n := int(in.Size)
	slot := t.record.alloc(max(n, 4))
	c.storeSlot(reg, slotScratch)
	for done := 0; done < n; {
		piece := 8
		for piece > n-done {
			piece /= 2
		}
		part := o
		part.disp += int64(done)
		c.loadOperand(reg, part, piece, v)
		c.storeLog(reg, slot+done, piece == 8)
		done += piece
	}
	c.loadSlot(reg, slotScratch)
	t.valueAt(s, slot, n)
}
