package abi

var (
	mountBits = names{{1, "MS_RDONLY"}, {2, "MS_NOSUID"}, {4, "MS_NODEV"}, {8, "MS_NOEXEC"}, {16, "MS_SYNCHRONOUS"}, {32, "MS_REMOUNT"},
		{64, "MS_MANDLOCK"}, {128, "MS_DIRSYNC"}, {256, "MS_NOSYMFOLLOW"}, {1024, "MS_NOATIME"}, {2048, "MS_NODIRATIME"}, {4096, "MS_BIND"},
		{8192, "MS_MOVE"}, {16384, "MS_REC"}, {32768, "MS_SILENT"}, {1 << 16, "MS_POSIXACL"}, {1 << 17, "MS_UNBINDABLE"}, {1 << 18, "MS_PRIVATE"},
		{1 << 19, "MS_SLAVE"}, {1 << 20, "MS_SHARED"}, {1 << 21, "MS_RELATIME"}, {1 << 22, "MS_KERNMOUNT"}, {1 << 23, "MS_I_VERSION"},
		{1 << 24, "MS_STRICTATIME"}, {1 << 25, "MS_LAZYTIME"}}
	mountFlags  = flags("MS_*", 8, mountBits, "MS_???")
	umountFlags = flags("MNT_*", 4, names{{1, "MNT_FORCE"}, {2, "MNT_DETACH"}, {4, "MNT_EXPIRE"}, {8, "UMOUNT_NOFOLLOW"}}, "MNT_???")

	// mountRequest is struct mnt_id_req.
	mountRequest = opaque("mnt_id_req", 32)
)

// Mounts. quotactl writes by command and is not described.
var mountCalls = []Syscall{
	call(155, "pivot_root", path, path),
	call(165, "mount", path, path, ctext, mountFlags, ctext),
	call(166, "umount2", path, umountFlags),
	undescribed(179, "quotactl", hex32, path, i32, addr),
	call(428, "open_tree", dirfd, path, hex32),
	call(429, "move_mount", dirfd, path, dirfd, path, hex32),
	call(430, "fsopen", ctext, hex32),
	call(431, "fsconfig", fd, i32, ctext, fsconfigValue, i32),
	call(432, "fsmount", fd, hex32, hex32),
	call(433, "fspick", dirfd, path, hex32),
	call(442, "mount_setattr", dirfd, path, hex32, inBuffer(argn(4)), size),
	undescribed(443, "quotactl_fd", fd, hex32, i32, addr),
	call(457, "statmount", inPtr(mountRequest), outBuffer(argn(2)), size, hex32),
	call(458, "listmount", inPtr(mountRequest), outArray(u64, resultMax(2)), size, hex32),
	call(467, "open_tree_attr", dirfd, path, hex32, inBuffer(argn(4)), size),
	call(470, "listns", inPtr(opaque("ns_id_req", 32)), outArray(u64, resultMax(2)), size, hex32),
}

// fsconfigValue is a string for the commands that take one: 1, 3 and 4.
var fsconfigValue = by(1, "by command", map[uint64]arg{1: ctext, 2: addr, 3: path, 4: path}, addr)
