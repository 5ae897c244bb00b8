package capture

import (
	"encoding/binary"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// heldSignal is a signal that arrived while the program was in user code. Where
// in the program that was costs much to record, so it waits for the next
// system call and arrives there: a delay that no program can tell from a later
// signal. Where none comes soon the program is interrupted: see preempt.
type heldSignal struct {
	number   int
	info     ptrace.SigInfo
	injected bool // given to the kernel, which is about to deliver it
}

// onSignal handles a signal-delivery stop and returns the signal to resume with.
func (r *recorder) onSignal(number int) (int, error) {
	var info ptrace.SigInfo
	if err := ptrace.GetSigInfo(r.pid, &info); err != nil {
		return 0, nil // the stop of a stopped process group: it goes on at once
	}
	var regs ptrace.Regs
	if err := ptrace.GetRegs(r.pid, &regs); err != nil {
		return 0, err
	}
	if ownStop(number, &info) {
		return r.preempt(&regs)
	}
	if r.final {
		return number, nil
	}
	if info, ok := r.arrived(number); ok {
		if !r.atBoundary(&regs) {
			// Another one of its number came first, behind the event.
			r.hold(number, info)
			return 0, nil
		}
		return r.deliver(number, info, &regs, false)
	}
	if synchronous(number, &info) {
		if done, err := r.emulate(number, &regs); done || err != nil {
			return 0, err
		}
		return r.deliver(number, &info, &regs, true)
	}
	return r.asynchronous(number, &info, &regs)
}

// synchronous tells whether an instruction of the program caused the signal.
func synchronous(number int, info *ptrace.SigInfo) bool {
	switch unix.Signal(number) {
	case unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE, unix.SIGILL, unix.SIGTRAP:
		return signalCode(info) > 0
	}
	return false
}

func signalCode(info *ptrace.SigInfo) int32 { return int32(binary.LittleEndian.Uint32(info[8:])) }

// emulate performs an instruction that the recorder made trap.
func (r *recorder) emulate(number int, regs *ptrace.Regs) (done bool, err error) {
	switch unix.Signal(number) {
	case unix.SIGSEGV:
		return r.emulateTSC(regs)
	case unix.SIGTRAP:
		if p, ok := r.patches[regs.Rip-1]; ok {
			return true, r.emulateSave(p, regs)
		}
	}
	return false, nil
}

// asynchronous handles a signal that came from elsewhere.
func (r *recorder) asynchronous(number int, info *ptrace.SigInfo, regs *ptrace.Regs) (int, error) {
	d, err := r.dispositions()
	if err != nil {
		return 0, err
	}
	bit := uint64(1) << (number - 1)
	caught := d.caught&bit != 0
	if !caught && (d.ignored&bit != 0 || defaultHarmless(unix.Signal(number))) {
		return number, nil
	}
	if r.atBoundary(regs) {
		return r.deliver(number, info, regs, false)
	}
	r.hold(number, info)
	return 0, nil
}

// defaultHarmless tells the signals whose default action is to do nothing, to
// stop or to continue. Like this the program would, but under the recorder a
// stop lasts only until the next resume.
func defaultHarmless(s unix.Signal) bool {
	switch s {
	case unix.SIGCHLD, unix.SIGURG, unix.SIGWINCH, unix.SIGCONT, unix.SIGSTOP, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU:
		return true
	}
	return false
}

// atBoundary tells whether the program has executed nothing since the last event.
func (r *recorder) atBoundary(regs *ptrace.Regs) bool {
	now, last := *regs, r.last
	now.Orig_rax, last.Orig_rax = 0, 0
	return now == last
}

// hold keeps a signal until the next event, which the clock makes if the program
// makes none.
func (r *recorder) hold(number int, info *ptrace.SigInfo) {
	r.held = append(r.held, heldSignal{number: number, info: *info})
	r.clock.begin(r.leader)
}

// takeHeld returns the next held signal for the kernel to deliver as the program
// goes on from a system-call stop, 0 where there is none.
func (r *recorder) takeHeld() int {
	for i := range r.held {
		if h := &r.held[i]; !h.injected && !r.final {
			h.injected = true
			return h.number
		}
	}
	return 0
}

// arrived takes the signal that takeHeld gave out, now that the kernel delivers
// it, with what is known of its sender.
func (r *recorder) arrived(number int) (*ptrace.SigInfo, bool) {
	for i, h := range r.held {
		if h.injected && h.number == number {
			r.held = slices.Delete(r.held, i, i+1)
			return &h.info, true
		}
	}
	return nil, false
}

// deliver lets the program enter its handler, or die of the signal.
func (r *recorder) deliver(number int, info *ptrace.SigInfo, regs *ptrace.Regs, sync bool) (int, error) {
	d, err := r.dispositions()
	if err != nil {
		return 0, err
	}
	switch bit := uint64(1) << (number - 1); {
	case d.caught&bit != 0:
	case d.ignored&bit != 0 && !sync:
		return number, nil
	default:
		return number, r.fatal(number, info, regs, sync)
	}
	if err := setSigInfo(r.pid, info); err != nil {
		return 0, err
	}
	if err := ptrace.Step(r.pid, number); err != nil {
		return 0, fmt.Errorf("deliver signal %d: %w", number, err)
	}
	st, err := ptrace.WaitBusy(r.pid)
	if err != nil {
		return 0, err
	}
	var after ptrace.Regs
	if st.Stopped() {
		if err := ptrace.GetRegs(r.pid, &after); err != nil {
			return 0, err
		}
	}
	// The kernel calls the handler with the signal's number. Otherwise it could
	// not write the frame, and something else has happened: a SIGSEGV.
	if st.StopSignal() != unix.SIGTRAP || after.Rdi != uint64(number) || after.Rsp == regs.Rsp {
		return r.handle(st)
	}
	return 0, r.handled(number, info, regs, &after, sync)
}

// handled records that a handler was entered.
func (r *recorder) handled(number int, info *ptrace.SigInfo, regs, after *ptrace.Regs, sync bool) error {
	frame, err := r.readFrame(regs, after)
	if err != nil {
		return err
	}
	if r.pending {
		// The frame holds what the handler returns to.
		if err := r.settle(frame.word(frameRax), frame.word(frameRip)); err != nil {
			return err
		}
		*regs = r.event.After
	}
	if _, err := ptrace.GetXSave(r.pid, r.xsave); err != nil {
		return err
	}
	r.last = *after
	return r.append(&recording.Event{
		Kind: recording.KindSignal, Regs: *regs, After: *after, StartNS: r.now(), XSave: r.xsave,
		Memory: []recording.MemoryWrite{{Addr: recording.Addr(after.Rsp), Data: frame}},
		Signal: &recording.Signal{
			Number: number, Code: signalCode(info), Fault: faultAddress(number, info),
			Handler: recording.Addr(after.Rip), Sync: sync, Info: info[:],
		},
	})
}

// fatal records that a signal ends the program.
func (r *recorder) fatal(number int, info *ptrace.SigInfo, regs *ptrace.Regs, sync bool) error {
	if r.pending {
		if err := r.settle(0, 0); err != nil {
			return err
		}
		*regs = r.event.After
	}
	if err := r.drain(); err != nil {
		return err
	}
	r.final = true
	if err := r.checkpoint(regs); err != nil {
		return err
	}
	return r.append(&recording.Event{
		Kind: recording.KindSignal, Regs: *regs, StartNS: r.now(),
		Signal: &recording.Signal{
			Number: number, Code: signalCode(info), Fault: faultAddress(number, info),
			Fatal: true, Sync: sync, Info: info[:],
		},
	})
}

func faultAddress(number int, info *ptrace.SigInfo) recording.Addr {
	if !synchronous(number, info) {
		return 0
	}
	return recording.Addr(binary.LittleEndian.Uint64(info[16:]))
}

// frame is what the kernel pushed for a handler: the return address, a ucontext
// and, above, the siginfo and the extended state.
type frame []byte

// Offsets in a frame.
const (
	frameStack     = 24 // uc_stack: the alternate stack's address, flags and size
	frameStackSize = 40
	frameRax       = 152
	frameRip       = 176
	redZone        = 128
	largestFrame   = 64 << 10
)

func (f frame) word(offset int) uint64 { return binary.LittleEndian.Uint64(f[offset:]) }

// readFrame reads all of the frame: up to where the program was on its stack,
// or to the end of the alternate stack when the handler begins there.
func (r *recorder) readFrame(regs, after *ptrace.Regs) (frame, error) {
	head := make(frame, frameRip+8)
	if r.peek(after.Rsp, head) != len(head) {
		return nil, fmt.Errorf("read the signal frame at %#x", after.Rsp)
	}
	end := regs.Rsp - redZone
	low, size := head.word(frameStack), head.word(frameStackSize)
	onAlternate := func(sp uint64) bool { return sp-low < size }
	if onAlternate(after.Rsp) && !onAlternate(regs.Rsp) {
		end = low + size
	}
	end = min(end, after.Rsp+largestFrame)
	if end < after.Rsp+uint64(len(head)) {
		end = after.Rsp + largestFrame
	}
	f := make(frame, end-after.Rsp)
	return f[:r.peek(after.Rsp, f)], nil
}
