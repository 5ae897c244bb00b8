package abi

// pathArg is a string that the kernel reads: a path, shown whole.
type pathArg struct {
	name  string
	limit int // bytes shown
}

var (
	path  = pathArg{"path", pathMax}
	ctext = pathArg{"string", stringMax}
	named = pathArg{"name", 255}
)

func (a pathArg) String() string            { return "in " + a.name }
func (a pathArg) show(p *printer, v uint64) { p.cstring(v, a.limit) }
func (a pathArg) enter(c *Call, v uint64)   { c.inputString(v) }

// inputString notes a string: as much of it as there is, up to pathMax.
func (c *Call) inputString(v uint64) {
	if v == 0 {
		return
	}
	s, ended := readString(c.m, v, pathMax)
	n := len(s)
	if ended {
		n++
	}
	c.input(v, uint64(n))
}

// bufferArg is plain data.
type bufferArg struct {
	dir    direction
	length count
	fd     int  // the argument with the descriptor written to, -1 for none
	always bool // written on errors too
}

// inBuffer is data of n bytes that the kernel reads, outBuffer data that it
// writes.
func inBuffer(n count) bufferArg  { return bufferArg{dir: in, length: n, fd: -1} }
func outBuffer(n count) bufferArg { return bufferArg{dir: out, length: n, fd: -1} }

// writeBuffer is the data of a write to the descriptor in argument 0.
func writeBuffer(n count) bufferArg { return bufferArg{dir: in, length: n, fd: 0} }

func (a bufferArg) String() string { return a.dir.String() + " bytes[" + a.length.String() + "]" }

func (a bufferArg) show(p *printer, v uint64) {
	if a.dir == out {
		if p.failed && v != 0 {
			p.hex(v)
			return
		}
		p.m = p.after
		defer func() { p.m = p.before }()
	}
	n := a.length.of(p.args, p.m)
	if a.length.res && a.dir == out {
		n = min(n, uint64(max(p.result, 0)))
	}
	p.data(v, n)
}

func (a bufferArg) enter(c *Call, v uint64) {
	n := a.length.of(c.Args, c.m)
	if a.dir&in != 0 {
		c.inputData(v, n, a.fd)
	}
	if a.dir&out != 0 {
		o := output{Range: Range{v, n}}
		if a.length.res {
			o.unit = 1
		}
		if a.always {
			o.when = onAnything
		}
		c.output(o)
	}
}

// shownData is how much of data that goes elsewhere than to a terminal is kept.
const shownData = 64

// inputData notes data that the kernel reads. All of it is kept where it goes
// to standard output or error (fd is the argument with the descriptor).
func (c *Call) inputData(v, n uint64, fd int) {
	if v == 0 || n == 0 {
		return
	}
	if fd < 0 || uint32(c.Args[fd])-1 > 1 {
		n = min(n, shownData)
	}
	c.Inputs = append(c.Inputs, Range{v, min(n, maxTransfer)})
}

// stringsArg is a NULL-terminated array of strings: argv, envp.
type stringsArg struct{ brief bool }

func (a stringsArg) String() string { return "in strings" }

const maxStrings = 4096

func (a stringsArg) enter(c *Call, v uint64) {
	for i := range uint64(maxStrings) {
		at := v + 8*i
		s := readUint(c.m, at, 8)
		c.input(at, 8)
		if s == 0 {
			return
		}
		c.inputString(s)
	}
}

func (a stringsArg) show(p *printer, v uint64) {
	if v == 0 || !p.readable(v, 8) {
		p.address(v)
		return
	}
	if a.brief {
		p.briefStrings(v)
		return
	}
	p.text("[")
	for i := uint64(0); p.uint(v+8*i, 8) != 0; i++ {
		if i > 0 {
			p.text(", ")
		}
		if i == arrayMax {
			p.text("...")
			break
		}
		p.cstring(p.uint(v+8*i, 8), stringMax)
	}
	p.text("]")
}

// briefStrings shows an environment by its number of variables.
func (p *printer) briefStrings(v uint64) {
	n := int64(0)
	for n < maxStrings && p.uint(v+8*uint64(n), 8) != 0 {
		n++
	}
	p.hex(v)
	if n == 1 {
		p.text(" /* 1 var */")
		return
	}
	p.text(" /* ")
	p.decimal(n)
	p.text(" vars */")
}

// iovecsArg is an array of iovec: base and length.
type iovecsArg struct {
	dir   direction
	count count
	fd    int // the argument with the descriptor written to, -1 for none
}

func (a iovecsArg) String() string { return a.dir.String() + " iovec[" + a.count.String() + "]" }

func (a iovecsArg) enter(c *Call, v uint64) {
	c.followIovecs(v, a.count.of(c.Args, c.m), a.dir, a.fd, 0)
}

// followIovecs notes n iovecs at v and the data that they point to; lengthAt
// is as in output.
func (c *Call) followIovecs(v, n uint64, d direction, fd int, lengthAt uint64) {
	n = min(n, maxFollow)
	if v == 0 || n == 0 {
		return
	}
	c.Inputs = append(c.Inputs, Range{v, 16 * n})
	first := true
	for i := range n {
		base, length := readUint(c.m, v+16*i, 8), readUint(c.m, v+16*i+8, 8)
		if length == 0 {
			continue
		}
		if d&in != 0 {
			c.inputData(base, length, fd)
		}
		if d&out != 0 {
			c.output(output{Range: Range{base, length}, unit: 1, continues: !first, lengthAt: lengthAt})
			first = false
		}
	}
}

func (a iovecsArg) show(p *printer, v uint64) {
	p.iovecs(v, a.count.of(p.args, p.m), a.dir, uint64(max(p.result, 0)))
}

// iovecs shows n iovecs. Of data that was received, valid bytes are shown.
func (p *printer) iovecs(v, n uint64, d direction, valid uint64) {
	if v == 0 {
		p.text("NULL")
		return
	}
	p.arrayFunc(v, n, 16, func(p *printer, at uint64) {
		base, length := p.uint(at, 8), p.uint(at+8, 8)
		p.text("{iov_base=")
		if d == out {
			show := min(length, valid)
			valid -= show
			if p.failed {
				p.address(base)
			} else {
				p.m = p.after
				p.data(base, show)
				p.m = p.before
			}
		} else {
			p.data(base, length)
		}
		p.text(", iov_len=")
		p.unsigned(length)
		p.text("}")
	})
}
