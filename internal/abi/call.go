package abi

import "encoding/binary"

// Call is one thread's system call between its entry and its exit. Keep one per
// thread and enter it again for each call: it reuses its memory, and
// restart_syscall continues the call that was entered before it.
type Call struct {
	Syscall *Syscall
	Args    [6]uint64 // as the kernel takes them: 32-bit ones without what stood above
	// Refuse, where not "", says why this call cannot be recorded.
	Refuse string
	// Answer, where not 0, is the error number that the recorder has to give
	// the program instead of performing the call (the result is -Answer).
	Answer int
	// Inputs is what to keep of the program's memory at the entry, so that the
	// arguments can be shown later. Ranges may overlap, and may run into memory
	// that cannot be read (a string's end is not known): keep what can be.
	Inputs []Range

	m       MemoryReader
	outputs []output
}

// output is memory that the kernel may write.
type output struct {
	Range
	when condition
	// unit, where not 0, cuts the range to result × unit bytes. Consecutive
	// outputs with continues set share those bytes, like the parts of a readv.
	unit      uint64
	continues bool
	// lengthAt, where not 0, is the address of the 32-bit count of bytes that
	// the kernel leaves, instead of the result (recvmmsg).
	lengthAt uint64
}

// condition tells on which results an output may have been written.
type condition uint8

const (
	onSuccess condition = iota // also where copying failed half-way: EFAULT, EIO
	onAnything
)

// Enter begins the system call nr with its six arguments, at its entry, and
// reports whether the table has it. A number that it does not have is to be
// answered ENOSYS, as by an older kernel. m is read during Enter only.
func (c *Call) Enter(m MemoryReader, nr uint64, args [6]uint64) bool {
	const restart = 219
	if nr == restart && c.Syscall != nil {
		c.Inputs = c.Inputs[:0]
		c.Refuse, c.Answer = "", 0
		return true
	}
	*c = Call{Args: args, Inputs: c.Inputs[:0], outputs: c.outputs[:0], m: m}
	s, ok := Lookup(nr)
	if !ok {
		c.Syscall, c.Answer = unknown(nr), enosys
		return false
	}
	c.Syscall, c.Refuse, c.Answer = s, s.Refuse, s.Answer
	c.Args = s.narrow(args)
	if !s.Described && c.Refuse == "" && c.Answer == 0 {
		c.Refuse = s.Name + " is not described"
	}
	if s.guard != nil && c.Refuse == "" {
		c.Refuse, c.Answer = s.guard(c.Args)
	}
	for i, a := range s.args {
		a.enter(c, c.Args[i])
	}
	c.m = nil
	return true
}

// Outputs appends to dst every range of memory that the kernel may have written
// during the call, given its result as the exit stop shows it (errors and
// restarts are negative). m is the memory after the call. Ranges may overlap and
// may run into memory that cannot be read: nothing was written there. A call
// that the recorder answered itself has none.
func (c *Call) Outputs(m MemoryReader, result int64, dst []Range) []Range {
	if c.Answer != 0 {
		return dst
	}
	failed, partial := Failed(result), result == -14 || result == -5 // EFAULT, EIO
	var left uint64
	for i := range c.outputs {
		o := &c.outputs[i]
		if failed && !partial && o.when != onAnything {
			continue
		}
		r := o.Range
		if o.unit != 0 && !failed {
			if !o.continues {
				left = uint64(result) * o.unit
				if o.lengthAt != 0 {
					left = readUint(m, o.lengthAt, 4)
				}
			}
			r.Length = min(r.Length, left)
			left -= r.Length
		}
		if r.Length > 0 {
			dst = append(dst, r)
		}
	}
	return dst
}

// Failed tells whether a result is an error or a restart: the kernel's own
// convention, -4095 to -1.
func Failed(result int64) bool { return result < 0 && result >= -4095 }

// Outputs is Call.Outputs for a caller that has the state of entry only after
// the fact: m must show the memory as the kernel found it. It is for tests and
// tools; a recorder uses Call, since some lengths are overwritten by the kernel.
func (s *Syscall) Outputs(m MemoryReader, args [6]uint64, result int64, dst []Range) []Range {
	var c Call
	c.Enter(m, s.Number, args)
	return c.Outputs(m, result, dst)
}

// Inputs appends Call.Inputs of the call to dst.
func (s *Syscall) Inputs(m MemoryReader, args [6]uint64, dst []Range) []Range {
	var c Call
	c.Enter(m, s.Number, args)
	return append(dst, c.Inputs...)
}

// input notes memory that the kernel reads.
func (c *Call) input(addr, n uint64) {
	if addr != 0 && n != 0 {
		c.Inputs = append(c.Inputs, Range{addr, min(n, maxInput)})
	}
}

// maxInput bounds what is kept of one argument for display, except the data
// written to standard output and error, which is kept whole.
const maxInput = 4096

// output notes memory that the kernel may write.
func (c *Call) output(o output) {
	if o.Addr == 0 || o.Length == 0 {
		return
	}
	o.Length = min(o.Length, maxTransfer)
	if o.Length > maxUser-min(o.Addr, maxUser) { // a wild length, as in read(fd, buf, -1)
		o.Length = maxUser - min(o.Addr, maxUser)
	}
	c.outputs = append(c.outputs, o)
}

const (
	maxUser     = 1<<47 - 4096 // where user addresses end
	maxTransfer = 0x7ffff000   // MAX_RW_COUNT: the most that a call reads or writes
)

// readUint reads a little-endian integer of 1 to 8 bytes, 0 where it cannot.
func readUint(m MemoryReader, addr uint64, size int) uint64 {
	var b [8]byte
	if addr == 0 || m == nil || m.ReadMemory(addr, b[:size]) < size {
		return 0
	}
	return binary.LittleEndian.Uint64(b[:])
}
