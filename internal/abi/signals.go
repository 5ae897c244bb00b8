package abi

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// restarts are the kernel's internal results, which only a tracer sees.
var restarts = map[int][2]string{
	512: {"ERESTARTSYS", "To be restarted if SA_RESTART is set"},
	513: {"ERESTARTNOINTR", "To be restarted"},
	514: {"ERESTARTNOHAND", "To be restarted if no handler"},
	515: {"ENOIOCTLCMD", "No such ioctl"},
	516: {"ERESTART_RESTARTBLOCK", "Interrupted by signal"},
	524: {"ENOTSUPP", "Operation is not supported"},
}

// Errno is the name of the error number n (positive): "ENOENT". Unknown ones
// give "errno 4000".
func Errno(n int) string {
	if r, ok := restarts[n]; ok {
		return r[0]
	}
	switch syscall.Errno(n) {
	case unix.EOPNOTSUPP: // also ENOTSUP
		return "EOPNOTSUPP"
	case unix.EAGAIN: // also EWOULDBLOCK
		return "EAGAIN"
	case unix.EDEADLK: // also EDEADLOCK
		return "EDEADLK"
	}
	if s := unix.ErrnoName(syscall.Errno(n)); s != "" {
		return s
	}
	return "errno " + strconv.Itoa(n)
}

// ErrnoText is the text of the error number n as strerror(3) has it.
func ErrnoText(n int) string {
	if r, ok := restarts[n]; ok {
		return r[1]
	}
	if unix.ErrnoName(syscall.Errno(n)) == "" {
		return "Unknown error " + strconv.Itoa(n)
	}
	s := syscall.Errno(n).Error()
	return strings.ToUpper(s[:1]) + s[1:]
}

// ResultError is the name of the error that a result stands for, "" for a
// result that is none.
func ResultError(result int64) string {
	if !Failed(result) {
		return ""
	}
	return Errno(int(-result))
}

// SignalName is the name of the signal n: "SIGSEGV", "SIGRTMIN", "SIGRT_3"; ""
// where there is none.
func SignalName(n int) string {
	const realtime = 32 // as the kernel counts, without glibc's two
	switch {
	case n == realtime:
		return "SIGRTMIN"
	case n > realtime && n <= 64:
		return fmt.Sprintf("SIGRT_%d", n-realtime)
	case n == int(unix.SIGABRT):
		return "SIGABRT"
	case n == int(unix.SIGCHLD):
		return "SIGCHLD"
	case n == int(unix.SIGIO):
		return "SIGIO"
	case n == int(unix.SIGSYS):
		return "SIGSYS"
	case n <= 0 || n > 64:
		return ""
	}
	return unix.SignalName(syscall.Signal(n))
}

// Codes of si_code that any signal may have (asm-generic/siginfo.h).
var anyCodes = map[int32]string{
	0: "SI_USER", 0x80: "SI_KERNEL", -1: "SI_QUEUE", -2: "SI_TIMER", -3: "SI_MESGQ", -4: "SI_ASYNCIO",
	-5: "SI_SIGIO", -6: "SI_TKILL", -7: "SI_DETHREAD", -60: "SI_ASYNCNL",
}

// signalCodes are the positive codes by signal, from 1.
var signalCodes = map[unix.Signal][]string{
	unix.SIGILL:  {"ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP", "ILL_PRVOPC", "ILL_PRVREG", "ILL_COPROC", "ILL_BADSTK", "ILL_BADIADDR"},
	unix.SIGFPE:  {"FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES", "FPE_FLTINV", "FPE_FLTSUB", "", "", "", "", "", "FPE_FLTUNK", "FPE_CONDTRAP"},
	unix.SIGSEGV: {"SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR", "SEGV_ACCADI", "SEGV_ADIDERR", "SEGV_ADIPERR", "SEGV_MTEAERR", "SEGV_MTESERR", "SEGV_CPERR"},
	unix.SIGBUS:  {"BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR", "BUS_MCEERR_AR", "BUS_MCEERR_AO"},
	unix.SIGTRAP: {"TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT", "TRAP_UNK", "TRAP_PERF"},
	unix.SIGCHLD: {"CLD_EXITED", "CLD_KILLED", "CLD_DUMPED", "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED"},
	unix.SIGPOLL: {"POLL_IN", "POLL_OUT", "POLL_MSG", "POLL_ERR", "POLL_PRI", "POLL_HUP"},
	unix.SIGSYS:  {"SYS_SECCOMP", "SYS_USER_DISPATCH"},
}

// SignalCode is the name of si_code for a signal: "SEGV_MAPERR", "SI_USER". An
// unknown one is shown as a number.
func SignalCode(sig int, code int32) string {
	if s, ok := anyCodes[code]; ok {
		return s
	}
	if c := signalCodes[unix.Signal(sig)]; code > 0 && int(code) <= len(c) && c[code-1] != "" {
		return c[code-1]
	}
	return strconv.Itoa(int(code))
}

// sigset is the kernel's 64-bit signal set, signal n being bit n-1. One that
// has more than two thirds of the signals is shown by those it lacks.
var sigset = scalarObject("sigset", 8, func(p *printer, v uint64) { p.sigset(v) })

// scalarObject is a value of memory that shows itself without brackets.
func scalarObject(name string, width int, show func(p *printer, v uint64)) custom {
	return custom{name, uint64(width), func(p *printer, addr uint64) { show(p, p.uint(addr, width)) }}
}

func (p *printer) sigset(v uint64) {
	members := 0
	for x := v; x != 0; x &= x - 1 {
		members++
	}
	if members >= 64*2/3 {
		p.text("~")
		v = ^v
	}
	p.text("[")
	first := true
	for n := 1; n <= 64; n++ {
		if v>>(n-1)&1 == 0 {
			continue
		}
		if !first {
			p.text(" ")
		}
		first = false
		p.text(strings.TrimPrefix(SignalName(n), "SIG"))
	}
	p.text("]")
}
