package abi

// structure is a C struct: its fields in the order in which they are shown.
type structure struct {
	name   string
	length uint64
	more   bool // there are fields that are not shown: ", ..."
	fields []field
}

// field is a member of a structure.
type field struct {
	name   string
	offset uint64
	typ    object
}

func (s *structure) String() string { return s.name }
func (s *structure) size() uint64   { return s.length }

func (s *structure) showAt(p *printer, addr uint64) {
	if len(s.fields) == 0 {
		p.hex(addr)
		return
	}
	p.text("{")
	for i, f := range s.fields {
		if i > 0 {
			p.text(", ")
		}
		p.field(f.name)
		f.typ.showAt(p, addr+f.offset)
	}
	if s.more {
		p.text(", ...")
	}
	p.text("}")
}

// opaque is memory of n bytes whose contents are not shown, only its address.
func opaque(name string, n uint64) object { return &structure{name: name, length: n} }

// custom is an object with its own way to be shown.
type custom struct {
	name   string
	length uint64
	print  func(p *printer, addr uint64)
}

func (o custom) String() string                 { return o.name }
func (o custom) size() uint64                   { return o.length }
func (o custom) showAt(p *printer, addr uint64) { o.print(p, addr) }

// chars is a string in an array of n bytes.
func chars(n int) object {
	return custom{"chars", uint64(n), func(p *printer, addr uint64) {
		s, _ := readString(p.m, addr, n)
		p.b = appendQuoted(p.b, s)
	}}
}

// row is an array inside a structure.
func row(o object, n uint64) object {
	return custom{o.String(), n * o.size(), func(p *printer, addr uint64) { p.array(addr, n, o) }}
}

var (
	timespec = &structure{"timespec", 16, false, []field{{"tv_sec", 0, i64}, {"tv_nsec", 8, i64}}}
	timeval  = &structure{"timeval", 16, false, []field{{"tv_sec", 0, i64}, {"tv_usec", 8, i64}}}
	rlimit   = &structure{"rlimit", 16, false, []field{{"rlim_cur", 0, limitValue}, {"rlim_max", 8, limitValue}}}

	itimerspec = &structure{"itimerspec", 32, false, []field{{"it_interval", 0, timespec}, {"it_value", 16, timespec}}}
	itimerval  = &structure{"itimerval", 32, false, []field{{"it_interval", 0, timeval}, {"it_value", 16, timeval}}}

	limitValue = scalar{"rlim", 8, false, func(p *printer, v uint64) {
		switch {
		case v == 1<<64-1:
			p.text("RLIM64_INFINITY")
		case v > 1024 && v%1024 == 0:
			p.unsigned(v / 1024)
			p.text("*1024")
		default:
			p.unsigned(v)
		}
	}}
)

// stat is struct stat: a device is shown by its number, all else by its size.
var stat = custom{"stat", 144, func(p *printer, addr uint64) {
	mode := p.uint(addr+24, 4)
	p.text("{st_mode=")
	showFileMode(p, mode)
	if f := mode & formatMask; f == 0o020000 || f == 0o060000 {
		p.text(", st_rdev=")
		showDevice(p, p.uint(addr+40, 8))
	} else {
		p.text(", st_size=")
		p.unsigned(p.uint(addr+48, 8))
	}
	p.text(", ...}")
}}
