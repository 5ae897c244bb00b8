package replay

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
	"hindsight/internal/x86"
)

// What the tracer does for translated code: instructions that it executes one at
// a time, bytes that a routine left to it, answers of the machine.

// atSlow executes the instruction at g.Rip, whose translation is only a stop,
// and logs what it stored.
func (x *translated) atSlow(g *recording.Regs, view int) error {
	if x.play.comesTo(recording.KindXSave, g.Rip) {
		if err := x.play.emulated(recording.KindXSave, g, 0); err != nil || x.play.done {
			return err
		}
		x.prepareNext()
		return x.enterThread(g)
	}
	code := x.tr.code.fetch(g.Rip)
	in := x86.Decode(code, g.Rip)
	flags := x.flagsSet(&in, g)
	if flags&(trapFlag|alignmentFlag) != 0 {
		return fmt.Errorf("the instruction at %s sets the trap or the alignment-check flag, under which the translator's own code would fault", x86.Describe(code, g.Rip))
	}
	if flags&directionFlag != 0 {
		if err := x.allowBackwards(); err != nil {
			return err
		}
	}
	return x.executeAlone(code, g, view)
}

// flagsSet are the flags that the instruction at g sets, of those below that
// matter to translated code.
func (x *translated) flagsSet(in *x86.Inst, g *recording.Regs) uint32 {
	switch {
	case in.Flags&x86.SetsDF == 0:
		return 0
	case in.Effect != x86.EffectPop: // std
		return directionFlag
	}
	flags := make([]byte, 4)
	x.host.read(g.Rsp, flags[:min(in.EffectImm, 4)]) // where that is impossible it faults
	return binary.LittleEndian.Uint32(flags)
}

const (
	directionFlag = 1 << 10
	alignmentFlag = 1 << 18
)

// allowBackwards makes new translations, in which string instructions may run
// backwards.
func (x *translated) allowBackwards() error {
	if x.tr.mode.df {
		return nil
	}
	x.tr.mode.df = true
	return x.reset()
}

// executeAlone executes the instruction at g.Rip and logs what it stored. Its
// record, a header only, is the last one of the log.
func (x *translated) executeAlone(code []byte, g *recording.Regs, view int) error {
	d := decode(code[:min(len(code), 15)], g.Rip)
	ranges, err := x.predict(d, g)
	if err != nil {
		return err
	}
	if d.storesX87Pointer() {
		if err := x.restoreX87Pointer(0); err != nil {
			return err
		}
	}
	before := *g
	retired, signal, err := x.stepAlone(&d.Inst, code, g, view)
	if err != nil {
		return err
	}
	if !retired {
		// Its record, which is only a header, was written too early. What is left
		// of it tells where the program came to.
		x.pointer -= 4
		header := binary.LittleEndian.Uint32(x.recordBytes())
		x.cutHere(x.tr.templates.list[header&(maxTemplates-1)].origin, 0)
		if r, ok := stringRange(d, &before, g); ok && d.isString() {
			if err := x.appendPartial(d.PC, r); err != nil {
				return err
			}
		}
		return x.deliver(signal, g)
	}
	if d.isString() {
		if r, ok := stringRange(d, &before, g); ok {
			ranges = append(ranges, r)
		}
	}
	if strings.HasPrefix(d.name, "f") { // x87
		if err := x.restoreX87Pointer(d.PC); err != nil {
			return err
		}
	}
	for _, s := range ranges {
		if err := x.appendMemory(s.addr, s.addr+uint64(s.size)); err != nil {
			return err
		}
	}
	return x.enter(g)
}

// predict asks what the instruction at g.Rip will store.
func (x *translated) predict(d *decoded, g *recording.Regs) ([]storeRange, error) {
	if x.stores == nil {
		var err error
		if x.stores, err = newOracle(x.host); err != nil {
			return nil, err
		}
	}
	return x.stores.predict(d, g)
}

// partialString logs what a string instruction with REP stored before it
// faulted. g are the registers at the fault.
func (x *translated) partialString(it *item, id int32, g *recording.Regs) error {
	code := x.tr.code.fetch(it.pc)
	in := x86.Decode(code, it.pc)
	if !in.Rep || in.Store != x86.StoreStos && in.Store != x86.StoreMovs {
		return nil
	}
	began := x.cache.slot(slotCount)
	if in.Store == x86.StoreStos {
		// Its own step comes next, with the count in a slot of the record.
		s := &x.tr.templates.steps[x.tr.translations[id].steps+uint32(it.steps)]
		began = binary.LittleEndian.Uint64(x.cache.logBytes(x.buffer)[x.pointer-uint64(it.size)-x.cache.logAddr(x.buffer)+uint64(s.a2):])
	}
	size := (began - g.Rcx) * uint64(in.Size)
	if size == 0 {
		return nil
	}
	return x.appendPartial(it.pc, storeRange{g.Rdi - size, uint32(size)})
}

// appendPartial logs a store of an instruction that did not retire.
func (x *translated) appendPartial(pc uint64, r storeRange) error {
	t := x.tr.templates
	t.steps = append(t.steps, step{kind: stepData})
	id := t.add(template{entry: pc, steps: uint32(len(t.steps) - 1), count: 1, size: 4, origin: -1, rsp: unchanged}, 0)
	if err := x.appendRecord(id); err != nil {
		return err
	}
	return x.appendMemory(r.addr, r.addr+uint64(r.size))
}

// stepAlone executes one instruction, all iterations of it, in a copy within
// reach of its operands. g are the registers before and after it.
func (x *translated) stepAlone(in *x86.Inst, code []byte, g *recording.Regs, view int) (retired bool, signal int, err error) {
	c := x.cache
	at := c.views[view].base + uint64(x.tr.routine.scratch)
	copied := c.code[x.tr.routine.scratch:][:scratchSize]
	copy(copied, code[:in.Len])
	copied[in.Len] = 0xcc // int3
	if in.RIPRelative {
		binary.LittleEndian.PutUint32(copied[in.DispOffset:], uint32(in.Target-(at+uint64(in.Len))))
	}
	pc := g.Rip
	g.Rip, g.Orig_rax = at, ^uint64(0)
	if err := ptrace.SetRegs(x.host.pid, g); err != nil {
		return false, 0, err
	}
	for {
		if err := ptrace.Resume(x.host.pid, 0); err != nil {
			return false, 0, fmt.Errorf("resume the host: %w", err)
		}
		status, err := x.host.wait()
		if err != nil {
			return false, 0, err
		}
		if err := ptrace.GetRegs(x.host.pid, g); err != nil {
			return false, 0, err
		}
		if status.StopSignal() == unix.SIGTRAP && g.Rip == at+uint64(in.Len)+1 {
			g.Rip = pc + uint64(in.Len)
			return true, 0, nil
		}
		if again, err := x.ownFault(int(status.StopSignal()), g); again || err != nil {
			if err != nil {
				return false, 0, err
			}
			continue
		}
		g.Rip = pc
		return false, int(status.StopSignal()), nil
	}
}

// ownFault tells whether a stop of an instruction that the tracer executes is
// none of the program's: a signal from outside, or a store to code that has
// translations. It can be resumed then.
func (x *translated) ownFault(signal int, g *recording.Regs) (bool, error) {
	if stray, err := x.host.stray(); stray || err != nil {
		return stray, err
	}
	if signal != int(unix.SIGSEGV) {
		return false, nil
	}
	addr, err := x.faultAddress()
	if err != nil || !x.guarded.intersects(addr, addr+1) {
		return false, err
	}
	page := pageDown(addr)
	if err := x.unguard(page); err != nil {
		return false, err
	}
	x.tr.discard(page, page+pageSize)
	return true, ptrace.SetRegs(x.host.pid, g)
}

// movedBig logs what a REP MOVS stored that is too much for its routine.
func (x *translated) movedBig(r *recording.Regs) error {
	n, dest := x.cache.slot(slotCount), x.cache.slot(slotDest)
	size := (r.Rdi - dest) / n
	if err := x.appendMemory(dest, dest+n*size); err != nil {
		return err
	}
	g := *r
	g.R15, g.Rcx = x.cache.slot(slotR15), 0
	return x.enterAt(&g, x.cache.slot(slotContinue))
}

// dataHeader is the size of a data record's head: template, length, address.
const dataHeader = 16

// appendMemory logs the present contents of [lo, hi) as stored by the last
// stepData.
func (x *translated) appendMemory(lo, hi uint64) error {
	const most = 64 << 10
	for lo < hi {
		n := min(hi-lo, most)
		if err := x.room(dataHeader + int(n)); err != nil {
			return err
		}
		b := x.recordBytes()
		id := uint32(templateData)
		if lo+n < hi {
			id = templateDataMore
		}
		binary.LittleEndian.PutUint32(b, id)
		binary.LittleEndian.PutUint32(b[4:], uint32(n))
		binary.LittleEndian.PutUint64(b[8:], lo)
		if k := x.host.read(lo, b[dataHeader:dataHeader+n]); k != int(n) {
			return fmt.Errorf("read back %d bytes stored at %#x: only %d are there", n, lo, k)
		}
		x.pointer += dataHeader + n
		lo += n
	}
	return nil
}

// atInput answers an instruction that asks the machine.
func (x *translated) atInput(s *site, g *recording.Regs) error {
	in := x86.Decode(x.tr.code.fetch(g.Rip), g.Rip)
	behind, running := x.cache.views[s.view].base+uint64(s.off)+1, x.play.running
	switch {
	case in.IsTSC():
		if err := x.play.emulated(recording.KindTSC, g, 0); err != nil || x.play.done {
			return err
		}
		x.prepareNext()
		if g.Rip != in.Next() || x.play.running != running {
			return x.enterThread(g)
		}
		return x.enterAt(g, behind)
	case in.IsCPUID():
		a := x.host.rec.Meta.AnswerCPUID(uint32(g.Rax), uint32(g.Rcx))
		g.Rax, g.Rbx, g.Rcx, g.Rdx = uint64(a.EAX), uint64(a.EBX), uint64(a.ECX), uint64(a.EDX)
	default: // xgetbv
		v, err := x.xgetbv(uint32(g.Rcx))
		if err != nil {
			return fmt.Errorf("xgetbv at %#x: %w", g.Rip, err)
		}
		g.Rax, g.Rdx = v&0xffffffff, v>>32
	}
	return x.enterAt(g, behind)
}

// xgetbv reads an extended control register as the recording's CPU had it.
func (x *translated) xgetbv(index uint32) (uint64, error) {
	if index != 0 {
		return 0, fmt.Errorf("register %d is not in the recording", index)
	}
	return x.host.rec.Meta.XCR0, nil
}

// segv handles the faults that are the engine's own: a full log buffer, and a
// store to code that has translations.
func (x *translated) segv(r *recording.Regs) (bool, error) {
	addr, err := x.faultAddress()
	if err != nil {
		return false, err
	}
	guard := x.cache.logAddr(x.buffer) + logBufferSize
	switch {
	case addr >= guard && addr < guard+logGuardSize:
		return true, x.nextBuffer(r, guard)
	case x.guarded.intersects(addr, addr+1):
		return true, x.storeToCode(pageDown(addr), r)
	}
	return false, nil
}

func (x *translated) faultAddress() (uint64, error) {
	var info ptrace.SigInfo
	err := ptrace.GetSigInfo(x.host.pid, &info)
	return binary.LittleEndian.Uint64(info[16:]), err
}

// unguard makes a page with translations writable again.
func (x *translated) unguard(page uint64) error {
	x.guarded.remove(page, page+pageSize)
	if _, err := x.host.syscall(unix.SYS_MPROTECT, page, pageSize, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		return fmt.Errorf("make the code at %#x writable: %w", page, err)
	}
	return nil
}

// storeToCode is a store to a page that has translations: they are discarded,
// and as the running one may be among them, the tracer executes the
// instruction and goes on with a new one.
func (x *translated) storeToCode(page uint64, r *recording.Regs) error {
	if err := x.unguard(page); err != nil {
		return err
	}
	off, view, _ := x.cache.locate(r.Rip)
	id, n, err := x.tr.at(off)
	if err != nil {
		return fmt.Errorf("store to the code at %#x: %w", page, err)
	}
	it := x.tr.items[x.tr.translations[id].items+uint32(n)]
	if it.kind != x86.Normal { // a push by a call: it changes nothing ahead of itself
		x.tr.discard(page, page+pageSize)
		return ptrace.SetRegs(x.host.pid, r)
	}
	g := x.cutRecord(id, n, r)
	if err := x.room(2 * maxRecord); err != nil {
		return err
	}
	if err := x.appendRecord(x.tr.single(id, n)); err != nil {
		return err
	}
	code := append([]byte(nil), x.tr.code.fetch(it.pc)...)
	x.tr.discard(page, page+pageSize)
	return x.executeAlone(code, &g, view)
}

// nextBuffer moves the record under construction to another buffer.
func (x *translated) nextBuffer(r *recording.Regs, guard uint64) error {
	x.play.result.Stats.GuardFaults++
	var partial []byte
	if r.R15 < guard {
		partial = append(partial, x.recordBytes()[:guard-r.R15]...)
	}
	if err := x.submit(nil); err != nil {
		return err
	}
	copy(x.recordBytes(), partial)
	r.R15, r.Orig_rax = x.pointer, ^uint64(0)
	return ptrace.SetRegs(x.host.pid, r)
}

// guardNew makes pages read-only that have translations now and that the program
// may write: a store to them must discard those.
func (x *translated) guardNew() error {
	pages := x.tr.newPages
	x.tr.newPages = pages[:0]
	for _, page := range pages {
		if !x.writable.intersects(page, page+pageSize) || x.guarded.intersects(page, page+pageSize) {
			continue
		}
		if _, err := x.host.syscall(unix.SYS_MPROTECT, page, pageSize, unix.PROT_READ); err != nil {
			return fmt.Errorf("make the code at %#x read-only: %w", page, err)
		}
		x.guarded.add(page, page+pageSize)
	}
	return nil
}

// noteMaps keeps track of memory that is both written and executed.
func (x *translated) noteMaps(e *recording.Event) {
	for i := range e.Maps {
		m := &e.Maps[i]
		lo, hi := uint64(m.Addr), uint64(m.Addr)+m.Length
		if m.Op == recording.MapDiscard {
			continue
		}
		x.guarded.remove(lo, hi)
		if m.Op != recording.MapRemove && m.Prot&unix.PROT_EXEC != 0 && m.Prot&unix.PROT_WRITE != 0 {
			x.writable.add(lo, hi)
		} else {
			x.writable.remove(lo, hi)
		}
	}
}
