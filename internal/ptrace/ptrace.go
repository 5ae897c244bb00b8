// Package ptrace is a thin, allocation-free layer over ptrace(2), wait4(2) and
// process_vm_readv/writev(2) for the recorder and the replay engines.
//
// It knows nothing of recordings. All calls that name a thread must come from
// the operating-system thread that attached to it: callers lock theirs with
// runtime.LockOSThread.
package ptrace

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// Regs are the general registers of a stopped thread, in the kernel's
// user_regs_struct order.
type Regs = unix.PtraceRegs

// Requests and options that golang.org/x/sys does not wrap.
const (
	requestSysemu     = 31
	requestGetSigInfo = 0x4202

	// SyscallStop is the signal number of a system-call stop when
	// PTRACE_O_TRACESYSGOOD is set.
	SyscallStop = unix.SIGTRAP | 0x80
)

// Status is what wait4 reported of a thread.
type Status struct{ unix.WaitStatus }

// Event is the PTRACE_EVENT_* number of an event stop, 0 for another stop.
func (s Status) Event() int { return int(s.WaitStatus) >> 16 }

// Wait waits for a change of state of the thread pid (with __WALL), retrying
// when interrupted. Where usage is not nil it takes the resources used, which
// the kernel fills in when the thread has ended.
func Wait(pid int, usage *unix.Rusage) (int, Status, error) {
	for {
		var ws unix.WaitStatus
		got, err := unix.Wait4(pid, &ws, unix.WALL, usage)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return got, Status{ws}, fmt.Errorf("wait4 %d: %w", pid, err)
		}
		return got, Status{ws}, nil
	}
}

// WaitBusy is Wait for a caller that runs often and alone. The Go scheduler does
// not see it block: the goroutine keeps its processor, which saves the runtime's
// monitor from taking it away and handing it back at each stop (about 30 µs of
// the two CPUs). The price is that the world cannot be stopped meanwhile, so it
// is only for within a Quiet.
func WaitBusy(pid int) (Status, error) {
	for {
		ws, errno := waitBusy(pid)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return Status{ws}, fmt.Errorf("wait4 %d: %w", pid, errno)
		}
		return Status{ws}, nil
	}
}

// Pin restricts the thread pid (0: the caller) to one CPU.
func Pin(pid, cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	return unix.SchedSetaffinity(pid, &set)
}

func request(req, pid int, addr, data uintptr) error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PTRACE, uintptr(req), uintptr(pid), addr, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// Resume lets a stopped thread run until its next stop, delivering signal
// (0: none).
func Resume(pid int, signal int) error {
	return request(unix.PTRACE_CONT, pid, 0, uintptr(signal))
}

// ResumeToSyscall resumes until the next system-call entry or exit.
func ResumeToSyscall(pid int, signal int) error {
	return request(unix.PTRACE_SYSCALL, pid, 0, uintptr(signal))
}

// ResumeEmulated resumes until the next system call, which the kernel will not
// perform (PTRACE_SYSEMU).
func ResumeEmulated(pid int, signal int) error {
	return request(requestSysemu, pid, 0, uintptr(signal))
}

// Step executes one instruction.
func Step(pid int, signal int) error {
	return request(unix.PTRACE_SINGLESTEP, pid, 0, uintptr(signal))
}

// SetOptions sets the PTRACE_O_* options of a stopped thread.
func SetOptions(pid, options int) error {
	return request(unix.PTRACE_SETOPTIONS, pid, 0, uintptr(options))
}

// MaskSIGCHLDStops asks the kernel not to raise SIGCHLD when a child merely
// stops. Without it the Go runtime's handler runs at each ptrace stop, which
// costs about 5 µs a stop.
func MaskSIGCHLDStops() error { return maskSIGCHLDStops() }
