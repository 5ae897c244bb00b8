package abi

import "fmt"

// direction tells what the kernel does with memory that it is pointed to.
type direction uint8

const (
	in    direction = 1
	out   direction = 2
	inout           = in | out
)

func (d direction) String() string { return [...]string{"", "in", "out", "inout"}[d] }

// count is a number of objects behind a pointer.
type count struct {
	kind countKind
	n    uint64 // constant: the number; else which argument
	res  bool   // at most result many of them are written, and shown
}

type countKind uint8

const (
	constant countKind = iota
	argument           // the value of argument n
	pointed            // the 32-bit value that argument n points to
)

func literal(n uint64) count   { return count{constant, n, false} }
func argn(i uint64) count      { return count{argument, i, false} }
func resultMax(i uint64) count { return count{argument, i, true} }
func atArg(i uint64) count     { return count{pointed, i, false} }

func (n count) String() string {
	s := fmt.Sprint(n.n)
	switch n.kind {
	case argument:
		s = fmt.Sprintf("arg%d", n.n)
	case pointed:
		s = fmt.Sprintf("*arg%d", n.n)
	}
	if n.res {
		s = "result ≤ " + s
	}
	return s
}

func (n count) of(args [6]uint64, m MemoryReader) uint64 {
	switch n.kind {
	case argument:
		return args[n.n]
	case pointed:
		return readUint(m, args[n.n], 4)
	}
	return n.n
}

// pointer is an argument that points to objects.
type pointer struct {
	dir    direction
	to     object
	count  count
	array  bool // shown in brackets even where there is one
	always bool // written on errors too
}

func to(d direction, o object) pointer { return pointer{dir: d, to: o, count: literal(1)} }

// inPtr, outPtr and ioPtr point to one object that the kernel reads, writes on
// success, and reads and writes.
func inPtr(o object) pointer  { return to(in, o) }
func outPtr(o object) pointer { return to(out, o) }
func ioPtr(o object) pointer  { return to(inout, o) }

// inArray and outArray point to n objects.
func inArray(o object, n count) pointer  { return pointer{dir: in, to: o, count: n, array: true} }
func outArray(o object, n count) pointer { return pointer{dir: out, to: o, count: n, array: true} }
func ioArray(o object, n count) pointer  { return pointer{dir: inout, to: o, count: n, array: true} }

// onError marks memory that the kernel may write on errors and restarts too.
func (t pointer) onError() pointer { t.always = true; return t }

func (t pointer) String() string {
	s := t.dir.String() + " " + t.to.String()
	if t.array {
		s += "[" + t.count.String() + "]"
	}
	if t.always {
		s += " always"
	}
	return s
}

const maxCount = 1 << 32 // no call takes more objects

func (t pointer) enter(c *Call, v uint64) {
	if v == 0 {
		return
	}
	n := min(t.count.of(c.Args, c.m), maxCount)
	size := t.to.size()
	if t.dir&in != 0 {
		c.input(v, n*size)
	}
	if t.dir&out != 0 {
		o := output{Range: Range{v, n * size}}
		if t.always {
			o.when = onAnything
		}
		if t.count.res {
			o.unit = size
		}
		c.output(o)
	}
	if f, ok := t.to.(follower); ok {
		for i := range min(n, maxFollow) {
			f.follow(c, v+i*size, t.dir)
		}
	}
}

const maxFollow = 1024 // UIO_MAXIOV

func (t pointer) show(p *printer, v uint64) {
	if v == 0 {
		p.text("NULL")
		return
	}
	if t.dir == out {
		if p.failed {
			p.hex(v)
			return
		}
		p.m = p.after
		defer func() { p.m = p.before }()
	}
	n := t.count.of(p.args, p.m)
	if t.count.res && t.dir&out != 0 {
		n = min(n, uint64(max(p.result, 0)))
	}
	if !t.array {
		if !p.readable(v, t.to.size()) {
			p.hex(v)
			return
		}
		if _, plain := t.to.(scalar); plain {
			p.bracketed(func() { t.to.showAt(p, v) })
			return
		}
		t.to.showAt(p, v)
		return
	}
	p.array(v, n, t.to)
}
