package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"hindsight/internal/abi"
	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// thread is one thread of the program. Between two stops it is in user code or
// inside a system call. An event is appended when it is over and its outcome
// certain. For a system call that a signal interrupted that is only at the next
// stop: see pending.
type thread struct {
	tracee
	number uint32   // from 1, in order of birth
	stat   *os.File // /proc/PID/task/TID/stat

	call      abi.Call        // the system call that is entered or was last
	event     recording.Event // of that call
	ranges    []abi.Range
	data      collector
	inSyscall bool
	// waiting: it was left in the call while others ran, which is recorded.
	waiting bool
	// pending: the call of event returned a restart code, so that the kernel
	// will restart it or have it fail with EINTR before a handler runs.
	pending bool
	// last are the registers after the last event, where a signal can be
	// delivered. While the program has them it has executed no instruction.
	last recording.Regs
	held []heldSignal

	running bool          // resumed, and not known to have stopped since
	stop    ptrace.Status // a stop that came while another thread had its turn
	stopped bool          // there is one
	signal  int           // to resume with

	// midway: it stopped in user code, at a place that is not recorded.
	midway bool
	// place is where it was interrupted last, in a loop that seems to wait where spins.
	place  ptrace.Regs
	spins  bool
	yields bool // others may run
	// interrupted: the clock sent it a signal that it has not taken yet.
	interrupted bool
	child       *thread // that it is making
	ending      bool    // by its exit
	clearTID    uint64  // what the kernel clears when it ends, 0 for nothing
}

// newThread takes on the thread tid of the process pid.
func newThread(pid, tid int, number uint32, mem *os.File) (*thread, error) {
	t := &thread{tracee: tracee{pid: tid, mem: mem}, number: number}
	var err error
	t.stat, err = os.Open(fmt.Sprintf("/proc/%d/task/%d/stat", pid, tid))
	return t, err
}

// cloneArgs are what matters of the arguments of clone and clone3.
type cloneArgs struct{ flags, pidfd, childTID, parentTID uint64 }

// mostCloneArgs is how much of clone3's structure is understood.
const mostCloneArgs = 88

// cloneArgs returns the arguments of the call under way; false for another call.
func (r *recorder) cloneArgs() (c cloneArgs, ok bool) {
	a := &r.call.Args
	switch r.call.Syscall.Number {
	case unix.SYS_CLONE:
		return cloneArgs{a[0], a[2], a[3], a[2]}, true
	case unix.SYS_CLONE3:
		var b [mostCloneArgs]byte
		r.ReadMemory(a[0], b[:min(a[1], uint64(len(b)))]) // what is missing is zero; the kernel refuses it
		word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
		return cloneArgs{word(0), word(1), word(2), word(3)}, true
	}
	return c, false
}

// vetClone refuses what would be no thread of the same process.
func (r *recorder) vetClone() {
	c, ok := r.cloneArgs()
	if !ok || r.call.Refuse != "" {
		return
	}
	const thread = unix.CLONE_VM | unix.CLONE_SIGHAND | unix.CLONE_THREAD
	switch {
	case c.flags&thread != thread:
		r.call.Refuse = "it starts a process; only the threads of one process can be recorded yet"
	case c.flags&unix.CLONE_UNTRACED != 0:
		r.call.Refuse = "it starts a thread that cannot be traced (CLONE_UNTRACED)"
	case c.flags&unix.CLONE_PIDFD != 0 && c.flags&unix.CLONE_PARENT_SETTID != 0 && r.call.Syscall.Number == unix.SYS_CLONE:
		r.call.Answer = int(unix.EINVAL)
	}
}

// born takes on the thread that the current one has just made.
func (r *recorder) born() error {
	tid, err := ptrace.EventMessage(r.pid)
	if err != nil {
		return err
	}
	r.lastThread++
	t, err := newThread(r.leader, tid, r.lastThread, r.mem)
	if err != nil {
		return err
	}
	r.child = t
	if first, ok := r.strangers[tid]; ok { // its first stop came before
		delete(r.strangers, tid)
		return r.bornStop(first)
	}
	st, err := ptrace.WaitBusy(tid)
	if err != nil {
		return err
	}
	return r.bornStop(st)
}

func (r *recorder) bornStop(st ptrace.Status) error {
	if !st.Stopped() || st.StopSignal() != unix.SIGSTOP {
		return fmt.Errorf("a new thread did not stop at its start (status %#x)", uint32(st.WaitStatus))
	}
	return ptrace.GetRegs(r.child.pid, &r.child.last)
}

// cloned ends a clone that succeeded: what it stored, and the new thread, which
// becomes one of the program's.
func (r *recorder) cloned(tid int64) error {
	c, ok := r.cloneArgs()
	if !ok || abi.Failed(tid) {
		return nil
	}
	if r.child == nil {
		return fmt.Errorf("the new thread %d was not reported", tid)
	}
	const size = 4 // of a thread's number and of a descriptor
	if c.flags&unix.CLONE_PARENT_SETTID != 0 {
		r.event.Memory = r.data.read(&r.tracee, r.event.Memory, c.parentTID, size)
	}
	if c.flags&unix.CLONE_PIDFD != 0 {
		r.event.Memory = r.data.read(&r.tracee, r.event.Memory, c.pidfd, size)
	}
	if c.flags&unix.CLONE_CHILD_CLEARTID != 0 {
		r.child.clearTID = c.childTID
	}
	return nil
}

// addChild appends the beginning of the thread that the call just recorded has made.
func (r *recorder) addChild() error {
	t := r.child
	if t == nil {
		return nil
	}
	r.child = nil
	r.threads = append(r.threads, t)
	r.clock.begin(r.leader)
	if _, err := ptrace.GetXSave(t.pid, r.xsave); err != nil {
		return err
	}
	e := recording.Event{
		Kind: recording.KindThread, Thread: t.number, StartNS: r.now(), After: t.last, XSave: r.xsave,
		Born: &recording.Born{Parent: r.number, TID: t.pid},
	}
	if c, ok := r.cloneArgs(); ok && c.flags&unix.CLONE_CHILD_SETTID != 0 {
		e.Memory = r.data.read(&r.tracee, nil, c.childTID, 4)
	}
	return r.w.Append(&e)
}

// others tells whether the program has threads besides the current one.
func (r *recorder) others() bool { return len(r.threads) > 1 }

// endThread lets the current thread end by its exit, which others survive, and
// records what the kernel stores as it does.
func (r *recorder) endThread() error {
	t := r.thread
	before, err := r.watchEnd()
	if err != nil {
		return err
	}
	t.ending = true
	if err := ptrace.Resume(t.pid, 0); err != nil {
		return err
	}
	if err := r.awaitEnd(t); err != nil {
		return err
	}
	r.remove(t)
	if len(r.threads) == 0 {
		return errors.New("all threads ended though some were to go on")
	}
	reader := &r.threads[0].tracee // its own memory is gone
	for _, was := range before {
		var now [8]byte
		n := reader.peek(uint64(was.Addr), now[:len(was.Data)])
		if n == len(was.Data) && string(now[:n]) != string(was.Data) {
			t.event.Memory = t.data.read(reader, t.event.Memory, uint64(was.Addr), uint64(n))
		}
	}
	return r.append(&t.event)
}

// awaitEnd waits until the current thread has ended. The first one of a process
// stays as a zombie until all others have ended.
func (r *recorder) awaitEnd(t *thread) error {
	for r.alive(t) {
		if t.pid != r.leader {
			if err := r.wait(0); err != nil {
				return err
			}
			continue
		}
		if t.state() == 'Z' {
			t.running = false
			return nil
		}
		if err := r.wait(unix.WNOHANG); err != nil {
			return err
		}
		yield()
	}
	return nil
}

// watchEnd reads what the kernel may store into when the current thread ends: the
// word that it clears, and the futexes that the thread holds.
func (r *recorder) watchEnd() (list []recording.MemoryWrite, err error) {
	const word = 4
	add := func(addr uint64) {
		b := make([]byte, word)
		if r.peek(addr, b) == word {
			list = append(list, recording.MemoryWrite{Addr: recording.Addr(addr), Data: b})
		}
	}
	if r.clearTID != 0 {
		add(r.clearTID)
	}
	head, err := ptrace.RobustList(r.pid)
	if err != nil || head == 0 {
		return list, nil // it has none
	}
	const (
		most    = 2048 // where the kernel stops
		pointer = ^uint64(1)
	)
	offset := r.word(head + 8)
	if p := r.word(head+16) & pointer; p != 0 { // the one that it was about to take or give back
		add(p + offset)
	}
	for at, n := r.word(head)&pointer, 0; at != 0 && at != head && n < most; n++ {
		add(at + offset)
		at = r.word(at) & pointer
	}
	return list, nil
}
