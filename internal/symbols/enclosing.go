package symbols

import (
	"debug/dwarf"
	"slices"
	"sort"
	"strings"
)

// enclosure is a named entry that others lie in: [off, end) of .debug_info.
type enclosure struct {
	off, end uint64
	parent   int32
	name     value
}

// qualifiedName puts namespaces, classes and functions around a name that has no linkage
// name (C++ lambdas, templates over local types; some Rust functions).
func (u *unit) qualifiedName(off uint64, name string) string {
	switch u.language {
	case "C++", "Rust", "D", "Swift":
	default:
		return name
	}
	u.enclosuresOnce.Do(func() {
		u.d.f.guard("debug information of "+u.text(u.root.name), func() { u.enclosures = u.readEnclosures() })
	})
	parts := []string{name}
	i := int32(sort.Search(len(u.enclosures), func(i int) bool { return u.enclosures[i].off >= off })) - 1
	for n := 0; i >= 0 && n < 64; n++ {
		e := &u.enclosures[i]
		if off < e.end {
			outer := u.text(e.name)
			if outer == "" {
				outer = "(anonymous)"
			}
			parts = append(parts, outer)
		}
		i = e.parent
	}
	slices.Reverse(parts)
	return strings.Join(parts, "::")
}

// readEnclosures walks the whole unit, so the result is sorted; only units with such
// names pay for it.
func (u *unit) readEnclosures() []enclosure {
	var out []enclosure
	type level struct{ depth, index int32 }
	var levels []level
	r := buf{b: u.d.info[:u.end], p: int(u.first)}
	depth := int32(0)
	for r.more() {
		off := uint64(r.p)
		code := r.uleb()
		if code == 0 {
			if depth--; depth <= 0 {
				break
			}
			if n := len(levels); n > 0 && levels[n-1].depth == depth {
				out[levels[n-1].index].end = off
				levels = levels[:n-1]
			}
			continue
		}
		a := u.abbrevs.get(code)
		if a == nil || r.bad {
			break
		}
		if !a.children {
			u.skipDIE(&r, a)
			continue
		}
		if encloses(a.tag) {
			e := u.readDIE(&r, a, off)
			parent := int32(-1)
			if n := len(levels); n > 0 {
				parent = levels[n-1].index
			}
			levels = append(levels, level{depth, int32(len(out))})
			out = append(out, enclosure{off: off, end: u.end, parent: parent, name: u.nameOf(e)})
		} else {
			u.skipDIE(&r, a)
		}
		depth++
	}
	return out
}

func encloses(tag dwarf.Tag) bool {
	switch tag {
	case dwarf.TagNamespace, dwarf.TagStructType, dwarf.TagClassType, dwarf.TagUnionType,
		dwarf.TagEnumerationType, dwarf.TagInterfaceType, dwarf.TagSubprogram, dwarf.TagModule:
		return true
	}
	return false
}

// nameOf returns the name of an entry or of what it specifies.
func (u *unit) nameOf(e die) value {
	for n := 0; !e.name.ok() && n < 4; n++ {
		ref := e.origin
		if !ref.ok() {
			ref = e.specification
		}
		to, off := u.target(ref)
		if to != u { // values of other units cannot be read here
			break
		}
		next, ok := to.dieAt(off)
		if !ok {
			break
		}
		e = next
	}
	return e.name
}
