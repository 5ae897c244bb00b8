package tables

import (
	"sort"

	"hindsight/internal/recording"
)

// memoryMap follows the program's address space and makes the rows of _memory:
// for every piece of memory, from when until when it was there and what it held
// first. Its size is that of the address space at one time.
type memoryMap struct {
	filter   filter
	complete bool // every write that the filter's times allow is in the tables
	contents *contents
	add      func(r *memoryRow) error
	pieces   []piece // sorted, disjoint
}

// piece is memory [lo, hi) that was mapped, or got new contents, in one go.
type piece struct {
	lo, hi uint64
	from   uint64 // time of the system call that did so; beginning for none
	// first holds what it held then, nil for zeros; first[0] is at base. Where
	// hidden, it is not known.
	first  []byte
	base   uint64
	hidden bool
	// object is the stored file that it maps, "" for none, from offset (at lo)
	// on. It holds the first contents where first is nil.
	object string
	offset uint64
	// written is set where the program or the kernel may have written to it.
	written bool
}

// beginning is the from of what was there before the first instruction.
const beginning = open - 1

// memoryRow is a row of _memory; bytes nil are zeros, where known.
type memoryRow struct {
	addr, size, from, to uint64 // to may be open, from beginning
	known                bool
	bytes                []byte
}

// start takes the first event, whose stores are part of the first contents.
func (m *memoryMap) start(e *recording.Event) error {
	for i := range e.Maps {
		if err := m.change(&e.Maps[i], beginning, 0); err != nil {
			return err
		}
	}
	for _, w := range e.Memory {
		lo := uint64(w.Addr)
		if len(w.Data) == 0 {
			continue
		}
		taken, err := m.cut(lo, lo+uint64(len(w.Data)), beginning, false)
		if err != nil {
			return err
		}
		data := append([]byte(nil), w.Data...) // the reader's own are of the next event soon
		for _, p := range taken {
			p.first, p.base = data, lo
			m.insert(p)
		}
	}
	return nil
}

// event follows what an event did to the address space at t.
func (m *memoryMap) event(e *recording.Event, t uint64) error {
	for i := range e.Maps {
		if err := m.change(&e.Maps[i], t, e.Index); err != nil {
			return err
		}
	}
	if m.partial() {
		for _, w := range e.Memory {
			m.mark(uint64(w.Addr), uint64(w.Addr)+uint64(len(w.Data)))
		}
	}
	return nil
}

// partial tells whether the tables lack writes.
func (m *memoryMap) partial() bool { return !m.complete || m.filter.from > 0 }

// mark notes that [lo, hi) was written to.
func (m *memoryMap) mark(lo, hi uint64) {
	for i := m.find(lo); i < len(m.pieces) && m.pieces[i].lo < hi; i++ {
		m.pieces[i].written = true
	}
}

func (m *memoryMap) change(c *recording.MapChange, t, event uint64) error {
	const protWrite = 2
	lo, hi := uint64(c.Addr), uint64(c.Addr)+c.Length
	if lo >= hi {
		return nil
	}
	switch c.Op {
	case recording.MapAdd, recording.MapStack:
		p := piece{lo: lo, hi: hi, from: t, object: c.Object, offset: c.FileOffset, written: c.Prot&protWrite != 0}
		return m.replace(p, t)
	case recording.MapRemove:
		_, err := m.cut(lo, hi, t, true)
		return err
	case recording.MapProtect:
		if c.Prot&protWrite != 0 {
			m.mark(lo, hi)
		}
	case recording.MapDiscard:
		taken, err := m.cut(lo, hi, t, true)
		for _, p := range taken {
			p.from, p.first, p.hidden = t, nil, false
			m.insert(p)
		}
		return err
	case recording.MapMove:
		return m.move(c, t, event)
	}
	return nil
}

// replace maps p. Where it maps the same part of the same file again that was
// there and nobody wrote to, as the dynamic linker does with a library's
// constants, what was there stays.
func (m *memoryMap) replace(p piece, t uint64) error {
	taken, err := m.cut(p.lo, p.hi, t, false)
	if err != nil {
		return err
	}
	for _, old := range taken {
		same := p.object != "" && old.object == p.object && old.offset-old.lo == p.offset-p.lo &&
			old.first == nil && !old.hidden && !old.written
		if !same {
			if err := m.ended(&old, t); err != nil {
				return err
			}
			continue
		}
		if p.lo < old.lo {
			m.insert(p.part(p.lo, old.lo))
		}
		old.written = p.written
		m.insert(old)
		p = p.part(old.hi, p.hi)
	}
	if p.lo < p.hi {
		m.insert(p)
	}
	return nil
}

// move is mremap. What memory of the program held then was noted during the
// replay.
func (m *memoryMap) move(c *recording.MapChange, t, event uint64) error {
	from, to := uint64(c.From), uint64(c.Addr)
	kept := min(c.FromLength, c.Length)
	grown := piece{lo: to + kept, hi: to + c.Length, from: t, written: true}
	if from == to {
		if _, err := m.cut(to+kept, to+c.FromLength, t, true); err != nil {
			return err
		}
		return m.replaceGrown(grown, t)
	}
	if _, err := m.cut(from, from+c.FromLength, t, true); err != nil {
		return err
	}
	if _, err := m.cut(to, to+c.Length, t, true); err != nil {
		return err
	}
	for _, p := range m.contents.moved(event, to, to+kept) {
		p.from, p.written = t, true
		m.insert(p)
	}
	return m.replaceGrown(grown, t)
}

func (m *memoryMap) replaceGrown(p piece, t uint64) error {
	if p.lo >= p.hi {
		return nil
	}
	return m.replace(p, t)
}

// find returns the index of the first piece that ends behind addr.
func (m *memoryMap) find(addr uint64) int {
	return sort.Search(len(m.pieces), func(i int) bool { return m.pieces[i].hi > addr })
}

// insert puts a piece where there is none.
func (m *memoryMap) insert(p piece) {
	i := m.find(p.lo)
	m.pieces = append(m.pieces, piece{})
	copy(m.pieces[i+1:], m.pieces[i:])
	m.pieces[i] = p
}

// part is the piece cut to [lo, hi).
func (p piece) part(lo, hi uint64) piece {
	p.offset += lo - p.lo
	p.lo, p.hi = lo, hi
	return p
}

// cut takes [lo, hi) out and returns what was there. Where end, that ends at
// time t and gets its rows.
func (m *memoryMap) cut(lo, hi, t uint64, end bool) ([]piece, error) {
	first := m.find(lo)
	last := first
	var left, right, taken []piece
	for ; last < len(m.pieces) && m.pieces[last].lo < hi; last++ {
		p := m.pieces[last]
		if p.lo < lo {
			left = append(left, p.part(p.lo, lo))
		}
		if hi < p.hi {
			right = append(right, p.part(hi, p.hi))
		}
		taken = append(taken, p.part(max(p.lo, lo), min(p.hi, hi)))
	}
	if len(taken) == 0 {
		return nil, nil
	}
	rest := append(append(left, right...), m.pieces[last:]...)
	m.pieces = append(m.pieces[:first], rest...)
	for i := range taken {
		if end {
			if err := m.ended(&taken[i], t); err != nil {
				return nil, err
			}
		}
	}
	return taken, nil
}

// finish makes the rows of what is still there at the end.
func (m *memoryMap) finish() error {
	for i := range m.pieces {
		if err := m.ended(&m.pieces[i], open); err != nil {
			return err
		}
	}
	m.pieces = nil
	return nil
}

// ended makes the rows of a piece that was there until t. Where the tables lack
// writes to it, they tell what is known nevertheless.
func (m *memoryMap) ended(p *piece, t uint64) error {
	f := &m.filter
	if p.from == t {
		return nil // it was never to be seen
	}
	began := uint64(0) // the first t whose state has it
	if p.from != beginning {
		began = p.from + 1
	}
	if t < f.from || began > f.to || !m.complete && p.written {
		return nil
	}
	r := memoryRow{from: p.from, to: t, known: !p.hidden}
	if f.from > 0 && began <= f.from && p.written {
		r.from, r.known = f.from, false
	}
	if f.to != ^uint64(0) {
		r.to = min(r.to, f.to)
	}
	return m.contents.rows(p, r, m.add)
}
