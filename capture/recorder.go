package capture

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"hindsight/internal/abi"
	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// recorder is one run of Record. All of it belongs to the thread that traces,
// but for what is under endMu.
//
// Between two stops the program is in user code or inside a system call. An
// event is appended when it is over and its outcome certain. For a system call
// that a signal interrupted that is only at the next stop: see pending.
type recorder struct {
	tracee
	w        *recording.Writer
	meta     *recording.Meta
	began    time.Time
	cpu      int
	syscalls uint64
	gone     bool // the program has ended
	exit     recording.Exit

	call      abi.Call        // the system call that is entered or was last
	event     recording.Event // of that call
	ranges    []abi.Range
	data      collector
	inSyscall bool
	final     bool // an exit is under way: nothing more is recorded
	// pending: the call of event returned a restart code, so that the kernel
	// will restart it or have it fail with EINTR before a handler runs.
	pending bool
	// last are the registers after the last event, where a signal can be
	// delivered. While the program has them it has executed no instruction.
	last  recording.Regs
	held  []heldSignal
	sites map[uint64]bool // addresses behind syscall instructions seen

	brk         uint64
	stackLow    uint64
	special     regions // mappings that are shared or of files
	files       fileIndex
	process     *os.File // a pidfd, once a file was mapped
	patches     map[uint64]saveInstruction
	xsave       []byte
	checkpoints checkpointer
	pages       pages
	quiet       *ptrace.Quiet

	endMu  sync.Mutex
	endErr error // why the program was killed
	reaped bool
}

func (r *recorder) now() uint64 { return uint64(time.Since(r.began)) }

// run follows the program from its first instruction to its end.
func (r *recorder) run() error {
	signal := 0
	for {
		if err := ptrace.ResumeToSyscall(r.pid, signal); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("resume the program: %w", err)
		}
		st, err := ptrace.WaitBusy(r.pid)
		if err != nil {
			return err
		}
		r.quiet.Collect()
		signal, err = r.stopped(st)
		if r.gone {
			return r.ended(st)
		}
		// A program that is killed while it is stopped answers ESRCH.
		if err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
}

// stopped handles a stop and returns the signal to resume with.
func (r *recorder) stopped(st ptrace.Status) (signal int, err error) {
	switch {
	case st.Exited() || st.Signaled():
		r.gone = true
		return 0, nil
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
		r.inSyscall = true
		if err := r.enter(); err != nil {
			return 0, err
		}
	}
	return r.takeHeld(), nil
}

// ended records the program's end.
func (r *recorder) ended(st ptrace.Status) error {
	if err := r.endedBy(); err != nil {
		return err
	}
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
	return r.w.Append(&recording.Event{Kind: recording.KindExit, StartNS: r.now(), Exit: &r.exit})
}

// killed records the end of a program that had no time to say where it was, as
// by SIGKILL. Inside a system call that is known: it never returned. Between two,
// replay could not tell how far to go.
func (r *recorder) killed() error {
	if !r.inSyscall || r.event.Regs == (recording.Regs{}) {
		return r.refuse(abi.SignalName(r.exit.Signal), "it ended the program in a computation, at an instruction that nobody knows")
	}
	r.event.After = recording.Regs{}
	return r.w.Append(&r.event)
}

// refuse ends the recording.
func (r *recorder) refuse(name, format string, a ...any) error {
	return &RefusedError{Event: r.w.Events(), Name: name, Reason: fmt.Sprintf(format, a...)}
}
