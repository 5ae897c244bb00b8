package abi

var (
	utsname = &structure{"utsname", 390, true, []field{{"sysname", 0, chars(65)}, {"nodename", 65, chars(65)}}}
	sysinfo = &structure{"sysinfo", 112, false, []field{{"uptime", 0, i64}, {"loads", 8, row(u64, 3)}, {"totalram", 32, u64}, {"freeram", 40, u64},
		{"sharedram", 48, u64}, {"bufferram", 56, u64}, {"totalswap", 64, u64}, {"freeswap", 72, u64}, {"procs", 80, u16},
		{"totalhigh", 88, u64}, {"freehigh", 96, u64}, {"mem_unit", 104, u32}}}
	grndFlags = flags("GRND_*", 4, names{{1, "GRND_NONBLOCK"}, {2, "GRND_RANDOM"}, {4, "GRND_INSECURE"}}, "GRND_???")

	segments = "changes segment registers' meaning, which replay does not follow"
)

// randomBuffer is data that strace shows in hexadecimal.
type randomBuffer struct{ bufferArg }

func (r randomBuffer) show(p *printer, v uint64) {
	if p.failed || v == 0 {
		p.address(v)
		return
	}
	n := min(p.args[1], uint64(p.result))
	p.m = p.after
	defer func() { p.m = p.before }()
	b, ok := p.read(v, min(n, stringMax))
	if !ok {
		p.hex(v)
		return
	}
	p.hexData(b)
	if n > stringMax {
		p.text("...")
	}
}

// sysfsArg is sysfs(2): 1 takes a name, 2 writes the name of a file system.
var (
	sysfsFirst  = by(0, "by option", map[uint64]arg{1: named, 2: u32, 3: absent}, hex64)
	sysfsSecond = by(0, "by option", map[uint64]arg{2: outPtr(opaque("name", 256))}, absent)
)

// syslogBuffer is written by the actions that read messages: 2, 3 and 4.
var syslogBuffer = by(0, "by action", map[uint64]arg{2: outBuffer(resultMax(2)), 3: outBuffer(resultMax(2)), 4: outBuffer(resultMax(2))}, addr)

var syslogAction = enum("SYSLOG_ACTION_*", 4, names{{0, "SYSLOG_ACTION_CLOSE"}, {1, "SYSLOG_ACTION_OPEN"}, {2, "SYSLOG_ACTION_READ"}, {3, "SYSLOG_ACTION_READ_ALL"},
	{4, "SYSLOG_ACTION_READ_CLEAR"}, {5, "SYSLOG_ACTION_CLEAR"}, {6, "SYSLOG_ACTION_CONSOLE_OFF"}, {7, "SYSLOG_ACTION_CONSOLE_ON"},
	{8, "SYSLOG_ACTION_CONSOLE_LEVEL"}, {9, "SYSLOG_ACTION_SIZE_UNREAD"}, {10, "SYSLOG_ACTION_SIZE_BUFFER"}}, "SYSLOG_ACTION_???")

// ldtGuard lets a program read its descriptor table but not change it.
func ldtGuard(args [6]uint64) (string, int) {
	if f := args[0] & 0xffffffff; f == 1 || f == 0x11 {
		return "modify_ldt " + segments, 0
	}
	return "", 0
}

// System-wide calls, and those that Linux has only by name: the kernel answers
// ENOSYS and touches no memory.
var systemCalls = []Syscall{
	call(63, "uname", outPtr(utsname)),
	call(99, "sysinfo", outPtr(sysinfo)),
	call(103, "syslog", syslogAction, syslogBuffer, i32),
	call(134, "uselib", path),
	call(139, "sysfs", i32, sysfsFirst, sysfsSecond),
	call(153, "vhangup"),
	call(154, "modify_ldt", i32, outBuffer(resultMax(2)), size).guarded(ldtGuard),
	call(156, "_sysctl", addr),
	call(162, "sync"),
	call(163, "acct", path),
	call(167, "swapon", path, hex32),
	call(168, "swapoff", path),
	call(169, "reboot", hex32, hex32, hex32, addr),
	call(170, "sethostname", inBuffer(argn(1)), i32),
	call(171, "setdomainname", inBuffer(argn(1)), i32),
	call(172, "iopl", i32).refused("gives access to ports"),
	call(173, "ioperm", u64, u64, i32).refused("gives access to ports"),
	call(174, "create_module", named, size),
	call(175, "init_module", addr, size, ctext),
	call(176, "delete_module", named, openFlags),
	call(177, "get_kernel_syms", addr), call(178, "query_module", named, i32, addr, size, addr),
	call(180, "nfsservctl", i32, addr, addr), call(181, "getpmsg", hex64, hex64, hex64, hex64, hex64), call(182, "putpmsg", hex64, hex64, hex64, hex64, hex64),
	call(183, "afs_syscall", hex64, hex64, hex64, hex64, hex64), call(184, "tuxcall", hex64, hex64, hex64), call(185, "security", hex64, hex64, hex64),
	call(205, "set_thread_area", addr), call(211, "get_thread_area", addr), call(212, "lookup_dcookie", u64, addr, size), call(236, "vserver", hex64, hex64, hex64),
	undescribed(246, "kexec_load", hex64, u64, addr, hex64),
	undescribed(298, "perf_event_open", addr, pid, i32, fd, hex32).refused("counts events, or has the kernel write samples into memory with no call"),
	call(306, "syncfs", fd),
	call(313, "finit_module", fd, ctext, hex32),
	undescribed(317, "seccomp", u32, hex32, addr).refused("filters system calls, which the recorder does itself"),
	call(318, "getrandom", randomBuffer{outBuffer(resultMax(1))}, size, grndFlags),
	undescribed(320, "kexec_file_load", fd, fd, size, ctext, hex64),
	undescribed(321, "bpf", i32, addr, u32).refused("shares memory with programs in the kernel"),
	undescribed(323, "userfaultfd", pipeFlags).refused("lets the program handle page faults itself"),
	undescribed(335, "uretprobe"), undescribed(336, "uprobe"),
}
