package replay

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// How the tests' recorder runs one thread at a time. Others run at the ends of
// system calls, chosen at random, and while the thread sleeps in a call.

// testThread is a thread of the program.
type testThread struct {
	tid    int
	number uint32 // 0: it has not begun
	parent uint32
	// call is the system call in which it waits, and returned says that it has come
	// to its end, which is not recorded yet.
	call     *recording.Event
	returned bool
	after    recording.Regs          // at its last event
	stored   []recording.MemoryWrite // by the kernel, for its beginning
}

// append adds an event of the running thread.
func (s *snapshotter) append(e *recording.Event) error {
	e.Thread = s.running.number
	if e.Kind != recording.KindCheckpoint {
		s.running.after = e.After
	}
	return s.w.Append(e)
}

// turn chooses a thread and lets it come to its next event.
func (s *snapshotter) turn() (ended bool, status ptrace.Status, err error) {
	th, err := s.choose()
	if err != nil {
		return false, status, err
	}
	s.running, s.pid = th, th.tid
	switch {
	case th.number == 0:
		return false, status, s.begins()
	case th.returned:
		return false, status, s.returns()
	}
	if err := ptrace.ResumeToSyscall(s.pid, 0); err != nil {
		return false, status, err
	}
	if status, err = s.wait(); err != nil {
		return false, status, err
	}
	if status.StopSignal() == ptrace.SyscallStop {
		return s.call()
	}
	return s.signal(status)
}

// choose waits until there is a thread that can go on.
func (s *snapshotter) choose() (*testThread, error) {
	for {
		var can []*testThread
		for _, th := range s.threads {
			if th.call != nil && !th.returned {
				if err := s.settle(th); err != nil {
					return nil, err
				}
			}
			switch {
			case th.stored != nil: // nobody must see that it is there already
				return th, nil
			case th.call == nil || th.returned:
				can = append(can, th)
			}
		}
		if slices.Contains(can, s.running) && s.schedule.Intn(3) > 0 {
			return s.running, nil
		}
		if len(can) > 0 {
			return can[s.schedule.Intn(len(can))], nil
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// state is the letter by which the kernel shows what a thread does.
func (th *testThread) state() byte {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", th.tid))
	if _, rest, ok := strings.Cut(string(b), ") "); ok && err == nil {
		return rest[0]
	}
	return 'Z'
}

// settle waits until a thread in a call sleeps there or has come to its end.
func (s *snapshotter) settle(th *testThread) error {
	for {
		switch th.state() {
		case 'S':
			return nil
		case 't':
			_, status, err := ptrace.Wait(th.tid, nil)
			switch {
			case err != nil:
				return err
			case status.Event() == unix.PTRACE_EVENT_CLONE:
				if err := errors.Join(s.cloned(th), ptrace.ResumeToSyscall(th.tid, 0)); err != nil {
					return err
				}
			case status.StopSignal() != ptrace.SyscallStop:
				return fmt.Errorf("unexpected stop %s", describeStatus(status))
			default:
				th.returned = true
				return nil
			}
		case 'Z':
			return fmt.Errorf("thread %d ended in a system call", th.number)
		}
		time.Sleep(20 * time.Microsecond)
	}
}

// wait waits for the running thread. The process's first is the last that the
// kernel reports as ended, when the others have been waited for.
func (s *snapshotter) wait() (ptrace.Status, error) {
	for len(s.threads) > 1 && s.running.state() != 't' {
		for _, th := range s.threads {
			if th.state() == 'Z' {
				return s.reap()
			}
		}
		time.Sleep(20 * time.Microsecond)
	}
	_, status, err := ptrace.Wait(s.pid, nil)
	return status, err
}

// reap waits for all threads of a process that ends, and returns its status.
func (s *snapshotter) reap() (status ptrace.Status, err error) {
	slices.SortFunc(s.threads, func(a, b *testThread) int { return b.tid - a.tid })
	tids := []int{}
	for _, th := range s.threads {
		if th.tid != s.leader {
			tids = append(tids, th.tid)
		}
	}
	for _, tid := range append(tids, s.leader) {
		for status.WaitStatus = 0x7f; status.Stopped(); {
			if _, status, err = ptrace.Wait(tid, nil); err != nil {
				return status, err
			}
		}
	}
	return status, nil
}

// call records the system call at whose entry the running thread is.
func (s *snapshotter) call() (ended bool, status ptrace.Status, err error) {
	th := s.running
	e := &recording.Event{Kind: recording.KindSyscall}
	if err := ptrace.GetRegs(s.pid, &e.Regs); err != nil {
		return false, status, err
	}
	s.changes() // the program's own
	s.calls++
	switch nr := e.Regs.Orig_rax; {
	case nr == unix.SYS_EXIT && len(s.threads) > 1:
		return false, status, s.exits(e)
	case nr == unix.SYS_EXIT || nr == unix.SYS_EXIT_GROUP:
		return s.end(e)
	case nr == unix.SYS_RSEQ: // the kernel would write to its area at any time
		r := e.Regs
		r.Orig_rax = ^uint64(0)
		if err := ptrace.SetRegs(s.pid, &r); err != nil {
			return false, status, err
		}
	}
	if err := ptrace.ResumeToSyscall(s.pid, 0); err != nil {
		return false, status, err
	}
	th.call = e
	if err := s.settle(th); err != nil {
		return false, status, err
	}
	if th.returned {
		return false, status, s.returns()
	}
	return false, status, s.append(&recording.Event{Kind: recording.KindWait, Regs: e.Regs, Memory: s.changes()})
}

// returns records the end of the running thread's call.
func (s *snapshotter) returns() error {
	e, err := s.running.call, error(nil)
	s.running.call, s.running.returned = nil, false
	if err := ptrace.GetRegs(s.pid, &e.After); err != nil {
		return err
	}
	if e.Regs.Orig_rax == unix.SYS_RT_SIGRETURN {
		if e.XSave, err = s.xsave(); err != nil {
			return err
		}
	}
	before := slices.Clone(s.maps)
	if err := s.readMaps(); err != nil {
		return err
	}
	e.Maps = s.mapChanges(before)
	e.Memory = append(s.changes(), s.fresh(e.Maps)...)
	hidden := false
	for _, th := range s.threads {
		for i := range th.stored { // it belongs to the new thread's beginning
			e.Memory = append(e.Memory, recording.MemoryWrite{Addr: th.stored[i].Addr, Data: make([]byte, len(th.stored[i].Data))})
			hidden = true
		}
	}
	if err := s.append(e); err != nil {
		return err
	}
	if s.calls%4 == 0 && !hidden {
		return s.checkpoint(&e.After)
	}
	return nil
}

// cloned takes in the thread that the call of th has made.
func (s *snapshotter) cloned(th *testThread) error {
	tid, err := unix.PtraceGetEventMsg(th.tid)
	if err != nil {
		return err
	}
	if _, _, err := ptrace.Wait(int(tid), nil); err != nil {
		return err
	}
	child := &testThread{tid: int(tid), parent: th.number}
	flags, at := th.call.Regs.Rdi, th.call.Regs.R10
	if th.call.Regs.Orig_rax == unix.SYS_CLONE3 {
		var args [24]byte
		_, _ = ptrace.ReadMemory(th.tid, flags, args[:])
		flags, at = le64(args[:]), le64(args[16:])
	}
	if flags&unix.CLONE_CHILD_SETTID != 0 {
		child.stored = []recording.MemoryWrite{{Addr: recording.Addr(at), Data: []byte{byte(tid), byte(tid >> 8), byte(tid >> 16), byte(tid >> 24)}}}
	}
	s.threads = append(s.threads, child)
	return nil
}

// begins records the first event of the running thread.
func (s *snapshotter) begins() (err error) {
	th := s.running
	s.begun++
	th.number = s.begun
	e := &recording.Event{Kind: recording.KindThread, Born: &recording.Born{Parent: th.parent, TID: th.tid}, Memory: th.stored}
	th.stored = nil
	if err := ptrace.GetRegs(th.tid, &e.After); err != nil {
		return err
	}
	if e.XSave, err = s.xsave(); err != nil {
		return err
	}
	return s.append(e)
}

// exits records that the running thread ends, and others go on.
func (s *snapshotter) exits(e *recording.Event) error {
	th := s.running
	if err := ptrace.Resume(th.tid, 0); err != nil {
		return err
	}
	for th.state() != 'Z' {
		time.Sleep(20 * time.Microsecond)
	}
	if th.tid != s.leader {
		if _, _, err := ptrace.Wait(th.tid, nil); err != nil {
			return err
		}
	}
	s.threads = slices.DeleteFunc(s.threads, func(t *testThread) bool { return t == th })
	s.pid = s.threads[0].tid // through which memory can be read
	e.Memory = s.changes()
	return s.append(e)
}

// end records the end of the process.
func (s *snapshotter) end(e *recording.Event) (bool, ptrace.Status, error) {
	if err := errors.Join(s.checkpoint(&e.Regs), s.append(e), ptrace.Resume(s.pid, 0)); err != nil {
		return false, ptrace.Status{}, err
	}
	status, err := s.reap()
	if err != nil {
		return false, status, err
	}
	return true, status, s.append(&recording.Event{Kind: recording.KindExit, Exit: &recording.Exit{Code: status.ExitStatus()}})
}
