package abi

// openFlags is in strace's order. O_SYNC and O_TMPFILE contain O_DSYNC and
// O_DIRECTORY and come before them.
var openBits = names{
	{0o100, "O_CREAT"}, {0o200, "O_EXCL"}, {0o400, "O_NOCTTY"}, {0o1000, "O_TRUNC"}, {0o2000, "O_APPEND"},
	{0o4000, "O_NONBLOCK"}, {0o4010000, "O_SYNC"}, {0o10000, "O_DSYNC"}, {0o40000, "O_DIRECT"},
	{0o100000, "O_LARGEFILE"}, {0o400000, "O_NOFOLLOW"}, {0o1000000, "O_NOATIME"}, {0o2000000, "O_CLOEXEC"},
	{0o10000000, "O_PATH"}, {0o20200000, "O_TMPFILE"}, {0o200000, "O_DIRECTORY"}, {0o20000, "FASYNC"},
}

var accessModes = names{{0, "O_RDONLY"}, {1, "O_WRONLY"}, {2, "O_RDWR"}, {3, "O_ACCMODE"}}

var (
	openFlags = enumAndFlags("O_*", 4, 3, accessModes, "", openBits)
	pipeFlags = flags("O_*", 4, openBits, "O_???")

	accessMode = flags("access", 4, names{{0, "F_OK"}, {4, "R_OK"}, {2, "W_OK"}, {1, "X_OK"}}, "?_OK")

	atBits = names{
		{0x100, "AT_SYMLINK_NOFOLLOW"}, {0x200, "AT_REMOVEDIR"}, {0x400, "AT_SYMLINK_FOLLOW"},
		{0x800, "AT_NO_AUTOMOUNT"}, {0x1000, "AT_EMPTY_PATH"}, {0x8000, "AT_RECURSIVE"},
	}
	atFlags     = flags("AT_*", 4, atBits, "AT_???")
	accessFlags = flags("AT_*", 4, append(names{{0x200, "AT_EACCESS"}}, atBits...), "AT_???")
	statxFlags  = scalar{"AT_*", 4, false, showStatxFlags}

	whence    = enum("whence", 4, names{{0, "SEEK_SET"}, {1, "SEEK_CUR"}, {2, "SEEK_END"}, {3, "SEEK_DATA"}, {4, "SEEK_HOLE"}}, "SEEK_???")
	rwfFlags  = flags("RWF_*", 4, names{{1, "RWF_HIPRI"}, {2, "RWF_DSYNC"}, {4, "RWF_SYNC"}, {8, "RWF_NOWAIT"}, {16, "RWF_APPEND"}, {32, "RWF_NOAPPEND"}, {64, "RWF_ATOMIC"}, {128, "RWF_DONTCACHE"}}, "RWF_???")
	lockOps   = flags("LOCK_*", 4, names{{32, "LOCK_MAND"}, {1, "LOCK_SH"}, {2, "LOCK_EX"}, {4, "LOCK_NB"}, {8, "LOCK_UN"}}, "LOCK_???")
	fallocate = flags("FALLOC_*", 4, names{{1, "FALLOC_FL_KEEP_SIZE"}, {2, "FALLOC_FL_PUNCH_HOLE"}, {4, "FALLOC_FL_NO_HIDE_STALE"},
		{8, "FALLOC_FL_COLLAPSE_RANGE"}, {16, "FALLOC_FL_ZERO_RANGE"}, {32, "FALLOC_FL_INSERT_RANGE"}, {64, "FALLOC_FL_UNSHARE_RANGE"}}, "FALLOC_FL_???")
	fadvice = enum("POSIX_FADV_*", 4, names{{0, "POSIX_FADV_NORMAL"}, {1, "POSIX_FADV_RANDOM"}, {2, "POSIX_FADV_SEQUENTIAL"},
		{3, "POSIX_FADV_WILLNEED"}, {4, "POSIX_FADV_DONTNEED"}, {5, "POSIX_FADV_NOREUSE"}}, "POSIX_FADV_???")
	spliceFlags = flags("SPLICE_F_*", 4, names{{1, "SPLICE_F_MOVE"}, {2, "SPLICE_F_NONBLOCK"}, {4, "SPLICE_F_MORE"}, {8, "SPLICE_F_GIFT"}}, "SPLICE_F_???")
	syncRange   = flags("SYNC_FILE_RANGE_*", 4, names{{1, "SYNC_FILE_RANGE_WAIT_BEFORE"}, {2, "SYNC_FILE_RANGE_WRITE"}, {4, "SYNC_FILE_RANGE_WAIT_AFTER"}}, "SYNC_FILE_RANGE_???")
	renameFlags = flags("RENAME_*", 4, names{{1, "RENAME_NOREPLACE"}, {2, "RENAME_EXCHANGE"}, {4, "RENAME_WHITEOUT"}}, "RENAME_???")
	closeFlags  = flags("CLOSE_RANGE_*", 4, names{{2, "CLOSE_RANGE_UNSHARE"}, {4, "CLOSE_RANGE_CLOEXEC"}}, "CLOSE_RANGE_???")
)

// showStatxFlags shows the two bits of synchronization as one constant, first.
func showStatxFlags(p *printer, v uint64) {
	p.enum(v&0x6000, names{{0, "AT_STATX_SYNC_AS_STAT"}, {0x2000, "AT_STATX_FORCE_SYNC"}, {0x4000, "AT_STATX_DONT_SYNC"}}, "AT_STATX_???")
	if rest := v &^ 0x6000; rest != 0 {
		p.text("|")
		p.flags(rest, atBits, "")
	}
}

// creating is whether the flags in argument i make open take a mode: O_CREAT or
// O_TMPFILE.
func creating(i int) func([6]uint64) bool {
	return func(a [6]uint64) bool { return a[i]&0o20000100 != 0 }
}

var (
	iovecsOut = iovecsArg{out, argn(2), -1}
	iovecsIn  = iovecsArg{in, argn(2), 0}
	// offsetPtr is a file offset that the kernel reads and moves on, which it
	// does on some errors too.
	offsetPtr = ioPtr(i64).onError()
	// movedOffset is one that is shown before and after.
	movedOffset = moved{offsetPtr}
)

// Reading, writing and other use of open files. Buffers that are read into are
// written up to the result.
var fileCalls = []Syscall{
	call(0, "read", fd, outBuffer(resultMax(2)), size),
	call(1, "write", fd, writeBuffer(argn(2)), size),
	call(3, "close", fd),
	call(8, "lseek", fd, i64, whence),
	call(17, "pread64", fd, outBuffer(resultMax(2)), size, i64),
	call(18, "pwrite64", fd, writeBuffer(argn(2)), size, i64),
	call(19, "readv", fd, iovecsOut, size),
	call(20, "writev", fd, iovecsIn, size),
	call(40, "sendfile", fd, fd, movedOffset, size),
	call(73, "flock", fd, lockOps),
	call(74, "fsync", fd),
	call(75, "fdatasync", fd),
	call(77, "ftruncate", fd, i64),
	call(78, "getdents", fd, direntsArg, u32),
	call(187, "readahead", fd, i64, size),
	call(217, "getdents64", fd, direntsArg, size),
	call(221, "fadvise64", fd, i64, size, fadvice),
	call(275, "splice", fd, offsetPtr, fd, offsetPtr, size, spliceFlags),
	call(276, "tee", fd, fd, size, spliceFlags),
	call(277, "sync_file_range", fd, i64, i64, syncRange),
	// On a pipe's read end vmsplice stores into the vectors.
	call(278, "vmsplice", fd, iovecsArg{inout, argn(2), -1}, size, spliceFlags),
	call(285, "fallocate", fd, fallocate, i64, i64),
	call(295, "preadv", fd, iovecsOut, size, i64),
	call(296, "pwritev", fd, iovecsIn, size, i64),
	call(326, "copy_file_range", fd, offsetPtr, fd, offsetPtr, size, hex32),
	call(327, "preadv2", fd, iovecsOut, size, i64, absent, rwfFlags),
	call(328, "pwritev2", fd, iovecsIn, size, i64, absent, rwfFlags),
	call(436, "close_range", u32, u32, closeFlags),
	call(451, "cachestat", u32, inPtr(cachestatRange), outPtr(cachestat), hex32),
}

var (
	cachestatRange = &structure{"cachestat_range", 16, false, []field{{"off", 0, u64}, {"len", 8, u64}}}
	cachestat      = &structure{"cachestat", 40, false, []field{{"nr_cache", 0, u64}, {"nr_dirty", 8, u64},
		{"nr_writeback", 16, u64}, {"nr_evicted", 24, u64}, {"nr_recently_evicted", 32, u64}}}
)

type moved struct{ pointer }

func (a moved) show(p *printer, v uint64) {
	a.pointer.show(p, v)
	if v == 0 || p.failed {
		return
	}
	before := p.uint(v, 8)
	p.m = p.after
	if after := p.uint(v, 8); after != before {
		p.text(" => [")
		p.decimal(int64(after))
		p.text("]")
	}
	p.m = p.before
}

// direntsArg is the buffer of getdents: shown by address and number of entries.
var direntsArg = dirents{outBuffer(resultMax(2))}

type dirents struct{ bufferArg }

func (d dirents) show(p *printer, v uint64) {
	p.address(v)
	if p.failed {
		return
	}
	p.m = p.after
	defer func() { p.m = p.before }()
	entries := int64(0)
	for at := uint64(0); at < uint64(p.result); entries++ {
		length := p.uint(v+at+16, 2)
		if length == 0 {
			break
		}
		at += length
	}
	p.text(" /* ")
	p.decimal(entries)
	p.text(" entries */")
}
