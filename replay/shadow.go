package replay

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// shadow is the program's memory as its history tells it: the recorded start,
// the events' effects and the rows of writes, in order. It is a Consumer. Where
// it differs from the replayed program's memory, a row was missing or wrong.
type shadow struct {
	rec     *recording.Recording
	objects map[string][]byte
	areas   []area // sorted, disjoint
	pages   map[uint64]*[pageSize]byte
}

// area is memory that was mapped in one go and still has one protection.
type area struct {
	span
	prot   uint32
	object []byte // contents where no page says otherwise, nil for zero
	offset uint64 // in object, of span.lo
}

func newShadow(rec *recording.Recording, start *recording.Event) (*shadow, error) {
	s := &shadow{rec: rec, objects: map[string][]byte{}, pages: map[uint64]*[pageSize]byte{}}
	return s, s.event(start)
}

// Consume applies a batch.
func (s *shadow) Consume(b *Batch) error {
	row := 0
	for _, c := range b.Controls {
		s.rows(b, row, c.Write)
		row = c.Write
		if c.Event != nil {
			if err := s.event(c.Event); err != nil {
				return err
			}
		}
	}
	s.rows(b, row, len(b.T))
	return nil
}

func (s *shadow) rows(b *Batch, from, to int) {
	const inline = 8
	var value [inline]byte
	for i := from; i < to; i++ {
		if n := b.Size[i]; n > inline {
			s.store(b.Addr[i], b.Data[b.Wide[i]:][:n])
		} else {
			binary.LittleEndian.PutUint64(value[:], b.Value[i])
			s.store(b.Addr[i], value[:n])
		}
	}
}

// store writes bytes, whether the memory is mapped or not.
func (s *shadow) store(addr uint64, data []byte) {
	for len(data) > 0 {
		n := copy(s.page(pageDown(addr))[addr%pageSize:], data)
		data, addr = data[n:], addr+uint64(n)
	}
}

// page returns the page at an address, with its initial contents if new.
func (s *shadow) page(addr uint64) *[pageSize]byte {
	p := s.pages[addr]
	if p == nil {
		p = new([pageSize]byte)
		s.initial(addr, p)
		s.pages[addr] = p
	}
	return p
}

// initial is what a page holds before anything was written to it.
func (s *shadow) initial(addr uint64, p *[pageSize]byte) {
	for i := range s.areas {
		if a := &s.areas[i]; a.lo <= addr && addr < a.hi {
			if at := a.offset + addr - a.lo; at < uint64(len(a.object)) {
				copy(p[:], a.object[at:])
			}
			return
		}
	}
}

func (s *shadow) event(e *recording.Event) error {
	for i := range e.Maps {
		if err := s.change(&e.Maps[i]); err != nil {
			return err
		}
	}
	for _, w := range e.Memory {
		s.store(uint64(w.Addr), w.Data)
	}
	return nil
}

func (s *shadow) change(m *recording.MapChange) error {
	lo, hi := uint64(m.Addr), uint64(m.Addr)+m.Length
	switch m.Op {
	case recording.MapAdd, recording.MapStack:
		object, err := s.object(m.Object)
		if err != nil {
			return err
		}
		s.drop(lo, hi)
		s.cut(lo, hi)
		s.insert(area{span{lo, hi}, m.Prot, object, m.FileOffset})
	case recording.MapRemove:
		s.drop(lo, hi)
		s.cut(lo, hi)
	case recording.MapProtect:
		for _, a := range s.cut(lo, hi) {
			a.prot = m.Prot
			s.insert(a)
		}
	case recording.MapDiscard:
		s.drop(lo, hi)
	case recording.MapMove:
		s.move(m)
	}
	return nil
}

func (s *shadow) object(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	b, ok := s.objects[name]
	if !ok {
		var err error
		if b, err = s.rec.Object(name); err != nil {
			return nil, err
		}
		s.objects[name] = b
	}
	return b, nil
}

// drop forgets the pages of a range.
func (s *shadow) drop(lo, hi uint64) {
	if (hi-lo)/pageSize > uint64(len(s.pages)) {
		for a := range s.pages {
			if lo <= a && a < hi {
				delete(s.pages, a)
			}
		}
		return
	}
	for a := lo; a < hi; a += pageSize {
		delete(s.pages, a)
	}
}

// cut takes a range out of the areas and returns what was there.
func (s *shadow) cut(lo, hi uint64) (taken []area) {
	var kept []area
	part := func(a area, from, to uint64) area {
		a.offset += from - a.lo
		a.span = span{from, to}
		return a
	}
	for _, a := range s.areas {
		if a.hi <= lo || hi <= a.lo {
			kept = append(kept, a)
			continue
		}
		if a.lo < lo {
			kept = append(kept, part(a, a.lo, lo))
		}
		taken = append(taken, part(a, max(a.lo, lo), min(a.hi, hi)))
		if hi < a.hi {
			kept = append(kept, part(a, hi, a.hi))
		}
	}
	s.areas = kept
	return taken
}

func (s *shadow) insert(a area) { s.areas = append(s.areas, a) }

// move is mremap: pages and areas change their address; what is new is zero.
func (s *shadow) move(m *recording.MapChange) {
	from, fromEnd := uint64(m.From), uint64(m.From)+m.FromLength
	to, toEnd := uint64(m.Addr), uint64(m.Addr)+m.Length
	moved := map[uint64]*[pageSize]byte{}
	for a, p := range s.pages {
		if from <= a && a < fromEnd && a-from < m.Length {
			moved[a-from+to] = p
		}
	}
	s.drop(from, fromEnd)
	taken := s.cut(from, fromEnd)
	s.drop(to, toEnd)
	s.cut(to, toEnd)
	for a, p := range moved {
		s.pages[a] = p
	}
	for i, a := range taken {
		if a.lo-from >= m.Length {
			continue
		}
		a.hi = min(a.hi-from, m.Length) + to
		a.lo = a.lo - from + to
		if i == len(taken)-1 {
			a.hi = toEnd
		}
		s.insert(a)
	}
}

// compare holds all writable memory against the host's and reports the first
// difference.
func (s *shadow) compare(h *host) error {
	var got, fresh [pageSize]byte
	for i := range s.areas {
		a := &s.areas[i]
		if a.prot&unix.PROT_WRITE == 0 {
			continue
		}
		for addr := a.lo; addr < a.hi; addr += pageSize {
			want := s.pages[addr]
			if want == nil {
				want = &fresh
				fresh = [pageSize]byte{}
				s.initial(addr, want)
			}
			n := h.read(addr, got[:])
			if n == pageSize && got == *want {
				continue
			}
			for k := range got {
				if k >= n || got[k] != want[k] {
					lo, hi := k&^7, k&^7+8
					return fmt.Errorf("memory at %#x is % x, the logged writes make it % x", addr+uint64(lo), bytes.Clone(got[lo:hi]), want[lo:hi])
				}
			}
		}
	}
	return nil
}
