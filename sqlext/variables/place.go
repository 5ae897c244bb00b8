package variables

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// place is where a thing lay for a time.
type place struct {
	addr     uint64
	from, to uint64 // writes with from < t < to are the thing's; at from itself too where it is 0
	owner    *call  // whose local it is, or whose local leads to it; nil for none
	scope    *scope // where in its code the owner must be; nil for anywhere
	// given tells that the thing may have got its value before from, from the
	// owner's caller.
	given bool
	// thread is the thread that the thing belongs to, 0 for none.
	thread uint32
	// local tells that it is thread-local: each thread has its own.
	local bool
}

// scope is the code in which a thing is there.
type scope struct {
	code []span
	// early tells that the thing may get its value before its code begins, as in
	// Rust, where a variable's scope begins behind its initialization. Code in
	// which another variable has the same memory (taken) is not meant.
	early bool
	taken []span
}

func (s *scope) has(pc uint64) bool {
	if holds(s.code, pc) {
		return true
	}
	if !s.early || holds(s.taken, pc) {
		return false
	}
	for _, c := range s.code {
		if pc < c.lo {
			return true
		}
	}
	return false
}

func holds(code []span, pc uint64) bool {
	for _, c := range code {
		if c.lo <= pc && pc < c.hi {
			return true
		}
	}
	return false
}

// span is a range [lo, hi).
type span struct{ lo, hi uint64 }

// call is a row of calls.
type call struct {
	id, cfa, enter, exit uint64
	depth                uint32
	thread               uint32
	// callerEnter is when its caller was entered, where that was asked for.
	callerEnter uint64
}

// location is a row of _locations.
type location struct {
	variable    variable
	code        span // hi 0 for everywhere
	base        string
	offset      int64
	deref       *int64
	part        bool
	partOffset  uint64
	partSize    uint64
	entry, end  uint64 // of the function
	hasFunction bool
	language    string
}

// locations reads where the rows of a variable lie.
func (e *Engine) locations(ctx context.Context, vars []variable) ([]location, error) {
	byID := map[uint32]variable{}
	var ids []string
	for _, v := range vars {
		byID[v.id] = v
		ids = append(ids, strconv.FormatUint(uint64(v.id), 10))
	}
	var out []location
	err := e.query(ctx, func(v []driver.Value) error {
		l := location{
			variable: byID[u32(v[0])], code: span{u64(v[1]), u64(v[2])}, base: text(v[3]), offset: i64(v[4]), deref: optional[int64](v[5]),
			part: v[6] != nil, partOffset: u64(v[6]), partSize: u64(v[7]), entry: u64(v[8]), end: u64(v[9]), hasFunction: v[8] != nil, language: text(v[10]),
		}
		out = append(out, l)
		return nil
	}, `SELECT l.variable_id, l.lo_pc, l.hi_pc, l.base::VARCHAR, l."offset", l.deref_offset, l.part_offset, l.part_size, f.entry_pc, f.end_pc, f.language
		FROM @_locations l JOIN @variables v USING (variable_id) LEFT JOIN @functions f ON f.function_id = v.function_id
		WHERE l.variable_id IN (`+strings.Join(ids, ",")+`) ORDER BY l.variable_id, l.lo_pc`)
	return out, err
}

// spot is a way to lie: all locations that agree in it.
type spot struct {
	function uint32
	module   uint32
	base     string
	offset   int64
	deref    int64
	hasDeref bool
}

// roots gives the places of an operand's root: where the bytes from offset on,
// size of them, lie and when.
func (e *Engine) roots(ctx context.Context, o operand, offset int64, size uint64) ([]place, error) {
	if len(o.vars) == 0 {
		return []place{{addr: o.number + uint64(offset), to: open}}, nil
	}
	locations, err := e.locations(ctx, o.vars)
	if err != nil {
		return nil, err
	}
	code := map[spot][]span{}
	var spots []spot
	cut, early := false, false
	for _, l := range locations {
		s := spot{function: l.variable.function, module: l.variable.module, base: l.base, offset: l.offset}
		if l.base != "cfa" {
			s.function = 0
		}
		if l.deref != nil {
			s.deref, s.hasDeref = *l.deref, true
		}
		if l.part {
			if offset < int64(l.partOffset) || offset+int64(size) > int64(l.partOffset+l.partSize) {
				cut = true
				continue
			}
			if s.hasDeref {
				s.deref -= int64(l.partOffset)
			} else {
				s.offset -= int64(l.partOffset)
			}
		}
		if _, ok := code[s]; !ok {
			spots = append(spots, s)
		}
		code[s] = append(code[s], l.wanted())
		early = early || l.language == "Rust"
	}
	if len(spots) == 0 && cut {
		return nil, fmt.Errorf("%s lies in pieces, some of them in registers: name a member that lies in memory, or compile with -O0", o.path)
	}
	var out []place
	for _, s := range spots {
		sc, err := e.scope(ctx, o, s, code[s], early)
		if err != nil {
			return nil, err
		}
		places, err := e.spotPlaces(ctx, o, s, sc, offset)
		if err != nil {
			return nil, err
		}
		out = append(out, places...)
	}
	return out, nil
}

// wanted is the code that the location holds in; all of it where that is the
// whole function.
func (l location) wanted() span {
	if l.code.hi == 0 || l.base == "address" || l.base == "tls" || l.hasFunction && l.end != 0 && l.code.lo <= l.entry && l.end <= l.code.hi {
		return span{0, open}
	}
	if l.variable.lives == "memory and register" && l.code.lo > longestInstruction {
		// It lies there from the end of the instruction that puts it there.
		return span{l.code.lo - longestInstruction, l.code.hi}
	}
	return l.code
}

const longestInstruction = 15

// scope makes the scope of a spot, nil where the code is all of the function's.
func (e *Engine) scope(ctx context.Context, o operand, s spot, code []span, early bool) (*scope, error) {
	if slices.Contains(code, span{0, open}) {
		return nil, nil
	}
	out := &scope{code: code, early: early}
	if !early {
		return out, nil
	}
	own := map[uint32]bool{}
	for _, v := range o.vars {
		own[v.id] = true
	}
	size := int64(8)
	if v := o.vars[0]; !s.hasDeref && v.size > 0 {
		size = int64(v.size)
	}
	err := e.query(ctx, func(v []driver.Value) error {
		if !own[u32(v[0])] {
			out.taken = append(out.taken, span{u64(v[1]), u64(v[2])})
		}
		return nil
	}, `SELECT l.variable_id, l.lo_pc, l.hi_pc FROM @_locations l JOIN @variables v USING (variable_id)
		WHERE v.function_id = ? AND l.base = 'cfa' AND l.lo_pc IS NOT NULL
			AND l."offset" < ? AND l."offset" + coalesce(CASE WHEN l.deref_offset IS NULL THEN l.part_size END, CASE WHEN l.deref_offset IS NULL THEN v.size END, 8)::BIGINT > ?`,
		s.function, s.offset+size, s.offset)
	return out, err
}

// spotPlaces gives the places of one way to lie.
func (e *Engine) spotPlaces(ctx context.Context, o operand, s spot, sc *scope, offset int64) ([]place, error) {
	shift := offset
	if s.hasDeref {
		shift = 0
	}
	var out []place
	switch s.base {
	case "address":
		from, to, err := e.mapped(ctx, s.module)
		if err != nil {
			return nil, err
		}
		out = []place{{addr: uint64(s.offset + shift), from: from, to: to}}
	case "tls":
		blocks, err := e.threadLocal(ctx, o, s.module)
		if err != nil {
			return nil, err
		}
		for _, b := range blocks {
			b.addr += uint64(s.offset + shift)
			out = append(out, b)
		}
	case "cfa":
		given := o.vars[0].kind == "parameter" && (s.offset >= 0 || s.hasDeref)
		calls, err := e.callsOf(ctx, s.function, given)
		if err != nil {
			return nil, err
		}
		for i := range calls {
			c := &calls[i]
			out = append(out, place{addr: c.cfa + uint64(s.offset+shift), from: c.enter, to: c.exit, owner: c, scope: sc, given: given, thread: c.thread})
		}
	}
	if !s.hasDeref {
		return out, nil
	}
	return e.followAll(ctx, out, s.deref+offset)
}

// mapped tells when a module was there.
func (e *Engine) mapped(ctx context.Context, id uint32) (from, to uint64, err error) {
	modules, err := e.loadModules(ctx)
	for _, m := range modules {
		if m.id == id {
			return m.mapped, m.unmapped, err
		}
	}
	return 0, open, err
}

// callsOf reads the calls of a function, in the order in which they began. One that
// was open when its thread ended, ends with it: another thread may get its stack.
func (e *Engine) callsOf(ctx context.Context, function uint32, callers bool) ([]call, error) {
	caller, join := "0::UBIGINT", ""
	if callers {
		caller, join = "p.enter_t", "LEFT JOIN @calls p ON p.call_id = c.parent_call_id"
	}
	query := `SELECT c.call_id, c.cfa, c.enter_t, coalesce(c.exit_t, h.ended), c.depth, c.thread_id, ` + caller + `
		FROM @calls c ` + join + ` LEFT JOIN ` + threadEnds + ` h ON h.thread_id = c.thread_id WHERE c.function_id = ?`
	var out []call
	err := e.query(ctx, func(v []driver.Value) error {
		out = append(out, call{id: u64(v[0]), cfa: u64(v[1]), enter: u64(v[2]), exit: orOpen(v[3]), depth: u32(v[4]), thread: u32(v[5]), callerEnter: u64(v[6])})
		return nil
	}, query, function)
	slices.SortFunc(out, func(a, b call) int { return cmp.Compare(a.enter, b.enter) })
	return out, err
}

// threadEnds is a table of the threads that ended before the program, with the time
// of their last instruction.
const threadEnds = `(SELECT thread_id, end_t - 1 AS ended FROM @threads WHERE end_t < (SELECT max(instructions) FROM @recordings))`

// places gives all places of an operand, following its pointers.
func (e *Engine) places(ctx context.Context, o operand) ([]place, error) {
	size := o.size
	if len(o.offsets) > 1 {
		size = 8
	}
	places, err := e.roots(ctx, o, o.offsets[0], size)
	if err != nil {
		return nil, err
	}
	for _, offset := range o.offsets[1:] {
		if places, err = e.followAll(ctx, places, offset); err != nil {
			return nil, err
		}
	}
	return places, nil
}

// followAll follows the pointers that lie at places, as they stood at each
// time, and gives what lies so far behind where they point to.
func (e *Engine) followAll(ctx context.Context, pointers []place, offset int64) ([]place, error) {
	var out []place
	last := make([]int, len(pointers)) // the place that each pointer's last state made, and 1
	err := e.sweep(ctx, pointers, 8, func(s state) error {
		p := &pointers[s.place]
		if s.given {
			return nil
		}
		addr := little(s.data)
		target := addr + uint64(offset)
		valid := s.known == 8 && addr >= lowest && addr < highest && target >= lowest && target < highest
		if s.write < 0 && p.owner != nil && !p.given {
			valid = false // a local that nobody has set yet
		}
		k := last[s.place]
		if k > 0 && valid && out[k-1].addr == target {
			return nil
		}
		if k > 0 {
			// The target is another from the instruction behind the write on.
			out[k-1].to = min(out[k-1].to, s.t+1)
		}
		if last[s.place] = 0; !valid {
			return nil
		}
		out = append(out, place{addr: target, from: s.t, to: p.to, owner: p.owner, scope: p.scope, given: p.given && s.write < 0, thread: p.thread, local: p.local})
		last[s.place] = len(out)
		return nil
	})
	return slices.DeleteFunc(out, func(p place) bool { return p.to <= p.from }), err
}

// lowest and highest bound the addresses that a program can have.
const (
	lowest  = 4096
	highest = 1 << 47
)

// little reads up to 8 bytes as an integer.
func little(b []byte) uint64 {
	var x uint64
	for i := min(len(b), 8) - 1; i >= 0; i-- {
		x = x<<8 | uint64(b[i])
	}
	return x
}
