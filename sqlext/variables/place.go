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
	// code, where not nil, is the code in which the owner must be for the thing to
	// be there.
	code []span
	// given tells that the thing may have got its value before from, from the
	// owner's caller.
	given bool
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
	// alone tells that the variable's memory is its own as long as the call lasts:
	// in Rust its scope begins behind its first assignment, which is its own too.
	alone bool
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
			part: v[6] != nil, partOffset: u64(v[6]), partSize: u64(v[7]), entry: u64(v[8]), end: u64(v[9]), hasFunction: v[8] != nil,
		}
		if alone, ok := v[10].(bool); ok {
			l.alone = alone
		}
		out = append(out, l)
		return nil
	}, `SELECT l.variable_id, l.lo_pc, l.hi_pc, l.base::VARCHAR, l."offset", l.deref_offset, l.part_offset, l.part_size, f.entry_pc, f.end_pc,
			coalesce(f.language = 'Rust' AND l.base = 'cfa' AND l.deref_offset IS NULL AND v.lives = 'memory' AND NOT EXISTS (
				SELECT 1 FROM @_locations m JOIN @variables w USING (variable_id)
				WHERE w.function_id = v.function_id AND w.variable_id <> v.variable_id AND m.base = 'cfa'
					AND m."offset" < l."offset" + v.size::BIGINT AND l."offset" < m."offset" + coalesce(if(m.deref_offset IS NULL, w.size, 8), 1)::BIGINT), false)
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
	cut := false
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
	}
	if len(spots) == 0 && cut {
		return nil, fmt.Errorf("%s lies in pieces, some of them in registers: name a member that lies in memory, or compile with -O0", o.path)
	}
	var out []place
	for _, s := range spots {
		places, err := e.spotPlaces(ctx, o, s, everywhere(code[s]), offset)
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
	if l.code.hi == 0 || l.alone || l.base == "address" || l.base == "tls" || l.hasFunction && l.end != 0 && l.code.lo <= l.entry && l.end <= l.code.hi {
		return span{0, open}
	}
	if l.variable.lives == "memory and register" && l.code.lo > longestInstruction {
		// It lies there from the end of the instruction that puts it there.
		return span{l.code.lo - longestInstruction, l.code.hi}
	}
	return l.code
}

const longestInstruction = 15

// everywhere is nil where one of the spans is everything.
func everywhere(code []span) []span {
	for _, c := range code {
		if c == (span{0, open}) {
			return nil
		}
	}
	return code
}

// spotPlaces gives the places of one way to lie.
func (e *Engine) spotPlaces(ctx context.Context, o operand, s spot, code []span, offset int64) ([]place, error) {
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
			out = append(out, place{addr: c.cfa + uint64(s.offset+shift), from: c.enter, to: c.exit, owner: c, code: code, given: given})
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

// callsOf reads the calls of a function, in the order in which they began.
func (e *Engine) callsOf(ctx context.Context, function uint32, callers bool) ([]call, error) {
	query := `SELECT c.call_id, c.cfa, c.enter_t, c.exit_t, c.depth, c.thread_id, 0::UBIGINT FROM @calls c WHERE c.function_id = ?`
	if callers {
		query = `SELECT c.call_id, c.cfa, c.enter_t, c.exit_t, c.depth, c.thread_id, p.enter_t
			FROM @calls c LEFT JOIN @calls p ON p.call_id = c.parent_call_id WHERE c.function_id = ?`
	}
	var out []call
	err := e.query(ctx, func(v []driver.Value) error {
		out = append(out, call{id: u64(v[0]), cfa: u64(v[1]), enter: u64(v[2]), exit: orOpen(v[3]), depth: u32(v[4]), thread: u32(v[5]), callerEnter: u64(v[6])})
		return nil
	}, query, function)
	slices.SortFunc(out, func(a, b call) int { return cmp.Compare(a.enter, b.enter) })
	return out, err
}

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
		out = append(out, place{addr: target, from: s.t, to: p.to, owner: p.owner, code: p.code, given: p.given && s.write < 0})
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
