package abi

// Numbers that arguments and fields are made of.
var (
	i32    = scalar{"int", 4, true, func(p *printer, v uint64) { p.decimal(int64(v)) }}
	i64    = scalar{"long", 8, true, func(p *printer, v uint64) { p.decimal(int64(v)) }}
	i16    = i32.as(2)
	u8     = u64.as(1)
	u16    = u64.as(2)
	u32    = u64.as(4)
	u64    = scalar{"unsigned", 8, false, func(p *printer, v uint64) { p.unsigned(v) }}
	size   = scalar{"size", 8, false, func(p *printer, v uint64) { p.unsigned(v) }}
	hex64  = scalar{"hex", 8, false, func(p *printer, v uint64) { p.hex(v) }}
	hex32  = hex64.as(4)
	addr   = scalar{"address", 8, false, func(p *printer, v uint64) { p.address(v) }}
	mode   = scalar{"mode", 4, false, func(p *printer, v uint64) { p.paddedOctal(v) }}
	pid    = scalar{"pid", 4, true, func(p *printer, v uint64) { p.decimal(int64(v)) }}
	uid    = scalar{"uid", 4, true, showID} // -1 means: leave as it is
	fd     = scalar{"fd", 4, true, func(p *printer, v uint64) { p.decimal(int64(v)) }}
	dirfd  = scalar{"dirfd", 4, true, showDirFD}
	device = scalar{"dev", 8, false, showDevice}
	ipv4   = scalar{"in_addr", 4, false, showIPv4}
	signo  = scalar{"signal", 4, true, func(p *printer, v uint64) { p.signal(int(int64(v))) }}

	fileMode = scalar{"st_mode", 4, false, showFileMode}
	port     = scalar{"port", 2, false, func(p *printer, v uint64) {
		p.text("htons(")
		p.unsigned(bigEndian16(v))
		p.text(")")
	}}
)

// showID shows -1 as a sign, all else unsigned.
func showID(p *printer, v uint64) {
	if int32(v) == -1 {
		p.text("-1")
		return
	}
	p.unsigned(uint64(uint32(v)))
}

func showDirFD(p *printer, v uint64) {
	if int32(v) == -100 {
		p.text("AT_FDCWD")
		return
	}
	p.decimal(int64(int32(v)))
}

// showDevice shows a device number in the kernel's huge encoding.
func showDevice(p *printer, v uint64) {
	major := v>>8&0xfff | v>>32&^0xfff
	minor := v&0xff | v>>12&^0xff&0xffffffff
	p.makedev(major, minor)
}

func (p *printer) makedev(major, minor uint64) {
	p.text("makedev(")
	p.hex(major)
	p.text(", ")
	p.hex(minor)
	p.text(")")
}

func showIPv4(p *printer, v uint64) {
	p.text(`inet_addr("`)
	p.dotted(v)
	p.text(`")`)
}

func (p *printer) dotted(v uint64) {
	for i := range 4 {
		if i > 0 {
			p.text(".")
		}
		p.unsigned(v >> (8 * i) & 0xff)
	}
}

func (p *printer) signal(n int) {
	if s := SignalName(n); s != "" {
		p.text(s)
		return
	}
	p.decimal(int64(n))
}

const formatMask = 0o170000 // S_IFMT

var fileFormats = names{
	{0o100000, "S_IFREG"}, {0o140000, "S_IFSOCK"}, {0o010000, "S_IFIFO"}, {0o120000, "S_IFLNK"},
	{0o060000, "S_IFBLK"}, {0o040000, "S_IFDIR"}, {0o020000, "S_IFCHR"},
}

// showFileMode shows st_mode and the mode of mknod.
func showFileMode(p *printer, v uint64) {
	if s, ok := fileFormats.find(v & formatMask); ok {
		p.text(s)
		p.text("|")
	}
	for _, bit := range []name{{0o4000, "S_ISUID|"}, {0o2000, "S_ISGID|"}, {0o1000, "S_ISVTX|"}} {
		if v&bit.value != 0 {
			p.text(bit.text)
		}
	}
	p.paddedOctal(v &^ (formatMask | 0o7000))
}
