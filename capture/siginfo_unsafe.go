package capture

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
)

// setSigInfo sets what the handler will be told of the signal that the thread
// is stopped at.
func setSigInfo(pid int, info *ptrace.SigInfo) error {
	const request = 0x4203 // PTRACE_SETSIGINFO
	_, _, errno := syscall.RawSyscall6(unix.SYS_PTRACE, request, uintptr(pid), 0, uintptr(unsafe.Pointer(info)), 0, 0)
	if errno != 0 {
		return fmt.Errorf("set siginfo of %d: %w", pid, errno)
	}
	return nil
}
