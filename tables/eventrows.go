package tables

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/duckdb/duckdb-go/v2"

	"hindsight/internal/abi"
	"hindsight/replay"
)

// eventTables fills the tables that have a row for an event: syscalls, signals,
// switches and _output. It has a connection of its own, since it is used while others load.
type eventTables struct {
	conn *duckdb.Conn
	// nil where not to be filled
	syscalls, signals, switches, output *duckdb.Appender
	// times are when the events were that mapped or unmapped a module; those
	// asked for are in it from the beginning.
	times map[uint64]uint64
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
	for name, a := range map[string]**duckdb.Appender{
		"syscalls": &e.syscalls, "signals": &e.signals, "switches": &e.switches, "output": &e.output,
	} {
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
	for _, a := range []*duckdb.Appender{e.syscalls, e.signals, e.switches, e.output} {
		if a != nil {
			errs = append(errs, a.Close())
		}
	}
	return errors.Join(append(errs, e.conn.Close())...)
}

// passed notes when an event had its effects.
func (e *eventTables) passed(event, t uint64) {
	if _, ok := e.times[event]; ok {
		e.times[event] = t
	}
}

// syscall adds a system call, and what it wrote to standard output or error.
func (e *eventTables) syscall(s *systemCall) error {
	if e.output != nil && s.returned && s.result > 0 {
		if err := e.addOutput(s); err != nil {
			return err
		}
	}
	if e.syscalls == nil {
		return nil
	}
	text := ""
	spec, known := abi.Lookup(s.number)
	if known {
		text = spec.Format(&s.memory, s.args, s.result)
	}
	a := &s.args
	err := e.syscalls.AppendRow(s.id, s.t, s.who.process, s.who.thread, s.call, s.pc, uint32(s.number),
		orNull(known, abi.Name(s.number)), a[0], a[1], a[2], a[3], a[4], a[5], text,
		orNull(s.returned, s.result), orNull(s.returned && abi.Failed(s.result), abi.ResultError(s.result)),
		orNull(s.end != open, s.end), s.startNS, orNull(s.returned, s.durationNS))
	if err != nil {
		return fmt.Errorf("event %d (%s): add its row: %w", s.event, abi.Name(s.number), err)
	}
	return nil
}

// orNull is v where ok, else NULL.
func orNull[T any](ok bool, v T) any {
	if !ok {
		return nil
	}
	return v
}

func (e *eventTables) signal(c *replay.Control, who identity) error {
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

// switched adds a change of the running thread.
func (e *eventTables) switched(s *threadSwitch) error {
	if e.switches == nil {
		return nil
	}
	err := e.switches.AppendRow(s.t, orNull(s.from != 0, s.from), s.to, s.reason)
	if err != nil {
		return fmt.Errorf("add the switch to thread %d: %w", s.to, err)
	}
	return nil
}

// addOutput adds the bytes that a system call wrote to standard output or error.
func (e *eventTables) addOutput(s *systemCall) error {
	fd := uint32(s.args[0])
	if fd != 1 && fd != 2 {
		return nil
	}
	data, ok := s.written(uint64(s.result))
	if !ok {
		return nil
	}
	if err := e.output.AppendRow(s.end, s.who.process, s.who.thread, s.id, fd, data, readable(data)); err != nil {
		return fmt.Errorf("event %d: add the program's output: %w", s.event, err)
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

// ignoreEvents makes no rows.
type ignoreEvents struct{}

func (ignoreEvents) syscall(*systemCall) error              { return nil }
func (ignoreEvents) signal(*replay.Control, identity) error { return nil }
func (ignoreEvents) switched(*threadSwitch) error           { return nil }
func (ignoreEvents) passed(uint64, uint64)                  {}
