package abi

var (
	ipcKey = scalar{"key", 4, true, func(p *printer, v uint64) {
		if v == 0 {
			p.text("IPC_PRIVATE")
			return
		}
		p.hex(v & 0xffffffff)
	}}
	ipcBits  = names{{0o1000, "IPC_CREAT"}, {0o2000, "IPC_EXCL"}, {0o4000, "IPC_NOWAIT"}}
	ipcFlags = scalar{"IPC_*", 4, false, func(p *printer, v uint64) { p.ipcFlags(v, ipcBits) }}
	shmFlags = scalar{"IPC_*", 4, false, func(p *printer, v uint64) {
		p.ipcFlags(v, append(ipcBits[:2:2], name{0o4000, "SHM_HUGETLB"}, name{0o10000, "SHM_NORESERVE"}))
	}}
	shmatFlags = flags("SHM_*", 4, names{{0o10000, "SHM_RDONLY"}, {0o20000, "SHM_RND"}, {0o40000, "SHM_REMAP"}, {0o100000, "SHM_EXEC"}}, "SHM_???")
	msgFlags   = flags("MSG_*", 4, names{{0o10000, "MSG_NOERROR"}, {0o20000, "MSG_EXCEPT"}, {0o40000, "MSG_COPY"}, {0o4000, "IPC_NOWAIT"}}, "MSG_???")
	sembuf     = &structure{"sembuf", 6, false, []field{{"sem_num", 0, u16}, {"sem_op", 2, i16}, {"sem_flg", 4, semFlags}}}
	semFlags   = flags("SEM_*", 2, names{{0x1000, "SEM_UNDO"}, {0o4000, "IPC_NOWAIT"}}, "SEM_???")
	mqAttr     = &structure{"mq_attr", 64, false, []field{{"mq_flags", 0, mqFlags}, {"mq_maxmsg", 8, i64}, {"mq_msgsize", 16, i64}, {"mq_curmsgs", 24, i64}}}
	mqFlags    = flags("O_*", 8, openBits, "O_???")
)

// ipcFlags shows flags with the permissions in their low nine bits.
func (p *printer) ipcFlags(v uint64, bits names) {
	if rest := v &^ 0o777; rest != 0 {
		p.flags(rest, bits, "")
		p.text("|")
	}
	p.paddedOctal(v & 0o777)
}

// The commands of semctl, shmctl and msgctl share their numbers.
var ipcCommands = names{{0, "IPC_RMID"}, {1, "IPC_SET"}, {2, "IPC_STAT"}, {3, "IPC_INFO"}}

func ipcCommand(more ...name) scalar {
	t := append(ipcCommands[:4:4], more...)
	return scalar{"command", 4, false, func(p *printer, v uint64) {
		const ipc64 = 0x100 // old interface, ignored on this architecture
		if v&ipc64 != 0 {
			p.text("IPC_64|")
			v &^= ipc64
		}
		p.enum(v, t, "IPC_???")
	}}
}

// maxSemaphores is SEMMSL: how many semaphores a set has at most. GETALL does
// not say how many it writes.
const maxSemaphores = 32000

// ipcBy picks by the command in argument i, without IPC_64.
func ipcBy(i int, table map[uint64]arg, other arg) arg {
	return choice{"by command", func(args [6]uint64) arg {
		if a, ok := table[args[i]&0xfffffeff]; ok {
			return a
		}
		return other
	}}
}

var (
	semid64 = outPtr(semidStruct)
	shmid64 = outPtr(shmidStruct)
	msqid64 = outPtr(msqidStruct)

	semctlArg = ipcBy(2, map[uint64]arg{0: absent, 1: inPtr(semidStruct), 2: semid64, 3: outPtr(seminfo),
		11: absent, 12: absent, 14: absent, 15: absent, 13: outPtr(opaque("semaphores", 2*maxSemaphores)), 16: i32,
		17: inPtr(opaque("semaphores", 64)), 18: semid64, 19: outPtr(seminfo), 20: semid64}, hex64)
	shmctlArg = ipcBy(1, map[uint64]arg{0: addr, 1: inPtr(shmidStruct), 2: shmid64, 3: outPtr(shminfo), 13: shmid64, 14: outPtr(shmUsage), 15: shmid64}, addr)
	msgctlArg = ipcBy(1, map[uint64]arg{0: addr, 1: inPtr(msqidStruct), 2: msqid64, 3: outPtr(msginfo), 11: msqid64, 12: outPtr(msginfo), 13: msqid64}, addr)
)

// messageBuffer is struct msgbuf: the type, then as many bytes of text as
// argument 2 says.
type messageBuffer struct{ dir direction }

func (m messageBuffer) String() string { return m.dir.String() + " msgbuf" }

func (m messageBuffer) enter(c *Call, v uint64) {
	if m.dir == in {
		c.inputData(v, 8+min(c.Args[2], maxUser), -1)
		return
	}
	c.output(output{Range: Range{v, 8}})
	c.output(output{Range: Range{v + 8, c.Args[2]}, unit: 1})
}

func (m messageBuffer) show(p *printer, v uint64) {
	n := p.args[2]
	if m.dir == out {
		p.m = p.after
		defer func() { p.m = p.before }()
		n = min(n, uint64(max(p.result, 0)))
	}
	if v == 0 || p.failed && m.dir == out || !p.readable(v, 8) {
		p.address(v)
		return
	}
	p.text("{mtype=")
	p.decimal(int64(p.uint(v, 8)))
	p.text(", mtext=")
	p.data(v+8, n)
	p.text("}")
}

// System V and POSIX queues, semaphores and shared memory, and asynchronous
// input and output, which writes memory with no call in sight.
var ipcCalls = []Syscall{
	call(29, "shmget", ipcKey, size, shmFlags),
	call(30, "shmat", i32, addr, shmatFlags).maps(),
	call(31, "shmctl", i32, ipcCommand(name{11, "SHM_LOCK"}, name{12, "SHM_UNLOCK"}, name{13, "SHM_STAT"}, name{14, "SHM_INFO"}, name{15, "SHM_STAT_ANY"}), shmctlArg),
	call(64, "semget", ipcKey, i32, ipcFlags),
	call(65, "semop", i32, inArray(sembuf, argn(2)), size),
	call(66, "semctl", i32, i32, ipcCommand(name{11, "GETPID"}, name{12, "GETVAL"}, name{13, "GETALL"}, name{14, "GETNCNT"}, name{15, "GETZCNT"}, name{16, "SETVAL"},
		name{17, "SETALL"}, name{18, "SEM_STAT"}, name{19, "SEM_INFO"}, name{20, "SEM_STAT_ANY"}), semctlArg),
	call(67, "shmdt", addr).maps(),
	call(68, "msgget", ipcKey, ipcFlags),
	call(69, "msgsnd", i32, messageBuffer{in}, size, msgFlags),
	call(70, "msgrcv", i32, messageBuffer{out}, size, i64, msgFlags),
	call(71, "msgctl", i32, ipcCommand(name{11, "MSG_STAT"}, name{12, "MSG_INFO"}, name{13, "MSG_STAT_ANY"}), msgctlArg),
	undescribed(206, "io_setup", u32, addr).answered(enosys),
	undescribed(207, "io_destroy", addr).answered(enosys),
	undescribed(208, "io_getevents", addr, i64, i64, addr, addr).answered(enosys),
	undescribed(209, "io_submit", addr, i64, addr).answered(enosys),
	undescribed(210, "io_cancel", addr, addr, addr).answered(enosys),
	call(220, "semtimedop", i32, inArray(sembuf, argn(2)), size, inPtr(timespec)),
	call(240, "mq_open", named, openFlags, when(creating(1), mode), when(creating(1), inPtr(mqAttr))),
	call(241, "mq_unlink", named),
	call(242, "mq_timedsend", fd, inBuffer(argn(2)), size, u32, inPtr(timespec)),
	call(243, "mq_timedreceive", fd, outBuffer(resultMax(2)), size, outPtr(u32), inPtr(timespec)),
	call(244, "mq_notify", fd, inPtr(sigevent)),
	call(245, "mq_getsetattr", fd, inPtr(mqAttr), outPtr(mqAttr)),
	undescribed(333, "io_pgetevents", addr, i64, i64, addr, addr, addr).answered(enosys),
	undescribed(425, "io_uring_setup", u32, addr).answered(enosys),
	undescribed(426, "io_uring_enter", fd, u32, u32, hex32, addr, size).answered(enosys),
	undescribed(427, "io_uring_register", fd, u32, addr, u32).answered(enosys),
}
