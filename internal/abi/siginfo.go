package abi

var (
	sigHow = enum("how", 4, names{{0, "SIG_BLOCK"}, {1, "SIG_UNBLOCK"}, {2, "SIG_SETMASK"}}, "SIG_???")

	saFlags = names{
		{0x04000000, "SA_RESTORER"}, {0x08000000, "SA_ONSTACK"}, {0x10000000, "SA_RESTART"},
		{0x40000000, "SA_NODEFER"}, {0x80000000, "SA_RESETHAND"}, {0x1, "SA_NOCLDSTOP"}, {0x2, "SA_NOCLDWAIT"},
		{0x4, "SA_SIGINFO"}, {0x400, "SA_UNSUPPORTED"}, {0x800, "SA_EXPOSE_TAGBITS"},
	}
	handlers = names{{0, "SIG_DFL"}, {1, "SIG_IGN"}, {1<<64 - 1, "SIG_ERR"}}
	ssFlags  = flags("ss_flags", 4, names{{0x80000000, "SS_AUTODISARM"}, {1, "SS_ONSTACK"}, {2, "SS_DISABLE"}}, "SS_???")

	// stackT is stack_t of sigaltstack.
	stackT = &structure{"stack_t", 24, false, []field{{"ss_sp", 0, addr}, {"ss_flags", 8, ssFlags}, {"ss_size", 16, u64}}}
)

// sigaction is the kernel's struct: handler, flags, restorer, mask.
var sigaction = custom{"sigaction", 32, func(p *printer, at uint64) {
	p.text("{sa_handler=")
	if h := p.uint(at, 8); h <= 1 || h == 1<<64-1 {
		p.enum(h, handlers, "")
	} else {
		p.hex(h)
	}
	p.text(", sa_mask=")
	p.sigset(p.uint(at+24, 8))
	f := p.uint(at+8, 8)
	p.text(", sa_flags=")
	p.flags(f, saFlags, "SA_???")
	if f&0x04000000 != 0 {
		p.text(", sa_restorer=")
		p.address(p.uint(at+16, 8))
	}
	p.text("}")
}}

// siginfo is the kernel's siginfo_t. The union after the first three words
// depends on the signal and the code.
var siginfo = custom{"siginfo", 128, func(p *printer, at uint64) {
	sig, code := int(p.uint(at, 4)), int32(p.uint(at+8, 4))
	if sig == 0 {
		p.text("{}")
		return
	}
	p.text("{si_signo=")
	p.signal(sig)
	p.text(", si_code=")
	p.text(SignalCode(sig, code))
	if e := int32(p.uint(at+4, 4)); e != 0 {
		p.text(", si_errno=")
		p.text(Errno(int(e)))
	}
	p.siginfoUnion(at, sig, code)
	p.text("}")
}}

func (p *printer) siginfoUnion(at uint64, sig int, code int32) {
	num := func(label string, off uint64) {
		p.text(", " + label + "=")
		p.decimal(int64(int32(p.uint(at+off, 4))))
	}
	switch {
	case sig == 17 && code > 0: // SIGCHLD
		num("si_pid", 16)
		num("si_uid", 20)
		if code == 1 { // CLD_EXITED
			num("si_status", 24)
		} else {
			p.text(", si_status=")
			p.signal(int(int32(p.uint(at+24, 4))))
		}
		p.text(", si_utime=")
		p.unsigned(p.uint(at+32, 8))
		p.text(", si_stime=")
		p.unsigned(p.uint(at+40, 8))
	case code > 0 && code != 0x80 && (sig == 4 || sig == 8 || sig == 11 || sig == 7 || sig == 5):
		p.text(", si_addr=")
		p.address(p.uint(at+16, 8))
	case code == 0 || code == -6: // SI_USER, SI_TKILL
		num("si_pid", 16)
		num("si_uid", 20)
	case code == -2: // SI_TIMER
		p.text(", si_timerid=")
		p.hex(p.uint(at+16, 4))
		num("si_overrun", 20)
		p.siginfoValue(at)
	case code == -1:
		num("si_pid", 16)
		num("si_uid", 20)
		p.siginfoValue(at)
	}
}

func (p *printer) siginfoValue(at uint64) {
	if p.uint(at+24, 8) == 0 {
		return
	}
	p.text(", si_value={sival_int=")
	p.decimal(int64(int32(p.uint(at+24, 4))))
	p.text(", sival_ptr=")
	p.address(p.uint(at+24, 8))
	p.text("}")
}

// sigevent is struct sigevent: value, signal, way of notification, and a thread.
var sigevent = custom{"sigevent", 64, func(p *printer, at uint64) {
	how := p.uint(at+12, 4)
	p.text("{")
	if p.uint(at, 8) != 0 {
		p.text("sigev_value={sival_int=")
		p.decimal(int64(int32(p.uint(at, 4))))
		p.text(", sival_ptr=")
		p.address(p.uint(at, 8))
		p.text("}, ")
	}
	p.text("sigev_signo=")
	p.signal(int(p.uint(at+8, 4)))
	p.text(", sigev_notify=")
	p.enum(how, names{{0, "SIGEV_SIGNAL"}, {1, "SIGEV_NONE"}, {2, "SIGEV_THREAD"}, {4, "SIGEV_THREAD_ID"}}, "SIGEV_???")
	if how == 4 {
		p.text(", sigev_notify_thread_id=")
		p.decimal(int64(int32(p.uint(at+16, 4))))
	}
	p.text("}")
}}

var signalCalls = []Syscall{
	call(13, "rt_sigaction", signo, inPtr(sigaction), outPtr(sigaction), size),
	call(14, "rt_sigprocmask", sigHow, sigsetArg{inPtr(sigset), 3}, sigsetArg{outPtr(sigset), 3}, size),
	call(15, "rt_sigreturn", sigframe{}),
	call(34, "pause"),
	call(62, "kill", pid, signo),
	call(127, "rt_sigpending", sigsetArg{outPtr(sigset), 1}, size),
	call(128, "rt_sigtimedwait", sigsetArg{inPtr(sigset), 3}, outPtr(siginfo), inPtr(timespec), size),
	call(129, "rt_sigqueueinfo", pid, signo, inPtr(siginfo)),
	call(130, "rt_sigsuspend", sigsetArg{inPtr(sigset), 1}, size),
	call(131, "sigaltstack", inPtr(stackT), outPtr(stackT)),
	call(200, "tkill", pid, signo),
	call(219, "restart_syscall"),
	call(234, "tgkill", pid, pid, signo),
	call(282, "signalfd", fd, sigsetArg{inPtr(sigset), 2}, size),
	call(289, "signalfd4", fd, sigsetArg{inPtr(sigset), 2}, size, flags("flags", 4, names{{0x80000, "SFD_CLOEXEC"}, {0x800, "SFD_NONBLOCK"}}, "SFD_???")),
	call(297, "rt_tgsigqueueinfo", pid, pid, signo, inPtr(siginfo)),
	call(424, "pidfd_send_signal", fd, signo, inPtr(siginfo), u32).answered(enosys),
}

// sigsetArg is a signal set whose size is an argument: one of another size than
// the kernel's is an error.
type sigsetArg struct {
	pointer
	size int
}

func (a sigsetArg) show(p *printer, v uint64) {
	if p.args[a.size] != 8 {
		p.address(v)
		return
	}
	a.pointer.show(p, v)
}

// enosys is what programs must cope with from an older kernel.
const enosys = 38

// sigframe stands for rt_sigreturn, which takes no argument; strace shows the
// mask that is restored. The frame is not followed: the registers that the call
// restores are the recorder's business.
type sigframe struct{}

func (sigframe) String() string        { return "frame at rsp" }
func (sigframe) show(*printer, uint64) {}
func (sigframe) enter(*Call, uint64)   {}
