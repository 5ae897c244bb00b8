package symbols

import (
	"cmp"
	"slices"
	"sort"
)

// whereabouts collects what a variable's location says.
type whereabouts struct {
	p      *dataUnit
	fn     *openFunction
	places []Place
	// What was seen, and how many bytes of code there are, with the variable in memory and in all.
	memory, register, constant bool
	inMemory, total            uint64
}

// frameBase is what DW_OP_fbreg counts from in [lo, hi).
type frameBase struct {
	lo, hi uint64
	at     symbolic
}

// frameBases reads a function's frame base: an expression or a list.
func (p *dataUnit) frameBases(a attr) []frameBase {
	switch {
	case a.isBlock():
		return []frameBase{{0, ^uint64(0), p.frameExpression(p.u.block(a))}}
	case a.isNumber() || a.form == formSecOffset || a.form == formLoclistx:
		var out []frameBase
		for _, e := range p.u.locationList(a) {
			if !e.everywhere {
				out = append(out, frameBase{e.lo, e.hi, p.frameExpression(e.expr)})
			}
		}
		return out
	}
	return nil
}

// frameExpression is a frame base's place; a register stands for what it holds.
func (p *dataUnit) frameExpression(expr []byte) symbolic {
	if len(expr) == 1 && expr[0] >= opReg0 && expr[0] < opBreg0 {
		return registerBase(uint64(expr[0]-opReg0), 0)
	}
	if parts := p.eval.run(p.u, expr, symbolic{}); len(parts) == 1 && parts[0].kind == partMemory {
		return parts[0].at
	}
	return symbolic{}
}

// everywhere takes an expression that holds in all of the scope.
func (w *whereabouts) everywhere(expr []byte, scope []span) {
	if w.fn == nil {
		w.take(expr, symbolic{}, 0, 0, true)
		return
	}
	for _, s := range scope {
		w.between(expr, s.lo, s.hi, true)
	}
}

// list takes the entries of a location list, cut to the scope.
func (w *whereabouts) list(entries []listed, scope []span) {
	for _, s := range scope {
		w.total += s.hi - s.lo
	}
	for _, e := range entries {
		if w.fn == nil {
			w.take(e.expr, symbolic{}, 0, 0, false)
			continue
		}
		for _, s := range scope {
			lo, hi := max(e.lo, s.lo), min(e.hi, s.hi)
			if e.everywhere {
				lo, hi = s.lo, s.hi
			}
			if !w.p.u.d.spend(0) { // of a damaged file, in which lists are shared
				return
			}
			if lo < hi && len(w.places) < maxPlaces {
				w.between(e.expr, lo, hi, false)
			}
		}
	}
}

// maxPlaces bounds the places of one variable.
const maxPlaces = 1 << 12

// between takes an expression for [lo, hi), which is cut where the frame base changes.
func (w *whereabouts) between(expr []byte, lo, hi uint64, fixed bool) {
	done := false
	for _, b := range w.fn.bases {
		if !w.p.u.d.spend(0) {
			return
		}
		if from, to := max(lo, b.lo), min(hi, b.hi); from < to {
			w.take(expr, b.at, from, to, fixed && len(w.fn.bases) == 1)
			done = true
		}
	}
	if !done {
		w.take(expr, symbolic{}, lo, hi, fixed)
	}
}

// take adds what an expression says of [lo, hi); fixed: it is the only one.
func (w *whereabouts) take(expr []byte, base symbolic, lo, hi uint64, fixed bool) {
	if len(expr) == 0 {
		return
	}
	parts := w.p.eval.run(w.p.u, expr, base)
	whole, offset := true, uint64(0)
	n := len(w.places)
	for _, part := range parts {
		switch part.kind {
		case partMemory:
			if !w.place(part, offset, lo, hi, fixed) {
				w.register, whole = true, false
			}
		case partConstant:
			w.constant, whole = true, false
		case partRegister:
			w.register, whole = true, false
		default:
			whole = false
		}
		offset += part.size
	}
	if len(w.places) > n {
		w.memory = true
		if whole {
			w.inMemory += hi - lo
		} else {
			w.register = true
		}
	}
}

// place adds a place in memory, cut where the distance of its register from the CFA
// changes. It tells whether it is known in all of [lo, hi).
func (w *whereabouts) place(part part, offset, lo, hi uint64, fixed bool) bool {
	s := part.at
	pl := Place{Lo: lo, Hi: hi, Offset: s.off, Deref: s.deref, DerefOffset: s.derefOff}
	if part.size > 0 {
		pl.PartOffset, pl.PartSize = offset, part.size
	}
	switch s.base {
	case symAddress, symTLS:
		if s.base == symTLS {
			pl.Base = FromTLS
		}
		if fixed {
			pl.Lo, pl.Hi = 0, 0
		}
		w.add(pl)
		return true
	}
	if w.fn == nil {
		return false
	}
	pl.Base = FromCFA
	reg := regRSP
	switch s.base {
	case symCFA:
		w.add(pl)
		return true
	case symRBP:
		reg = regRBP
	}
	if fixed {
		return w.fixedPlace(pl, reg)
	}
	covered := uint64(0)
	rows := w.fn.frameRows(w.p.f)
	first := sort.Search(len(rows), func(i int) bool { return rows[i].hi > lo })
	for _, r := range rows[first:] {
		if r.lo >= hi || !w.p.u.d.spend(0) {
			break
		}
		if from, to := max(lo, r.lo), min(hi, r.hi); from < to && r.reg == reg {
			cut := pl
			cut.Lo, cut.Hi, cut.Offset = from, to, s.off-r.off
			w.add(cut)
			covered += to - from
		}
	}
	return covered == hi-lo
}

// fixedPlace adds a place that is the variable's in all of the function: where the
// compiler says one place in terms of a register, it means the register as it is once
// the frame is set up. That is how it is in most of the code.
func (w *whereabouts) fixedPlace(pl Place, reg int) bool {
	most := map[int64]uint64{}
	best, found := int64(0), false
	for _, r := range w.fn.frameRows(w.p.f) {
		if r.reg != reg {
			continue
		}
		most[r.off] += r.hi - r.lo
		if n, b := most[r.off], most[best]; !found || n > b || n == b && r.off > best {
			best, found = r.off, true
		}
	}
	if found {
		pl.Offset -= best
		w.add(pl)
	}
	return found
}

// add appends a place, or makes the last one longer.
func (w *whereabouts) add(pl Place) {
	if n := len(w.places); n > 0 {
		last := w.places[n-1]
		if last == pl {
			return
		}
		last.Hi = pl.Hi
		if w.places[n-1].Hi == pl.Lo && pl.Hi != 0 {
			longer := pl
			longer.Lo = last.Lo
			if last == longer {
				w.places[n-1] = longer
				return
			}
		}
	}
	w.places = append(w.places, pl)
}

// frameRows returns the rows of the function's frame table.
func (fn *openFunction) frameRows(f *File) []frameRow {
	if !fn.asked {
		fn.asked = true
		for _, r := range fn.ranges {
			fn.rows = append(fn.rows, f.frames().rows(r.lo, r.hi)...)
		}
		slices.SortFunc(fn.rows, func(a, b frameRow) int { return cmp.Compare(a.lo, b.lo) })
	}
	return fn.rows
}

// lives sums up what was seen; false: nothing.
func (w *whereabouts) lives() (Lives, bool) {
	switch {
	case w.memory && (w.register || w.constant || w.inMemory < w.total):
		return InBoth, true
	case w.memory:
		return InMemory, true
	case w.register:
		return InRegister, true
	case w.constant:
		return IsConstant, true
	}
	return OptimizedOut, false
}
