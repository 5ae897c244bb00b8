package abi

// arg specifies one argument of a system call.
type arg interface {
	// String is the specification in words, for the documentation.
	String() string
	// show appends the argument v as strace shows it.
	show(p *printer, v uint64)
	// enter notes the memory that the kernel reads and may write through v.
	enter(c *Call, v uint64)
}

// object specifies something in memory.
type object interface {
	String() string
	size() uint64
	// showAt appends the object at addr, which p can read.
	showAt(p *printer, addr uint64)
}

// follower is an object that holds pointers whose targets the kernel uses too.
type follower interface {
	object
	follow(c *Call, addr uint64, d direction)
}

// scalar is a number: an argument, or in memory.
type scalar struct {
	name   string
	width  uint8 // bytes: 1, 2, 4, 8
	signed bool
	print  func(p *printer, v uint64)
}

func (s scalar) String() string { return s.name }
func (s scalar) size() uint64   { return uint64(s.width) }

// enter has nothing to note: a number points to nothing.
func (s scalar) enter(*Call, uint64) {}

func (s scalar) show(p *printer, v uint64) {
	shift := 64 - 8*uint(s.width)
	if s.signed {
		v = uint64(int64(v<<shift) >> shift)
	} else {
		v = v << shift >> shift
	}
	s.print(p, v)
}

func (s scalar) showAt(p *printer, addr uint64) { s.show(p, p.uint(addr, int(s.width))) }

// as is the scalar with another width.
func (s scalar) as(width uint8) scalar { s.width = width; return s }

// choice is an argument whose specification depends on other arguments.
type choice struct {
	name string
	pick func(args [6]uint64) arg
}

func (h choice) String() string            { return h.name }
func (h choice) show(p *printer, v uint64) { h.pick(p.args).show(p, v) }
func (h choice) enter(c *Call, v uint64)   { h.pick(c.Args).enter(c, v) }

// by picks by the value of argument i (its low 32 bits).
func by(i int, name string, table map[uint64]arg, other arg) choice {
	return choice{name, func(args [6]uint64) arg {
		if a, ok := table[args[i]&0xffffffff]; ok {
			return a
		}
		return other
	}}
}

// when is the argument a where cond holds, and absent elsewhere.
func when(cond func(args [6]uint64) bool, a arg) choice {
	return choice{a.String() + "?", func(args [6]uint64) arg {
		if cond(args) {
			return a
		}
		return absent
	}}
}

// absent is an argument that the call does not have.
var absent arg = scalar{name: "-", width: 8, print: func(p *printer, _ uint64) { p.absent = true }}

// Format shows the arguments as strace does, the text between the parentheses.
// Where m is an EntryReader, arguments that the kernel read are shown as they
// were at the entry; what it wrote is shown as m has it after the call.
func (s *Syscall) Format(m MemoryReader, args [6]uint64, result int64) string {
	args = s.narrow(args)
	p := printer{after: m, before: m, args: args, result: result, failed: Failed(result)}
	if e, ok := m.(EntryReader); ok {
		p.before = entryReader{e}
	}
	p.m = p.before
	for i, a := range s.args {
		start := len(p.b)
		if i > 0 {
			p.text(", ")
		}
		p.absent = false
		a.show(&p, args[i])
		if p.absent {
			p.b = p.b[:start]
		}
	}
	return string(p.b)
}

// narrow clears what stands above arguments that the kernel takes as 32 bits:
// compilers leave anything there.
func (s *Syscall) narrow(args [6]uint64) [6]uint64 {
	for i, a := range s.args {
		if n, ok := a.(scalar); ok && n.width == 4 {
			args[i] &= 0xffffffff
		}
	}
	return args
}

type entryReader struct{ EntryReader }

func (e entryReader) ReadMemory(addr uint64, b []byte) int { return e.ReadEntryMemory(addr, b) }
