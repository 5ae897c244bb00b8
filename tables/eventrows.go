package tables

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/duckdb/duckdb-go/v2"

	"hindsight/internal/abi"
	"hindsight/internal/recording"
	"hindsight/replay"
)

// eventTables fills the tables that have a row for an event: syscalls, signals
// and _output. It has a connection of its own, since it is used while others load.
type eventTables struct {
	conn                      *duckdb.Conn
	syscalls, signals, output *duckdb.Appender // nil where not to be filled
	// times are when the events were that mapped or unmapped a module; those
	// asked for are in it from the beginning.
	times map[uint64]uint64
	// name is what the thread called itself, "" for nothing.
	name string
}

// newEventTables begins to append. The caller closes it.
func newEventTables(ctx context.Context, db *database, fills map[string]bool, s *scan) (*eventTables, error) {
	e := &eventTables{times: map[uint64]uint64{}}
	for _, m := range s.modules {
		e.times[m.mapped] = 0
		if m.gone {
			e.times[m.unmapped] = 0
		}
	}
	var err error
	if e.conn, err = db.connect(ctx); err != nil {
		return nil, err
	}
	for name, a := range map[string]**duckdb.Appender{"syscalls": &e.syscalls, "signals": &e.signals, "output": &e.output} {
		table := name
		if name == "output" {
			table = "_output"
		}
		if fills[name] && err == nil {
			*a, err = duckdb.NewAppender(e.conn, "", "main", table)
		}
	}
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

func (e *eventTables) close() error {
	var errs []error
	for _, a := range []*duckdb.Appender{e.syscalls, e.signals, e.output} {
		if a != nil {
			errs = append(errs, a.Close())
		}
	}
	return errors.Join(append(errs, e.conn.Close())...)
}

// passed notes when an event was.
func (e *eventTables) passed(c *replay.Control) {
	if _, ok := e.times[c.Event.Index]; ok {
		e.times[c.Event.Index] = c.T
	}
}

// syscall adds a system call, and what it wrote to standard output or error.
func (e *eventTables) syscall(c *replay.Control, who thread, call, id uint64) error {
	r := &c.Event.Regs
	args := [6]uint64{r.Rdi, r.Rsi, r.Rdx, r.R10, r.R8, r.R9}
	memory := &eventMemory{c.Event}
	e.followName(r.Orig_rax, args, memory)
	result, returned := resultOf(c.Event)
	if e.output != nil && returned && result > 0 {
		if err := e.addOutput(c, who, id, args, memory, uint64(result)); err != nil {
			return err
		}
	}
	if e.syscalls == nil {
		return nil
	}
	text := ""
	spec, known := abi.Lookup(r.Orig_rax)
	if known {
		text = spec.Format(memory, args, result)
	}
	err := e.syscalls.AppendRow(id, c.T, who.process, who.thread, call, c.PC, uint32(r.Orig_rax),
		orNull(known, abi.Name(r.Orig_rax)), args[0], args[1], args[2], args[3], args[4], args[5], text,
		orNull(returned, result), orNull(returned && abi.Failed(result), abi.ResultError(result)),
		c.Event.StartNS, orNull(returned, c.Event.DurationNS))
	if err != nil {
		return fmt.Errorf("event %d (%s): add its row: %w", c.Event.Index, abi.Name(r.Orig_rax), err)
	}
	return nil
}

// resultOf is what a system call returned; false for one that did not, like exit
// or one in which the program was killed.
func resultOf(e *recording.Event) (result int64, returned bool) {
	return int64(e.After.Rax), e.After != recording.Regs{}
}

// orNull is v where ok, else NULL.
func orNull[T any](ok bool, v T) any {
	if !ok {
		return nil
	}
	return v
}

// followName keeps the name that a thread gives itself.
func (e *eventTables) followName(number uint64, args [6]uint64, memory *eventMemory) {
	const prctl, setName = 157, 15
	if number != prctl || args[0] != setName {
		return
	}
	var b [16]byte
	n := memory.ReadEntryMemory(args[1], b[:])
	name, _, _ := bytes.Cut(b[:n], []byte{0})
	e.name = readable(name)
}

func (e *eventTables) signal(c *replay.Control, who thread) error {
	if e.signals == nil {
		return nil
	}
	s := c.Event.Signal
	err := e.signals.AppendRow(c.T, who.process, who.thread, uint32(s.Number), abi.SignalName(s.Number),
		abi.SignalCode(s.Number, s.Code), orNull(s.Sync && s.Code > 0, uint64(s.Fault)), c.Event.Regs.Rip,
		orNull(!s.Fatal, uint64(s.Handler)))
	if err != nil {
		return fmt.Errorf("event %d (%s): add its row: %w", c.Event.Index, abi.SignalName(s.Number), err)
	}
	return nil
}

// Numbers of the system calls that write their memory to a descriptor.
const (
	sysWrite    = 1
	sysPwrite   = 18
	sysWritev   = 20
	sysSendto   = 44
	sysPwritev  = 296
	sysPwritev2 = 328
)

// addOutput adds the bytes that a system call wrote to standard output or error.
func (e *eventTables) addOutput(c *replay.Control, who thread, id uint64, args [6]uint64, memory *eventMemory, n uint64) error {
	fd := uint32(args[0])
	if fd != 1 && fd != 2 {
		return nil
	}
	var data []byte
	switch c.Event.Regs.Orig_rax {
	case sysWrite, sysPwrite, sysSendto:
		data = memory.entry(args[1], n)
	case sysWritev, sysPwritev, sysPwritev2:
		for i := uint64(0); i < args[2] && n > 0; i++ {
			v := memory.entry(args[1]+16*i, 16)
			if len(v) < 16 {
				break
			}
			part := memory.entry(binary.LittleEndian.Uint64(v), min(n, binary.LittleEndian.Uint64(v[8:])))
			data = append(data, part...)
			n -= min(n, binary.LittleEndian.Uint64(v[8:]))
		}
	default:
		return nil
	}
	if err := e.output.AppendRow(c.T, who.process, who.thread, id, fd, data, readable(data)); err != nil {
		return fmt.Errorf("event %d: add the program's output: %w", c.Event.Index, err)
	}
	return nil
}

// readable is text as UTF-8: bytes that are not part of a valid character, and
// zeros, become \xNN.
func readable(b []byte) string {
	if utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 {
		return string(b)
	}
	var s strings.Builder
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == 0 || r == utf8.RuneError && size <= 1 {
			fmt.Fprintf(&s, `\x%02x`, b[0])
		} else {
			s.Write(b[:size])
		}
		b = b[size:]
	}
	return s.String()
}

// eventMemory is the program's memory as far as an event tells of it: at the
// entry of a system call, and after it.
type eventMemory struct{ e *recording.Event }

// ReadMemory reads memory after the call.
func (m *eventMemory) ReadMemory(addr uint64, b []byte) int {
	if n := readRanges(m.e.Memory, addr, b); n > 0 {
		return n
	}
	return readRanges(m.e.Input, addr, b)
}

// ReadEntryMemory reads memory at the entry of the call.
func (m *eventMemory) ReadEntryMemory(addr uint64, b []byte) int {
	return readRanges(m.e.Input, addr, b)
}

// entry returns up to n bytes at addr at the entry.
func (m *eventMemory) entry(addr, n uint64) []byte {
	for _, r := range m.e.Input {
		if off := addr - uint64(r.Addr); off < uint64(len(r.Data)) {
			return r.Data[off:min(uint64(len(r.Data)), off+n)]
		}
	}
	return nil
}

// readRanges reads from ranges, which may touch each other.
func readRanges(ranges []recording.MemoryWrite, addr uint64, b []byte) int {
	done := 0
	for again := true; again && done < len(b); {
		again = false
		for _, r := range ranges {
			if off := addr + uint64(done) - uint64(r.Addr); off < uint64(len(r.Data)) {
				done += copy(b[done:], r.Data[off:])
				again = true
				break
			}
		}
	}
	return done
}

// ignoreEvents makes no rows.
type ignoreEvents struct{}

func (ignoreEvents) syscall(*replay.Control, thread, uint64, uint64) error { return nil }
func (ignoreEvents) signal(*replay.Control, thread) error                  { return nil }
func (ignoreEvents) passed(*replay.Control)                                {}
