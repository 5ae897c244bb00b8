package abi

// termios is the kernel's struct termios (36 bytes): input, output, control and
// local modes; the control characters are not shown.
var termios = &structure{"termios", 36, true, []field{{"c_iflag", 0, inputModes}, {"c_oflag", 4, outputModes}, {"c_cflag", 8, controlModes}, {"c_lflag", 12, localModes}}}

var (
	inputModes = flags("c_iflag", 4, names{{0o1, "IGNBRK"}, {0o2, "BRKINT"}, {0o4, "IGNPAR"}, {0o10, "PARMRK"}, {0o20, "INPCK"}, {0o40, "ISTRIP"}, {0o100, "INLCR"},
		{0o200, "IGNCR"}, {0o400, "ICRNL"}, {0o1000, "IUCLC"}, {0o2000, "IXON"}, {0o4000, "IXANY"}, {0o10000, "IXOFF"}, {0o20000, "IMAXBEL"}, {0o40000, "IUTF8"}}, "")
	localModes = flags("c_lflag", 4, names{{0o1, "ISIG"}, {0o2, "ICANON"}, {0o4, "XCASE"}, {0o10, "ECHO"}, {0o20, "ECHOE"}, {0o40, "ECHOK"}, {0o100, "ECHONL"}, {0o200, "NOFLSH"},
		{0o400, "TOSTOP"}, {0o100000, "IEXTEN"}, {0o1000, "ECHOCTL"}, {0o2000, "ECHOPRT"}, {0o4000, "ECHOKE"}, {0o10000, "FLUSHO"}, {0o40000, "PENDIN"}, {0o200000, "EXTPROC"}}, "")
	outputBits  = names{{0o1, "OPOST"}, {0o2, "OLCUC"}, {0o4, "ONLCR"}, {0o10, "OCRNL"}, {0o20, "ONOCR"}, {0o40, "ONLRET"}, {0o100, "OFILL"}, {0o200, "OFDEL"}}
	controlBits = names{{0o100, "CSTOPB"}, {0o200, "CREAD"}, {0o400, "PARENB"}, {0o1000, "PARODD"}, {0o2000, "HUPCL"}, {0o4000, "CLOCAL"}, {0o10000000000, "CMSPAR"}, {0o20000000000, "CRTSCTS"}}

	// outputModes begin with delays: fields of one or two bits.
	outputModes = scalar{"c_oflag", 4, false, func(p *printer, v uint64) {
		for _, d := range []struct {
			mask, shift uint64
			name        string
		}{{0o400, 8, "NL"}, {0o3000, 9, "CR"}, {0o14000, 11, "TAB"}, {0o20000, 13, "BS"}, {0o40000, 14, "VT"}, {0o100000, 15, "FF"}} {
			p.text(d.name)
			p.unsigned(v & d.mask >> d.shift)
			p.text("|")
			v &^= d.mask
		}
		p.flags(v, outputBits, "")
	}}
	controlModes = scalar{"c_cflag", 4, false, func(p *printer, v uint64) {
		const speed, width = 0o10017, 0o60
		p.enum(v&speed, baudRates, "B???")
		p.text("|CS")
		p.unsigned(5 + v&width>>4)
		if rest := v &^ (speed | width); rest != 0 {
			p.text("|")
			p.flags(rest, controlBits, "")
		}
	}}

	// inodeFlags are the attributes that chattr(1) shows.
	inodeFlags = flags("FS_*_FL", 4, names{{0x1, "FS_SECRM_FL"}, {0x2, "FS_UNRM_FL"}, {0x4, "FS_COMPR_FL"}, {0x8, "FS_SYNC_FL"}, {0x10, "FS_IMMUTABLE_FL"}, {0x20, "FS_APPEND_FL"},
		{0x40, "FS_NODUMP_FL"}, {0x80, "FS_NOATIME_FL"}, {0x1000, "FS_INDEX_FL"}, {0x4000, "FS_JOURNAL_DATA_FL"}, {0x8000, "FS_NOTAIL_FL"}, {0x10000, "FS_DIRSYNC_FL"},
		{0x20000, "FS_TOPDIR_FL"}, {0x40000, "FS_HUGE_FILE_FL"}, {0x80000, "FS_EXTENT_FL"}, {0x200000, "FS_EA_INODE_FL"}, {0x800000, "FS_NOCOW_FL"},
		{0x2000000, "FS_DAX_FL"}, {0x10000000, "FS_INLINE_DATA_FL"}, {0x20000000, "FS_PROJINHERIT_FL"}, {0x40000000, "FS_CASEFOLD_FL"}}, "FS_???_FL")
)

var baudRates = names{
	{0, "B0"}, {1, "B50"}, {2, "B75"}, {3, "B110"}, {4, "B134"}, {5, "B150"}, {6, "B200"}, {7, "B300"}, {8, "B600"},
	{9, "B1200"}, {10, "B1800"}, {11, "B2400"}, {12, "B4800"}, {13, "B9600"}, {14, "B19200"}, {15, "B38400"},
	{0o10001, "B57600"}, {0o10002, "B115200"}, {0o10003, "B230400"}, {0o10004, "B460800"}, {0o10005, "B500000"},
	{0o10006, "B576000"}, {0o10007, "B921600"}, {0o10010, "B1000000"}, {0o10011, "B1152000"}, {0o10012, "B1500000"},
	{0o10013, "B2000000"}, {0o10014, "B2500000"}, {0o10015, "B3000000"}, {0o10016, "B3500000"}, {0o10017, "B4000000"},
}
