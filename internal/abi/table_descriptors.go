package abi

var fcntlCommands = names{
	{0, "F_DUPFD"}, {1, "F_GETFD"}, {2, "F_SETFD"}, {3, "F_GETFL"}, {4, "F_SETFL"}, {5, "F_GETLK"}, {6, "F_SETLK"},
	{7, "F_SETLKW"}, {8, "F_SETOWN"}, {9, "F_GETOWN"}, {10, "F_SETSIG"}, {11, "F_GETSIG"}, {15, "F_SETOWN_EX"},
	{16, "F_GETOWN_EX"}, {17, "F_GETOWNER_UIDS"}, {36, "F_OFD_GETLK"}, {37, "F_OFD_SETLK"}, {38, "F_OFD_SETLKW"},
	{1024, "F_SETLEASE"}, {1025, "F_GETLEASE"}, {1026, "F_NOTIFY"}, {1027, "F_DUPFD_QUERY"}, {1028, "F_CREATED_QUERY"},
	{1029, "F_CANCELLK"}, {1030, "F_DUPFD_CLOEXEC"}, {1031, "F_SETPIPE_SZ"}, {1032, "F_GETPIPE_SZ"},
	{1033, "F_ADD_SEALS"}, {1034, "F_GET_SEALS"}, {1035, "F_GET_RW_HINT"}, {1036, "F_SET_RW_HINT"},
	{1037, "F_GET_FILE_RW_HINT"}, {1038, "F_SET_FILE_RW_HINT"}, {1039, "F_GETDELEG"}, {1040, "F_SETDELEG"},
}

var (
	lockType = enum("F_*LCK", 2, names{{0, "F_RDLCK"}, {1, "F_WRLCK"}, {2, "F_UNLCK"}, {4, "F_EXLCK"}, {8, "F_SHLCK"}}, "F_???")
	flockSet = &structure{"flock", 32, false, []field{{"l_type", 0, lockType}, {"l_whence", 2, whence.as(2)}, {"l_start", 8, i64}, {"l_len", 16, i64}}}
	flockGet = &structure{"flock", 32, false, append(flockSet.fields[:4:4], field{"l_pid", 24, pid})}
	ownerEx  = &structure{"f_owner_ex", 8, false, []field{{"type", 0, ownerType}, {"pid", 4, pid}}}

	ownerType = enum("F_OWNER_*", 4, names{{0, "F_OWNER_TID"}, {1, "F_OWNER_PID"}, {2, "F_OWNER_PGRP"}}, "F_OWNER_???")
	fdFlags   = flags("FD_*", 4, names{{1, "FD_CLOEXEC"}}, "")
	statusFl  = enumAndFlags("O_*", 4, 3, accessModes, "", openBits)
	sealFlags = flags("F_SEAL_*", 4, names{{1, "F_SEAL_SEAL"}, {2, "F_SEAL_SHRINK"}, {4, "F_SEAL_GROW"}, {8, "F_SEAL_WRITE"}, {16, "F_SEAL_FUTURE_WRITE"}, {32, "F_SEAL_EXEC"}}, "F_SEAL_???")
	notifyFl  = flags("DN_*", 4, names{{1, "DN_ACCESS"}, {2, "DN_MODIFY"}, {4, "DN_CREATE"}, {8, "DN_DELETE"}, {16, "DN_RENAME"}, {32, "DN_ATTRIB"}, {0x80000000, "DN_MULTISHOT"}}, "DN_???")
	rwHint    = enum("RWH_*", 8, names{{0, "RWH_WRITE_LIFE_NOT_SET"}, {1, "RWH_WRITE_LIFE_NONE"}, {2, "RWH_WRITE_LIFE_SHORT"}, {3, "RWH_WRITE_LIFE_MEDIUM"}, {4, "RWH_WRITE_LIFE_LONG"}, {5, "RWH_WRITE_LIFE_EXTREME"}}, "RWH_???")
	inotifyIn = names{
		{1, "IN_ACCESS"}, {2, "IN_MODIFY"}, {4, "IN_ATTRIB"}, {8, "IN_CLOSE_WRITE"}, {16, "IN_CLOSE_NOWRITE"}, {32, "IN_OPEN"},
		{64, "IN_MOVED_FROM"}, {128, "IN_MOVED_TO"}, {256, "IN_CREATE"}, {512, "IN_DELETE"}, {1024, "IN_DELETE_SELF"},
		{2048, "IN_MOVE_SELF"}, {0x2000, "IN_UNMOUNT"}, {0x4000, "IN_Q_OVERFLOW"}, {0x8000, "IN_IGNORED"},
		{0x1000000, "IN_ONLYDIR"}, {0x2000000, "IN_DONT_FOLLOW"}, {0x4000000, "IN_EXCL_UNLINK"},
		{0x10000000, "IN_MASK_CREATE"}, {0x20000000, "IN_MASK_ADD"}, {0x40000000, "IN_ISDIR"}, {0x80000000, "IN_ONESHOT"},
	}
)

// foundLock is the lock that F_GETLK asks about and replaces by the one that
// stands in its way: shown as it is after.
var foundLock = afterwards{ioPtr(flockGet)}

// afterwards is memory that the kernel reads and writes, shown as it left it.
type afterwards struct{ pointer }

func (a afterwards) show(p *printer, v uint64) {
	if !p.failed {
		p.m = p.after
	}
	a.pointer.show(p, v)
	p.m = p.before
}

// fcntlArg is the third argument of fcntl by command. The kernel refuses a
// command that is not known before it looks at the argument.
var fcntlArg = by(1, "by command", map[uint64]arg{
	0: i32, 1: absent, 2: fdFlags, 3: absent, 4: statusFl, 5: foundLock, 6: inPtr(flockSet), 7: inPtr(flockSet),
	8: pid, 9: absent, 10: signo, 11: absent, 15: inPtr(ownerEx), 16: outPtr(ownerEx), 17: outArray(u32, literal(2)),
	36: foundLock, 37: inPtr(flockSet), 38: inPtr(flockSet), 1024: lockType.as(4), 1025: absent, 1026: notifyFl,
	1027: fd, 1028: absent, 1029: inPtr(flockSet), 1030: i32, 1031: i32, 1032: absent, 1033: sealFlags, 1034: absent,
	1035: outPtr(rwHint), 1036: inPtr(rwHint), 1037: outPtr(rwHint), 1038: inPtr(rwHint),
	1039: ioPtr(opaque("delegation", 8)), 1040: inPtr(opaque("delegation", 8)),
}, hex64)

// Making and controlling descriptors.
var descriptorCalls = []Syscall{
	call(16, "ioctl", fd, ioctlRequest, ioctlArg).guarded(ioctlGuard),
	call(22, "pipe", outArray(i32, literal(2))),
	call(32, "dup", fd),
	call(33, "dup2", fd, fd),
	call(72, "fcntl", fd, enum("F_*", 4, fcntlCommands, "F_???"), fcntlArg),
	call(253, "inotify_init"),
	call(254, "inotify_add_watch", fd, path, flags("IN_*", 4, inotifyIn, "IN_???")),
	call(255, "inotify_rm_watch", fd, i32),
	call(284, "eventfd", u32),
	call(290, "eventfd2", u32, flags("EFD_*", 4, names{{1, "EFD_SEMAPHORE"}, {0x80000, "EFD_CLOEXEC"}, {0x800, "EFD_NONBLOCK"}}, "EFD_???")),
	call(292, "dup3", fd, fd, pipeFlags),
	call(293, "pipe2", outArray(i32, literal(2)), pipeFlags),
	call(294, "inotify_init1", flags("IN_*", 4, names{{0x80000, "IN_CLOEXEC"}, {0x800, "IN_NONBLOCK"}}, "IN_???")),
	call(300, "fanotify_init", hex32, hex32),
	call(301, "fanotify_mark", fd, hex32, hex64, dirfd, path),
	call(319, "memfd_create", memfdName, memfdFlags),
	call(447, "memfd_secret", hex32).answered(enosys),
}

var (
	memfdName  = pathArg{"name", 250}
	memfdFlags = flags("MFD_*", 4, names{{1, "MFD_CLOEXEC"}, {2, "MFD_ALLOW_SEALING"}, {4, "MFD_HUGETLB"}, {8, "MFD_NOEXEC_SEAL"}, {16, "MFD_EXEC"}}, "MFD_???")
)
