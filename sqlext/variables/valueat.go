package variables

import (
	"cmp"
	"context"
	"database/sql/driver"
	"slices"
	"sort"
	"sync"

	"hindsight/sqlext/render"
)

// Value is what a thing held over time, so that it can be told for any time.
// It can be used by several goroutines.
type Value struct {
	mu     sync.Mutex
	o      operand
	places []place
	// states of all places are one list: those of place i are
	// states[first[i]:first[i+1]], in order of t.
	states []heldState
	first  []int
	// begins are the places in order of from; longest[i] is the greatest to of
	// the places up to begins[i].
	begins  []int
	longest []uint64
	turns   []turn
	memory  *memory
	render  *render.Renderer
}

// turn tells which thread ran from a time on.
type turn struct {
	t      uint64
	thread uint32
}

type heldState struct {
	t     uint64
	data  []byte
	place int
	first bool // what was there at the place's beginning
}

// Value reads the history of what a path names.
func (e *Engine) Value(ctx context.Context, path string) (*Value, error) {
	o, places, err := e.locate(ctx, path)
	if err != nil {
		return nil, err
	}
	v := &Value{o: o, places: places, render: e.renderer(context.Background(), o)}
	v.memory = v.render.Memory.(*memory)
	if v.turns, err = e.turns(ctx, places); err != nil {
		return nil, err
	}
	err = e.sweep(ctx, places, o.size, func(s state) error {
		if !s.given {
			v.states = append(v.states, heldState{t: s.t, data: slices.Clone(s.data[:s.known]), place: s.place, first: s.w == nil})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(v.states, func(a, b heldState) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.t, b.t))
	})
	v.first = make([]int, len(places)+1)
	for _, s := range v.states {
		v.first[s.place+1]++
	}
	for i := range places {
		v.first[i+1] += v.first[i]
		v.begins = append(v.begins, i)
	}
	slices.SortStableFunc(v.begins, func(a, b int) int { return cmp.Compare(places[a].from, places[b].from) })
	longest := uint64(0)
	for _, i := range v.begins {
		longest = max(longest, places[i].to)
		v.longest = append(v.longest, longest)
	}
	return v, nil
}

// turns reads which threads ran, where places are of several.
func (e *Engine) turns(ctx context.Context, places []place) ([]turn, error) {
	several := slices.ContainsFunc(places, func(p place) bool { return p.thread != places[0].thread })
	if !several {
		return nil, nil
	}
	var out []turn
	err := e.query(ctx, func(v []driver.Value) error {
		if len(out) == 0 {
			out = append(out, turn{0, u32(v[1])}) // of an index of a part
		}
		out = append(out, turn{u64(v[0]), u32(v[2])})
		return nil
	}, `SELECT t, from_thread_id, to_thread_id FROM @switches ORDER BY t`)
	return out, err
}

// running is the thread that executed the instruction at t, 0 where it is not known
// or does not matter.
func (v *Value) running(t uint64) uint32 {
	i := sort.Search(len(v.turns), func(i int) bool { return v.turns[i].t > t })
	if i == 0 {
		return 0
	}
	return v.turns[i-1].thread
}

// At renders what the thing held before the instruction at t; ok is false where
// it did not exist then. Of a local, the innermost call counts, of the thread that
// ran at t where it has one. Of what is thread-local, that thread's counts.
func (v *Value) At(ctx context.Context, t uint64) (text string, ok bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	k := sort.Search(len(v.begins), func(i int) bool { p := v.places[v.begins[i]]; return p.from >= t && p.from > 0 }) - 1
	running, other := v.running(t), -1
	for ; k >= 0 && v.longest[k] >= t; k-- {
		i := v.begins[k]
		switch p := &v.places[i]; {
		case p.to < t:
		case running == 0 || p.thread == 0 || p.thread == running:
			return v.text(ctx, i, t)
		case other < 0 && !p.local:
			other = i
		}
	}
	if other >= 0 {
		return v.text(ctx, other, t)
	}
	return "", false, nil
}

func (v *Value) text(ctx context.Context, place int, t uint64) (text string, ok bool, err error) {
	states := v.states[v.first[place]:v.first[place+1]]
	i := sort.Search(len(states), func(i int) bool { return states[i].t >= t && !states[i].first }) - 1
	if i < 0 {
		return "", false, nil
	}
	v.memory.ctx = ctx
	v.render.Symbols.(*lazySymbols).ctx = ctx
	at := t - min(t, 1) // the renderer's memory is that after an instruction
	for range mostRounds {
		v.memory.missed = false
		text = v.o.value(v.render, states[i].data, at)
		if !v.memory.missed {
			break
		}
		if _, err := v.memory.load(); err != nil {
			return "", false, err
		}
	}
	return text, true, v.render.Symbols.(*lazySymbols).err
}

// thingCache keeps the values that were asked for last.
type thingCache struct {
	mu    sync.Mutex
	names []string // the newest last
	value map[string]*Value
}

// mostCached is how many values are kept.
const mostCached = 16

func newThingCache() *thingCache { return &thingCache{value: map[string]*Value{}} }

// CachedValue is Value, which keeps the last few.
func (e *Engine) CachedValue(ctx context.Context, path string) (*Value, error) {
	c := e.things
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.value[path]; ok {
		return v, nil
	}
	v, err := e.Value(ctx, path)
	if err != nil {
		return nil, err
	}
	c.value[path] = v
	if c.names = append(c.names, path); len(c.names) > mostCached {
		delete(c.value, c.names[0])
		c.names = c.names[1:]
	}
	return v, nil
}
