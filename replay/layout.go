package replay

import (
	"cmp"
	"slices"
	"sort"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

const pageSize = 4096

// pageDown and pageUp round to page boundaries.
func pageDown(a uint64) uint64 { return a &^ (pageSize - 1) }
func pageUp(a uint64) uint64   { return (a + pageSize - 1) &^ (pageSize - 1) }

// span is the address range [lo, hi).
type span struct{ lo, hi uint64 }

// spanSet is a set of addresses, kept as sorted spans that neither overlap nor
// touch.
type spanSet []span

// first returns the index of the first span that ends behind addr.
func (s spanSet) first(addr uint64) int {
	return sort.Search(len(s), func(i int) bool { return s[i].hi > addr })
}

// intersects tells whether any address of [lo, hi) is in the set.
func (s spanSet) intersects(lo, hi uint64) bool {
	i := s.first(lo)
	return i < len(s) && s[i].lo < hi
}

// clip appends to dst the parts of [lo, hi) that are in the set, ascending.
func (s spanSet) clip(dst []span, lo, hi uint64) []span {
	for i := s.first(lo); i < len(s) && s[i].lo < hi; i++ {
		dst = append(dst, span{max(lo, s[i].lo), min(hi, s[i].hi)})
	}
	return dst
}

// add puts [lo, hi) into the set.
func (s *spanSet) add(lo, hi uint64) {
	if lo >= hi {
		return
	}
	set := *s
	// The spans [i, j) overlap or touch the new one and melt into it.
	i := sort.Search(len(set), func(i int) bool { return set[i].hi >= lo })
	j := i
	for ; j < len(set) && set[j].lo <= hi; j++ {
		lo, hi = min(lo, set[j].lo), max(hi, set[j].hi)
	}
	*s = splice(set, i, j, span{lo, hi})
}

// remove takes [lo, hi) out of the set.
func (s *spanSet) remove(lo, hi uint64) {
	if lo >= hi {
		return
	}
	set := *s
	i := set.first(lo)
	j := i
	var rest []span
	for ; j < len(set) && set[j].lo < hi; j++ {
		if set[j].lo < lo {
			rest = append(rest, span{set[j].lo, lo})
		}
		if set[j].hi > hi {
			rest = append(rest, span{hi, set[j].hi})
		}
	}
	if i < j {
		*s = splice(set, i, j, rest...)
	}
}

// splice replaces set[i:j].
func splice(set spanSet, i, j int, with ...span) spanSet {
	if len(with) == j-i {
		copy(set[i:j], with)
		return set
	}
	tail := append([]span(nil), set[j:]...)
	return append(append(set[:i], with...), tail...)
}

// reservation is the size from which a PROT_NONE mapping counts as a
// reservation of addresses: runtimes reserve gigabytes of which they use
// little, and the engines need room of their own. What a reservation's program
// never makes accessible is left unmapped in the host; an access there faults
// either way. Smaller ones are guard pages and kept.
const reservation = 64 << 20

// layout is where the recorded program's memory ever lies. The whole recording
// is known, so whatever lies outside is free for the engine, for good.
type layout struct {
	used    spanSet         // by the program, ever
	faulted spanSet         // touched by the program in vain: it must do so again
	raising map[uint64]bool // addresses of instructions that raised a signal
	own     spanSet         // handed out by hole
}

// newLayout makes the layout of what mapped and faulted say, in any order.
func newLayout(mapped, faulted []span) *layout {
	return &layout{used: newSpanSet(mapped), faulted: newSpanSet(faulted)}
}

// newSpanSet is the union of spans, which it sorts: so each is added at the end,
// in no time.
func newSpanSet(spans []span) (set spanSet) {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	for _, s := range spans {
		set.add(s.lo, s.hi)
	}
	return set
}

// noteFault appends to dst the page at which the instruction of e faulted.
func noteFault(dst []span, e *recording.Event) []span {
	page := pageDown(uint64(e.Signal.Fault))
	if k := len(dst) - 1; k >= 0 && dst[k].lo == page { // the usual loop over one page
		return dst
	}
	return append(dst, span{page, page + pageSize})
}

// noteMapped appends to dst what the change makes the program's, for good.
func noteMapped(dst []span, m *recording.MapChange) []span {
	lo, hi := uint64(m.Addr), uint64(m.Addr)+m.Length
	switch m.Op {
	case recording.MapAdd, recording.MapProtect:
		if m.Prot&7 == unix.PROT_NONE && m.Length >= reservation {
			return dst
		}
	case recording.MapMove:
		dst = append(dst, span{uint64(m.From), uint64(m.From) + m.FromLength})
	case recording.MapRemove, recording.MapDiscard:
		// Only what was mapped matters, and that is known from its MapAdd.
		return dst
	}
	// Neighbours in time are often neighbours in space.
	if k := len(dst) - 1; k >= 0 && dst[k].lo <= lo && lo <= dst[k].hi {
		dst[k].hi = max(dst[k].hi, hi)
		return dst
	}
	return append(dst, span{lo, hi})
}

// hole reserves size bytes outside of everything that the program ever maps, at
// a multiple of align (a power of two) within [lo, hi), as low as possible. It
// avoids what the program touches though nothing is there as long as it can:
// where it cannot, that is a divergence only if the program finds something.
func (l *layout) hole(size, lo, hi, align uint64) (uint64, bool) {
	addr, ok := findHole(size, lo, hi, align, l.used, l.own, l.faulted)
	if !ok {
		addr, ok = findHole(size, lo, hi, align, l.used, l.own)
	}
	if ok {
		l.own.add(addr, addr+size)
	}
	return addr, ok
}

func findHole(size, lo, hi, align uint64, taken ...spanSet) (uint64, bool) {
	addr := (lo + align - 1) &^ (align - 1)
	for addr+size <= hi && addr+size > addr {
		end := addr
		for _, set := range taken {
			if i := set.first(addr); i < len(set) && set[i].lo < addr+size {
				end = max(end, set[i].hi)
			}
		}
		if end == addr {
			return addr, true
		}
		addr = (end + align - 1) &^ (align - 1)
	}
	return 0, false
}
