package variables

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
)

// state is what a place holds from a time on.
type state struct {
	place int    // number of the place
	write int    // number of the write that made it; -1 for what was there at first
	t     uint64 // of the write; of the beginning of the place
	given bool   // the write came before the place, and gave it its first value
	// outside tells that the owner was then not in the code in which the thing is
	// there: the write changed its memory, but was not meant for it.
	outside bool
	w       *write // nil where write is -1
	data    []byte // what the place holds; it is valid until emit returns
	known   int    // how many of data, from the first on, are known
}

// mostBytes bounds the size of what is followed.
const mostBytes = 64 << 20

// sweep tells what each place held over time: first what was there at the
// beginning, then each write that touched it while it was there. The states of a
// place come in order of t; size is the bytes of each.
func (e *Engine) sweep(ctx context.Context, places []place, size uint64, emit func(state) error) error {
	if len(places) == 0 {
		return nil
	}
	facts, err := e.facts(ctx)
	if err != nil {
		return err
	}
	if size > mostBytes {
		return fmt.Errorf("it has %d bytes, and at most %d are followed: name one of its elements or members", size, mostBytes)
	}
	spans := make([]span, len(places))
	to, needStacks := uint64(0), false
	for i, p := range places {
		spans[i] = span{p.addr, p.addr + size}
		to = max(to, p.to)
		needStacks = needStacks || p.scope != nil
	}
	spans = mergeSpans(spans, 0)
	s := &sweeper{ctx: ctx, places: places, size: size, emit: emit, facts: facts}
	if needStacks {
		if s.stacks, err = e.loadStacks(ctx); err != nil {
			return err
		}
	}
	writes, err := e.fetch(ctx, spans, 0, to)
	if err != nil {
		return err
	}
	s.writes = writes
	pieces, err := e.pieces(ctx, spans)
	if err != nil {
		return err
	}
	return s.run(spans, pieces)
}

// sweeper is one sweep.
type sweeper struct {
	ctx    context.Context
	places []place
	size   uint64
	emit   func(state) error
	facts  facts
	stacks *stackTrie
	writes []write
	done   int
}

// run shares places, writes and pieces out to the ranges and sweeps each.
func (s *sweeper) run(spans []span, pieces []piece) error {
	find := func(addr uint64) int {
		return sort.Search(len(spans), func(i int) bool { return spans[i].hi > addr })
	}
	placesOf, writesOf := make([][]int, len(spans)), make([][]int, len(spans))
	for i := range s.places {
		k := find(s.places[i].addr)
		placesOf[k] = append(placesOf[k], i)
	}
	for i := range s.writes {
		w := &s.writes[i]
		for k := find(w.addr); k < len(spans) && spans[k].lo < w.addr+uint64(w.size); k++ {
			writesOf[k] = append(writesOf[k], i)
		}
	}
	for k := range spans {
		order := placesOf[k]
		slices.SortStableFunc(order, func(a, b int) int {
			return cmp.Compare(s.places[a].from, s.places[b].from)
		})
		var mine []piece
		for _, p := range pieces {
			if p.lo < spans[k].hi && p.hi > spans[k].lo {
				mine = append(mine, p)
			}
		}
		if err := s.span(spans[k], order, writesOf[k], changes(mine, s.facts.from)); err != nil {
			return err
		}
	}
	return nil
}

// span sweeps one range of addresses in order of t.
func (s *sweeper) span(r span, order, writes []int, pieces []change) error {
	m := newImage(r)
	var active []int
	next, begun := 0, 0
	advance := func(t uint64) error { // to before the instruction at t
		for ; begun < len(pieces) && pieces[begun].t <= t; begun++ {
			m.change(pieces[begun])
		}
		active = slices.DeleteFunc(active, func(i int) bool { return s.places[i].to <= t })
		for next < len(order) && (s.places[order[next]].from < t || s.places[order[next]].from == 0) {
			i := order[next]
			next++
			if err := s.start(m, i, writes); err != nil {
				return err
			}
			if s.places[i].to > t {
				active = append(active, i)
			}
		}
		return nil
	}
	for _, i := range writes {
		if s.done++; s.done%4096 == 0 && s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		w := &s.writes[i]
		if err := advance(w.t); err != nil {
			return err
		}
		if s.facts.filtered {
			m.forget(r.lo, r.hi) // other functions may have written since
		}
		m.apply(w, i)
		for _, k := range active {
			p := &s.places[k]
			if w.addr >= p.addr+s.size || w.addr+uint64(w.size) <= p.addr {
				continue
			}
			st := s.state(m, k, i, w)
			st.outside = !s.inCode(p, w)
			if err := s.emit(st); err != nil {
				return err
			}
		}
	}
	return advance(open)
}

func (s *sweeper) state(m *image, place, number int, w *write) state {
	p := &s.places[place]
	st := state{place: place, write: number, t: p.from, w: w, data: m.data[p.addr-m.lo:][:s.size], known: m.knownAt(p.addr, s.size)}
	if w != nil {
		st.t = w.t
	}
	return st
}

// start tells what a place held at its beginning, and which writes had put it
// there where they were meant for it.
func (s *sweeper) start(m *image, place int, writes []int) error {
	p := &s.places[place]
	if p.given {
		var before []int
		for i := range s.size {
			if n := m.last[p.addr-m.lo+i]; n >= 0 && (p.owner == nil || s.writes[n].t > p.owner.callerEnter) {
				before = append(before, int(n))
			}
		}
		slices.Sort(before)
		for _, n := range slices.Compact(before) {
			w := &s.writes[n]
			past := newImage(span{p.addr, p.addr + s.size})
			copy(past.data, m.data[p.addr-m.lo:][:s.size])
			copy(past.known, m.known[p.addr-m.lo:][:s.size])
			s.rewind(past, writes, n, p.from)
			st := state{place: place, write: n, t: w.t, given: true, w: w, data: past.data, known: past.knownAt(p.addr, s.size)}
			if err := s.emit(st); err != nil {
				return err
			}
		}
	}
	return s.emit(s.state(m, place, -1, nil))
}

// rewind makes those bytes of an image, which is of time until, that were
// written after write number n what they were after it, unknown where no write before it tells.
func (s *sweeper) rewind(m *image, writes []int, n int, until uint64) {
	at := sort.SearchInts(writes, n)
	open := map[uint64]bool{}
	for later := at + 1; later < len(writes); later++ {
		w := &s.writes[writes[later]]
		if w.t > until {
			break
		}
		lo, hi := m.cut(w.addr, w.addr+uint64(w.size))
		for i := lo; i < hi; i++ {
			open[i] = true
			m.known[i] = false
		}
	}
	for ; at >= 0 && len(open) > 0; at-- {
		w := &s.writes[writes[at]]
		lo, hi := m.cut(w.addr, w.addr+uint64(w.size))
		for i := lo; i < hi; i++ {
			if open[i] {
				m.data[i], m.known[i] = w.byteAt(m.lo + i)
				delete(open, i)
			}
		}
	}
}

// inCode tells whether the owner of a place was in the code in which the thing
// is there, when a write was made.
func (s *sweeper) inCode(p *place, w *write) bool {
	if p.scope == nil || p.owner == nil {
		return true
	}
	pc := w.pc
	if w.call != p.owner.id {
		var ok bool
		if pc, ok = s.stacks.callerPC(w.stack, p.owner.depth); !ok || w.thread != p.owner.thread {
			return true // another thread's, or a stack that the index forgot
		}
	}
	return p.scope.has(pc)
}
