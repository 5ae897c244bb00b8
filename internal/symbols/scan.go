package symbols

import (
	"debug/dwarf"
	"fmt"
	"slices"
)

// dwarfFunction is a subprogram that has code.
type dwarfFunction struct {
	ranges        []span // at least one
	name, linkage string
	language      string
	file          string
	line          int
	unit          int32
	origin        uint64
}

// scan returns the functions of all units, in the order of .debug_info, and makes
// the table of which unit covers which addresses: what the unit's own first entry says
// and, over it, its functions (.debug_aranges would add nothing and is often missing).
func (d *dwarfData) scan(code *spanTable) []dwarfFunction {
	d.prepare(code)
	found := make([][]dwarfFunction, len(d.units))
	covers := make([][]span, len(d.units))
	d.f.parallel("debug information", len(d.units), func(i int) {
		u := d.units[i]
		covers[i] = u.codeRanges(&u.root, nil)
		for k := range covers[i] {
			covers[i][k].id = u.index
		}
		if err := u.scan(func(fn dwarfFunction) { found[i] = append(found[i], fn) }); err != nil {
			d.f.diagnose("debug information of %s: %v", u.text(u.root.name), err)
		}
	})
	cover := slices.Concat(covers...)
	for _, fns := range found {
		for _, fn := range fns {
			for _, r := range fn.ranges {
				cover = append(cover, span{lo: r.lo, hi: r.hi, id: fn.unit, rank: 1})
			}
		}
	}
	d.cover = newSpanTable(flatten(cover))
	return slices.Concat(found...)
}

// scan calls emit for each subprogram with code.
func (u *unit) scan(emit func(dwarfFunction)) error {
	return u.walk(func(a *abbrev) bool { return a.tag == dwarf.TagSubprogram && a.hasCode },
		func(e die, _ int) {
			ranges := u.codeRanges(&e, nil)
			if len(ranges) == 0 {
				return
			}
			o := u.describe(e)
			emit(dwarfFunction{ranges: ranges, name: o.name, linkage: o.linkage, language: u.language,
				file: o.file(), line: o.declLine, unit: u.index, origin: o.root})
		}, nil)
}

// walk visits the entries that want selects, in order, with their depth; the others are
// stepped over, types with everything below them. leave, where not nil, is told the depth of
// each entry whose children are done.
func (u *unit) walk(want func(*abbrev) bool, visit func(e die, depth int), leave func(depth int)) error {
	r := buf{b: u.d.info[:u.end], p: int(u.first)}
	for depth := 0; r.more(); {
		off := r.p
		code := r.uleb()
		if code == 0 {
			if depth--; depth <= 0 {
				break
			}
			if leave != nil {
				leave(depth)
			}
			continue
		}
		a := u.abbrevs.get(code)
		if a == nil {
			return fmt.Errorf("entry at %#x has the unknown abbreviation %d", off, code)
		}
		if want(a) {
			if e := u.readDIE(&r, a, uint64(off)); !r.bad {
				visit(e, depth)
			}
		} else {
			next := u.skipDIE(&r, a)
			if a.children && next > uint64(r.p) && next <= u.end && prunable(a.tag) {
				r.p = int(next)
				continue
			}
		}
		if r.bad {
			return fmt.Errorf("entry at %#x: %w", off, errCut)
		}
		if a.children {
			depth++
		} else if depth == 0 {
			break
		}
	}
	return nil
}
