package tables

import (
	"encoding/binary"

	"hindsight/internal/recording"
	"hindsight/replay"
)

// eventMemory adds what an event stored at a time as writes of the instruction at
// pc.
func (t *tracker) eventMemory(memory []recording.MemoryWrite, at, pc uint64, source uint8, syscall uint64) error {
	if !t.filter.writes || !t.filter.at(at) || !t.filter.function(t.shadow.top().function) {
		return nil
	}
	for _, m := range memory {
		if len(m.Data) == 0 {
			continue
		}
		err := t.addWideWrite(wideWrite{
			t: at, pc: pc, addr: uint64(m.Addr), value: firstWord(m.Data),
			source: source, syscall: syscall, data: m.Data,
		})
		if err != nil {
			return err
		}
	}
	return t.err
}

// firstWord is the value of the first 8 bytes, little endian.
func firstWord(data []byte) uint64 {
	var word [8]byte
	copy(word[:], data)
	return binary.LittleEndian.Uint64(word[:])
}

// signal handles a delivered signal. What the kernel stored belongs to the call
// that was interrupted; the handler is called by it.
func (t *tracker) signal(c *replay.Control) error {
	if t.filter.at(c.T) {
		t.pcs.add(c.Event.Regs.Rip)
		t.pcs.zero = t.pcs.zero || c.Event.Regs.Rip == 0 // it jumped there
		t.pcs.add(uint64(c.Event.Signal.Handler))
		if err := t.events.signal(c, t.running.identity); err != nil {
			return err
		}
	}
	if c.Event.Signal.Fatal {
		return t.err
	}
	if err := t.eventMemory(c.Event.Memory, c.T, c.Event.Regs.Rip, sourceSignal, 0); err != nil {
		return err
	}
	after := &c.Event.After
	lo, hi := alternateBounds(c.Event)
	t.shadow.signal(frame{
		cfa: after.Rsp + 8, next: wordAt(c.Event.Memory, after.Rsp), enterT: c.T, site: c.Event.Regs.Rip, entryPC: after.Rip,
		args: [6]uint64{after.Rdi, after.Rsi, after.Rdx, after.Rcx, after.R8, after.R9},
	}, lo, hi)
	t.maxDepth = max(t.maxDepth, len(t.shadow.frames))
	return t.err
}

// Offsets in the frame that the kernel builds for a handler (struct
// rt_sigframe): the return address, then the ucontext with its stack_t.
const (
	frameStackBase = 8 + 16
	frameStackSize = 8 + 32
)

// alternateBounds returns the bounds of the alternate stack that a signal's
// handler runs on where the interrupted code did not, else zeros.
func alternateBounds(e *recording.Event) (lo, hi uint64) {
	sp := e.After.Rsp
	lo = wordAt(e.Memory, sp+frameStackBase)
	size := wordAt(e.Memory, sp+frameStackSize)
	if lo == 0 || size == 0 || lo+size < lo {
		return 0, 0
	}
	hi = lo + size
	within := func(a uint64) bool { return lo <= a && a <= hi }
	if !within(sp) || within(e.Regs.Rsp) {
		return 0, 0
	}
	return lo, hi
}

// wordAt returns the 8 bytes that were stored at an address, 0 where none were.
func wordAt(memory []recording.MemoryWrite, addr uint64) uint64 {
	for i := len(memory) - 1; i >= 0; i-- {
		m := memory[i]
		if off := addr - uint64(m.Addr); off < uint64(len(m.Data)) && uint64(len(m.Data))-off >= 8 {
			return binary.LittleEndian.Uint64(m.Data[off:])
		}
	}
	return 0
}
