package symbols

import "slices"

// refinement sorts types into classes of equal ones. It begins with classes of types that say
// the same themselves, and splits those whose types refer to different classes. After
// the first round only types are looked at again that refer to one whose class has changed.
type refinement struct {
	m     *merger
	class []int32 // of each type
	size  []int32 // of each class
	// referrers of type t are from[first[t]:first[t+1]].
	first, from []int32
	signature   []uint64 // of the types of a round
	mark        []int32  // round in which a type was last taken
}

// maxLooks bounds how often a type is looked at on average: in a file that is built to
// take longer, types that differ far away are one.
const maxLooks = 64

// refine returns the class of each type.
func (m *merger) refine() []int32 {
	n := len(m.all)
	r := &refinement{m: m, class: make([]int32, n), size: make([]int32, 1), signature: make([]uint64, n), mark: make([]int32, n)}
	m.parallel(func(t int32) { r.signature[t] = m.chainHash(t) })
	set := newHashSet(n / 16)
	var round []int32
	for t := int32(1); t < int32(n); t++ {
		if m.all[t].passes {
			continue
		}
		id, isNew := set.add(r.signature[t])
		if isNew {
			r.size = append(r.size, 0)
		}
		r.class[t] = int32(id)
		r.size[id]++
		round = append(round, t)
	}
	looks := maxLooks * n
	for number := int32(1); len(round) > 0 && looks > 0; number++ {
		looks -= len(round)
		changed := r.split(round)
		if len(changed) == 0 {
			break
		}
		r.findReferrers()
		round = round[:0]
		for _, t := range changed {
			for _, from := range r.from[r.first[t]:r.first[t+1]] {
				if r.mark[from] != number {
					r.mark[from] = number
					round = append(round, from)
				}
			}
		}
		slices.Sort(round)
	}
	return r.class
}

// sign makes a type's signature: its class and those that it refers to.
func (r *refinement) sign(t int32) {
	m := r.m
	raw := m.all[t]
	h := m.mix(uint64(r.class[t]), uint64(r.class[raw.target])<<32|uint64(r.class[raw.other]))
	for _, e := range m.members(t) {
		h = m.mix(h, uint64(r.class[e.typ]))
	}
	r.signature[t] = h
}

// group are the types of a round that have the same signature.
type group struct {
	class, count, id int32
}

// split gives new classes to types of a round that differ from others of their class, and
// returns those. Types that are not in the round refer to what they referred to
// before: they stay together. Where a whole class is in the round, its largest part
// keeps the class.
func (r *refinement) split(round []int32) (changed []int32) {
	if len(round) == len(r.m.all)-1 {
		r.m.parallel(r.sign)
	} else {
		for _, t := range round {
			r.sign(t)
		}
	}
	set := newHashSet(len(round) / 16)
	of := make([]int32, len(round))
	groups := []group{{}}
	for i, t := range round {
		g, isNew := set.add(r.signature[t])
		if isNew {
			groups = append(groups, group{class: r.class[t]})
		}
		groups[g].count++
		of[i] = int32(g)
	}
	type whole struct{ count, best int32 }
	classes := map[int32]whole{}
	for g := int32(1); g < int32(len(groups)); g++ {
		w := classes[groups[g].class]
		w.count += groups[g].count
		if w.best == 0 || groups[g].count > groups[w.best].count {
			w.best = g
		}
		classes[groups[g].class] = w
	}
	sizes := len(r.size)
	for g := int32(1); g < int32(len(groups)); g++ {
		x := &groups[g]
		w := classes[x.class]
		if x.id = x.class; w.best == g && w.count == r.size[x.class] {
			continue
		}
		x.id = int32(len(r.size))
		r.size = append(r.size, x.count)
	}
	if len(r.size) == sizes {
		return nil
	}
	for i, t := range round {
		if x := &groups[of[i]]; x.id != x.class {
			r.size[x.class]--
			r.class[t] = x.id
			changed = append(changed, t)
		}
	}
	return changed
}

// findReferrers lists who refers to each type, once.
func (r *refinement) findReferrers() {
	if r.first != nil {
		return
	}
	m := r.m
	r.first = make([]int32, len(m.all)+1)
	each := func(f func(from int32, to uint64)) {
		for t := int32(1); t < int32(len(m.all)); t++ {
			if raw := m.all[t]; !raw.passes {
				f(t, raw.target)
				f(t, raw.other)
				for _, e := range m.members(t) {
					f(t, e.typ)
				}
			}
		}
	}
	each(func(_ int32, to uint64) { r.first[to+1]++ })
	for t := range m.all {
		r.first[t+1] += r.first[t]
	}
	r.from = make([]int32, r.first[len(m.all)])
	at := slices.Clone(r.first)
	each(func(from int32, to uint64) {
		r.from[at[to]] = from
		at[to]++
	})
}

// chainHash is of a type and those that it is made of, up to the first with members: with that
// to begin with, a round or two are enough.
func (m *merger) chainHash(t int32) uint64 {
	h := m.hash[t]
	for range 16 {
		r := m.all[t]
		if r.target == 0 || r.count32 > 0 {
			break
		}
		t = int32(r.target)
		h = m.mix(h, m.hash[t])
	}
	return h
}

// hashSet numbers hashes from 1 in the order in which they come.
type hashSet struct {
	slots []hashSlot
	used  int
}

type hashSlot struct {
	hash uint64
	id   int
}

func newHashSet(expect int) *hashSet {
	size := 1 << 10
	for size < 2*expect {
		size *= 2
	}
	return &hashSet{slots: make([]hashSlot, size)}
}

func (s *hashSet) add(h uint64) (id int, isNew bool) {
	if 2*s.used >= len(s.slots) {
		old := s.slots
		s.slots = make([]hashSlot, 2*len(old))
		for _, o := range old {
			if o.id != 0 {
				*s.slot(o.hash) = o
			}
		}
	}
	slot := s.slot(h)
	if slot.id != 0 {
		return slot.id, false
	}
	s.used++
	*slot = hashSlot{h, s.used}
	return s.used, true
}

func (s *hashSet) slot(h uint64) *hashSlot {
	for i := h; ; i++ {
		slot := &s.slots[i&uint64(len(s.slots)-1)]
		if slot.id == 0 || slot.hash == h {
			return slot
		}
	}
}
