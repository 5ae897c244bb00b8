package replay

import (
	"encoding/binary"

	"hindsight/internal/x86"
)

// emitItem emits one instruction of the path with what logs it. Where it is the
// last, it also ends the translation, going on at cut if that is not 0.
func (t *translator) emitItem(p *scanned, id int32, last bool, cut uint64) {
	in := p.in
	switch in.Kind {
	case x86.Normal:
		t.emitNormal(p, id)
		if last {
			t.exit(id, in, cut)
		}
	case x86.Jump:
		t.record.insns++
		t.noteJump(in)
		if !p.followed || last {
			t.commit(id, in.Target)
			t.leave(in.Target)
		}
	case x86.Call:
		t.emitCall(p, id, last)
	case x86.Cond, x86.Loop:
		t.emitConditional(p, id, last)
	case x86.Ret, x86.JumpIndirect, x86.CallIndirect:
		t.emitIndirect(p, id)
	case x86.Syscall:
		t.emitSyscall(in, id)
	case x86.Input:
		t.emitInput(in, id)
	default:
		t.commit(id, 0)
		t.stop(siteFault, in.PC)
	}
}

// exit ends a translation whose last instruction does not branch.
func (t *translator) exit(id int32, in *x86.Inst, cut uint64) {
	t.commit(id, 0)
	switch {
	case t.alone(in):
		t.stop(siteSlow, in.PC)
	case in.Store == x86.StoreMovs && in.Rep:
		t.cache.emit(0x48, 0x8d, 0x0d, 5, 0, 0, 0) // lea rcx, [rip+5]: behind the jump
		t.cache.jumpTo(t.routine.moved[in.Size])
	}
	t.leave(cut)
}

// noteJump logs a direct jump that enters a function.
func (t *translator) noteJump(in *x86.Inst) {
	if t.entry(in.Target) {
		t.record.insns--
		t.record.control(Jump, in.PC, in.Target, 0, false, argumentRegs...)
		t.record.insns++
	}
}

// commit ends the record: its header is written and the log pointer advanced.
// Guest registers are back in place then. exit is where a direct branch or system
// call at its end leads, 0 where there is none.
func (t *translator) commit(id int32, exit uint64) {
	t.commitRecord(id, t.record.end(), exit)
	t.restore()
}

// recordEnd is what a template says of the path up to an exit.
type recordEnd struct {
	first, steps int // its steps
	size, rows   int
	insns        uint32
	rsp          lastRSP
}

func (r *recorder) end() recordEnd {
	return recordEnd{first: r.firstStep, steps: r.steps(), size: r.size, rows: r.rows, insns: r.insns, rsp: r.lastRSP()}
}

func (t *translator) commitRecord(id int32, e recordEnd, exit uint64) {
	c, r := t.cache, &t.record
	size := r.storeRSP(&e.rsp, e.size)
	n := t.templates.add(template{entry: r.entry, steps: uint32(e.first), origin: id, count: uint16(e.steps), insns: uint8(e.insns),
		size: uint16(size), rows: uint16(e.rows), rsp: e.rsp, fills: r.fills}, exit)
	c.emit(0x41, 0xc7, 0x07) // mov dword [r15], header
	c.emit32(n | uint32(size/4)<<22)
	c.emit(0x4d, 0x8d)
	c.logOperand(7, size) // lea r15, [r15+size]
}

// restore puts the register that stood for r15 back.
func (t *translator) restore() {
	if t.host.renamed < 0 {
		return
	}
	if t.host.dirty {
		t.cache.storeSlot(t.host.renamed, slotR15)
	}
	t.cache.loadSlot(t.host.renamed, slotRenamed)
}

// leave goes to the translation of target, by way of the tracer as long as there
// is none.
func (t *translator) leave(target uint64) {
	c := t.cache
	v := t.translations[len(t.translations)-1].view
	c.emit(0xe9, 0, 0, 0, 0)
	n := int32(len(t.sites))
	t.sites = append(t.sites, site{off: uint32(c.at), next: -1, target: target, view: v, kind: siteExit})
	c.emit(0xcc, 0x90)
	e := t.byPC.insert(target)
	if e.translation >= 0 {
		t.patch(&t.sites[n], &t.translations[e.translation])
		return
	}
	t.sites[n].next = e.waiting
	e.waiting = n
	t.ahead = append(t.ahead, pending{pc: target})
}

// stop is an int3 at which the tracer takes over.
func (t *translator) stop(kind siteKind, pc uint64) {
	v := t.translations[len(t.translations)-1].view
	t.sites = append(t.sites, site{off: uint32(t.cache.at), next: -1, target: pc, view: v, kind: kind})
	t.cache.emit(0xcc)
}

func (t *translator) emitSides(id int32) {
	for i := range t.sides {
		s := &t.sides[i]
		c := t.cache
		binary.LittleEndian.PutUint32(c.code[s.at:], uint32(c.at-s.at-4))
		if s.entry {
			t.copySteps(s)
		}
		t.commitRecord(id, s.recordEnd, s.target)
		t.restore()
		t.leave(s.target)
	}
}

// copySteps gives a side exit that enters a function steps of its own: those
// before it and a Jump.
func (t *translator) copySteps(s *sideExit) {
	tm := t.templates
	before := tm.steps[s.first : s.first+s.steps]
	s.first, s.steps = len(tm.steps), s.steps+1
	tm.steps = append(tm.steps, before...)
	tm.steps = append(tm.steps, step{kind: stepControl, dpc: int32(s.pc - t.record.entry), dt: uint8(s.insns - 1),
		a1: s.slot, disp: s.delta, value: int64(len(tm.controls))})
	tm.controls = append(tm.controls, s.jump)
}

var argumentRegs = []int{x86.RDI, x86.RSI, x86.RDX, x86.RCX, x86.R8, x86.R9}

// logCall logs the push of the return address and the call.
func (t *translator) logCall(in *x86.Inst, target uint64, pending bool) {
	r := &t.record
	s := r.newStep(in.PC)
	s.value, s.size = int64(in.Next()), 8
	s.a1, s.disp = r.ref(x86.RSP)
	s.disp -= 8
	r.add(s)
	r.control(Call, in.PC, target, in.Next(), pending, argumentRegs...)
	r.regs[x86.RSP].delta -= 8
	t.ahead = append(t.ahead, pendingReturn(in))
}

func pendingReturn(in *x86.Inst) pending { return pending{pc: in.Next(), sieve: true} }

func (t *translator) emitCall(p *scanned, id int32, last bool) {
	in := p.in
	t.logCall(in, in.Target, false)
	t.cache.pushConstant(in.Next())
	t.record.insns++
	if !p.followed || last {
		t.commit(id, in.Target)
		t.leave(in.Target)
	}
}

// emitConditional emits a conditional branch: out of the path on one side,
// along it on the other.
func (t *translator) emitConditional(p *scanned, id int32, last bool) {
	c, in := t.cache, p.in
	aside, along, inverted := in.Target, in.Next(), byte(0)
	if !p.followed && in.Kind == x86.Cond && in.Target <= in.PC {
		aside, along, inverted = along, aside, 1 // the way back is the likely one
	}
	s := sideExit{pc: in.PC, target: aside, entry: aside == in.Target && t.entry(aside)}
	if s.entry || along == in.Target && t.entry(along) {
		s.slot, s.delta = t.record.ref(x86.RSP)
		s.jump = t.record.controlInfo(Jump, aside, 0, argumentRegs...)
	}
	if along == in.Target {
		t.noteTaken(in)
	}
	t.record.insns++
	s.recordEnd = t.record.end()
	if along == in.Target && t.entry(along) {
		s.steps-- // the step of noteTaken is not on the other way
	}
	if in.Kind == x86.Cond {
		c.emit(0x0f, 0x80|in.Cond^inverted, 0, 0, 0, 0)
	} else {
		c.emit(p.code[:in.Len-1]...)
		c.emit(2, 0xeb, 5, 0xe9, 0, 0, 0, 0) // over the jump that goes aside
	}
	s.at = c.at - 4
	t.sides = append(t.sides, s)
	t.record.after(in) // loop counts rcx down
	if !p.followed || last {
		t.commit(id, along)
		t.leave(along)
	}
}

// noteTaken logs the taken branch of a conditional jump into a function.
func (t *translator) noteTaken(in *x86.Inst) {
	if t.entry(in.Target) {
		t.record.control(Jump, in.PC, in.Target, 0, false, argumentRegs...)
	}
}

// emitIndirect emits ret and jumps and calls through a register or memory: the
// target goes to rcx, then the lookup.
func (t *translator) emitIndirect(p *scanned, id int32) {
	c, in, r := t.cache, p.in, &t.record
	switch in.Kind {
	case x86.Ret:
		r.control(Return, in.PC, 0, 0, true, x86.RAX)
	case x86.JumpIndirect:
		if throughFixedPointer(in) {
			r.control(Jump, in.PC, 0, 0, true, argumentRegs...)
		} else {
			r.control(Jump, in.PC, 0, 0, true)
		}
	default:
		t.logCall(in, 0, true)
	}
	r.insns++
	t.items[len(t.items)-1].spilled = true
	c.storeSlot(x86.RCX, slotRCX)
	c.storeSlot(x86.RDX, slotRDX)
	switch {
	case in.Kind == x86.Ret:
		c.emit(0x59) // pop rcx
		r.regs[x86.RSP].delta += 8 + in.Imm
		if in.Imm != 0 {
			c.emit(0x48, 0x8d, 0xa4, 0x24) // lea rsp, [rsp+imm]
			c.emit32(uint32(in.Imm))
		}
	case in.BranchRegister != x86.NoReg:
		from := t.hostReg(int(in.BranchRegister))
		c.emit(0x48|byte(from>>3)<<2, 0x89, 0xc1|byte(from&7)<<3) // mov rcx, from
	default:
		c.loadOperand(x86.RCX, t.loadedOperand(in), 8, int(t.translations[id].view))
	}
	if in.Kind == x86.CallIndirect {
		if t.raising[in.PC] {
			c.emit(0x48, 0x8b, 0x54, 0x24, 0xf8) // mov rdx, [rsp-8]: see refused
			c.storeSlot(x86.RDX, slotBelow)
		}
		c.pushConstant(in.Next())
	}
	t.commit(id, 0)
	t.emitLookup()
}

// emitLookup goes to the translation of the guest address in rcx: along the
// chain of translations whose address has the same low 16 bits.
func (t *translator) emitLookup() {
	t.cache.emit(0x0f, 0xb7, 0xd1) // movzx edx, cx
	t.cache.emit(0xff, 0x24, 0xd5) // jmp [table+rdx*8]
	t.cache.emit32(t.cache.low + dataTable)
}

func (t *translator) hostOperand(base, index, scale, seg uint8, disp int64) operand {
	host := func(r uint8) uint8 {
		if r == x86.R15 {
			return uint8(t.host.renamed)
		}
		return r
	}
	return operand{base: host(base), index: host(index), scale: scale, seg: seg, disp: disp}
}

func (t *translator) loadedOperand(in *x86.Inst) operand {
	o := t.hostOperand(in.LoadBase, in.LoadIndex, in.LoadScale, in.LoadSeg, in.LoadDisp)
	o.address32 = in.Flags&x86.Address32 != 0
	return o
}

// addSieve makes the entry that indirect branches use of a translation that
// has none.
func (t *translator) addSieve(id int32) {
	tr := &t.translations[id]
	tr.leader = true
	if tr.sieve != 0 {
		return
	}
	t.cache.at = (t.cache.at + 15) &^ 15
	t.emitSieve(id)
	t.cache.jumpTo(tr.off)
}

// emitSieve compares rcx with the translation's address, by subtraction and
// jrcxz so as to keep the flags. Where they differ it goes on along the chain,
// otherwise behind the code that it emits.
func (t *translator) emitSieve(id int32) {
	c, tr := t.cache, &t.translations[id]
	tr.leader, tr.sieve = true, uint32(c.at)
	addRCX := func(v uint64) {
		if int64(v) == int64(int32(v)) {
			c.emit(0x48, 0x8d, 0x89) // lea rcx, [rcx+v]
			c.emit32(uint32(v))
			return
		}
		c.loadImmediate(x86.RDX, v)
		c.emit(0x48, 0x8d, 0x0c, 0x11) // lea rcx, [rcx+rdx]
	}
	addRCX(-tr.pc)
	c.emit(0xe3, 0) // jrcxz: it is the one
	from := c.at
	addRCX(tr.pc)
	chain := dataChain + 8*c.nextChain
	c.nextChain++
	c.emit(0xff, 0x24, 0x25) // jmp [chain]: the next one
	c.emit32(c.low + chain)
	c.code[from-1] = byte(c.at - from)
	c.loadSlot(x86.RCX, slotRCX)
	c.loadSlot(x86.RDX, slotRDX)
	c.setSlot(int(chain), c.views[0].base+uint64(t.routine.miss))
	bucket := uint32(tr.pc & 0xffff)
	tail, ok := t.tails[bucket]
	if !ok {
		tail = dataTable + 8*bucket
	}
	c.setSlot(int(tail), c.views[tr.view].base+uint64(tr.sieve))
	t.tails[bucket] = chain
}

// emitSyscall goes to the feed with rcx and r11, which the instruction
// destroys anyway: the guest address behind it, and where to continue.
func (t *translator) emitSyscall(in *x86.Inst, id int32) {
	c := t.cache
	t.record.control(Syscall, in.PC, 0, 0, false)
	t.record.insns++
	t.commit(id, in.Next())
	c.loadImmediate(x86.RCX, in.Next())
	c.emit(0x4c, 0x8d, 0x1d, 5, 0, 0, 0) // lea r11, [rip+5]: behind the jump
	c.jumpTo(t.routine.feed)
	t.leave(in.Next())
}

// emitInput stops for an instruction that the tracer answers.
func (t *translator) emitInput(in *x86.Inst, id int32) {
	if in.IsTSC() {
		t.record.control(Input, in.PC, 0, 0, false)
	}
	t.record.insns++
	t.commit(id, 0)
	t.stop(siteInput, in.PC)
	t.leave(in.Next())
}
