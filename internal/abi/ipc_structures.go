package abi

// Structures of the System V calls (asm-generic/ipcbuf.h and its neighbours).
var (
	ipcPerm = &structure{"ipc_perm", 48, false, []field{{"uid", 4, uid}, {"gid", 8, uid}, {"mode", 20, mode}, {"key", 0, hex32}, {"cuid", 12, uid}, {"cgid", 16, uid}}}

	shmidStruct = &structure{"shmid_ds", 112, false, []field{{"shm_perm", 0, ipcPerm}, {"shm_segsz", 48, u64}, {"shm_cpid", 80, pid}, {"shm_lpid", 84, pid},
		{"shm_nattch", 88, u64}, {"shm_atime", 56, i64}, {"shm_dtime", 64, i64}, {"shm_ctime", 72, i64}}}
	shminfo = &structure{"shminfo", 72, false, []field{{"shmmax", 0, u64}, {"shmmin", 8, u64}, {"shmmni", 16, u64}, {"shmseg", 24, u64}, {"shmall", 32, u64}}}

	shmUsage = &structure{"shm_info", 48, false, []field{{"used_ids", 0, i32}, {"shm_tot", 8, u64}, {"shm_rss", 16, u64}, {"shm_swp", 24, u64},
		{"swap_attempts", 32, u64}, {"swap_successes", 40, u64}}}

	semidStruct = &structure{"semid_ds", 104, false, []field{{"sem_perm", 0, ipcPerm}, {"sem_otime", 48, i64}, {"sem_ctime", 64, i64}, {"sem_nsems", 80, u64}}}

	seminfo = &structure{"seminfo", 40, false, []field{{"semmap", 0, i32}, {"semmni", 4, i32}, {"semmns", 8, i32}, {"semmnu", 12, i32}, {"semmsl", 16, i32},
		{"semopm", 20, i32}, {"semume", 24, i32}, {"semusz", 28, i32}, {"semvmx", 32, i32}, {"semaem", 36, i32}}}

	msqidStruct = &structure{"msqid_ds", 120, false, []field{{"msg_perm", 0, ipcPerm}, {"msg_stime", 48, i64}, {"msg_rtime", 56, i64}, {"msg_ctime", 64, i64},
		{"msg_qnum", 80, u64}, {"msg_qbytes", 88, u64}, {"msg_lspid", 96, pid}, {"msg_lrpid", 100, pid}}}

	msginfo = &structure{"msginfo", 32, false, []field{{"msgpool", 0, i32}, {"msgmap", 4, i32}, {"msgmax", 8, i32}, {"msgmnb", 12, i32}, {"msgmni", 16, i32},
		{"msgssz", 20, i32}, {"msgtql", 24, i32}, {"msgseg", 28, u16}}}

	// timex is struct timex of adjtimex.
	timex = &structure{"timex", 208, false, []field{{"modes", 0, timexModes}, {"offset", 8, i64}, {"freq", 16, i64}, {"maxerror", 24, i64}, {"esterror", 32, i64},
		{"status", 40, timexStatus}, {"constant", 48, i64}, {"precision", 56, i64}, {"tolerance", 64, i64}, {"time", 72, timeval}, {"tick", 88, i64},
		{"ppsfreq", 96, i64}, {"jitter", 104, i64}, {"shift", 112, i32}, {"stabil", 120, i64}, {"jitcnt", 128, i64}, {"calcnt", 136, i64},
		{"errcnt", 144, i64}, {"stbcnt", 152, i64}, {"tai", 160, i32}}}
	timexModes = flags("ADJ_*", 4, names{{1, "ADJ_OFFSET"}, {2, "ADJ_FREQUENCY"}, {4, "ADJ_MAXERROR"}, {8, "ADJ_ESTERROR"}, {0x10, "ADJ_STATUS"}, {0x20, "ADJ_TIMECONST"},
		{0x80, "ADJ_TAI"}, {0x100, "ADJ_SETOFFSET"}, {0x1000, "ADJ_MICRO"}, {0x2000, "ADJ_NANO"}, {0x4000, "ADJ_TICK"}}, "ADJ_???")
	timexStatus = flags("STA_*", 4, names{{1, "STA_PLL"}, {2, "STA_PPSFREQ"}, {4, "STA_PPSTIME"}, {8, "STA_FLL"}, {0x10, "STA_INS"}, {0x20, "STA_DEL"}, {0x40, "STA_UNSYNC"},
		{0x80, "STA_FREQHOLD"}, {0x100, "STA_PPSSIGNAL"}, {0x200, "STA_PPSJITTER"}, {0x400, "STA_PPSWANDER"}, {0x800, "STA_PPSERROR"}, {0x1000, "STA_CLOCKERR"},
		{0x2000, "STA_NANO"}, {0x4000, "STA_MODE"}, {0x8000, "STA_CLK"}}, "STA_???")
)
