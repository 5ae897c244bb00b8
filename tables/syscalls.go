package tables

import (
	"bytes"
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
	"hindsight/replay"
)

// systemCall is a system call: what its one or, where the thread was left waiting
// in it, two events tell.
type systemCall struct {
	id, call uint64 // ids; call is the function call that it was made in
	who      identity
	number   uint64
	args     [6]uint64
	pc       uint64
	t        uint64 // of its instruction
	// end is when it had its effects: they are there from the instruction after that
	// one on. open where it did not end.
	end    uint64
	event  uint64 // the last one's number
	result int64  // valid where returned
	// returned is false for one that did not, like exit or one in which the program
	// was killed, and for one that the kernel restarts.
	returned            bool
	startNS, durationNS uint64
	memory              eventMemory
}

// newSystemCall begins the row of a system call at its instruction.
func (t *tracker) newSystemCall(c *replay.Control) *systemCall {
	t.lastSyscall++
	e := c.Event
	r := &e.Regs
	return &systemCall{
		id: t.lastSyscall, call: t.shadow.top().call, who: t.running.identity, number: r.Orig_rax,
		args: [6]uint64{r.Rdi, r.Rsi, r.Rdx, r.R10, r.R8, r.R9}, pc: c.PC, t: c.T, end: open, event: e.Index,
		startNS: e.StartNS, memory: eventMemory{after: e.Memory, entry: e.Input},
	}
}

// ends completes the row with the event that ended the call.
func (s *systemCall) ends(e *recording.Event, at uint64) {
	s.end, s.event = at, e.Index
	s.durationNS = e.StartNS + e.DurationNS - min(s.startNS, e.StartNS+e.DurationNS)
	a := &e.After
	restarted := s.number != unix.SYS_RT_SIGRETURN && a.Rip == e.Regs.Rip-syscallLength
	s.returned = *a != recording.Regs{} && !restarted
	s.result = int64(a.Rax)
}

const syscallLength = 2 // bytes of the instruction

// effectTime is when an event had its effects: they are there from the instruction
// after that one on. That is the event's own instruction, but for an event with
// which none retires: then it is the last before it, whoever ran it.
func (t *tracker) effectTime(c *replay.Control) uint64 {
	if c.Kind == replay.Begin || c.Kind == replay.Syscall && t.running.waiting != nil {
		return c.T - min(c.T, 1)
	}
	return c.T
}

// wait handles a system call in which its thread was left waiting. Its row is made
// when it ends.
func (t *tracker) wait(c *replay.Control) error {
	s := t.newSystemCall(c)
	s.memory = eventMemory{after: cloneMemory(s.memory.after), entry: cloneMemory(s.memory.entry)}
	t.running.waiting = s
	return t.eventMemory(c.Event.Memory, c.T, c.PC, sourceSyscall, s.id)
}

func cloneMemory(list []recording.MemoryWrite) []recording.MemoryWrite {
	out := make([]recording.MemoryWrite, len(list))
	for i, m := range list {
		out[i] = recording.MemoryWrite{Addr: m.Addr, Data: bytes.Clone(m.Data)}
	}
	return out
}

// syscall handles a system call, or the end of the one in which the thread waited:
// its row, what the kernel wrote, and the end of a handler.
func (t *tracker) syscall(c *replay.Control) error {
	at, s := t.effectTime(c), t.running.waiting
	if s == nil {
		s = t.newSystemCall(c)
	} else {
		t.running.waiting = nil
		// What was stored last is read first.
		s.memory.after = slices.Concat(c.Event.Memory, s.memory.after)
		s.memory.entry = slices.Concat(s.memory.entry, c.Event.Input)
	}
	s.ends(c.Event, at)
	if err := t.addSystemCall(s); err != nil {
		return err
	}
	t.followThread(s)
	if s.number == unix.SYS_RT_SIGRETURN {
		t.shadow.sigreturn(c.T)
		return t.err
	}
	return t.eventMemory(c.Event.Memory, at, s.pc, sourceSyscall, s.id)
}

// addSystemCall adds the row of a system call.
func (t *tracker) addSystemCall(s *systemCall) error {
	if !t.filter.at(s.t) {
		return nil
	}
	t.pcs.add(s.pc)
	return t.events.syscall(s)
}

// eventMemory is the program's memory as far as events tell of it: at the entry of
// a system call, and after it.
type eventMemory struct{ entry, after []recording.MemoryWrite }

// ReadMemory reads memory after the call.
func (m *eventMemory) ReadMemory(addr uint64, b []byte) int {
	if n := readRanges(m.after, addr, b); n > 0 {
		return n
	}
	return readRanges(m.entry, addr, b)
}

// ReadEntryMemory reads memory at the entry of the call.
func (m *eventMemory) ReadEntryMemory(addr uint64, b []byte) int {
	return readRanges(m.entry, addr, b)
}

// at returns up to n bytes at addr at the entry.
func (m *eventMemory) at(addr, n uint64) []byte {
	for _, r := range m.entry {
		if off := addr - uint64(r.Addr); off < uint64(len(r.Data)) {
			return r.Data[off:min(uint64(len(r.Data)), off+n)]
		}
	}
	return nil
}

// text returns the string at addr at the entry, up to n bytes of it.
func (m *eventMemory) text(addr, n uint64) string {
	text, _, _ := bytes.Cut(m.at(addr, n), []byte{0})
	return string(text)
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

// written returns what a system call that wrote n bytes to a descriptor took from
// the program's memory; ok is false where it is none of those.
func (s *systemCall) written(n uint64) (data []byte, ok bool) {
	switch s.number {
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_SENDTO:
		return s.memory.at(s.args[1], n), true
	case unix.SYS_WRITEV, unix.SYS_PWRITEV, unix.SYS_PWRITEV2:
		for i := uint64(0); i < s.args[2] && n > 0; i++ {
			v := s.memory.at(s.args[1]+16*i, 16)
			if len(v) < 16 {
				break
			}
			length := min(n, binary.LittleEndian.Uint64(v[8:]))
			data = append(data, s.memory.at(binary.LittleEndian.Uint64(v), length)...)
			n -= length
		}
		return data, true
	}
	return nil, false
}
