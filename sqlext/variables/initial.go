package variables

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
)

// piece is a row of _memory, cut to a range of addresses that is of interest.
type piece struct {
	lo, hi   uint64
	from, to uint64 // writes with from <= t < to, and the bytes, are what it holds
	known    bool   // the first contents are
	data     []byte // nil for zeros
}

// change is a piece that begins or ends.
type change struct {
	t   uint64
	p   *piece
	end bool
}

// changes puts the beginnings and ends of pieces in the order in which they take
// effect. Those of pieces that were there before the index begins are left out:
// what they held then is not known.
func changes(pieces []piece, from uint64) []change {
	var out []change
	for i := range pieces {
		p := &pieces[i]
		if p.from >= from {
			out = append(out, change{p.from, p, false})
		}
		if p.to != open {
			out = append(out, change{p.to, p, true})
		}
	}
	slices.SortStableFunc(out, func(a, b change) int {
		if a.t == b.t && a.end != b.end {
			if a.end {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.t, b.t)
	})
	return out
}

// pieces reads what memory held at first, in sorted ranges of addresses, in
// order of time.
func (e *Engine) pieces(ctx context.Context, spans []span) ([]piece, error) {
	var out []piece
	for _, s := range clusters(spans, mostScans) {
		err := e.query(ctx, func(v []driver.Value) error {
			p := piece{lo: u64(v[0]), hi: u64(v[1]), from: u64(v[2]), to: orOpen(v[3])}
			p.known, _ = v[5].(bool)
			if b, ok := v[4].([]byte); ok {
				p.data = slices.Clone(b)
			}
			out = append(out, p)
			return nil
		}, fmt.Sprintf(`SELECT greatest(addr, %[1]d::UBIGINT) AS lo, least(addr + size, %[2]d::UBIGINT) AS hi, from_t, to_t,
				array_slice(bytes, (greatest(addr, %[1]d::UBIGINT) - addr + 1)::BIGINT, (least(addr + size, %[2]d::UBIGINT) - addr)::BIGINT), known
			FROM @_memory WHERE addr < %[2]d::UBIGINT AND addr + size > %[1]d::UBIGINT`, s.lo, s.hi))
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// image is what a range of memory holds at a time that goes on.
type image struct {
	lo    uint64
	data  []byte
	known []bool
	last  []int32 // of each byte, the write that gave it its value, -1 for none
}

func newImage(s span) *image {
	n := s.hi - s.lo
	m := &image{lo: s.lo, data: make([]byte, n), known: make([]bool, n), last: make([]int32, n)}
	for i := range m.last {
		m.last[i] = -1
	}
	return m
}

// change lets a piece begin or end.
func (m *image) change(c change) {
	if c.end || !c.p.known {
		m.forget(c.p.lo, c.p.hi)
		return
	}
	p := c.p
	lo, hi := m.cut(p.lo, p.hi)
	for i := lo; i < hi; i++ {
		m.data[i], m.known[i], m.last[i] = 0, true, -1
		if p.data != nil {
			at := m.lo + i - p.lo
			if at < uint64(len(p.data)) {
				m.data[i] = p.data[at]
			}
		}
	}
}

// forget makes a range unknown.
func (m *image) forget(lo, hi uint64) {
	lo, hi = m.cut(lo, hi)
	for i := lo; i < hi; i++ {
		m.known[i], m.last[i] = false, -1
	}
}

// apply makes write number n happen.
func (m *image) apply(w *write, n int) {
	lo, hi := m.cut(w.addr, w.addr+uint64(w.size))
	for i := lo; i < hi; i++ {
		m.data[i], m.known[i] = w.byteAt(m.lo + i)
		m.last[i] = int32(n)
	}
}

// cut gives a range of addresses as positions in the image.
func (m *image) cut(lo, hi uint64) (uint64, uint64) {
	end := m.lo + uint64(len(m.data))
	lo, hi = max(lo, m.lo), min(hi, end)
	if lo >= hi {
		return 0, 0
	}
	return lo - m.lo, hi - m.lo
}

// knownAt is how many of the n bytes at addr, from the first on, are known.
func (m *image) knownAt(addr, n uint64) int {
	for i := range n {
		if !m.known[addr-m.lo+i] {
			return int(i)
		}
	}
	return int(n)
}
