package abi

import "fmt"

// ioctl is one request of ioctl(2): its name and what its argument points to.
type ioctl struct {
	name string
	arg  arg
}

var (
	outInt = outPtr(i32).onError()
	inInt  = inPtr(i32)
	outU64 = outPtr(u64).onError()
)

// ioctls are the requests that are described one by one; ioctlGeneric tells
// about the rest. Memory is taken as written on every result.
var ioctls = map[uint32]ioctl{
	// Terminals (asm-generic/ioctls.h).
	0x5401: {"TCGETS", outPtr(termios).onError()}, 0x5402: {"TCSETS", inPtr(termios)}, 0x5403: {"TCSETSW", inPtr(termios)}, 0x5404: {"TCSETSF", inPtr(termios)},
	0x5405: {"TCGETA", outPtr(opaque("termio", 18)).onError()}, 0x5406: {"TCSETA", inPtr(opaque("termio", 18))},
	0x5407: {"TCSETAW", inPtr(opaque("termio", 18))}, 0x5408: {"TCSETAF", inPtr(opaque("termio", 18))},
	0x5409: {"TCSBRK", i32}, 0x540a: {"TCXONC", i32}, 0x540b: {"TCFLSH", tcflush}, 0x540c: {"TIOCEXCL", absent}, 0x540d: {"TIOCNXCL", absent},
	0x540e: {"TIOCSCTTY", i32}, 0x540f: {"TIOCGPGRP", outInt}, 0x5410: {"TIOCSPGRP", inInt}, 0x5411: {"TIOCOUTQ", outInt},
	0x5412: {"TIOCSTI", inPtr(u8)}, 0x5413: {"TIOCGWINSZ", outPtr(winsize).onError()}, 0x5414: {"TIOCSWINSZ", inPtr(winsize)},
	0x5415: {"TIOCMGET", outInt}, 0x5416: {"TIOCMBIS", inInt}, 0x5417: {"TIOCMBIC", inInt}, 0x5418: {"TIOCMSET", inInt},
	0x5419: {"TIOCGSOFTCAR", outInt}, 0x541a: {"TIOCSSOFTCAR", inInt}, 0x541b: {"FIONREAD", outInt}, 0x541c: {"TIOCLINUX", ioPtr(opaque("bytes", 64)).onError()},
	0x541d: {"TIOCCONS", absent}, 0x541e: {"TIOCGSERIAL", outPtr(opaque("serial_struct", 72)).onError()}, 0x541f: {"TIOCSSERIAL", inPtr(opaque("serial_struct", 72))},
	0x5420: {"TIOCPKT", inInt}, 0x5421: {"FIONBIO", inInt}, 0x5422: {"TIOCNOTTY", absent}, 0x5423: {"TIOCSETD", inInt}, 0x5424: {"TIOCGETD", outInt},
	0x5425: {"TCSBRKP", i32}, 0x5427: {"TIOCSBRK", absent}, 0x5428: {"TIOCCBRK", absent}, 0x5429: {"TIOCGSID", outInt},
	0x5432: {"TCGETX", outPtr(opaque("termiox", 16)).onError()}, 0x5437: {"TIOCVHANGUP", absent}, 0x80045430: {"TIOCGPTN", outInt}, 0x40045431: {"TIOCSPTLCK", inInt}, 0x80045432: {"TIOCGDEV", outPtr(hex32).onError()}, 0x80045438: {"TIOCGPKT", outInt}, 0x80045439: {"TIOCGPTLCK", outInt}, 0x80045440: {"TIOCGEXCL", outInt},
	0x802c542a: {"TCGETS2", outPtr(opaque("termios2", 44)).onError()}, 0x402c542b: {"TCSETS2", inPtr(opaque("termios2", 44))}, 0x402c542c: {"TCSETSW2", inPtr(opaque("termios2", 44))}, 0x402c542d: {"TCSETSF2", inPtr(opaque("termios2", 44))}, 0x5441: {"TIOCGPTPEER", pipeFlags},
	0x5450: {"FIONCLEX", absent}, 0x5451: {"FIOCLEX", absent}, 0x5452: {"FIOASYNC", inInt}, 0x5460: {"FIOQSIZE", outU64},
	0x5456: {"TIOCGLCKTRMIOS", outPtr(opaque("termios", 36)).onError()}, 0x5457: {"TIOCSLCKTRMIOS", inPtr(opaque("termios", 36))},
	0x5459: {"TIOCSERGETLSR", outInt}, 0x545c: {"TIOCMIWAIT", i32}, 0x545d: {"TIOCGICOUNT", outPtr(opaque("serial_icounter", 80)).onError()},
	// Files (linux/fs.h). The flag requests transfer 4 bytes whatever their
	// number says.
	0x80086601: {"FS_IOC_GETFLAGS", outPtr(inodeFlags).onError()}, 0x40086602: {"FS_IOC_SETFLAGS", inPtr(inodeFlags)}, 0x80087601: {"FS_IOC_GETVERSION", outInt},
	0x40049409: {"FICLONE", fd}, 0x4020940d: {"FICLONERANGE", inPtr(opaque("file_clone_range", 32))},
	0xc020660b: {"FS_IOC_FIEMAP", fiemap{}}, 0x801c581f: {"FS_IOC_FSGETXATTR", outPtr(opaque("fsxattr", 28)).onError()}, 0x401c5820: {"FS_IOC_FSSETXATTR", inPtr(opaque("fsxattr", 28))},
	0xc0185879: {"FITRIM", ioPtr(opaque("fstrim_range", 24)).onError()}, 0xc0045877: {"FIFREEZE", absent}, 0xc0045878: {"FITHAW", absent},
	0x81009431: {"FS_IOC_GETFSLABEL", outPtr(opaque("label", 256)).onError()}, 0x41009432: {"FS_IOC_SETFSLABEL", inPtr(opaque("label", 256))},
	1: {"FIBMAP", ioPtr(i32).onError()}, 2: {"FIGETBSZ", outInt},
	// Block devices (linux/fs.h): numbers from before the size rule.
	0x125d: {"BLKROSET", inInt}, 0x125e: {"BLKROGET", outInt}, 0x125f: {"BLKRRPART", absent}, 0x1260: {"BLKGETSIZE", outU64}, 0x1261: {"BLKFLSBUF", absent},
	0x1263: {"BLKRAGET", outU64}, 0x1267: {"BLKSECTGET", outU64}, 0x1268: {"BLKSSZGET", outInt}, 0x1277: {"BLKDISCARD", inArray(u64, literal(2))},
	0x1278: {"BLKIOMIN", outInt}, 0x1279: {"BLKIOOPT", outInt}, 0x127a: {"BLKALIGNOFF", outInt}, 0x127b: {"BLKPBSZGET", outInt},
	0x127c: {"BLKDISCARDZEROES", outInt}, 0x127e: {"BLKROTATIONAL", outInt}, 0x80081272: {"BLKGETSIZE64", outU64}, 0x80081270: {"BLKBSZGET", outInt},
	0x0301: {"HDIO_GETGEO", outPtr(opaque("hd_geometry", 16)).onError()},
	// Sockets and interfaces (linux/sockios.h).
	0x8901: {"FIOSETOWN", inInt}, 0x8902: {"SIOCSPGRP", inInt}, 0x8903: {"FIOGETOWN", outInt}, 0x8904: {"SIOCGPGRP", outInt}, 0x8905: {"SIOCATMARK", outInt},
	0x8906: {"SIOCGSTAMP", outPtr(timeval).onError()}, 0x8907: {"SIOCGSTAMPNS", outPtr(timespec).onError()}, 0x894b: {"SIOCOUTQNSD", outInt},
	0x8910: {"SIOCGIFNAME", ifreqIO}, 0x8912: {"SIOCGIFCONF", ifconf{}}, 0x8913: {"SIOCGIFFLAGS", ifreqIO}, 0x8914: {"SIOCSIFFLAGS", ifreqIO},
	0x8915: {"SIOCGIFADDR", ifreqIO}, 0x8916: {"SIOCSIFADDR", ifreqIO}, 0x8917: {"SIOCGIFDSTADDR", ifreqIO}, 0x8919: {"SIOCGIFBRDADDR", ifreqIO},
	0x891b: {"SIOCGIFNETMASK", ifreqIO}, 0x891d: {"SIOCGIFMETRIC", ifreqIO}, 0x8921: {"SIOCGIFMTU", ifreqIO}, 0x8922: {"SIOCSIFMTU", ifreqIO},
	0x8927: {"SIOCGIFHWADDR", ifreqIO}, 0x8933: {"SIOCGIFINDEX", ifreqIO}, 0x8942: {"SIOCGIFTXQLEN", ifreqIO}, 0x8970: {"SIOCGIFMAP", ifreqIO},
	// Name spaces (linux/nsfs.h) and random numbers.
	0xb701: {"NS_GET_USERNS", absent}, 0xb702: {"NS_GET_PARENT", absent}, 0xb703: {"NS_GET_NSTYPE", absent}, 0xb704: {"NS_GET_OWNER_UID", outInt},
	0x80045200: {"RNDGETENTCNT", outInt}, 0x40045201: {"RNDADDTOENTCNT", inInt}, 0x5204: {"RNDZAPENTCNT", absent}, 0x5206: {"RNDCLEARPOOL", absent}, 0x5207: {"RNDRESEEDCRNG", absent},
	// Virtual terminals and keyboards (linux/kd.h, linux/vt.h).
	0x4b33: {"KDGKBTYPE", outPtr(u8).onError()}, 0x4b3a: {"KDSETMODE", i32}, 0x4b3b: {"KDGETMODE", outInt}, 0x4b44: {"KDGKBMODE", outInt}, 0x4b45: {"KDSKBMODE", i32},
	0x4b64: {"KDGKBLED", outPtr(u8).onError()}, 0x5600: {"VT_OPENQRY", outInt}, 0x5601: {"VT_GETMODE", outPtr(opaque("vt_mode", 8)).onError()}, 0x5603: {"VT_GETSTATE", outPtr(opaque("vt_stat", 6)).onError()},
}

// ifreqIO is struct ifreq: a name of 16 bytes, then what the request says.
var ifreqIO = ioPtr(&structure{"ifreq", 40, true, []field{{"ifr_name", 0, chars(16)}}}).onError()

// ioctlRange is a run of requests of one type that follow the size rule: the
// number says how many bytes the kernel reads and writes at the argument, and
// nothing there points on.
type ioctlRange struct {
	letter      byte
	first, last byte
	what        string
}

// ioctlRanges are few by intent: other drivers' structures hold pointers or go
// on behind their size (TUNGETIFF, BLKREPORTZONE, EVIOCGMASK, most of XFS, DRM
// and ALSA), and such requests must not be guessed.
var ioctlRanges = []ioctlRange{
	{'T', 0x00, 0x5f, "terminals"}, {'f', 0x01, 0x0a, "file flags"}, {'R', 0x00, 0x0f, "random numbers"}, {'E', 0x00, 0x8f, "input devices"},
	{'p', 0x00, 0x1f, "real-time clocks"}, {0x89, 0x00, 0x0f, "sockets"}, {0xb7, 0x00, 0xff, "name spaces"},
}

func followsSizeRule(request uint32) bool {
	number := byte(request)
	for _, r := range ioctlRanges {
		if byte(request>>8) == r.letter && number >= r.first && number <= r.last {
			return true
		}
	}
	return false
}

// ioctlGeneric is the argument of a request that follows the size rule.
func ioctlGeneric(request uint32) (arg, bool) {
	dir, length := request>>30, uint64(request>>16&0x3fff)
	if dir == 0 || length == 0 || !followsSizeRule(request) {
		return hex64, false
	}
	memory := opaque("bytes", length)
	switch dir {
	case 1: // _IOC_WRITE: the program writes, the kernel reads
		return inPtr(memory), true
	case 2:
		return outPtr(memory).onError(), true
	}
	return ioPtr(memory).onError(), true
}

var ioctlArg = choice{"by request", func(args [6]uint64) arg {
	if r, ok := ioctls[uint32(args[1])]; ok {
		return r.arg
	}
	a, _ := ioctlGeneric(uint32(args[1]))
	return a
}}

// ioctlGuard refuses requests of which it is not known what they write.
func ioctlGuard(args [6]uint64) (string, int) {
	r := uint32(args[1])
	if _, ok := ioctls[r]; ok {
		return "", 0
	}
	if _, ok := ioctlGeneric(r); ok {
		return "", 0
	}
	return fmt.Sprintf("the ioctl request %#x is not described", r), 0
}

var ioctlRequest = scalar{"request", 4, false, func(p *printer, v uint64) {
	if r, ok := ioctls[uint32(v)]; ok {
		p.text(r.name)
		return
	}
	p.text("_IOC(")
	p.text([]string{"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"}[v>>30&3])
	for _, x := range []uint64{v >> 8 & 0xff, v & 0xff, v >> 16 & 0x3fff} {
		p.text(", ")
		p.hex(x)
	}
	p.text(")")
}}

var (
	winsize = &structure{"winsize", 8, false, []field{{"ws_row", 0, u16}, {"ws_col", 2, u16}, {"ws_xpixel", 4, u16}, {"ws_ypixel", 6, u16}}}
	tcflush = enum("TC*FLUSH", 4, names{{0, "TCIFLUSH"}, {1, "TCOFLUSH"}, {2, "TCIOFLUSH"}}, "TC???")
)

// fiemap is struct fiemap: a header of 32 bytes whose word at 24 is the room
// for extents of 56 bytes behind it.
type fiemap struct{}

func (fiemap) String() string            { return "inout fiemap always" }
func (fiemap) show(p *printer, v uint64) { p.address(v) }
func (fiemap) enter(c *Call, v uint64) {
	c.input(v, 32)
	c.output(output{Range: Range{v, 32 + 56*readUint(c.m, v+24, 4)}, when: onAnything})
}

// ifconf is struct ifconf: the room in its first word, the buffer in the second.
type ifconf struct{}

func (ifconf) String() string            { return "inout ifconf always" }
func (ifconf) show(p *printer, v uint64) { p.address(v) }
func (ifconf) enter(c *Call, v uint64) {
	c.input(v, 16)
	c.output(output{Range: Range{v, 16}, when: onAnything})
	c.output(output{Range: Range{readUint(c.m, v+8, 8), readUint(c.m, v, 4)}, when: onAnything})
}
