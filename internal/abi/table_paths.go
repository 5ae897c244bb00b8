package abi

import (
	"fmt"
	"time"
)

// Calls on names in the file system.
var pathCalls = []Syscall{
	call(2, "open", path, openFlags, when(creating(1), mode)),
	call(4, "stat", path, outPtr(stat)),
	call(5, "fstat", fd, outPtr(stat)),
	call(6, "lstat", path, outPtr(stat)),
	call(21, "access", path, accessMode),
	call(76, "truncate", path, i64),
	call(79, "getcwd", pathOut(resultMax(1)), size),
	call(80, "chdir", path),
	call(81, "fchdir", fd),
	call(82, "rename", path, path),
	call(83, "mkdir", path, mode),
	call(84, "rmdir", path),
	call(85, "creat", path, mode),
	call(86, "link", path, path),
	call(87, "unlink", path),
	call(88, "symlink", path, path),
	call(89, "readlink", path, outBuffer(resultMax(2)), size),
	call(90, "chmod", path, mode),
	call(91, "fchmod", fd, mode),
	call(92, "chown", path, uid, uid),
	call(93, "fchown", fd, uid, uid),
	call(94, "lchown", path, uid, uid),
	call(95, "umask", mode),
	call(132, "utime", path, inPtr(utimbuf)),
	call(133, "mknod", path, fileMode, when(isDevice(1), device32)),
	call(136, "ustat", device32, outPtr(opaque("ustat", 32))),
	call(137, "statfs", path, outPtr(statfs)),
	call(138, "fstatfs", fd, outPtr(statfs)),
	call(161, "chroot", path),
	call(188, "setxattr", path, named, inBuffer(argn(3)), size, xattrFlags),
	call(189, "lsetxattr", path, named, inBuffer(argn(3)), size, xattrFlags),
	call(190, "fsetxattr", fd, named, inBuffer(argn(3)), size, xattrFlags),
	call(191, "getxattr", path, named, xattrOut{outBuffer(resultMax(3))}, size),
	call(192, "lgetxattr", path, named, xattrOut{outBuffer(resultMax(3))}, size),
	call(193, "fgetxattr", fd, named, xattrOut{outBuffer(resultMax(3))}, size),
	call(194, "listxattr", path, xattrOut{outBuffer(resultMax(2))}, size),
	call(195, "llistxattr", path, xattrOut{outBuffer(resultMax(2))}, size),
	call(196, "flistxattr", fd, xattrOut{outBuffer(resultMax(2))}, size),
	call(197, "removexattr", path, named),
	call(198, "lremovexattr", path, named),
	call(199, "fremovexattr", fd, named),
	call(235, "utimes", path, inArray(datedTimeval, literal(2))),
	call(257, "openat", dirfd, path, openFlags, when(creating(2), mode)),
	call(258, "mkdirat", dirfd, path, mode),
	call(259, "mknodat", dirfd, path, fileMode, when(isDevice(2), device32)),
	call(260, "fchownat", dirfd, path, uid, uid, atFlags),
	call(261, "futimesat", dirfd, path, inArray(datedTimeval, literal(2))),
	call(262, "newfstatat", dirfd, path, outPtr(stat), atFlags),
	call(263, "unlinkat", dirfd, path, atFlags),
	call(264, "renameat", dirfd, path, dirfd, path),
	call(265, "linkat", dirfd, path, dirfd, path, atFlags),
	call(266, "symlinkat", path, dirfd, path),
	call(267, "readlinkat", dirfd, path, outBuffer(resultMax(3)), size),
	call(268, "fchmodat", dirfd, path, mode),
	call(269, "faccessat", dirfd, path, accessMode),
	call(280, "utimensat", dirfd, path, inArray(utimeTimespec, literal(2)), atFlags),
	// The kernel leaves the needed length in the handle on EOVERFLOW.
	call(303, "name_to_handle_at", dirfd, path, fileHandle{}, outPtr(i32).onError(), atFlags),
	call(304, "open_by_handle_at", fd, inHandle{}, openFlags),
	call(316, "renameat2", dirfd, path, dirfd, path, renameFlags),
	call(332, "statx", dirfd, path, statxFlags, statxMask, outPtr(statx)),
	call(437, "openat2", dirfd, path, inSized(openHow, 3), size),
	call(439, "faccessat2", dirfd, path, accessMode, accessFlags),
	call(452, "fchmodat2", dirfd, path, mode, atFlags),
	call(463, "setxattrat", dirfd, path, atFlags, named, xattrArgs{in}, size),
	call(464, "getxattrat", dirfd, path, atFlags, named, xattrArgs{out}, size),
	call(465, "listxattrat", dirfd, path, atFlags, outBuffer(resultMax(4)), size),
	call(466, "removexattrat", dirfd, path, atFlags, named),
	call(468, "file_getattr", dirfd, path, outBuffer(argn(3)), size, atFlags),
	call(469, "file_setattr", dirfd, path, inBuffer(argn(3)), size, atFlags),
}

// isDevice is whether the file mode in argument i makes mknod take a device.
func isDevice(i int) func([6]uint64) bool {
	return func(a [6]uint64) bool { f := a[i] & formatMask; return f == 0o020000 || f == 0o060000 }
}

// pathOut is a buffer in which the kernel leaves a path with its NUL.
func pathOut(n count) arg { return outPath{outBuffer(n)} }

type outPath struct{ bufferArg }

func (o outPath) show(p *printer, v uint64) {
	if p.failed {
		p.address(v)
		return
	}
	p.m = p.after
	p.cstring(v, pathMax)
	p.m = p.before
}

// xattrOut is the value or list of extended attributes: with no room, the call
// only asks for the length.
type xattrOut struct{ bufferArg }

func (o xattrOut) show(p *printer, v uint64) {
	if o.length.of(p.args, p.m) == 0 {
		p.address(v)
		return
	}
	o.bufferArg.show(p, v)
}

// inSized is a structure that the kernel reads, whose length is argument i.
func inSized(o object, i uint64) arg { return sizedArg{o, argn(i)} }

type sizedArg struct {
	object
	length count
}

func (s sizedArg) String() string          { return "in " + s.object.String() }
func (s sizedArg) enter(c *Call, v uint64) { c.input(v, s.length.of(c.Args, c.m)) }
func (s sizedArg) show(p *printer, v uint64) {
	if v == 0 || !p.readable(v, s.size()) {
		p.address(v)
		return
	}
	s.showAt(p, v)
}

var (
	device32   = device.as(4)
	xattrFlags = flags("XATTR_*", 4, names{{1, "XATTR_CREATE"}, {2, "XATTR_REPLACE"}}, "XATTR_???")

	utimbuf = &structure{"utimbuf", 16, false, []field{{"actime", 0, seconds}, {"modtime", 8, seconds}}}
	openHow = &structure{"open_how", 24, false, []field{{"flags", 0, openFlags64}, {"mode", 8, modeOfHow}, {"resolve", 16, resolveFlags}}}

	openFlags64  = enumAndFlags("O_*", 8, 3, accessModes, "", openBits)
	modeOfHow    = mode.as(8)
	resolveFlags = flags("RESOLVE_*", 8, names{{1, "RESOLVE_NO_XDEV"}, {2, "RESOLVE_NO_MAGICLINKS"}, {4, "RESOLVE_NO_SYMLINKS"},
		{8, "RESOLVE_BENEATH"}, {16, "RESOLVE_IN_ROOT"}, {32, "RESOLVE_CACHED"}}, "RESOLVE_???")

	statxMaskBits = names{
		{0xfff, "STATX_ALL"}, {0x7ff, "STATX_BASIC_STATS"}, {1, "STATX_TYPE"}, {2, "STATX_MODE"}, {4, "STATX_NLINK"},
		{8, "STATX_UID"}, {0x10, "STATX_GID"}, {0x20, "STATX_ATIME"}, {0x40, "STATX_MTIME"}, {0x80, "STATX_CTIME"},
		{0x100, "STATX_INO"}, {0x200, "STATX_SIZE"}, {0x400, "STATX_BLOCKS"}, {0x800, "STATX_BTIME"}, {0x1000, "STATX_MNT_ID"},
		{0x2000, "STATX_DIOALIGN"},
	}
	statxMask  = flags("STATX_*", 4, statxMaskBits, "STATX_???")
	statxAttrs = flags("STATX_ATTR_*", 8, names{{4, "STATX_ATTR_COMPRESSED"}, {0x10, "STATX_ATTR_IMMUTABLE"}, {0x20, "STATX_ATTR_APPEND"},
		{0x40, "STATX_ATTR_NODUMP"}, {0x800, "STATX_ATTR_ENCRYPTED"}, {0x1000, "STATX_ATTR_AUTOMOUNT"},
		{0x2000, "STATX_ATTR_MOUNT_ROOT"}, {0x100000, "STATX_ATTR_VERITY"}, {0x200000, "STATX_ATTR_DAX"}}, "STATX_ATTR_???")
	statx = &structure{"statx", 256, true, []field{{"stx_mask", 0, statxMask}, {"stx_attributes", 8, statxAttrs},
		{"stx_mode", 28, fileMode.as(2)}, {"stx_size", 40, u64}}}

	// utimeTimespec has two special values of tv_nsec.
	utimeTimespec = custom{"timespec", 16, func(p *printer, at uint64) {
		if s, ok := (names{{0x3fffffff, "UTIME_NOW"}, {0x3ffffffe, "UTIME_OMIT"}}).find(p.uint(at+8, 8)); ok {
			p.text(s)
			return
		}
		timespec.showAt(p, at)
		p.date(p.uint(at, 8), p.uint(at+8, 8), 9)
	}}
	datedTimeval = custom{"timeval", 16, func(p *printer, at uint64) {
		timeval.showAt(p, at)
		p.date(p.uint(at, 8), p.uint(at+8, 8), 6)
	}}
	seconds = scalar{"time", 8, true, func(p *printer, v uint64) {
		p.decimal(int64(v))
		p.date(v, 0, 0)
	}}

	fsMagic = scalar{"magic", 8, false, func(p *printer, v uint64) { p.enum(v, fsMagics, "") }}
	fsid    = custom{"fsid", 8, func(p *printer, at uint64) {
		p.text("{val=[")
		p.hex(p.uint(at, 4))
		p.text(", ")
		p.hex(p.uint(at+4, 4))
		p.text("]}")
	}}
	statfs = &structure{"statfs", 120, false, []field{{"f_type", 0, fsMagic}, {"f_bsize", 8, u64}, {"f_blocks", 16, u64},
		{"f_bfree", 24, u64}, {"f_bavail", 32, u64}, {"f_files", 40, u64}, {"f_ffree", 48, u64}, {"f_fsid", 56, fsid},
		{"f_namelen", 64, u64}, {"f_frsize", 72, u64}, {"f_flags", 80, statfsFlags}}}
	statfsFlags = flags("ST_*", 8, names{{32, "ST_VALID"}, {1, "ST_RDONLY"}, {2, "ST_NOSUID"}, {4, "ST_NODEV"}, {8, "ST_NOEXEC"}, {16, "ST_SYNCHRONOUS"},
		{64, "ST_MANDLOCK"}, {1024, "ST_NOATIME"}, {2048, "ST_NODIRATIME"}, {4096, "ST_RELATIME"}, {8192, "ST_NOSYMFOLLOW"}}, "ST_???")
)

// date adds a time in words, as strace does where times of files are set, with
// the fraction of a second in as many digits. It is in UTC.
func (p *printer) date(sec, fraction uint64, digits int) {
	text := time.Unix(int64(sec), 0).UTC().Format("2006-01-02T15:04:05")
	if fraction != 0 {
		text += fmt.Sprintf(".%0*d", digits, fraction)
	}
	p.comment(text + "+0000")
}

// fsMagics are the commoner file systems (linux/magic.h).
var fsMagics = names{
	{0xef53, "EXT2_SUPER_MAGIC"}, {0x01021994, "TMPFS_MAGIC"}, {0x9fa0, "PROC_SUPER_MAGIC"}, {0x62656572, "SYSFS_MAGIC"},
	{0x58465342, "XFS_SUPER_MAGIC"}, {0x9123683e, "BTRFS_SUPER_MAGIC"}, {0x794c7630, "OVERLAYFS_SUPER_MAGIC"}, {0x6969, "NFS_SUPER_MAGIC"},
	{0x1cd1, "DEVPTS_SUPER_MAGIC"}, {0x27e0eb, "CGROUP_SUPER_MAGIC"}, {0x63677270, "CGROUP2_SUPER_MAGIC"}, {0x64626720, "DEBUGFS_MAGIC"},
	{0x50495045, "PIPEFS_MAGIC"}, {0x534f434b, "SOCKFS_MAGIC"}, {0x65735546, "FUSE_SUPER_MAGIC"}, {0x858458f6, "RAMFS_MAGIC"},
	{0x958458f6, "HUGETLBFS_MAGIC"}, {0xf97cff8c, "SELINUX_MAGIC"}, {0x73717368, "SQUASHFS_MAGIC"}, {0x4d44, "MSDOS_SUPER_MAGIC"},
	{0x2fc12fc1, "ZFS_SUPER_MAGIC"}, {0xf2f52010, "F2FS_SUPER_MAGIC"}, {0x9660, "ISOFS_SUPER_MAGIC"}, {0xff534d42, "CIFS_SUPER_MAGIC"},
	{0x6e736673, "NSFS_MAGIC"}, {0xcafe4a11, "BPF_FS_MAGIC"}, {0x74726163, "TRACEFS_MAGIC"}, {0x01021997, "V9FS_MAGIC"},
}

// fileHandle is struct file_handle: the room for the handle in its first word,
// the type, then the handle.
type fileHandle struct{}

func (fileHandle) String() string { return "inout file_handle always" }

func (fileHandle) enter(c *Call, v uint64) {
	c.input(v, 8)
	c.output(output{Range: Range{v, 8 + min(readUint(c.m, v, 4), 128)}, when: onAnything})
}

func (fileHandle) show(p *printer, v uint64) {
	if v == 0 || !p.readable(v, 8) {
		p.address(v)
		return
	}
	p.text("{handle_bytes=")
	room := p.uint(v, 4)
	p.unsigned(room)
	p.m = p.after
	defer func() { p.m = p.before }()
	if n := p.uint(v, 4); n != room {
		p.text(" => ")
		p.unsigned(n)
	}
	if !p.failed {
		showHandle(p, v)
	}
	p.text("}")
}

func showHandle(p *printer, v uint64) {
	n := p.uint(v, 4)
	p.text(", handle_type=")
	p.unsigned(p.uint(v+4, 4))
	p.text(", f_handle=")
	b, _ := p.read(v+8, min(n, 128))
	p.hexData(b)
}

// inHandle is a struct file_handle that the kernel reads.
type inHandle struct{}

func (inHandle) String() string { return "in file_handle" }

func (inHandle) enter(c *Call, v uint64) { c.input(v, 8+min(readUint(c.m, v, 4), 128)) }

func (inHandle) show(p *printer, v uint64) {
	if v == 0 || !p.readable(v, 8) {
		p.address(v)
		return
	}
	p.text("{handle_bytes=")
	p.unsigned(p.uint(v, 4))
	showHandle(p, v)
	p.text("}")
}

// xattrArgs is struct xattr_args of setxattrat and getxattrat: where the value
// is, its size, flags.
type xattrArgs struct{ dir direction }

func (a xattrArgs) String() string { return "in xattr_args, " + a.dir.String() + " its value" }

func (a xattrArgs) enter(c *Call, v uint64) {
	c.input(v, 16)
	value, n := readUint(c.m, v, 8), readUint(c.m, v+8, 4)
	if a.dir == in {
		c.inputData(value, n, -1)
		return
	}
	c.output(output{Range: Range{value, n}, unit: 1})
}

func (a xattrArgs) show(p *printer, v uint64) { p.address(v) }
