package replay

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
	"hindsight/internal/x86"
)

// Faults of guest instructions in the code cache: the guest's registers at the
// instruction are found from the host's, and the log is cut there.

// guestRegs are the guest's registers at an item's instruction, from the host's
// within its code.
func (x *translated) guestRegs(t *translation, it *item, r *recording.Regs) recording.Regs {
	g := *r
	if it.spilled {
		g.Rcx, g.Rdx = x.cache.slot(slotRCX), x.cache.slot(slotRDX)
	}
	if t.renamed >= 0 {
		p := registerOf(&g, int(t.renamed))
		g.R15, *p = *p, x.cache.slot(slotRenamed)
	} else {
		g.R15 = x.cache.slot(slotR15)
	}
	g.Rip = it.pc
	return g
}

// registerOf is the register with the number that machine code has.
func registerOf(r *recording.Regs, n int) *uint64 {
	return [...]*uint64{&r.Rax, &r.Rcx, &r.Rdx, &r.Rbx, &r.Rsp, &r.Rbp, &r.Rsi, &r.Rdi,
		&r.R8, &r.R9, &r.R10, &r.R11, &r.R12, &r.R13, &r.R14, &r.R15}[n]
}

// faulted is a guest instruction that raised a signal within its translation:
// what was executed of it until then becomes a record of its own.
func (x *translated) faulted(signal int, off uint32, r *recording.Regs) error {
	t, n, err := x.tr.at(off)
	if err != nil {
		return fmt.Errorf("signal %d in the code cache: %w", signal, err)
	}
	it := &x.tr.items[x.tr.translations[t].items+uint32(n)]
	g := x.cutRecord(t, n, r)
	if err := x.partialString(it, t, &g); err != nil {
		return err
	}
	return x.deliver(signal, &g)
}

// cutRecord ends the record under construction before item n of the translation
// and returns the guest's registers there.
func (x *translated) cutRecord(id int32, n int, r *recording.Regs) recording.Regs {
	t := &x.tr.translations[id]
	x.cutHere(id, n)
	return x.guestRegs(t, &x.tr.items[t.items+uint32(n)], r)
}

// cutHere makes a record of what the one at the log pointer holds of the items
// before n.
func (x *translated) cutHere(id int32, n int) {
	t := &x.tr.translations[id]
	it := &x.tr.items[t.items+uint32(n)]
	// What rsp is gets logged when the tracer sends the host on.
	tm := x.tr.templates.add(template{entry: t.pc, steps: t.steps, count: it.steps, insns: uint8(n), size: it.size, rows: maxRows, fills: 1,
		origin: id, rsp: unchanged}, 0)
	binary.LittleEndian.PutUint32(x.recordBytes(), tm|uint32(it.size/4)<<22)
	x.pointer += uint64(it.size)
}

// deliver takes the recorded signal for the fault at g.Rip and goes on.
func (x *translated) deliver(signal int, g *recording.Regs) error {
	if err := x.play.fault(signal, g); err != nil || x.play.done {
		return err
	}
	x.prepareNext()
	return x.enterThread(g)
}

// atFault is an instruction that always raises a signal, or one that cannot be
// replayed.
func (x *translated) atFault(g *recording.Regs) error {
	e := x.play.events.peek()
	if e != nil && e.Kind == recording.KindCheckpoint { // of the memory that a fatal signal leaves
		e = x.play.events.peekSecond()
	}
	if e == nil {
		return x.play.outOfEvents()
	}
	code := x.tr.code.fetch(g.Rip)
	in := x86.Decode(code, g.Rip)
	if e.Kind == recording.KindSignal && e.Signal.Sync && (e.Regs.Rip == g.Rip || e.Regs.Rip == g.Rip+uint64(in.Len)) {
		g.Rip = e.Regs.Rip
		return x.deliver(e.Signal.Number, g)
	}
	what := "cannot be replayed: its result depends on the machine or on timing"
	if in.Kind == x86.Bad {
		what = "is not an instruction that this build knows"
	}
	return fmt.Errorf("the instruction at %s %s", x86.Describe(code, g.Rip), what)
}

// canonical tells whether pc is an address at all.
func canonical(pc uint64) bool { return int64(pc)<<16>>16 == int64(pc) }

// refused is an indirect branch to g.Rip, which is no address: the CPU raises the
// fault at the branch, before it has changed anything. So its record, the last
// of the log, is taken back as far as the branch goes.
func (x *translated) refused(g *recording.Regs) error {
	start, tm := x.lastRecord()
	id, n := tm.origin, int(tm.insns)-1
	it := &x.tr.items[x.tr.translations[id].items+uint32(n)]
	in := x86.Decode(x.tr.code.fetch(it.pc), it.pc)
	switch in.Kind {
	case x86.Ret:
		g.Rsp -= 8 + uint64(in.Imm)
	case x86.CallIndirect:
		if x.tr.raising[it.pc] { // otherwise this is a divergence
			below := binary.LittleEndian.AppendUint64(nil, x.cache.slot(slotBelow))
			if err := x.host.write(g.Rsp, below); err != nil {
				return err
			}
		}
		g.Rsp += 8
	}
	x.pointer = start
	x.cutHere(id, n)
	g.Rip = it.pc
	return x.deliver(int(unix.SIGSEGV), g)
}

// lastRecord finds the last record in the log buffer: where it begins, and its
// template. The host stopped right behind it.
func (x *translated) lastRecord() (start uint64, tm *template) {
	first := x.cache.logAddr(x.buffer)
	log := x.cache.logBytes(x.buffer)
	for at := first; at < x.pointer; {
		start = at
		header := binary.LittleEndian.Uint32(log[at-first:])
		id := header & (maxTemplates - 1)
		if id <= templateDataMore {
			at += dataHeader + uint64(binary.LittleEndian.Uint32(log[at-first+4:]))
			continue
		}
		tm = &x.tr.templates.list[id]
		at += uint64(header>>22) * 4
	}
	return start, tm
}
