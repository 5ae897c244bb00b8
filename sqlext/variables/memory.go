package variables

import (
	"context"
	"sort"
)

// blockSize is how many bytes are loaded together for what pointers point to.
const blockSize = 256

// snapshotEvery is how many writes lie between two copies of a block.
const snapshotEvery = 32

// memory tells what memory held at any time. Blocks that are not there yet are
// noted and loaded together: ask, load, and ask again until nothing is missing.
type memory struct {
	e       *Engine
	ctx     context.Context
	blocks  map[uint64]*block
	missing map[uint64]bool
	missed  bool // something was, since the caller last set this to false
}

func (e *Engine) newMemory(ctx context.Context) *memory {
	return &memory{e: e, ctx: ctx, blocks: map[uint64]*block{}, missing: map[uint64]bool{}}
}

// ReadMemory fills p with the bytes at addr after the instruction at t and gives
// how many are known.
func (m *memory) ReadMemory(addr uint64, p []byte, t uint64) int {
	done := 0
	for done < len(p) {
		at := addr + uint64(done)
		if at < lowest || at >= highest {
			return done
		}
		b, ok := m.blocks[at/blockSize]
		if !ok {
			m.missing[at/blockSize], m.missed = true, true
			return done
		}
		n := min(len(p)-done, int(blockSize-at%blockSize))
		known := b.read(at, p[done:done+n], t)
		done += known
		if known < n {
			return done
		}
	}
	return done
}

// load loads what was missing, and tells whether anything was.
func (m *memory) load() (bool, error) {
	if len(m.missing) == 0 {
		return false, nil
	}
	var spans []span
	for n := range m.missing {
		spans = append(spans, span{n * blockSize, (n + 1) * blockSize})
	}
	spans = mergeSpans(spans, 0)
	facts, err := m.e.facts(m.ctx)
	if err != nil {
		return false, err
	}
	writes, err := m.e.fetch(m.ctx, spans, 0, open)
	if err != nil {
		return false, err
	}
	pieces, err := m.e.pieces(m.ctx, spans)
	if err != nil {
		return false, err
	}
	for n := range m.missing {
		m.blocks[n] = &block{lo: n * blockSize, filtered: facts.filtered}
	}
	for _, c := range changes(pieces, facts.from) {
		for n := c.p.lo / blockSize; n <= (c.p.hi-1)/blockSize; n++ {
			if m.missing[n] {
				m.blocks[n].events = append(m.blocks[n].events, blockEvent{t: c.t, change: c})
			}
		}
	}
	for i := range writes {
		w := &writes[i]
		for n := w.addr / blockSize; n <= (w.addr+uint64(w.size)-1)/blockSize; n++ {
			if m.missing[n] {
				m.blocks[n].events = append(m.blocks[n].events, blockEvent{t: w.t, w: w})
			}
		}
	}
	for n := range m.missing {
		m.blocks[n].prepare()
	}
	clear(m.missing)
	return true, nil
}

// blockEvent is a change of a block: a write, or of what is mapped there.
type blockEvent struct {
	t      uint64
	w      *write // nil for a change of what is mapped
	change change
}

// block is the history of a few bytes.
type block struct {
	lo        uint64
	filtered  bool
	events    []blockEvent
	snapshots []snapshot // before event 0, snapshotEvery, …
	now       *image
	at        int // events that now has
}

type snapshot struct {
	data  []byte
	known []bool
}

func (b *block) prepare() {
	// What is mapped changes before the writes of the same time.
	sort.SliceStable(b.events, func(i, j int) bool { return b.events[i].t < b.events[j].t })
	b.now = newImage(span{b.lo, b.lo + blockSize})
	for i := range b.events {
		if i%snapshotEvery == 0 {
			b.snapshots = append(b.snapshots, snapshot{append([]byte{}, b.now.data...), append([]bool{}, b.now.known...)})
		}
		b.apply(i)
	}
	b.at = len(b.events)
}

func (b *block) apply(i int) {
	switch e := &b.events[i]; {
	case e.w == nil:
		b.now.change(e.change)
	default:
		if b.filtered {
			b.now.forget(b.lo, b.lo+blockSize)
		}
		b.now.apply(e.w, i)
	}
}

// read gives the bytes at addr after the instruction at t.
func (b *block) read(addr uint64, p []byte, t uint64) int {
	want := sort.Search(len(b.events), func(i int) bool { return b.events[i].t > t })
	if want < b.at || want-b.at > snapshotEvery {
		k := min(want/snapshotEvery, len(b.snapshots)-1)
		copy(b.now.data, b.snapshots[k].data)
		copy(b.now.known, b.snapshots[k].known)
		b.at = k * snapshotEvery
	}
	for ; b.at < want; b.at++ {
		b.apply(b.at)
	}
	known := b.now.knownAt(addr, uint64(len(p)))
	copy(p[:known], b.now.data[addr-b.lo:])
	return known
}
