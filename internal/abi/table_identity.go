package abi

var (
	priorityWhich = enum("PRIO_*", 4, names{{0, "PRIO_PROCESS"}, {1, "PRIO_PGRP"}, {2, "PRIO_USER"}}, "PRIO_???")
	outID         = outArray(uid, literal(1))

	capVersions = names{{0x19980330, "_LINUX_CAPABILITY_VERSION_1"}, {0x20071026, "_LINUX_CAPABILITY_VERSION_2"}, {0x20080522, "_LINUX_CAPABILITY_VERSION_3"}}
	capNames    = names{
		{0, "CAP_CHOWN"}, {1, "CAP_DAC_OVERRIDE"}, {2, "CAP_DAC_READ_SEARCH"}, {3, "CAP_FOWNER"}, {4, "CAP_FSETID"}, {5, "CAP_KILL"}, {6, "CAP_SETGID"},
		{7, "CAP_SETUID"}, {8, "CAP_SETPCAP"}, {9, "CAP_LINUX_IMMUTABLE"}, {10, "CAP_NET_BIND_SERVICE"}, {11, "CAP_NET_BROADCAST"}, {12, "CAP_NET_ADMIN"},
		{13, "CAP_NET_RAW"}, {14, "CAP_IPC_LOCK"}, {15, "CAP_IPC_OWNER"}, {16, "CAP_SYS_MODULE"}, {17, "CAP_SYS_RAWIO"}, {18, "CAP_SYS_CHROOT"},
		{19, "CAP_SYS_PTRACE"}, {20, "CAP_SYS_PACCT"}, {21, "CAP_SYS_ADMIN"}, {22, "CAP_SYS_BOOT"}, {23, "CAP_SYS_NICE"}, {24, "CAP_SYS_RESOURCE"},
		{25, "CAP_SYS_TIME"}, {26, "CAP_SYS_TTY_CONFIG"}, {27, "CAP_MKNOD"}, {28, "CAP_LEASE"}, {29, "CAP_AUDIT_WRITE"}, {30, "CAP_AUDIT_CONTROL"},
		{31, "CAP_SETFCAP"}, {32, "CAP_MAC_OVERRIDE"}, {33, "CAP_MAC_ADMIN"}, {34, "CAP_SYSLOG"}, {35, "CAP_WAKE_ALARM"}, {36, "CAP_BLOCK_SUSPEND"},
		{37, "CAP_AUDIT_READ"}, {38, "CAP_PERFMON"}, {39, "CAP_BPF"}, {40, "CAP_CHECKPOINT_RESTORE"},
	}
)

// capHeader is cap_user_header_t: version, pid. The kernel writes its own
// version where it does not know the given one, with EINVAL.
var capHeader = ioPtr(&structure{"cap_header", 8, false, []field{{"version", 0, enum("", 4, capVersions, "_LINUX_CAPABILITY_VERSION_???")}, {"pid", 4, pid}}}).onError()

// capData is cap_user_data_t: 12 bytes for version 1, 24 otherwise.
type capData struct{ dir direction }

func (d capData) String() string { return d.dir.String() + " cap_data" }

func (d capData) enter(c *Call, v uint64) {
	if d.dir == in {
		c.input(v, 24)
		return
	}
	c.output(output{Range: Range{v, capSize(readUint(c.m, c.Args[0], 4))}})
}

func capSize(version uint64) uint64 {
	if version == capVersions[0].value {
		return 12
	}
	return 24
}

func (d capData) show(p *printer, v uint64) {
	n := capSize(p.uint(p.args[0], 4))
	if d.dir == out {
		p.m = p.after
		defer func() { p.m = p.before }()
	}
	if v == 0 || p.failed && d.dir == out || !p.readable(v, n) {
		p.address(v)
		return
	}
	set := func(label string, off uint64) {
		p.field(label)
		w := p.uint(v+off, 4)
		if n == 24 {
			w |= p.uint(v+off+12, 4) << 32
		}
		p.capabilities(w)
	}
	p.text("{")
	set("effective", 0)
	p.text(", ")
	set("permitted", 4)
	p.text(", ")
	set("inheritable", 8)
	p.text("}")
}

// capabilities are shown as bits: 1<<CAP_CHOWN|1<<….
func (p *printer) capabilities(w uint64) {
	if w == 0 {
		p.text("0")
		return
	}
	first := true
	for i := range uint64(64) {
		if w>>i&1 == 0 {
			continue
		}
		if !first {
			p.text("|")
		}
		first = false
		if s, ok := capNames.find(i); ok {
			p.text("1<<" + s)
			continue
		}
		p.hex(w >> i << i) // bits without a name come last
		return
	}
}

// Users, groups, sessions and capabilities.
var identityCalls = []Syscall{
	call(102, "getuid"), call(104, "getgid"), call(105, "setuid", uid), call(106, "setgid", uid), call(107, "geteuid"), call(108, "getegid"),
	call(109, "setpgid", pid, pid), call(111, "getpgrp"), call(112, "setsid"), call(113, "setreuid", uid, uid), call(114, "setregid", uid, uid),
	call(115, "getgroups", i32, outArray(uid, resultMax(0))),
	call(116, "setgroups", i32, inArray(uid, argn(0))),
	call(117, "setresuid", uid, uid, uid),
	call(118, "getresuid", outID, outID, outID),
	call(119, "setresgid", uid, uid, uid),
	call(120, "getresgid", outID, outID, outID),
	call(121, "getpgid", pid), call(122, "setfsuid", uid), call(123, "setfsgid", uid), call(124, "getsid", pid),
	call(125, "capget", capHeader, capData{out}),
	call(126, "capset", capHeader, capData{in}),
	call(140, "getpriority", priorityWhich, pid),
	call(141, "setpriority", priorityWhich, pid, i32),
	call(248, "add_key", named, named, inBuffer(argn(3)), size, keyID),
	call(249, "request_key", named, named, named, keyID),
	call(250, "keyctl", keyOption, keyArg(1), keyArg(2), keyArg(3), keyArg(4)).guarded(keyGuard),
	call(444, "landlock_create_ruleset", inSized(opaque("landlock_ruleset_attr", 8), 1), size, landlockFlags),
	call(445, "landlock_add_rule", fd, i32, inPtr(opaque("landlock_rule", 16)), hex32),
	call(446, "landlock_restrict_self", fd, hex32),
	call(459, "lsm_get_self_attr", u32, outWhole(2), sizeWord, hex32),
	call(460, "lsm_set_self_attr", u32, inBuffer(argn(2)), u32, hex32),
	call(461, "lsm_list_modules", outWhole(1), sizeWord, hex32),
}

var (
	landlockFlags = flags("LANDLOCK_*", 4, names{{1, "LANDLOCK_CREATE_RULESET_VERSION"}, {2, "LANDLOCK_CREATE_RULESET_ERRATA"}}, "LANDLOCK_???")
	// sizeWord is a 32-bit size that the kernel reads and replaces.
	sizeWord = ioPtr(u32).onError()
)

// outWhole is memory of as many bytes as the 32-bit word at argument i says.
func outWhole(i uint64) arg { return bufferArg{dir: out, length: atArg(i), fd: -1} }
