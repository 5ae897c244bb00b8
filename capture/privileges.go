package capture

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// checkPrivileges refuses a program that would get rights when it is started:
// the kernel withholds them from one that is traced by an ordinary user, so that
// the recording would show another run than the one that was meant.
func checkPrivileges(f *os.File, path string) error {
	rights := grantedRights(f)
	if rights == "" || mayTraceAll() {
		return nil
	}
	return usage("%s is %s, and a traced program runs without those rights: record it as the user that has them, or a copy without them",
		path, rights)
}

// grantedRights names what a file gives whoever starts it, "" for nothing.
func grantedRights(f *os.File) string {
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &fs); err != nil || fs.Flags&unix.ST_NOSUID != 0 {
		return ""
	}
	if set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err == nil && set == 1 {
		return ""
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	const groupExecutes = 0o010 // else set-group-ID means mandatory locking
	switch {
	case !ok:
		return ""
	case info.Mode()&os.ModeSetuid != 0 && int(st.Uid) != os.Geteuid():
		return "set-user-ID"
	case info.Mode()&os.ModeSetgid != 0 && info.Mode()&groupExecutes != 0 && int(st.Gid) != os.Getegid():
		return "set-group-ID"
	}
	if n, err := unix.Fgetxattr(int(f.Fd()), "security.capability", nil); err == nil && n > 0 {
		return "endowed with capabilities"
	}
	return ""
}

// mayTraceAll tells whether this process may trace programs with more rights.
func mayTraceAll() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	err := unix.Capget(&header, &data[0])
	return err == nil && data[0].Effective>>unix.CAP_SYS_PTRACE&1 != 0
}
