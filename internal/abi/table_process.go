package abi

const oneProcess = "starts a process; only the threads of one process can be recorded yet"

var cloneBits = names{
	{0x100, "CLONE_VM"}, {0x200, "CLONE_FS"}, {0x400, "CLONE_FILES"}, {0x800, "CLONE_SIGHAND"}, {0x1000, "CLONE_PIDFD"}, {0x2000, "CLONE_PTRACE"},
	{0x4000, "CLONE_VFORK"}, {0x8000, "CLONE_PARENT"}, {0x10000, "CLONE_THREAD"}, {0x20000, "CLONE_NEWNS"}, {0x40000, "CLONE_SYSVSEM"},
	{0x80000, "CLONE_SETTLS"}, {0x100000, "CLONE_PARENT_SETTID"}, {0x200000, "CLONE_CHILD_CLEARTID"}, {0x400000, "CLONE_DETACHED"},
	{0x800000, "CLONE_UNTRACED"}, {0x1000000, "CLONE_CHILD_SETTID"}, {0x2000000, "CLONE_NEWCGROUP"}, {0x4000000, "CLONE_NEWUTS"},
	{0x8000000, "CLONE_NEWIPC"}, {0x10000000, "CLONE_NEWUSER"}, {0x20000000, "CLONE_NEWPID"}, {0x40000000, "CLONE_NEWNET"}, {0x80000000, "CLONE_IO"},
}

var (
	unshareFlags = flags("CLONE_*", 4, append(names{{0x80, "CLONE_NEWTIME"}}, cloneBits...), "CLONE_???")

	waitBits  = names{{1, "WNOHANG"}, {2, "WUNTRACED"}, {4, "WEXITED"}, {8, "WCONTINUED"}, {0x1000000, "WNOWAIT"}, {0x80000000, "__WCLONE"}, {0x40000000, "__WALL"}, {0x20000000, "__WNOTHREAD"}}
	waitFlags = flags("W*", 4, waitBits, "W???")
	// waitid's WSTOPPED has wait4's WUNTRACED value.
	waitidFlags = flags("W*", 4, names{{1, "WNOHANG"}, {4, "WEXITED"}, {2, "WSTOPPED"}, {8, "WCONTINUED"}, {0x1000000, "WNOWAIT"}, {0x80000000, "__WCLONE"}, {0x40000000, "__WALL"}, {0x20000000, "__WNOTHREAD"}}, "W???")
	waitidType  = enum("P_*", 4, names{{0, "P_ALL"}, {1, "P_PID"}, {2, "P_PGID"}, {3, "P_PIDFD"}}, "P_???")
	rusageWho   = enum("RUSAGE_*", 4, names{{0, "RUSAGE_SELF"}, {0xffffffff, "RUSAGE_CHILDREN"}, {1, "RUSAGE_THREAD"}}, "RUSAGE_???")
	rusage      = &structure{"rusage", 144, true, []field{{"ru_utime", 0, timeval}, {"ru_stime", 16, timeval}}}
	resource    = enum("RLIMIT_*", 4, names{
		{0, "RLIMIT_CPU"}, {1, "RLIMIT_FSIZE"}, {2, "RLIMIT_DATA"}, {3, "RLIMIT_STACK"}, {4, "RLIMIT_CORE"}, {5, "RLIMIT_RSS"}, {6, "RLIMIT_NPROC"},
		{7, "RLIMIT_NOFILE"}, {8, "RLIMIT_MEMLOCK"}, {9, "RLIMIT_AS"}, {10, "RLIMIT_LOCKS"}, {11, "RLIMIT_SIGPENDING"}, {12, "RLIMIT_MSGQUEUE"},
		{13, "RLIMIT_NICE"}, {14, "RLIMIT_RTPRIO"}, {15, "RLIMIT_RTTIME"}}, "RLIMIT_???")
	futexOps = names{{0, "FUTEX_WAIT"}, {1, "FUTEX_WAKE"}, {2, "FUTEX_FD"}, {3, "FUTEX_REQUEUE"}, {4, "FUTEX_CMP_REQUEUE"}, {5, "FUTEX_WAKE_OP"},
		{6, "FUTEX_LOCK_PI"}, {7, "FUTEX_UNLOCK_PI"}, {8, "FUTEX_TRYLOCK_PI"}, {9, "FUTEX_WAIT_BITSET"}, {10, "FUTEX_WAKE_BITSET"},
		{11, "FUTEX_WAIT_REQUEUE_PI"}, {12, "FUTEX_CMP_REQUEUE_PI"}, {13, "FUTEX_LOCK_PI2"}}
	personalityFlags = flags("PER_*", 4, names{{0, "PER_LINUX"}, {0x20000, "UNAME26"}, {0x40000, "ADDR_NO_RANDOMIZE"}, {0x80000, "FDPIC_FUNCPTRS"}, {0x100000, "MMAP_PAGE_ZERO"},
		{0x200000, "ADDR_COMPAT_LAYOUT"}, {0x400000, "READ_IMPLIES_EXEC"}, {0x800000, "ADDR_LIMIT_32BIT"}, {0x1000000, "SHORT_INODE"},
		{0x2000000, "WHOLE_SECONDS"}, {0x4000000, "STICKY_TIMEOUTS"}, {0x8000000, "ADDR_LIMIT_3GB"}}, "")
)

// waitStatus is the status word of wait4, shown by the macros that take it
// apart.
var waitStatus = custom{"status", 4, func(p *printer, at uint64) {
	s := int(p.uint(at, 4))
	sig := s & 0x7f
	core := ""
	if s&0x80 != 0 {
		core = " && WCOREDUMP(s)"
	}
	switch {
	case sig == 0:
		p.text("[{WIFEXITED(s) && WEXITSTATUS(s) == ")
		p.decimal(int64(s >> 8 & 0xff))
	case s&0xff == 0x7f:
		p.text("[{WIFSTOPPED(s) && WSTOPSIG(s) == ")
		p.signal(s >> 8 & 0xff)
	case s&0xffff == 0xffff:
		p.text("[{WIFCONTINUED(s)")
	default:
		p.text("[{WIFSIGNALED(s) && WTERMSIG(s) == ")
		p.signal(sig)
		p.text(core)
	}
	p.text("}]")
}}

// Calls of wait4 that found no child write nothing: strace shows the address.
type foundChild struct{ pointer }

func (f foundChild) show(p *printer, v uint64) {
	if p.result == 0 {
		p.address(v)
		return
	}
	f.pointer.show(p, v)
}

// A futex call's operation says what its other arguments are. Operations on
// priority-inheriting and requeued futexes store into the words, whatever the
// result.
var (
	futexWord = ioPtr(i32).onError()
	futexOp   = scalar{"FUTEX_*", 4, false, func(p *printer, v uint64) {
		const private, clock = 128, 256
		s, ok := futexOps.find(v &^ (private | clock))
		if !ok {
			p.hex(v)
			p.comment("FUTEX_???")
			return
		}
		p.text(s)
		if v&private != 0 {
			p.text("_PRIVATE")
		}
		if v&clock != 0 {
			p.text("|FUTEX_CLOCK_REALTIME")
		}
	}}
	futexTimeout = inPtr(timespec)
	futexBits    = scalar{"bits", 4, false, func(p *printer, v uint64) {
		if uint32(v) == 1<<32-1 {
			p.text("FUTEX_BITSET_MATCH_ANY")
			return
		}
		p.hex(v)
	}}
)

// futexShown hides what a futex word holds: strace shows its address.
type futexShown struct{ pointer }

func (futexShown) show(p *printer, v uint64) { p.address(v) }

// futexBy picks the specification of an argument by operation; operations that
// are not listed have none.
func futexBy(ops map[uint64]arg, other arg) arg {
	return choice{"by operation", func(args [6]uint64) arg {
		if a, ok := ops[args[1]&0x7f]; ok {
			return a
		}
		return other
	}}
}

var futexStored = futexShown{futexWord}

var futexArgs = []arg{
	futexBy(map[uint64]arg{6: futexStored, 7: futexStored, 8: futexStored, 13: futexStored}, addr),
	futexOp,
	futexBy(map[uint64]arg{6: absent, 7: absent, 8: absent, 13: absent}, u32),
	futexBy(map[uint64]arg{0: futexTimeout, 6: futexTimeout, 9: futexTimeout, 11: futexTimeout, 13: futexTimeout,
		3: u32, 4: u32, 5: u32, 12: u32}, absent),
	futexBy(map[uint64]arg{3: addr, 4: addr, 5: futexStored, 11: futexStored, 12: futexStored}, absent),
	futexBy(map[uint64]arg{9: futexBits, 10: futexBits, 4: u32, 12: u32, 5: wakeOp}, absent),
}

// wakeOp is the operation that FUTEX_WAKE_OP does on the second word.
var wakeOp = scalar{"wake op", 4, false, func(p *printer, v uint64) {
	ops := names{{0, "FUTEX_OP_SET"}, {1, "FUTEX_OP_ADD"}, {2, "FUTEX_OP_OR"}, {3, "FUTEX_OP_ANDN"}, {4, "FUTEX_OP_XOR"}}
	comparisons := names{{0, "FUTEX_OP_CMP_EQ"}, {1, "FUTEX_OP_CMP_NE"}, {2, "FUTEX_OP_CMP_LT"}, {3, "FUTEX_OP_CMP_LE"}, {4, "FUTEX_OP_CMP_GT"}, {5, "FUTEX_OP_CMP_GE"}}
	op := v >> 28
	if op&8 != 0 {
		p.text("FUTEX_OP_OPARG_SHIFT<<28|")
	}
	p.enum(op&7, ops, "FUTEX_OP_???")
	p.text("<<28|")
	p.hex(v >> 12 & 0xfff)
	p.text("<<12|")
	p.enum(v>>24&15, comparisons, "FUTEX_OP_CMP_???")
	p.text("<<24|")
	p.hex(v & 0xfff)
}}

var processCalls = []Syscall{
	call(39, "getpid"),
	call(56, "clone", cloneFlags, addr, addr, addr, addr),
	undescribed(57, "fork").refused(oneProcess),
	undescribed(58, "vfork").refused(oneProcess),
	call(59, "execve", path, stringsArg{}, stringsArg{brief: true}).refused("starts another program"),
	call(60, "exit", i32),
	call(61, "wait4", pid, foundChild{outPtr(waitStatus)}, waitFlags, foundChild{outPtr(rusage)}),
	call(97, "getrlimit", resource, outPtr(rlimit)),
	call(98, "getrusage", rusageWho, outPtr(rusage)),
	undescribed(101, "ptrace", i64, pid, addr, addr).refused("traces another process"),
	call(110, "getppid"),
	call(135, "personality", personalityFlags),
	call(157, "prctl", prctlOption, prctlArg(1), prctlArg(2), prctlArg(3), prctlArg(4)).guarded(prctlGuard),
	call(158, "arch_prctl", archOption, archArg),
	call(160, "setrlimit", resource, inPtr(rlimit)),
	call(186, "gettid"),
	call(202, "futex", futexArgs...),
	call(218, "set_tid_address", addr),
	call(231, "exit_group", i32),
	// waitid stores a siginfo on errors too, of zeros.
	call(247, "waitid", waitidType, pid, outPtr(siginfo).onError(), waitidFlags, outPtr(rusage)),
	call(272, "unshare", unshareFlags),
	call(273, "set_robust_list", addr, size),
	call(274, "get_robust_list", pid, outArray(addr, literal(1)), outArray(u64, literal(1))),
	call(302, "prlimit64", pid, resource, inPtr(rlimit), outPtr(rlimit)),
	call(308, "setns", fd, unshareFlags),
	call(310, "process_vm_readv", pid, iovecsArg{out, argn(2), -1}, size, remoteIovecs{}, size, hex64),
	undescribed(311, "process_vm_writev", pid, iovecsArg{in, argn(2), -1}, size, remoteIovecs{}, size, hex64).refused("writes another process's memory"),
	call(312, "kcmp", pid, pid, kcmpType, u64, u64),
	call(322, "execveat", dirfd, path, stringsArg{}, stringsArg{brief: true}, atFlags).refused("starts another program"),
	call(334, "rseq", addr, hex32, hex32, hex32).answered(enosys),
	undescribed(434, "pidfd_open", pid, hex32).answered(enosys),
	call(435, "clone3", inPtr(cloneStruct), size),
	undescribed(438, "pidfd_getfd", fd, fd, hex32).answered(enosys),
	call(449, "futex_waitv", inArray(opaque("futex_waitv", 24), argn(1)), u32, hex32, inPtr(timespec), clockID),
	call(454, "futex_wake", addr, hex64, i32, hex32),
	call(455, "futex_wait", addr, hex64, hex64, hex32, inPtr(timespec), clockID),
	call(456, "futex_requeue", inArray(opaque("futex_waitv", 24), literal(2)), hex32, i32, i32),
	undescribed(471, "rseq_slice_yield").answered(enosys),
}

var kcmpType = enum("KCMP_*", 4, names{{0, "KCMP_FILE"}, {1, "KCMP_VM"}, {2, "KCMP_FILES"}, {3, "KCMP_FS"}, {4, "KCMP_SIGHAND"}, {5, "KCMP_IO"}, {6, "KCMP_SYSVSEM"}, {7, "KCMP_EPOLL_TFD"}}, "KCMP_???")

var cloneFlags = scalar{"CLONE_*", 8, false, func(p *printer, v uint64) {
	p.flags(v&^0xff, cloneBits, "CLONE_???")
	if sig := int(v & 0xff); sig != 0 {
		p.text("|")
		p.signal(sig)
	}
}}

// cloneStruct is struct clone_args, as far as threads need it.
var cloneStruct = &structure{"clone_args", 88, false, []field{{"flags", 0, cloneFlags}, {"child_tid", 16, addr}, {"parent_tid", 24, addr},
	{"exit_signal", 32, u64}, {"stack", 40, addr}, {"stack_size", 48, hex64}, {"tls", 56, addr}}}

// remoteIovecs are the vectors of another process's memory: argument 4 of them,
// themselves in the caller's.
type remoteIovecs struct{}

func (remoteIovecs) String() string          { return "in iovec[arg4]" }
func (remoteIovecs) enter(c *Call, v uint64) { c.input(v, 16*min(c.Args[4], maxFollow)) }
func (remoteIovecs) show(p *printer, v uint64) {
	p.arrayFunc(v, p.args[4], 16, func(p *printer, at uint64) {
		p.text("{iov_base=")
		p.address(p.uint(at, 8))
		p.text(", iov_len=")
		p.unsigned(p.uint(at+8, 8))
		p.text("}")
	})
}
