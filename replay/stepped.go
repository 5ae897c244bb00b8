package replay

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
	"hindsight/internal/x86"
)

// stepped executes one instruction at a time and reads what each stored back
// from memory. It delivers the same batches as the translator, made in the
// plainest way there is, and is the oracle that the translator is tested
// against.
//
// The conventions that both follow, beyond those of Batch:
//   - an instruction that faults does not retire: its rows, if a string
//     instruction or a scatter got part of its work done, carry the
//     instruction count of the signal;
//   - a string instruction is one row, whose Addr is the lowest address, and
//     none where its count is 0; resumed after a fault it is another;
//   - a masked store is one row for each contiguous run of active lanes, a
//     scatter one for each active lane, in their order;
//   - cmpxchg stores always, also where it fails.
type stepped struct {
	*player
	oracle *oracle
	t      uint64 // instructions retired
	g      recording.Regs
	loaded bool // the host has the registers g
	// fresh: the instruction to come is entered by a control transfer.
	fresh bool
	insns map[insnKey]*executed
	cache map[uint64]*decoded
	out   *batcher
	check *shadow // compared with memory after so many instructions
	every uint64  // 0: never
}

// trapFlag is the processor flag with which the host is stepped.
const trapFlag = 1 << 8

type insnKey struct {
	pc  uint64
	len uint8
}

func newStepped() *stepped {
	return &stepped{insns: map[insnKey]*executed{}, cache: map[uint64]*decoded{}, fresh: true}
}

func (s *stepped) hostOptions() hostOptions { return hostOptions{} }
func (s *stepped) close() error             { return nil }

func (s *stepped) run(_ context.Context, p *player) (err error) {
	s.player = p
	p.applied, p.switched = s.event, s.switched
	consumer := p.opt.Consumer
	if s.every > 0 {
		if s.check, err = newShadow(p.host.rec, p.host.start); err != nil {
			return err
		}
		consumer = both{s.check, consumer}
	}
	s.out = newBatcher(consumer)
	defer func() {
		if e := s.out.close(); err == nil {
			err = e
		}
		s.finish()
	}()
	if s.oracle, err = newOracle(p.host); err != nil {
		return err
	}
	if s.g, err = p.begin(); err != nil {
		return err
	}
	for !p.done && err == nil {
		if limit := p.opt.MaxInstructions; limit > 0 && s.t >= limit {
			break
		}
		err = s.instruction()
		const often = 4096
		if s.t%often == 0 {
			p.progress(s.t)
		}
		if s.every > 0 && s.t%s.every == 0 && err == nil {
			err = s.verify()
		}
	}
	if s.every > 0 && err == nil {
		err = s.verify()
	}
	return err
}

// finish fills in the result.
func (s *stepped) finish() {
	r := s.result
	r.Instructions = s.t
	r.Stats.Writes = s.out.writes
	r.Stats.ConsumerNS = s.out.spent
	runs := make([]codeRun, 0, len(s.insns))
	for _, e := range s.insns {
		runs = append(runs, codeRun{insns: []insn{e.insn}, executions: e.n, firstT: e.first, lastT: e.last, leader: e.leader})
	}
	r.Blocks = canonicalBlocks(runs)
}

// verify compares the shadow, which knows only the rows and the events, with the
// program's memory.
func (s *stepped) verify() error {
	if err := s.out.flush(); err != nil {
		return err
	}
	if err := s.check.compare(s.host); err != nil {
		return fmt.Errorf("within the %d instructions before t %d: %w", s.every, s.t, err)
	}
	return nil
}

// decodeAt decodes the instruction at pc. The bytes are read each time: code may
// change.
func (s *stepped) decodeAt(pc uint64) *decoded {
	var code [15]byte
	n := s.host.read(pc, code[:])
	if d := s.cache[pc]; d != nil && d.code == code {
		return d
	}
	d := decode(code[:n], pc)
	s.cache[pc] = d
	return d
}

// instruction executes the instruction at s.g.Rip, or performs the event that
// happens at it.
func (s *stepped) instruction() error {
	pc := s.g.Rip
	if e := s.interruptedNext(); e != nil && e.Regs.Rip == pc {
		if found, err := s.preempted(&s.g); err != nil || found.taken {
			s.loaded = false
			return err
		}
	}
	d := s.decodeAt(pc)
	switch {
	case pc >= vsyscallStart:
		return fmt.Errorf("instruction at %#x: the kernel's vsyscall page cannot be replayed", pc)
	case d.Kind == x86.Syscall:
		s.count(d)
		s.loaded = false
		enterSyscall(&s.g, d.Next())
		return s.player.syscall(&s.g)
	case d.Kind == x86.Unsupported || d.name == "int" && d.code[d.Len-1] == linux32Gate:
		return fmt.Errorf("instruction %s cannot be replayed", s.oracle.describe(d))
	case s.comesTo(recording.KindXSave, pc):
		s.count(d)
		s.loaded = false
		return s.emulated(recording.KindXSave, &s.g, 0)
	}
	ranges, err := s.oracle.predict(d, &s.g)
	if err != nil {
		return err
	}
	before := s.g
	signal, err := s.execute(d)
	if err != nil {
		return err
	}
	if signal != 0 {
		return s.fault(d, signal, ranges, &before)
	}
	return s.retire(d, ranges, &before)
}

// linux32Gate is the interrupt that is a 32-bit system call: the host would
// perform it.
const linux32Gate = 0x80

// enterSyscall makes of the registers at a syscall instruction what the kernel
// shows at its entry.
func enterSyscall(g *recording.Regs, next uint64) {
	enosys := uint64(unix.ENOSYS)
	g.Orig_rax, g.Rax = g.Rax, -enosys
	g.Rip, g.Rcx, g.R11 = next, next, g.Eflags
}

// execute steps the host over the instruction, all iterations of it, and
// returns the signal that it raised instead.
func (s *stepped) execute(d *decoded) (signal int, err error) {
	if !s.loaded {
		if err := s.load(&s.g); err != nil {
			return 0, err
		}
		s.loaded = true
	}
	if many := uint64(64); d.Rep && d.isString() && s.g.Rcx > many {
		return s.executeString(d)
	}
	for {
		if err := ptrace.Step(s.host.pid, 0); err != nil {
			return 0, fmt.Errorf("step the host: %w", err)
		}
		status, err := s.host.wait()
		if err != nil {
			return 0, err
		}
		s.result.Stats.Stops++
		if err := ptrace.GetRegs(s.host.pid, &s.g); err != nil {
			return 0, err
		}
		if s.g.Eflags&trapFlag != 0 { // ours: behind popf the kernel takes it for the program's
			s.g.Eflags &^= trapFlag
			s.loaded = false
		}
		if status.StopSignal() != unix.SIGTRAP || d.Kind == x86.Trap {
			if stray, err := s.host.stray(); stray || err != nil {
				continue
			}
			return int(status.StopSignal()), nil
		}
		if d.Rep && s.g.Rip == d.PC {
			continue // an iteration of a string instruction
		}
		return 0, s.checkNext(d)
	}
}

// executeString runs a string instruction at full speed, up to an int3 that it
// puts behind it for so long. Only if the instruction overwrites itself would
// that be seen.
func (s *stepped) executeString(d *decoded) (signal int, err error) {
	next := d.Next()
	var old [1]byte
	if s.host.read(next, old[:]) != 1 {
		return 0, fmt.Errorf("read the code behind %s", s.oracle.describe(d))
	}
	if err := s.host.write(next, []byte{0xcc}); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.host.write(next, old[:])) }()
	for {
		if err := ptrace.Resume(s.host.pid, 0); err != nil {
			return 0, fmt.Errorf("resume the host: %w", err)
		}
		status, err := s.host.wait()
		if err != nil {
			return 0, err
		}
		s.result.Stats.Stops++
		if err := ptrace.GetRegs(s.host.pid, &s.g); err != nil {
			return 0, err
		}
		if status.StopSignal() == unix.SIGTRAP && s.g.Rip == next+1 {
			s.g.Rip = next
			s.loaded = false
			return 0, nil
		}
		if stray, err := s.host.stray(); !stray || err != nil {
			return int(status.StopSignal()), err
		}
	}
}

// checkNext finds a decoder, or a CPU, that disagrees about where an instruction
// goes.
func (s *stepped) checkNext(d *decoded) error {
	rip, next := s.g.Rip, d.Next()
	ok := true
	switch d.Kind {
	case x86.Normal, x86.Input:
		ok = rip == next
	case x86.Jump, x86.Call:
		ok = rip == d.Target
	case x86.Cond, x86.Loop:
		ok = rip == d.Target || rip == next
	}
	if !ok {
		return fmt.Errorf("instruction %s went to %#x, which the decoder does not expect", s.oracle.describe(d), rip)
	}
	return nil
}

// fault is an instruction that raised a signal, or the event that it stands for.
func (s *stepped) fault(d *decoded, signal int, ranges []storeRange, before *recording.Regs) error {
	s.loaded = false
	if signal == int(unix.SIGSEGV) && s.comesTo(recording.KindTSC, d.PC) {
		s.count(d)
		return s.emulated(recording.KindTSC, &s.g, 0)
	}
	if d.Kind != x86.Bad {
		var err error
		switch {
		case d.isString():
			err = s.stringRow(d, before)
		case d.Flags&x86.Scatter != 0:
			err = s.partialScatter(d, ranges)
		}
		if err != nil {
			return err
		}
	}
	s.fresh = true
	return s.player.fault(signal, &s.g)
}

// partialScatter delivers the lanes that a scatter stored before it faulted: the
// CPU clears their bits of the mask.
func (s *stepped) partialScatter(d *decoded, ranges []storeRange) error {
	mask := s.oracle.vectors.mask(d.textMask())
	if err := s.oracle.vectors.read(s.host); err != nil {
		return err
	}
	left := s.oracle.vectors.mask(d.textMask())
	k := 0
	for lane := 0; lane < 64 && k < len(ranges); lane++ {
		if mask>>lane&1 == 0 {
			continue
		}
		if left>>lane&1 == 0 {
			if err := s.row(d.PC, ranges[k]); err != nil {
				return err
			}
		}
		k++
	}
	return nil
}

// retire delivers what an instruction that was executed did, and counts it.
func (s *stepped) retire(d *decoded, ranges []storeRange, before *recording.Regs) error {
	if d.Kind == x86.Normal && (d.name == "pushf" || d.name == "pushfq") {
		if err := s.cleanFlags(ranges[0].addr); err != nil {
			return err
		}
	}
	if d.isString() {
		if err := s.stringRow(d, before); err != nil {
			return err
		}
	}
	for _, r := range ranges {
		if err := s.row(d.PC, r); err != nil {
			return err
		}
	}
	s.control(d, before)
	s.count(d)
	s.t++
	return s.out.flushFull()
}

// cleanFlags takes the trap flag, with which the host is stepped, out of the
// flags that it pushed.
func (s *stepped) cleanFlags(addr uint64) error {
	var b [1]byte
	if s.host.read(addr+1, b[:]) != 1 {
		return fmt.Errorf("read the flags pushed at %#x", addr)
	}
	b[0] &^= trapFlag >> 8
	return s.host.write(addr+1, b[:])
}

// stringRow delivers what a string instruction has stored since before.
func (s *stepped) stringRow(d *decoded, before *recording.Regs) error {
	r, ok := stringRange(d, before, &s.g)
	if !ok {
		return nil
	}
	return s.row(d.PC, r)
}

// stringRange is what a string instruction stored between two states of its
// registers, if anything.
func stringRange(d *decoded, before, after *recording.Regs) (storeRange, bool) {
	from, to := before.Rdi, after.Rdi
	if d.Flags&x86.Address32 != 0 {
		from, to = uint64(uint32(from)), uint64(uint32(to))
	}
	if before.Eflags&directionFlag != 0 {
		// It counts down, and an element lies above its address.
		return storeRange{to + uint64(d.Size), uint32(from - to)}, from != to
	}
	return storeRange{from, uint32(to - from)}, from != to
}

// row delivers the write of the range, as memory holds it now.
func (s *stepped) row(pc uint64, r storeRange) error {
	if err := s.out.write(s.host, s.t, pc, r); err != nil {
		return fmt.Errorf("t %d: %w", s.t, err)
	}
	return nil
}

// count counts one more execution, at the instruction count s.t.
func (s *stepped) count(d *decoded) {
	key := insnKey{d.PC, d.Len}
	e := s.insns[key]
	if e == nil {
		e = &executed{insn: insn{pc: d.PC, len: d.Len, ends: endsBlock(d.Kind)}, first: s.t}
		s.insns[key] = e
	}
	e.n++
	e.last = s.t
	e.leader = e.leader || s.fresh
	s.fresh = e.ends
}

// endsBlock tells whether a basic block ends behind an instruction of the kind.
func endsBlock(k x86.Kind) bool {
	switch k {
	case x86.Jump, x86.Cond, x86.Loop, x86.Call, x86.Ret, x86.JumpIndirect, x86.CallIndirect, x86.Syscall:
		return true
	}
	return false
}

// control delivers an instruction's step in the flow of the program.
func (s *stepped) control(d *decoded, before *recording.Regs) {
	c := Control{T: s.t, PC: d.PC, Target: s.g.Rip, SP: before.Rsp}
	switch d.Kind {
	case x86.Call, x86.CallIndirect:
		c.Kind, c.Next, c.Arguments = Call, d.Next(), true
	case x86.Ret:
		c.Kind, c.Regs[0] = Return, before.Rax
	case x86.JumpIndirect:
		c.Kind, c.Arguments = Jump, throughFixedPointer(&d.Inst)
	case x86.Jump, x86.Cond, x86.Loop:
		taken := d.Kind == x86.Jump || s.g.Rip != d.Next()
		if !taken || s.opt.FunctionEntry == nil || !s.opt.FunctionEntry(d.Target) {
			return
		}
		c.Kind, c.Arguments = Jump, true
	default:
		return
	}
	if c.Arguments {
		c.Regs = [6]uint64{before.Rdi, before.Rsi, before.Rdx, before.Rcx, before.R8, before.R9}
	}
	s.out.control(c)
}

// event delivers an event that the player has performed. ends: it is the end of
// a call that has been delivered as a Wait.
func (s *stepped) event(e *recording.Event, ends bool) error {
	c := Control{T: s.t, PC: eventPC(e)}
	retired := uint64(1)
	switch e.Kind {
	case recording.KindSyscall:
		c.Kind = Syscall
		if ends {
			retired = 0
		}
	case recording.KindWait:
		c.Kind = Wait
	case recording.KindTSC, recording.KindXSave:
		c.Kind = Input
	case recording.KindSignal:
		c.Kind, retired, s.fresh = Signal, 0, true
	case recording.KindThread:
		c.Kind, retired = Begin, 0
	default:
		return nil
	}
	c.Event = cloneEvent(e)
	s.out.control(c)
	s.t += retired
	return nil
}

// switched delivers the turn of another thread.
func (s *stepped) switched(th *thread) error {
	s.out.control(Control{Kind: Switch, T: s.t, Thread: th.number})
	s.loaded, s.fresh = false, th.fresh()
	return nil
}
