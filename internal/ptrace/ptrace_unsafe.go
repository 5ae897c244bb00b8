package ptrace

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// GetRegs reads the general registers of a stopped thread.
func GetRegs(pid int, r *Regs) error {
	if err := request(unix.PTRACE_GETREGS, pid, 0, uintptr(unsafe.Pointer(r))); err != nil {
		return fmt.Errorf("read registers of %d: %w", pid, err)
	}
	return nil
}

// SetRegs writes the general registers of a stopped thread.
func SetRegs(pid int, r *Regs) error {
	if err := request(unix.PTRACE_SETREGS, pid, 0, uintptr(unsafe.Pointer(r))); err != nil {
		return fmt.Errorf("set registers of %d (rip %#x): %w", pid, r.Rip, err)
	}
	return nil
}

const noteXState = 0x202 // NT_X86_XSTATE

// GetXSave reads the extended state (x87, SSE, AVX …) of a stopped thread in
// the standard XSAVE format into b and returns the length used.
func GetXSave(pid int, b []byte) (int, error) {
	v := unix.Iovec{Base: unsafe.SliceData(b), Len: uint64(len(b))}
	if err := request(unix.PTRACE_GETREGSET, pid, noteXState, uintptr(unsafe.Pointer(&v))); err != nil {
		return 0, fmt.Errorf("read extended state of %d: %w", pid, err)
	}
	return int(v.Len), nil
}

// SetXSave writes the extended state of a stopped thread.
func SetXSave(pid int, b []byte) error {
	v := unix.Iovec{Base: unsafe.SliceData(b), Len: uint64(len(b))}
	if err := request(unix.PTRACE_SETREGSET, pid, noteXState, uintptr(unsafe.Pointer(&v))); err != nil {
		return fmt.Errorf("set extended state of %d: %w", pid, err)
	}
	return nil
}

// SigInfo is the kernel's siginfo_t of a signal stop.
type SigInfo [128]byte

// GetSigInfo reads the siginfo of a thread in a signal-delivery stop.
func GetSigInfo(pid int, s *SigInfo) error {
	if err := request(requestGetSigInfo, pid, 0, uintptr(unsafe.Pointer(s))); err != nil {
		return fmt.Errorf("read siginfo of %d: %w", pid, err)
	}
	return nil
}

func waitBusy(pid int) (unix.WaitStatus, syscall.Errno) {
	var status int32
	_, _, errno := syscall.RawSyscall6(unix.SYS_WAIT4, uintptr(pid), uintptr(unsafe.Pointer(&status)), unix.WALL, 0, 0, 0)
	return unix.WaitStatus(status), errno
}

// WaitAny waits like WaitBusy, for any thread that the calling one traces, and
// returns its id; options may have WNOHANG, with which that is 0 where none has
// changed its state.
func WaitAny(options int) (int, Status, error) {
	for {
		var status int32
		tid, _, errno := syscall.RawSyscall6(unix.SYS_WAIT4, ^uintptr(0), uintptr(unsafe.Pointer(&status)), uintptr(options|unix.WALL|unix.WNOTHREAD), 0, 0, 0)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return 0, Status{}, fmt.Errorf("wait4: %w", errno)
		}
		return int(tid), Status{unix.WaitStatus(status)}, nil
	}
}

// HasChildren tells whether the calling thread has made processes that were not
// waited for.
func HasChildren() bool {
	return unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT|unix.WALL|unix.WNOTHREAD, nil) != unix.ECHILD
}

// EventMessage is what the kernel tells of an event stop: after a clone, the new
// thread.
func EventMessage(pid int) (int, error) {
	var message uint64
	if err := request(unix.PTRACE_GETEVENTMSG, pid, 0, uintptr(unsafe.Pointer(&message))); err != nil {
		return 0, fmt.Errorf("read the event of %d: %w", pid, err)
	}
	return int(message), nil
}

// RobustList is the address of the list of robust futexes that a thread has told
// the kernel, 0 for none.
func RobustList(tid int) (uint64, error) {
	var head, size uint64
	_, _, errno := syscall.RawSyscall(unix.SYS_GET_ROBUST_LIST, uintptr(tid), uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return 0, errno
	}
	return head, nil
}

// ReadMemory copies from the tracee with process_vm_readv, which respects
// page protections, and returns the number of bytes read before the first
// page that could not be.
func ReadMemory(pid int, addr uint64, b []byte) (int, error) {
	return vm(unix.SYS_PROCESS_VM_READV, pid, addr, b)
}

// WriteMemory is the counterpart of ReadMemory.
func WriteMemory(pid int, addr uint64, b []byte) (int, error) {
	return vm(unix.SYS_PROCESS_VM_WRITEV, pid, addr, b)
}

// Part is a run of bytes at an address of a tracee.
type Part struct {
	Addr uint64
	Data []byte
}

// mostParts is how many parts one call of the kernel gets. It would take 1,024.
const mostParts = 64

// ReadParts fills the parts, with as few calls as possible, and returns the number of bytes read
// before the first page that could not be.
func ReadParts(pid int, parts []Part) (int, error) {
	return vmParts(unix.SYS_PROCESS_VM_READV, pid, parts)
}

// WriteParts is the counterpart of ReadParts.
func WriteParts(pid int, parts []Part) (int, error) {
	return vmParts(unix.SYS_PROCESS_VM_WRITEV, pid, parts)
}

type remotePart struct{ base, len uint64 }

func vmParts(nr uintptr, pid int, parts []Part) (done int, err error) {
	var local [mostParts]unix.Iovec
	var remote [mostParts]remotePart
	for len(parts) > 0 {
		n, want := min(len(parts), mostParts), 0
		for i := range parts[:n] {
			p := &parts[i]
			local[i] = unix.Iovec{Base: unsafe.SliceData(p.Data), Len: uint64(len(p.Data))}
			remote[i] = remotePart{p.Addr, uint64(len(p.Data))}
			want += len(p.Data)
		}
		got, _, errno := syscall.RawSyscall6(nr, uintptr(pid), uintptr(unsafe.Pointer(&local)), uintptr(n), uintptr(unsafe.Pointer(&remote)), uintptr(n), 0)
		if errno != 0 {
			return done, errno
		}
		if done += int(got); int(got) < want {
			return done, nil
		}
		parts = parts[n:]
	}
	return done, nil
}

func vm(nr uintptr, pid int, addr uint64, b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	local := unix.Iovec{Base: unsafe.SliceData(b), Len: uint64(len(b))}
	remote := struct{ base, len uint64 }{addr, uint64(len(b))}
	n, _, errno := syscall.RawSyscall6(nr, uintptr(pid), uintptr(unsafe.Pointer(&local)), 1, uintptr(unsafe.Pointer(&remote)), 1, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// maskSIGCHLDStops adds SA_NOCLDSTOP to the handler that is installed, with
// the raw system call: the kernel's struct sigaction is 4 words, flags second.
func maskSIGCHLDStops() error {
	var action [4]uint64
	const size = 8
	_, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), 0, uintptr(unsafe.Pointer(&action)), size, 0, 0)
	if errno == 0 {
		action[1] |= 1 // SA_NOCLDSTOP
		_, _, errno = syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), uintptr(unsafe.Pointer(&action)), 0, size, 0, 0)
	}
	if errno != 0 {
		return fmt.Errorf("rt_sigaction(SIGCHLD): %w", errno)
	}
	return nil
}
