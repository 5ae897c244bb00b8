package recording

import (
	"encoding/binary"
	"errors"
)

// errMalformed is what a decoder reports; the reader says where.
var errMalformed = errors.New("malformed event")

// decoder reads the elements of an encoded event. After the first fault it
// answers zero values and keeps the fault in err.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) fail() {
	d.err, d.b = errMalformed, nil
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail()
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *decoder) word() uint64 {
	if len(d.b) < 8 {
		d.fail()
		return 0
	}
	v := binary.LittleEndian.Uint64(d.b)
	d.b = d.b[8:]
	return v
}

// bytes returns a part of the input, not a copy.
func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}

func (d *decoder) string() string { return string(d.bytes()) }

// count reads the length of a list whose elements take at least size bytes
// each, so that a hostile count cannot make the caller allocate.
func (d *decoder) count(size int) int {
	n := d.uvarint()
	if n > uint64(len(d.b)/size) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) regs(base Regs) Regs {
	mask := d.uvarint()
	if mask>>registerCount != 0 {
		d.fail()
		return Regs{}
	}
	w := words(&base)
	for i := range w {
		if mask>>i&1 != 0 {
			w[i] += uint64(d.varint())
		}
	}
	return base
}

// decode reads one event into e, reusing its lists, and returns the bytes
// behind it. Byte slices in e point into b.
func (c *codec) decode(b []byte, e *Event) ([]byte, error) {
	d := decoder{b: b}
	*e = Event{Memory: e.Memory[:0], Input: e.Input[:0], Maps: e.Maps[:0], Hashes: e.Hashes[:0]}
	e.Kind = Kind(d.byte())
	f := d.uvarint()
	if e.Kind < KindStart || e.Kind > lastKind || f > fieldsKnown {
		d.fail()
		return nil, d.err
	}
	if f&fieldThread != 0 {
		thread := d.uvarint()
		if thread >= maxThreads {
			d.fail()
			return nil, d.err
		}
		c.turn(uint32(thread))
	}
	e.Thread = c.thread + 1
	c.time += uint64(d.varint())
	e.StartNS = c.time
	e.DurationNS = d.uvarint()
	regs := d.regs(predict(e.Kind, c.regs))
	e.Regs = bend(e.Kind, regs)
	c.regs = e.Regs
	if f&fieldAfter != 0 {
		e.After = bend(e.Kind, d.regs(regs))
		c.regs = e.After
	}
	d.lists(f, e)
	if d.err == nil && !e.wellFormed() {
		d.fail()
	}
	return d.b, d.err
}

// wellFormed tells whether the parts are there that readers rely on.
func (e *Event) wellFormed() bool {
	switch e.Kind {
	case KindSignal:
		return e.Signal != nil
	case KindExit:
		return e.Exit != nil
	case KindThread:
		return e.Born != nil && e.After != Regs{}
	}
	return true
}

func (d *decoder) lists(f uint64, e *Event) {
	if f&fieldXSave != 0 {
		e.XSave = d.bytes()
	}
	if f&fieldMemory != 0 {
		e.Memory = d.memory(e.Memory)
	}
	if f&fieldInput != 0 {
		e.Input = d.memory(e.Input)
	}
	if f&fieldMaps != 0 {
		e.Maps = d.maps(e.Maps)
	}
	if f&fieldBrk != 0 {
		e.Brk = Addr(d.uvarint())
	}
	if f&fieldSignal != 0 {
		e.Signal = d.signal()
	}
	if f&fieldHashes != 0 {
		e.Hashes = d.hashes(e.Hashes)
	}
	if f&fieldExit != 0 {
		e.Exit = &Exit{Code: int(d.varint()), Signal: int(d.varint())}
	}
	if f&fieldBorn != 0 {
		e.Born = &Born{Parent: uint32(d.uvarint()), TID: int(int32(d.uvarint()))}
	}
}

func (d *decoder) memory(list []MemoryWrite) []MemoryWrite {
	for n := d.count(2); n > 0; n-- {
		list = append(list, MemoryWrite{Addr: Addr(d.uvarint()), Data: d.bytes()})
	}
	return list
}

func (d *decoder) maps(list []MapChange) []MapChange {
	const smallest = 11
	for n := d.count(smallest); n > 0 && d.err == nil; n-- {
		m := MapChange{Op: MapOp(d.byte())}
		m.Addr, m.Length = Addr(d.uvarint()), d.uvarint()
		m.From, m.FromLength = Addr(d.uvarint()), d.uvarint()
		prot, flags := d.uvarint(), d.uvarint()
		m.Prot, m.Flags = uint32(prot), uint32(flags)
		m.FileOffset = d.uvarint()
		m.Path, m.Object = d.string(), d.string()
		for k := d.count(2); k > 0; k-- {
			m.Patches = append(m.Patches, Patch{Addr: Addr(d.uvarint()), Original: d.bytes()})
		}
		if !m.valid() || prot>>32 != 0 || flags>>32 != 0 {
			d.fail()
		}
		list = append(list, m)
	}
	return list
}

// valid tells whether the change is one that an address space can take:
// ranges that are page-aligned and do not wrap around, an object with a proper
// name. Whoever applies it may rely on that.
func (m *MapChange) valid() bool {
	const page = 4096
	ok := func(a Addr, n uint64) bool {
		return uint64(a)%page == 0 && n%page == 0 && uint64(a)+n >= uint64(a)
	}
	return m.Op >= MapAdd && m.Op <= MapStack && ok(m.Addr, m.Length) && ok(m.From, m.FromLength) &&
		m.FileOffset < 1<<62 && (m.Object == "" || validHash(m.Object))
}

func (d *decoder) signal() *Signal {
	s := &Signal{Number: int(d.varint()), Code: int32(d.varint())}
	s.Fault, s.Handler = Addr(d.uvarint()), Addr(d.uvarint())
	flags := d.byte()
	s.Fatal, s.Sync = flags&signalFatal != 0, flags&signalSync != 0
	s.Info = d.bytes()
	return s
}

func (d *decoder) hashes(list []MemoryHash) []MemoryHash {
	next := uint64(0)
	for n := d.count(10); n > 0; n-- {
		addr := next + uint64(d.varint())
		h := MemoryHash{Addr: Addr(addr), Length: d.uvarint(), Hash: d.word()}
		if addr+h.Length < addr || h.Length > MaxHashed {
			d.fail()
		}
		list = append(list, h)
		next = addr + h.Length
	}
	return list
}

// MaxHashed is the longest range of one MemoryHash.
const MaxHashed = 256 << 10
