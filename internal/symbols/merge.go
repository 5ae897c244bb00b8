package symbols

import (
	"hash/maphash"
	"math/bits"
	"runtime"
	"sort"
	"sync"
)

// merger puts the units together: it resolves references, makes equal types one, and
// numbers them.
//
// Equal are types that no chain of references tells apart: they are sorted into classes by
// what they say themselves, then again by that and the classes of the types that
// they refer to, until no class falls apart any more.
type merger struct {
	units []*dataUnit
	first []int32 // number of a unit's first type, from 1
	all   []*rawType
	unit  []int32  // of each type
	hash  []uint64 // of what each type says itself
	ids   []int32  // number in the result
	kept  []int32  // the type that stands for each number
	names []string // by number
	sizes []sizeState
	work  int // types in the name that is being made
	seed  maphash.Seed
	mixer uint64
}

func (m *merger) merge() *Data {
	m.prepare()
	m.choose(m.refine())
	return m.result()
}

// prepare resolves references and gives declarations their definitions.
func (m *merger) prepare() {
	m.seed = maphash.MakeSeed()
	m.mixer = maphash.String(m.seed, "mix") | 1
	m.number()
	m.parallel(m.resolve)
	m.skipPassing()
	m.hash = make([]uint64, len(m.all))
	m.parallel(func(t int32) { m.hash[t] = m.ownHash(t) })
	m.define()
}

// number lists all types; number 0 is none.
func (m *merger) number() {
	n := 1
	for _, p := range m.units {
		m.first = append(m.first, int32(n))
		n += len(p.types)
	}
	m.all, m.unit = make([]*rawType, 1, n), make([]int32, 1, n)
	m.all[0] = &rawType{}
	for i, p := range m.units {
		for k := range p.types {
			m.all, m.unit = append(m.all, &p.types[k]), append(m.unit, int32(i))
		}
	}
}

// parallel calls step for every type on all processors.
func (m *merger) parallel(step func(t int32)) {
	workers := runtime.GOMAXPROCS(0)
	if len(m.all) < 1<<12 {
		workers = 1
	}
	var wg sync.WaitGroup
	size := (len(m.all) + workers - 1) / workers
	for w := range workers {
		lo, hi := max(1, w*size), min((w+1)*size, len(m.all))
		wg.Go(func() {
			for t := lo; t < hi; t++ {
				step(int32(t))
			}
		})
	}
	wg.Wait()
}

// find returns the number of the type that a key means, 0 for none. from is the unit
// that asks.
func (m *merger) find(from int32, key uint64) uint64 {
	if key == 0 {
		return 0
	}
	i := from
	if p := m.units[i]; key < p.u.dataKey(p.u.off) || key >= p.u.dataKey(p.u.end) {
		i = int32(sort.Search(len(m.units), func(i int) bool { return m.units[i].u.dataKey(m.units[i].u.off) > key })) - 1
		if i < 0 {
			return 0
		}
	}
	types := m.units[i].types
	k := sort.Search(len(types), func(k int) bool { return types[k].key >= key })
	if k == len(types) || types[k].key != key {
		return 0
	}
	return uint64(m.first[i]) + uint64(k)
}

// resolve turns a type's keys into numbers.
func (m *merger) resolve(t int32) {
	r := m.all[t]
	u := m.unit[t]
	r.target = m.find(u, r.target)
	r.other = m.find(u, r.other)
	list := m.members(t)
	for i := range list {
		list[i].typ = m.find(u, list[i].typ)
	}
}

func (m *merger) members(t int32) []rawMember {
	r := m.all[t]
	if r.count32 == 0 {
		return nil
	}
	return m.units[m.unit[t]].members[r.first : r.first+r.count32]
}

// skipPassing replaces references to types that stand for their target.
func (m *merger) skipPassing() {
	to := make([]uint64, len(m.all))
	m.parallel(func(t int32) { to[t] = m.pass(uint64(t)) })
	m.parallel(func(t int32) {
		r := m.all[t]
		if r.passes {
			return
		}
		r.target, r.other = to[r.target], to[r.other]
		list := m.members(t)
		for i := range list {
			list[i].typ = to[list[i].typ]
		}
	})
}

func (m *merger) pass(t uint64) uint64 {
	for n := 0; n < 16 && m.all[t].passes; n++ {
		t = m.all[t].target
	}
	if m.all[t].passes {
		return 0 // a circle
	}
	return t
}

func (m *merger) mix(h, v uint64) uint64 {
	hi, lo := bits.Mul64(h^v^0x9e3779b97f4a7c15, m.mixer^(v<<1|1))
	return hi ^ lo ^ bits.RotateLeft64(h, 23)
}

func (m *merger) text(h uint64, s string) uint64 {
	if s == "" {
		return m.mix(h, 1)
	}
	return m.mix(h, maphash.String(m.seed, s))
}

func flags(list ...bool) (v uint64) {
	for i, b := range list {
		if b {
			v |= 1 << i
		}
	}
	return v
}

// ownHash is of what a type says itself.
func (m *merger) ownHash(t int32) uint64 {
	r := m.all[t]
	h := m.mix(uint64(r.kind), flags(r.passes, r.declared, r.member, r.rvalue))
	h = m.text(m.text(m.text(m.text(m.text(h, r.name), r.qualifier), r.prefix), r.file), m.units[m.unit[t]].u.language)
	h = m.mix(m.mix(m.mix(m.mix(h, uint64(r.line)), r.size), r.count), r.discrOffset)
	for _, e := range m.members(t) {
		h = m.mix(m.text(m.mix(m.mix(h, e.offset), e.size), e.name), uint64(e.bitOffset)<<32|uint64(e.bitSize))
		h = m.mix(m.mix(h, uint64(e.value)), flags(e.hasValue, e.base, e.oldBits, e.isParameter))
	}
	return h
}

// definedName is what a declaration and its definition have in common.
type definedName struct{ qualifier, name, language string }

// define makes declarations passing for their definition, where all definitions of the name
// are one.
func (m *merger) define() {
	type found struct {
		t    int32
		many bool
	}
	defined := map[definedName]found{}
	nameOf := func(t int32) (definedName, bool) {
		r := m.all[t]
		switch r.kind {
		case Struct, Class, Union, Enum, Variants:
			return definedName{r.prefix + r.qualifier, r.name, m.units[m.unit[t]].u.language}, r.name != ""
		}
		return definedName{}, false
	}
	declared := false
	for i := range m.all[1:] {
		t := int32(i + 1)
		declared = declared || m.all[t].declared && !m.all[t].passes
		if name, ok := nameOf(t); ok && !m.all[t].declared && !m.all[t].passes {
			if d, known := defined[name]; !known {
				defined[name] = found{t: t}
			} else if m.hash[t] != m.hash[d.t] {
				defined[name] = found{t: d.t, many: true}
			}
		}
	}
	if !declared {
		return
	}
	for i := range m.all[1:] {
		t := int32(i + 1)
		if r := m.all[t]; r.declared && !r.passes {
			if name, ok := nameOf(t); ok {
				if d, known := defined[name]; known && !d.many {
					r.passes, r.target = true, uint64(d.t)
				}
			}
		}
	}
	m.skipPassing()
}

// choose numbers the classes in the order of their first type. The members of that are
// the result's, with ids resolved.
func (m *merger) choose(class []int32) {
	m.ids = make([]int32, len(m.all))
	m.kept = append(m.kept, 0)
	numbers := map[int32]int32{} // by class
	for i := range m.all[1:] {
		t := int32(i + 1)
		if m.all[t].passes {
			continue
		}
		id, known := numbers[class[t]]
		if !known {
			id = int32(len(m.kept))
			numbers[class[t]] = id
			m.kept = append(m.kept, t)
		}
		m.ids[t] = id
	}
}
