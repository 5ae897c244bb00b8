package capture

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"hindsight/internal/abi"
	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// One thread of the program runs at a time: it has its turn, the others are
// stopped or wait in the kernel. Turns change only at events, so that their order
// is that of the recording. A call in which the thread whose turn it is sleeps
// while another could run is left waiting; when it ends, its thread stops, and its
// outcome is recorded at that thread's next turn.

// slice is how long a thread that makes system calls keeps its turn while others
// could run.
const slice = 10 * time.Millisecond

// run follows the program from its first instruction to its end.
func (r *recorder) run() error {
	for {
		if err := r.nextTurn(); err != nil {
			return err
		}
		if r.gone {
			return r.ended()
		}
		// A program that is killed while it is stopped answers ESRCH.
		if err := r.turn(); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
		if r.gone {
			return r.ended()
		}
	}
}

// turn lets the current thread go on until its next stop, and handles that.
func (r *recorder) turn() error {
	t := r.thread
	if !t.stopped {
		if !t.running {
			if err := r.resume(t); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("resume the program: %w", err)
			}
		}
		if waits, err := r.awaitStop(t); err != nil || waits || r.gone {
			return err
		}
	}
	r.quiet.Collect()
	t.stopped = false
	if r.clock.begun {
		t.interrupted = r.clock.disarm(t.pid)
	}
	signal, err := r.handle(t.stop)
	t.signal = signal
	return err
}

func (r *recorder) resume(t *thread) error {
	t.running = true
	if r.clock.begun {
		r.clock.arm(t.pid, r.limit(), t.midway)
	}
	return ptrace.ResumeToSyscall(t.pid, t.signal)
}

// awaitStop waits for the current thread to stop; waits tells that it sleeps in a
// call instead, while another thread could run.
func (r *recorder) awaitStop(t *thread) (waits bool, err error) {
	for r.alive(t) && !t.stopped && !r.gone {
		if !t.inSyscall || r.final || !r.othersCanRun() {
			if err := r.wait(0); err != nil {
				return false, err
			}
			continue
		}
		if err := r.wait(unix.WNOHANG); err != nil {
			return false, err
		}
		if t.stopped {
			break
		}
		if t.state() == 'S' {
			return true, r.leaveWaiting(t)
		}
		yield()
	}
	return !t.stopped, nil
}

// leaveWaiting records that the thread waits in its call while others run.
func (r *recorder) leaveWaiting(t *thread) error {
	if t.waiting {
		return nil
	}
	t.waiting = true
	e := recording.Event{
		Kind: recording.KindWait, Thread: t.number, StartNS: t.event.StartNS, Regs: t.event.Regs, Input: t.event.Input,
	}
	const lockPI, lockPI2, operation, word = 6, 13, 0x7f, 4
	if op := t.call.Args[1] & operation; e.Regs.Orig_rax == unix.SYS_FUTEX && (op == lockPI || op == lockPI2) {
		// The kernel notes in the word that somebody waits.
		e.Memory = t.data.read(&t.tracee, e.Memory, t.call.Args[0], word)
	}
	return r.w.Append(&e)
}

// canRun tells whether the thread's turn would lead on: it is stopped.
func (t *thread) canRun() bool { return t.stopped || !t.running }

// othersCanRun tells whether a thread could run besides the current one.
func (r *recorder) othersCanRun() bool {
	return slices.ContainsFunc(r.threads, func(o *thread) bool { return o != r.thread && o.canRun() })
}

// state is what the kernel says of a thread: 'R' running, 'S' sleeping, 'D' in a
// short sleep, 't' stopped, 'Z' ended; 0 where it is gone.
func (t *thread) state() byte {
	var b [64]byte // behind the name, which has at most 15 bytes
	n, _ := t.stat.ReadAt(b[:], 0)
	for i := n - 3; i > 0; i-- {
		if b[i] == ')' {
			return b[i+2]
		}
	}
	return 0
}

// yield lets the program run, which has the same CPU.
func yield() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }

// nextTurn makes the thread current whose turn it is. It returns when that thread
// is stopped, or the program has ended.
func (r *recorder) nextTurn() error {
	if r.alive(r.thread) && (!r.others() || r.final) {
		return nil
	}
	for !r.gone {
		if r.final || r.dying {
			if err := r.wait(0); err != nil {
				return err
			}
			continue
		}
		if r.keepsTurn() {
			return nil
		}
		at := max(slices.Index(r.threads, r.thread), 0)
		if r.chaos != nil {
			at = r.chaos.IntN(len(r.threads))
		}
		for i := range r.threads {
			if t := r.threads[(at+1+i)%len(r.threads)]; t.canRun() {
				r.thread, r.turnBegan = t, time.Now()
				return nil
			}
		}
		if err := r.wait(0); err != nil {
			return err
		}
	}
	return nil
}

// keepsTurn tells whether the current thread goes on.
func (r *recorder) keepsTurn() bool {
	t := r.thread
	switch {
	case !r.alive(t) || !t.canRun():
		return false
	case t.midway || t.pending || t.inSyscall && !t.waiting: // its event is not finished
		return true
	case t.yields:
		t.yields = false
		return false
	}
	const keeps = 4 // turns of so many go on, less one
	if r.chaos != nil && r.chaos.IntN(keeps) == 0 {
		return false
	}
	return time.Since(r.turnBegan) < slice
}

// wait takes a stop, or the end, of one thread: of any. With WNOHANG it returns
// at once where there is none.
func (r *recorder) wait(options int) error {
	_, err := r.take(options)
	return err
}

// take is wait, and tells whether there was anything.
func (r *recorder) take(options int) (took bool, err error) {
	tid, st, err := ptrace.WaitAny(options)
	if err != nil || tid == 0 {
		return false, err
	}
	r.took(tid, st)
	return true, nil
}

// took notes what became of a thread.
func (r *recorder) took(tid int, st ptrace.Status) {
	i := slices.IndexFunc(r.threads, func(t *thread) bool { return t.pid == tid })
	ended := st.Exited() || st.Signaled()
	if tid == r.leader && ended {
		r.gone, r.status = true, st
		return
	}
	if i < 0 {
		if !ended {
			r.strangers[tid] = st // about to be told of as a new thread
		}
		return
	}
	t := r.threads[i]
	if ended {
		r.dying = r.dying || !t.ending
		r.remove(t)
		return
	}
	t.running, t.stopped, t.stop = false, true, st
}

// remove takes a thread out that has ended.
func (r *recorder) remove(t *thread) {
	r.threads = slices.DeleteFunc(r.threads, func(o *thread) bool { return o == t })
	_ = t.stat.Close() // only read from
}

// alive tells whether the thread is one of the program's.
func (r *recorder) alive(t *thread) bool { return slices.Contains(r.threads, t) }

// quiescent tells whether the kernel changes nothing of the program's memory now
// that is not recorded: no other thread is in the midst of a call's end.
func (r *recorder) quiescent() bool {
	for _, t := range r.threads {
		ends := t.stopped && t.waiting && t.stop.StopSignal() == ptrace.SyscallStop
		if t != r.thread && (ends || t.running && t.state() != 'S') {
			return false
		}
	}
	return true
}

// pinAll keeps all threads on the recorder's CPU.
func (r *recorder) pinAll() error {
	for _, t := range r.threads {
		if err := ptrace.Pin(t.pid, r.cpu); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	return nil
}

// handle handles a stop of the current thread and returns the signal to resume
// it with.
func (r *recorder) handle(st ptrace.Status) (signal int, err error) {
	switch {
	case st.Exited() || st.Signaled():
		r.dying = true
		r.remove(r.thread)
		if r.pid == r.leader {
			r.gone, r.status = true, st
		}
		return 0, nil
	case st.Event() == unix.PTRACE_EVENT_CLONE:
		return 0, r.born()
	case st.Event() != 0:
		return 0, fmt.Errorf("an unexpected stop of the program (status %#x)", uint32(st.WaitStatus))
	case st.StopSignal() != ptrace.SyscallStop:
		return r.onSignal(int(st.StopSignal()))
	case r.inSyscall:
		r.inSyscall = false
		if err := r.leave(); err != nil {
			return 0, err
		}
	default:
		if r.interrupted {
			if err := r.absorb(); err != nil || r.dying {
				return 0, err
			}
		}
		r.inSyscall = true
		if err := r.enter(); err != nil {
			return 0, err
		}
	}
	return r.takeHeld(), nil
}

// yielding are the calls by which a thread says that others may run.
func yielding(nr uint64) bool { return nr == unix.SYS_SCHED_YIELD || nr == unix.SYS_PAUSE }

// ended records the program's end.
func (r *recorder) ended() error {
	if err := r.endedBy(); err != nil {
		return err
	}
	st := r.status
	if st.Exited() {
		r.exit.Code = st.ExitStatus()
	} else {
		r.exit.Signal = int(st.Signal())
	}
	if !r.final {
		if err := r.killed(); err != nil {
			return err
		}
	}
	return r.append(&recording.Event{Kind: recording.KindExit, StartNS: r.now(), Exit: &r.exit})
}

// killed records the end of a program that had no time to say where it was, as
// by SIGKILL. Inside a system call that is known: it never returned. Between two,
// replay could not tell how far to go.
func (r *recorder) killed() error {
	if r.waiting {
		return nil
	}
	if !r.inSyscall || r.event.Regs == (recording.Regs{}) {
		return r.refuse(abi.SignalName(r.exit.Signal), "it ended the program in a computation, at an instruction that nobody knows")
	}
	r.event.After = recording.Regs{}
	return r.append(&r.event)
}
