package recording

import "encoding/binary"

// An encoded event is
//
//	kind      1 byte
//	fields    uvarint, the field* bits of what follows, in that order
//	thread    uvarint, where it is not the previous event's
//	time      varint StartNS since the previous event, uvarint DurationNS
//	registers Regs against the thread's last, After against Regs
//	the rest  lists as a uvarint count and their elements, see the append
//	          functions
//
// Registers are a uvarint mask of those that differ from what is predicted, then
// for each the difference as a varint. The first event of a chunk is
// predicted from zero registers and time 0, so that chunks can be read apart.
const (
	fieldAfter = 1 << iota
	fieldXSave
	fieldMemory
	fieldInput
	fieldMaps
	fieldBrk
	fieldSignal
	fieldHashes
	fieldExit
	fieldThread // comes first
	fieldBorn

	fieldsKnown = fieldBorn<<1 - 1
)

// codec is what encoder and decoder remember from one event to the next.
type codec struct {
	regs   Regs // the thread's last
	time   uint64
	thread uint32 // less 1
	others map[uint32]Regs
}

// maxThreads bounds the numbers of threads.
const maxThreads = 1 << 31

// maxOthers bounds the memory of a codec: of more threads all are forgotten.
const maxOthers = 1 << 12

// turn goes over to a thread, which has that number less 1.
func (c *codec) turn(thread uint32) {
	if c.others == nil || len(c.others) >= maxOthers {
		c.others = map[uint32]Regs{}
	}
	c.others[c.thread] = c.regs
	c.thread, c.regs = thread, c.others[thread]
}

// entersKernel tells whether an event of the kind has registers as at the entry of a
// system call.
func (k Kind) entersKernel() bool { return k == KindSyscall || k == KindWait }

// straighten maps registers to a form in which a system call's side effects
// on rcx (= rip) and r11 (= flags) vanish; bend is its inverse.
func straighten(kind Kind, r Regs) Regs {
	if kind.entersKernel() {
		r.Rcx -= r.Rip
		r.R11 -= r.Eflags
	}
	return r
}

func bend(kind Kind, r Regs) Regs {
	if kind.entersKernel() {
		r.Rcx += r.Rip
		r.R11 += r.Eflags
	}
	return r
}

// predict guesses an event's registers from the last ones seen.
func predict(kind Kind, last Regs) Regs {
	if kind.entersKernel() {
		const enosys = 38
		e := uint64(enosys)
		last.Rax = -e
		last.Rcx, last.R11 = last.Rip, last.Eflags
	}
	return straighten(kind, last)
}

func (e *Event) fields() uint64 {
	var f uint64
	set := func(bit uint64, present bool) {
		if present {
			f |= bit
		}
	}
	set(fieldAfter, e.After != Regs{})
	set(fieldXSave, len(e.XSave) > 0)
	set(fieldMemory, len(e.Memory) > 0)
	set(fieldInput, len(e.Input) > 0)
	set(fieldMaps, len(e.Maps) > 0)
	set(fieldBrk, e.Brk != 0)
	set(fieldSignal, e.Signal != nil)
	set(fieldHashes, len(e.Hashes) > 0)
	set(fieldExit, e.Exit != nil)
	set(fieldBorn, e.Born != nil)
	return f
}

// encode appends e to b.
func (c *codec) encode(b []byte, e *Event) []byte {
	f := e.fields()
	thread := max(e.Thread, 1) - 1
	if thread != c.thread {
		f |= fieldThread
		c.turn(thread)
	}
	b = append(b, byte(e.Kind))
	b = binary.AppendUvarint(b, f)
	if f&fieldThread != 0 {
		b = binary.AppendUvarint(b, uint64(thread))
	}
	b = binary.AppendVarint(b, int64(e.StartNS-c.time))
	b = binary.AppendUvarint(b, e.DurationNS)
	c.time = e.StartNS
	regs := straighten(e.Kind, e.Regs)
	b = appendRegs(b, predict(e.Kind, c.regs), regs)
	c.regs = e.Regs
	if f&fieldAfter != 0 {
		b = appendRegs(b, regs, straighten(e.Kind, e.After))
		c.regs = e.After
	}
	if f&fieldXSave != 0 {
		b = appendBytes(b, e.XSave)
	}
	if f&fieldMemory != 0 {
		b = appendMemory(b, e.Memory)
	}
	if f&fieldInput != 0 {
		b = appendMemory(b, e.Input)
	}
	if f&fieldMaps != 0 {
		b = appendMaps(b, e.Maps)
	}
	if f&fieldBrk != 0 {
		b = binary.AppendUvarint(b, uint64(e.Brk))
	}
	if f&fieldSignal != 0 {
		b = appendSignal(b, e.Signal)
	}
	if f&fieldHashes != 0 {
		b = appendHashes(b, e.Hashes)
	}
	if f&fieldExit != 0 {
		b = binary.AppendVarint(b, int64(e.Exit.Code))
		b = binary.AppendVarint(b, int64(e.Exit.Signal))
	}
	if f&fieldBorn != 0 {
		b = binary.AppendUvarint(b, uint64(e.Born.Parent))
		b = binary.AppendUvarint(b, uint64(e.Born.TID))
	}
	return b
}

func appendRegs(b []byte, base, r Regs) []byte {
	w, v := words(&base), words(&r)
	var mask uint64
	for i := range v {
		if v[i] != w[i] {
			mask |= 1 << i
		}
	}
	b = binary.AppendUvarint(b, mask)
	for i := range v {
		if mask>>i&1 != 0 {
			b = binary.AppendVarint(b, int64(v[i]-w[i]))
		}
	}
	return b
}

func appendBytes(b, data []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(data))), data...)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendMemory(b []byte, list []MemoryWrite) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for i := range list {
		b = binary.AppendUvarint(b, uint64(list[i].Addr))
		b = appendBytes(b, list[i].Data)
	}
	return b
}

func appendMaps(b []byte, list []MapChange) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for i := range list {
		m := &list[i]
		b = append(b, byte(m.Op))
		for _, v := range [...]uint64{uint64(m.Addr), m.Length, uint64(m.From), m.FromLength,
			uint64(m.Prot), uint64(m.Flags), m.FileOffset} {
			b = binary.AppendUvarint(b, v)
		}
		b = appendString(b, m.Path)
		b = appendString(b, m.Object)
		b = binary.AppendUvarint(b, uint64(len(m.Patches)))
		for j := range m.Patches {
			b = binary.AppendUvarint(b, uint64(m.Patches[j].Addr))
			b = appendBytes(b, m.Patches[j].Original)
		}
	}
	return b
}

func appendSignal(b []byte, s *Signal) []byte {
	b = binary.AppendVarint(b, int64(s.Number))
	b = binary.AppendVarint(b, int64(s.Code))
	b = binary.AppendUvarint(b, uint64(s.Fault))
	b = binary.AppendUvarint(b, uint64(s.Handler))
	var flags byte
	if s.Fatal {
		flags |= signalFatal
	}
	if s.Sync {
		flags |= signalSync
	}
	b = append(b, flags)
	return appendBytes(b, s.Info)
}

const (
	signalFatal = 1
	signalSync  = 2
)

func appendHashes(b []byte, list []MemoryHash) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	next := uint64(0) // ranges tend to follow each other
	for i := range list {
		h := &list[i]
		b = binary.AppendVarint(b, int64(uint64(h.Addr)-next))
		b = binary.AppendUvarint(b, h.Length)
		b = binary.LittleEndian.AppendUint64(b, h.Hash)
		next = uint64(h.Addr) + h.Length
	}
	return b
}
