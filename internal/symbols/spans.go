package symbols

import (
	"cmp"
	"container/heap"
	"slices"
	"sort"
)

// span is the address range [lo, hi) with what it belongs to.
type span struct {
	lo, hi uint64
	id     int32
	rank   int32
}

// better orders spans that cover one address: the higher rank, then the one that
// begins later (nested code), then the shorter, then the higher id.
func (a span) better(b span) bool {
	switch {
	case a.rank != b.rank:
		return a.rank > b.rank
	case a.lo != b.lo:
		return a.lo > b.lo
	case a.hi != b.hi:
		return a.hi < b.hi
	}
	return a.id > b.id
}

type spanHeap []span

func (h spanHeap) Len() int           { return len(h) }
func (h spanHeap) Less(i, j int) bool { return h[i].better(h[j]) }
func (h spanHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *spanHeap) Push(x any)        { *h = append(*h, x.(span)) }
func (h *spanHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// flatten turns spans that may overlap into sorted disjoint ones; where several
// cover an address the better one wins. Empty and reversed spans are dropped.
func flatten(in []span) []span {
	in = slices.DeleteFunc(slices.Clone(in), func(s span) bool { return s.lo >= s.hi })
	slices.SortFunc(in, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	out := make([]span, 0, len(in))
	emit := func(s span) {
		if n := len(out); n > 0 && out[n-1].hi == s.lo && out[n-1].id == s.id {
			out[n-1].hi = s.hi
			return
		}
		out = append(out, s)
	}
	var active spanHeap
	var pos uint64
	for i := 0; i < len(in) || len(active) > 0; {
		if len(active) == 0 {
			if i+1 == len(in) || in[i].hi <= in[i+1].lo { // alone: the usual case
				emit(in[i])
				i++
				continue
			}
			pos = in[i].lo
		}
		for ; i < len(in) && in[i].lo <= pos; i++ {
			heap.Push(&active, in[i])
		}
		for len(active) > 0 && active[0].hi <= pos {
			heap.Pop(&active)
		}
		if len(active) == 0 {
			continue
		}
		top := active[0]
		end := top.hi
		if i < len(in) && in[i].lo < end {
			end = in[i].lo
		}
		top.lo, top.hi = pos, end
		emit(top)
		pos = end
	}
	return out
}

// spanTable finds the span of an address. Buckets of equal width, about one for each
// span, leave a search over few spans.
type spanTable struct {
	spans  []span // sorted, disjoint
	base   uint64
	shift  uint
	bucket []int32 // the last span that begins at or before the bucket's start
}

func newSpanTable(disjoint []span) spanTable {
	t := spanTable{spans: disjoint}
	if len(disjoint) == 0 {
		return t
	}
	t.base = disjoint[0].lo
	extent := disjoint[len(disjoint)-1].hi - t.base
	for extent>>t.shift > uint64(len(disjoint))+16 {
		t.shift++
	}
	t.bucket = make([]int32, extent>>t.shift+2)
	s := 0
	for b := range t.bucket {
		start := t.base + uint64(b)<<t.shift
		for s+1 < len(disjoint) && disjoint[s+1].lo <= start {
			s++
		}
		t.bucket[b] = int32(s)
	}
	return t
}

// find returns the id of the span that covers pc.
func (t *spanTable) find(pc uint64) (id int32, ok bool) {
	b := (pc - t.base) >> t.shift
	if pc < t.base || b+1 >= uint64(len(t.bucket)) {
		return 0, false
	}
	i, last := int(t.bucket[b]), int(t.bucket[b+1])
	if last-i > 8 {
		i += sort.Search(last-i, func(k int) bool { return t.spans[i+k+1].lo > pc })
	}
	for i < last && t.spans[i+1].lo <= pc {
		i++
	}
	if s := &t.spans[i]; s.lo <= pc && pc < s.hi {
		return s.id, true
	}
	return 0, false
}

// covers tells whether [lo, hi) begins inside a span and ends within it.
func (t *spanTable) covers(lo, hi uint64) bool {
	i := sort.Search(len(t.spans), func(k int) bool { return t.spans[k].lo > lo }) - 1
	return i >= 0 && lo < t.spans[i].hi && hi <= t.spans[i].hi
}
