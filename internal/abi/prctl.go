package abi

// prctlSpec is one option of prctl(2): its name and the arguments that it uses.
type prctlSpec struct {
	name string
	args []arg
}

var (
	dumpable = enum("SUID_DUMP_*", 8, names{{0, "SUID_DUMP_DISABLE"}, {1, "SUID_DUMP_USER"}, {2, "SUID_DUMP_ROOT"}}, "")
	capName  = enum("CAP_*", 8, capNames, "CAP_???")
	taskName = pathArg{"name", 15}
	tscMode  = enum("PR_TSC_*", 4, names{{1, "PR_TSC_ENABLE"}, {2, "PR_TSC_SIGSEGV"}}, "PR_TSC_???")
	outU32   = outPtr(u32)
	nums     = []arg{hex64, hex64, hex64, hex64}
)

// prctls are the options of linux/prctl.h. Options that are not here are
// refused, since what they write is not known.
var prctls = map[uint64]prctlSpec{
	1: {"PR_SET_PDEATHSIG", []arg{signo}}, 2: {"PR_GET_PDEATHSIG", []arg{outPtr(signo)}}, 3: {"PR_GET_DUMPABLE", nil}, 4: {"PR_SET_DUMPABLE", []arg{dumpable}},
	5: {"PR_GET_UNALIGN", []arg{outU32}}, 6: {"PR_SET_UNALIGN", []arg{hex64}}, 7: {"PR_GET_KEEPCAPS", nil}, 8: {"PR_SET_KEEPCAPS", []arg{u64}},
	9: {"PR_GET_FPEMU", []arg{outU32}}, 10: {"PR_SET_FPEMU", []arg{hex64}}, 11: {"PR_GET_FPEXC", []arg{outU32}}, 12: {"PR_SET_FPEXC", []arg{hex64}},
	13: {"PR_GET_TIMING", nil}, 14: {"PR_SET_TIMING", []arg{u64}}, 15: {"PR_SET_NAME", []arg{taskName}}, 16: {"PR_GET_NAME", []arg{outPtr(shortName)}},
	19: {"PR_GET_ENDIAN", []arg{outU32}}, 20: {"PR_SET_ENDIAN", []arg{hex64}}, 21: {"PR_GET_SECCOMP", nil}, 22: {"PR_SET_SECCOMP", nums},
	23: {"PR_CAPBSET_READ", []arg{capName}}, 24: {"PR_CAPBSET_DROP", []arg{capName}},
	25: {"PR_GET_TSC", []arg{outPtr(tscMode)}}, 26: {"PR_SET_TSC", []arg{u64}}, 27: {"PR_GET_SECUREBITS", nil}, 28: {"PR_SET_SECUREBITS", []arg{hex64}},
	29: {"PR_SET_TIMERSLACK", []arg{u64}}, 30: {"PR_GET_TIMERSLACK", nil}, 31: {"PR_TASK_PERF_EVENTS_DISABLE", nil}, 32: {"PR_TASK_PERF_EVENTS_ENABLE", nil},
	33: {"PR_MCE_KILL", nums}, 34: {"PR_MCE_KILL_GET", nums}, 35: {"PR_SET_MM", []arg{u64, addr, u64, u64}},
	36: {"PR_SET_CHILD_SUBREAPER", []arg{u64}}, 37: {"PR_GET_CHILD_SUBREAPER", []arg{outU32}}, 38: {"PR_SET_NO_NEW_PRIVS", []arg{u64, u64, u64, u64}},
	39: {"PR_GET_NO_NEW_PRIVS", []arg{u64, u64, u64, u64}}, 40: {"PR_GET_TID_ADDRESS", []arg{outPtr(addr)}},
	41: {"PR_SET_THP_DISABLE", []arg{u64, u64, u64, u64}}, 42: {"PR_GET_THP_DISABLE", []arg{u64, u64, u64, u64}},
	43: {"PR_MPX_ENABLE_MANAGEMENT", nums}, 44: {"PR_MPX_DISABLE_MANAGEMENT", nums}, 45: {"PR_SET_FP_MODE", []arg{hex64}}, 46: {"PR_GET_FP_MODE", nil},
	47: {"PR_CAP_AMBIENT", []arg{capAmbient, capName, u64, u64}}, 50: {"PR_SVE_SET_VL", []arg{hex64}}, 51: {"PR_SVE_GET_VL", nil},
	52: {"PR_GET_SPECULATION_CTRL", nums}, 53: {"PR_SET_SPECULATION_CTRL", nums}, 54: {"PR_PAC_RESET_KEYS", nums},
	55: {"PR_SET_TAGGED_ADDR_CTRL", nums}, 56: {"PR_GET_TAGGED_ADDR_CTRL", nums}, 57: {"PR_SET_IO_FLUSHER", []arg{u64, u64, u64, u64}}, 58: {"PR_GET_IO_FLUSHER", []arg{u64, u64, u64, u64}},
	59: {"PR_SET_SYSCALL_USER_DISPATCH", nums}, 60: {"PR_PAC_SET_ENABLED_KEYS", nums}, 61: {"PR_PAC_GET_ENABLED_KEYS", nums},
	62: {"PR_SCHED_CORE", []arg{u64, pid, u64, outPtr(u64)}}, 63: {"PR_SME_SET_VL", nums}, 64: {"PR_SME_GET_VL", nums},
	65: {"PR_SET_MDWE", nums}, 66: {"PR_GET_MDWE", nums}, 67: {"PR_SET_MEMORY_MERGE", nums}, 68: {"PR_GET_MEMORY_MERGE", nums},
	69: {"PR_RISCV_V_SET_CONTROL", nums}, 70: {"PR_RISCV_V_GET_CONTROL", nums},
	74: {"PR_GET_SHADOW_STACK_STATUS", []arg{outPtr(u64)}}, 75: {"PR_SET_SHADOW_STACK_STATUS", nums}, 76: {"PR_LOCK_SHADOW_STACK_STATUS", nums},
	77: {"PR_TIMER_CREATE_RESTORE_IDS", nums}, 78: {"PR_FUTEX_HASH", nums},
	0x41555856: {"PR_GET_AUXV", []arg{outBuffer(resultMax(2)), size}}, 0x53564d41: {"PR_SET_VMA", []arg{vmaOption, addr, size, vmaName}}, 0x59616d61: {"PR_SET_PTRACER", []arg{pid}},
}

var (
	capAmbient = enum("PR_CAP_AMBIENT_*", 8, names{{1, "PR_CAP_AMBIENT_IS_SET"}, {2, "PR_CAP_AMBIENT_RAISE"}, {3, "PR_CAP_AMBIENT_LOWER"}, {4, "PR_CAP_AMBIENT_CLEAR_ALL"}}, "PR_CAP_AMBIENT_???")
	vmaOption  = enum("PR_SET_VMA_*", 8, names{{0, "PR_SET_VMA_ANON_NAME"}}, "PR_SET_VMA_???")
	vmaName    = pathArg{"name", 80}
	shortName  = custom{"name[16]", 16, func(p *printer, at uint64) {
		s, _ := readString(p.m, at, 16)
		p.b = appendQuoted(p.b, s)
	}}
)

var prctlOption = scalar{"PR_*", 4, false, func(p *printer, v uint64) {
	if o, ok := prctls[v]; ok {
		p.text(o.name)
		return
	}
	p.hex(v)
	p.comment("PR_???")
}}

// prctlArg is argument i of prctl by option.
func prctlArg(i int) arg {
	return choice{"by option", func(args [6]uint64) arg {
		o, ok := prctls[args[0]&0xffffffff]
		switch {
		case !ok:
			return hex64
		case i <= len(o.args):
			return o.args[i-1]
		}
		return absent
	}}
}

// prctlGuard refuses options that the recorder uses itself or cannot follow,
// and answers EINVAL for what it does not know, as an older kernel would.
func prctlGuard(args [6]uint64) (string, int) {
	const einval = 22
	switch option := args[0] & 0xffffffff; option {
	case 22:
		return "prctl(PR_SET_SECCOMP) filters system calls, which the recorder does itself", 0
	case 26:
		return "prctl(PR_SET_TSC) controls the time-stamp counter, which the recorder does itself", 0
	case 35:
		return "prctl(PR_SET_MM) moves the program break and the stack", 0
	case 59:
		return "prctl(PR_SET_SYSCALL_USER_DISPATCH) redirects system calls", 0
	default:
		if _, ok := prctls[option]; !ok {
			return "", einval
		}
	}
	return "", 0
}

var archOptions = names{
	{0x1001, "ARCH_SET_GS"}, {0x1002, "ARCH_SET_FS"}, {0x1003, "ARCH_GET_FS"}, {0x1004, "ARCH_GET_GS"}, {0x1011, "ARCH_GET_CPUID"}, {0x1012, "ARCH_SET_CPUID"},
	{0x1021, "ARCH_GET_XCOMP_SUPP"}, {0x1022, "ARCH_GET_XCOMP_PERM"}, {0x1023, "ARCH_REQ_XCOMP_PERM"}, {0x1024, "ARCH_GET_XCOMP_GUEST_PERM"}, {0x1025, "ARCH_REQ_XCOMP_GUEST_PERM"},
	{0x2001, "ARCH_MAP_VDSO_X32"}, {0x2002, "ARCH_MAP_VDSO_32"}, {0x2003, "ARCH_MAP_VDSO_64"}, {0x3001, "ARCH_CET_STATUS"},
	{0x4001, "ARCH_GET_UNTAG_MASK"}, {0x4002, "ARCH_ENABLE_TAGGED_ADDR"}, {0x4003, "ARCH_GET_MAX_TAG_BITS"},
	{0x5001, "ARCH_SHSTK_ENABLE"}, {0x5002, "ARCH_SHSTK_DISABLE"}, {0x5003, "ARCH_SHSTK_LOCK"}, {0x5004, "ARCH_SHSTK_UNLOCK"}, {0x5005, "ARCH_SHSTK_STATUS"},
}

var (
	archOption = enum("ARCH_*", 4, archOptions, "ARCH_???")
	archWord   = outArray(hex64, literal(1))
	archArg    = by(0, "by option", map[uint64]arg{
		0x1001: addr, 0x1002: addr, 0x1003: archWord, 0x1004: archWord, 0x1011: absent,
		0x1021: archWord, 0x1022: archWord, 0x1024: archWord, 0x4001: archWord, 0x4003: archWord, 0x5005: archWord,
		0x3001: outArray(hex64, literal(3)),
	}, hex64)
)
