package symbols

import (
	"debug/dwarf"
	"slices"
)

// scope is a function or an inlined call in it.
type scope struct {
	parent int32 // -1 for a function
	name   string
	index  int32 // of the inlined function's own copy in Functions, or -1
	// The call site, for an inlined call.
	file         uint64
	line, column int32
}

// unitScopes is the tree of calls of a unit, by address.
type unitScopes struct {
	scopes []scope
	spans  spanTable // address → innermost scope
}

// tree reads a unit's scopes once.
func (u *unit) tree() *unitScopes {
	u.scopesOnce.Do(func() {
		u.scopes = &unitScopes{}
		u.d.f.guard("debug information of "+u.text(u.root.name), func() { u.readScopes() })
	})
	return u.scopes
}

// readScopes keeps the scope at each depth of the tree in a stack; blocks between
// belong to the scope that they are in.
func (u *unit) readScopes() {
	t := u.scopes
	names := map[uint64]scope{} // by offset of the inlined function
	var spans, ranges []span
	type level struct{ depth, scope int32 }
	var stack []level
	wanted := func(a *abbrev) bool {
		return a.tag == dwarf.TagSubprogram && a.hasCode || a.tag == dwarf.TagInlinedSubroutine
	}
	// The error was reported by scan; what was read until there is used.
	_ = u.walk(wanted, func(e die, depth int) {
		s := scope{parent: -1, index: -1}
		if e.tag == dwarf.TagInlinedSubroutine {
			if len(stack) == 0 {
				return
			}
			s = u.inlined(e, names)
			s.parent = stack[len(stack)-1].scope
		}
		id := int32(len(t.scopes))
		t.scopes = append(t.scopes, s)
		ranges = u.codeRanges(&e, ranges[:0])
		for _, r := range ranges {
			spans = append(spans, span{lo: r.lo, hi: r.hi, id: id, rank: int32(len(stack))})
		}
		if e.children {
			stack = append(stack, level{int32(depth), id})
		}
	}, func(depth int) {
		if n := len(stack); n > 0 && int(stack[n-1].depth) == depth {
			stack = stack[:n-1]
		}
	})
	t.scopes = slices.Clip(t.scopes)
	t.spans = newSpanTable(flatten(spans))
}

// inlined describes an inlined call; the function's names are looked up once.
func (u *unit) inlined(e die, names map[uint64]scope) scope {
	to, off := u.target(e.origin)
	key := off
	if to != nil {
		key = to.key(off)
	}
	s, ok := names[key]
	if !ok {
		s.index = -1
		o := u.describe(e)
		s.name = demangledName(o.linkage)
		if o.linkage == "" {
			s.name = o.qualified()
		}
		if i, ok := u.d.f.origins[o.root]; ok {
			s.index = i
		}
		names[key] = s
	}
	s.file, s.line = e.callFile.u, int32(e.callLine.number())
	s.column = int32(e.callColumn.number())
	return s
}

// Frames appends the frames at vaddr to dst, innermost first, and returns it.
// Nothing is appended where neither function nor line is known. For a return
// address ask about the address minus 1: the call, not what follows it.
func (f *File) Frames(vaddr uint64, dst []Frame) []Frame {
	index, known := f.FunctionAt(vaddr)
	file, line, column, hasLine := f.Line(vaddr)
	if !known && !hasLine {
		return dst
	}
	frame := Frame{Index: -1, File: file, Line: line, Column: column}
	if u := f.unitOf(vaddr); u != nil {
		t := u.tree()
		id, ok := t.spans.find(vaddr)
		for ; ok && t.scopes[id].parent >= 0; id = t.scopes[id].parent {
			s := &t.scopes[id]
			frame.Function, frame.Index, frame.Inlined = s.name, int(s.index), true
			dst = append(dst, frame)
			frame = Frame{Index: -1, File: u.fileName(s.file), Line: int(s.line), Column: int(s.column)}
		}
	}
	if known {
		frame.Function, frame.Index = f.Functions()[index].Name, index
	}
	return append(dst, frame)
}

// unitOf returns the unit that covers vaddr, nil if there is none.
func (f *File) unitOf(vaddr uint64) *unit {
	f.table()
	if f.dwarf == nil {
		return nil
	}
	id, ok := f.dwarf.cover.find(vaddr)
	if !ok {
		return nil
	}
	return f.dwarf.units[id]
}
