package capture

import (
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
	"hindsight/internal/x86"
)

// A thread that computes is interrupted where others wait for its turn to end, or a
// signal to be delivered. No counter tells where that was. But what the program does
// between two events is determined by its state at the first, so the place is known by
// the state alone: registers and memory. The recording has hashes of all writable
// memory there, and the contents of some pages that change, by which replay
// tells most other places apart at once.

const (
	// A preemption that takes d to record happens at most once in preemptShare × d.
	preemptShare = 20
	mostPages    = 16 // whose contents are recorded
	// Of a thread that seems to wait in a loop, whose turn does nothing for it.
	spinShare = 4
)

// limit is how long the current thread may compute, 0 for as long as it likes.
func (r *recorder) limit() time.Duration {
	switch {
	case r.final || r.inSyscall:
		return 0
	case r.chaos != nil && r.others():
		return time.Duration(r.chaos.Int64N(int64(slice))) + r.preemptCost
	case r.spins:
		return max(tick, spinShare*r.preemptCost)
	case r.others() || len(r.held) > 0: // a thread that waits may stop meanwhile
		return max(slice, preemptShare*r.preemptCost)
	}
	return 0
}

// ownStop tells whether a stop by SIGSTOP is the clock's.
func ownStop(number int, info *ptrace.SigInfo) bool {
	const siTKill, sender = -6, 16
	return number == int(unix.SIGSTOP) && signalCode(info) == siTKill && int(binary.LittleEndian.Uint32(info[sender:])) == os.Getpid()
}

// preempt handles the clock's stop: the turn ends here, or a held signal is delivered.
func (r *recorder) preempt(regs *ptrace.Regs) (int, error) {
	r.clock.taken()
	if r.final {
		return 0, nil
	}
	if !r.atBoundary(regs) {
		done, err := r.recordPlace(regs)
		if err != nil || !done {
			return 0, err
		}
	}
	r.yields = true
	for i := range r.held {
		if h := r.held[i]; !h.injected {
			r.held = slices.Delete(r.held, i, i+1)
			return r.deliver(h.number, &h.info, regs, false)
		}
	}
	return 0, nil
}

// recordPlace appends the place at which the current thread stopped. Where that is
// not possible right now it does nothing.
func (r *recorder) recordPlace(regs *ptrace.Regs) (done bool, err error) {
	if err := r.collect(); err != nil {
		return false, err
	}
	if len(r.held) == 0 && !r.othersCanRun() {
		return false, nil // nobody waits
	}
	if left, err := r.leaveString(regs); err != nil || !left {
		return false, err
	}
	if err := r.drain(); err != nil || !r.quiescent() {
		return false, err
	}
	began := time.Now()
	c := &r.checkpoints
	first := c.table == nil
	e := recording.Event{Kind: recording.KindPreempt, Regs: *regs, After: *regs, StartNS: r.now()}
	if e.Hashes, err = r.hashAll(true); err != nil {
		return false, err
	}
	r.preemptCost = time.Since(began)
	if first {
		return false, nil // the next time it is known which pages change
	}
	e.Input = r.changedPages(regs)
	if _, err := ptrace.GetXSave(r.pid, r.xsave); err != nil {
		return false, err
	}
	e.XSave = r.xsave
	r.spins = spinning(&r.place, regs)
	r.last, r.place = *regs, *regs
	return true, r.append(&e)
}

// spinning tells whether a thread that was at one place seems to be in the same small
// loop at another.
func spinning(a, b *ptrace.Regs) bool {
	const small = 256 // bytes of code
	return a.Rip-b.Rip+small < 2*small && a.Rsp == b.Rsp && a.Rbp == b.Rbp && a.Rbx == b.Rbx &&
		a.Rdi == b.Rdi && a.Rsi == b.Rsi && a.R12 == b.R12 && a.R13 == b.R13 && a.R14 == b.R14 && a.R15 == b.R15
}

// changedPages returns the contents of pages that changed since the last time, those
// near what registers point to first.
func (r *recorder) changedPages(regs *ptrace.Regs) (list []recording.MemoryWrite) {
	near := map[uint64]bool{}
	for _, v := range []uint64{regs.Rsp, regs.Rsp + pageSize, regs.Rbp, regs.Rax, regs.Rbx, regs.Rcx, regs.Rdx, regs.Rsi, regs.Rdi,
		regs.R8, regs.R9, regs.R10, regs.R11, regs.R12, regs.R13, regs.R14, regs.R15} {
		near[v&^(pageSize-1)] = true
	}
	changed := r.checkpoints.changed
	slices.SortStableFunc(changed, func(a, b uint64) int {
		switch {
		case near[a] == near[b]:
			return 0
		case near[a]:
			return -1
		}
		return 1
	})
	r.data.reset()
	for _, page := range changed[:min(len(changed), mostPages)] {
		list = r.data.read(&r.tracee, list, page, pageSize)
	}
	return list
}

// leaveString brings the current thread out of the midst of a string instruction:
// behind it. Where it stops before that, by a fault or a signal, that stop is the next
// to be handled and left is false.
func (r *recorder) leaveString(regs *ptrace.Regs) (left bool, err error) {
	var code [maxInstruction]byte
	in := x86.Decode(code[:r.peek(regs.Rip, code[:])], regs.Rip)
	if !in.Rep {
		return true, nil
	}
	at := in.Next()
	var old [1]byte
	if r.peek(at, old[:]) != 1 {
		return true, nil // it cannot come there
	}
	if err := r.poke(at, []byte{0xcc}); err != nil {
		return false, err
	}
	if err := ptrace.Resume(r.pid, 0); err != nil {
		return false, err
	}
	st, err := ptrace.WaitBusy(r.pid)
	if err == nil && st.Stopped() {
		err = errors.Join(r.poke(at, old[:]), ptrace.GetRegs(r.pid, regs))
	}
	if err != nil {
		return false, err
	}
	if st.StopSignal() != unix.SIGTRAP || regs.Rip != at+1 {
		r.stopped, r.stop = true, st
		return false, nil
	}
	regs.Rip = at
	return true, ptrace.SetRegs(r.pid, regs)
}

// collect takes the stops that there are.
func (r *recorder) collect() error {
	for !r.gone {
		if took, err := r.take(unix.WNOHANG); err != nil || !took {
			return err
		}
	}
	return nil
}

// drain records the ends of the calls in which other threads waited and which the
// kernel has finished.
func (r *recorder) drain() error {
	if !r.others() {
		return nil
	}
	if err := r.collect(); err != nil {
		return err
	}
	current := r.thread
	r.draining = true
	defer func() { r.thread, r.draining = current, false }()
	for _, t := range r.threads {
		if t == current || !t.stopped || !t.waiting || t.stop.StopSignal() != ptrace.SyscallStop {
			continue
		}
		r.thread, t.stopped = t, false
		var err error
		if t.signal, err = r.handle(t.stop); err != nil {
			return err
		}
	}
	return nil
}

// absorb takes the clock's signal, which came as the current thread entered a system
// call: the call would fail with it. The thread leaves the call unmade, takes the
// signal and enters again.
func (r *recorder) absorb() error {
	var entry ptrace.Regs
	if err := ptrace.GetRegs(r.pid, &entry); err != nil {
		return err
	}
	g := entry
	g.Orig_rax = noSyscall
	if err := r.goUntil(&g, func(number int, info *ptrace.SigInfo) bool { return number != 0 && ownStop(number, info) }); err != nil || r.dying {
		return err
	}
	r.clock.taken()
	r.interrupted = false
	g = entry
	g.Rip, g.Rax, g.Orig_rax = g.Rip-syscallLength, g.Orig_rax, noSyscall
	return r.goUntil(&g, func(number int, _ *ptrace.SigInfo) bool { return number == 0 })
}

// goUntil lets the current thread go on with registers g until done likes a stop: at
// a system call (number 0), or by a signal. Other signals are held.
func (r *recorder) goUntil(g *ptrace.Regs, done func(number int, info *ptrace.SigInfo) bool) error {
	if err := ptrace.SetRegs(r.pid, g); err != nil {
		return err
	}
	for {
		if err := ptrace.ResumeToSyscall(r.pid, 0); err != nil {
			return err
		}
		st, err := ptrace.WaitBusy(r.pid)
		if err != nil {
			return err
		}
		if !st.Stopped() {
			_, err := r.handle(st)
			return err
		}
		number := int(st.StopSignal())
		var info ptrace.SigInfo
		if st.StopSignal() == ptrace.SyscallStop {
			number = 0
		} else if ptrace.GetSigInfo(r.pid, &info) != nil {
			continue // the stop of a stopped process group
		}
		if done(number, &info) {
			return nil
		}
		if number != 0 {
			r.hold(number, &info)
		}
	}
}
