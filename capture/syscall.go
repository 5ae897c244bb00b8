package capture

import (
	"golang.org/x/sys/unix"

	"hindsight/internal/abi"
	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// Results by which the kernel tells itself that a system call has to be
// restarted or fail with EINTR. Only a tracer sees them.
const (
	restartSys     = -512
	restartNoIntr  = -513
	restartNoHand  = -514
	restartBlock   = -516
	syscallLength  = 2 // bytes of the instruction
	noSyscall      = ^uint64(0)
	restartSyscall = unix.SYS_RESTART_SYSCALL
)

// enter handles the entry of a system call.
func (r *recorder) enter() error {
	e := &r.event
	if r.pending {
		if err := r.settle(0, 0); err != nil {
			return err
		}
	}
	*e = recording.Event{Kind: recording.KindSyscall, StartNS: r.now(), Memory: e.Memory[:0], Input: e.Input[:0], Maps: e.Maps[:0]}
	r.data.reset()
	g := &e.Regs
	if err := ptrace.GetRegs(r.pid, g); err != nil {
		return err
	}
	r.syscalls++
	if err := r.checkSite(g.Rip); err != nil {
		return err
	}
	known := r.call.Enter(&r.tracee, g.Orig_rax, [6]uint64{g.Rdi, g.Rsi, g.Rdx, g.R10, g.R8, g.R9})
	if !known && r.call.Refuse == "" {
		r.call.Refuse = "the system call is unknown"
	}
	if r.call.Refuse == "" {
		r.vet()
		r.vetClone()
	}
	if r.call.Refuse != "" {
		return r.refuse(abi.Name(g.Orig_rax), "%s", r.call.Refuse)
	}
	for _, in := range r.call.Inputs {
		e.Input = r.data.read(&r.tracee, e.Input, in.Addr, in.Length)
	}
	if r.call.Answer != 0 {
		return r.skip()
	}
	switch g.Orig_rax {
	case unix.SYS_EXIT:
		if r.others() {
			return r.endThread()
		}
		return r.leaveForever()
	case unix.SYS_EXIT_GROUP:
		return r.leaveForever()
	}
	return nil
}

// callName is the name of the system call under way.
func (r *recorder) callName() string { return abi.Name(r.event.Regs.Orig_rax) }

// checkSite verifies that the program entered the kernel by the syscall
// instruction before rip. int 0x80 and sysenter have other numbers and
// structures.
func (r *recorder) checkSite(rip uint64) error {
	if r.sites[rip] {
		return nil
	}
	var code [syscallLength]byte
	if r.peek(rip-syscallLength, code[:]) != len(code) || code != [syscallLength]byte{0x0f, 0x05} {
		return r.refuse("int 0x80", "the code at %#x makes a 32-bit system call", rip-syscallLength)
	}
	r.sites[rip] = true
	return nil
}

// skip keeps the kernel from performing the call: the program gets
// r.call.Answer as the error.
func (r *recorder) skip() error {
	g := r.event.Regs
	g.Orig_rax = noSyscall
	g.Rax = -uint64(r.call.Answer)
	return ptrace.SetRegs(r.pid, &g)
}

// leaveForever records an exit, from which there is no return.
func (r *recorder) leaveForever() error {
	if err := r.drain(); err != nil {
		return err
	}
	r.final = true
	if err := r.checkpoint(&r.event.Regs); err != nil {
		return err
	}
	return r.append(&r.event)
}

// leave handles the exit of a system call.
func (r *recorder) leave() error {
	if r.final {
		return nil
	}
	e := &r.event
	if err := ptrace.GetRegs(r.pid, &e.After); err != nil {
		return err
	}
	e.DurationNS = r.now() - e.StartNS
	r.waiting, r.spins = false, false
	r.yields = yielding(e.Regs.Orig_rax)
	if r.call.Answer != 0 {
		e.After.Orig_rax = e.Regs.Orig_rax
		return r.emit()
	}
	if e.Regs.Orig_rax == unix.SYS_RT_SIGRETURN {
		return r.emitWithXSave()
	}
	result := int64(e.After.Rax)
	r.ranges = r.call.Outputs(&r.tracee, result, r.ranges[:0])
	for _, out := range r.ranges {
		e.Memory = r.data.read(&r.tracee, e.Memory, out.Addr, out.Length)
	}
	if err := r.effects(result); err != nil {
		return err
	}
	switch result {
	case restartSys, restartNoIntr, restartNoHand, restartBlock:
		r.pending = true
		r.last = e.After
		return nil
	}
	return r.emit()
}

// settle ends a system call with a restart code now that it is known how it
// went on: with the given rax and rip where a handler ran, restarted where rip
// is 0.
func (r *recorder) settle(rax, rip uint64) error {
	r.pending = false
	a := &r.event.After
	if rip == 0 {
		rax, rip = a.Orig_rax, a.Rip-syscallLength
		if int64(a.Rax) == restartBlock {
			rax = restartSyscall
		}
	}
	a.Rax, a.Rip = rax, rip
	r.last = *a
	return r.append(&r.event) // no checkpoint: a signal frame may be there already
}

func (r *recorder) emitWithXSave() error {
	if _, err := ptrace.GetXSave(r.pid, r.xsave); err != nil {
		return err
	}
	r.event.XSave = r.xsave
	return r.emit()
}

// emit appends the finished system call.
func (r *recorder) emit() error {
	if err := r.append(&r.event); err != nil {
		return err
	}
	r.last = r.event.After
	if r.child != nil {
		return r.addChild()
	}
	if r.draining || !r.checkpointDue() {
		return nil
	}
	if err := r.drain(); err != nil {
		return err
	}
	return r.checkpoint(&r.event.After)
}
