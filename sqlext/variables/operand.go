package variables

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"hindsight/sqlext/render"
)

// operand is what a path, or the beginning of one, stands for: a piece of memory
// that is found from a root by adding the first offset, and for each further one
// following the pointer that lies there and adding it.
type operand struct {
	path  string // as written, for errors
	vars  []variable
	types render.Types
	// number is the root's address where there are no vars. Before the first
	// dereference it is not in memory: isNumber.
	number   uint64
	isNumber bool

	offsets []int64
	typ     uint32
	size    uint64 // 0 where it is not known
	// A bit field is bits bits, the first of which is number firstBit.
	firstBit, bits uint32
}

func (o operand) with(typ uint32, path string) operand {
	o.typ, o.path, o.firstBit, o.bits = typ, path, 0, 0
	o.size, _ = o.types.Size(typ)
	return o
}

// moved is the operand of a type so many bytes further on.
func (o operand) moved(by int64, typ uint32, path string) operand {
	offsets := append([]int64{}, o.offsets...)
	offsets[len(offsets)-1] += by
	o.offsets = offsets
	return o.with(typ, path)
}

// throughReferences is what a reference refers to, in languages where it stands
// for that.
func (o operand) throughReferences() operand {
	for range 8 {
		t := o.types.Strip(o.typ)
		if t == nil || t.Kind != render.Reference || o.isNumber {
			return o
		}
		o.offsets = append(append([]int64{}, o.offsets...), 0)
		o = o.with(t.Target, o.path)
	}
	return o
}

// pointee is what the operand's pointer points to.
func (o operand) pointee(path string) (operand, error) {
	o = o.throughReferences()
	if owned, many, ok := o.owned(path); ok && !many {
		return owned, nil
	}
	t := o.types.Strip(o.typ)
	switch {
	case t != nil && t.Kind == render.Array:
		return o.moved(0, t.Target, path), nil
	case t == nil || t.Kind != render.Pointer && t.Kind != render.Reference:
		if o.isNumber {
			return o, fmt.Errorf("%s is a number: write what is there, as in *(struct node *)%s", o.path, o.path)
		}
		return o, fmt.Errorf("%s is no pointer, it is %s", o.path, typeName(o.types, o.typ))
	case o.types.Strip(t.Target) == nil || o.types.Strip(t.Target).Kind == render.Function:
		return o, fmt.Errorf("%s is %s: what it points to has no size; cast it, as in *(int *)%s", o.path, typeName(o.types, o.typ), o.path)
	case t.Size != nil && *t.Size != 8:
		return o, fmt.Errorf("%s is a pointer of %d bytes: only those of 8 can be followed", o.path, *t.Size)
	case o.isNumber:
		o.isNumber, o.offsets = false, []int64{0}
	default:
		o.offsets = append(append([]int64{}, o.offsets...), 0)
	}
	if len(o.offsets) > maxDerefs {
		return o, fmt.Errorf("%s follows more than %d pointers", path, maxDerefs)
	}
	return o.with(t.Target, path), nil
}

// owned is what the operand, a smart pointer or vector, has: its first element
// where there are many.
func (o operand) owned(path string) (owned operand, many, ok bool) {
	owner, ok := o.types.Owner(o.typ)
	if !ok || o.isNumber || len(o.offsets) >= maxDerefs {
		return o, false, false
	}
	o = o.moved(int64(owner.Offset), o.typ, path)
	o.offsets = append(o.offsets, int64(owner.Behind))
	return o.with(owner.Target, path), owner.Many, true
}

// maxDerefs bounds how many pointers a path follows.
const maxDerefs = 64

// field is a member of the operand, or of what it points to.
func (o operand) field(name, path string) (operand, error) {
	o = o.throughReferences()
	t := o.types.Strip(o.typ)
	if t != nil && t.Kind == render.Pointer {
		p, err := o.pointee(o.path)
		if err != nil {
			return o, err
		}
		o = p.throughReferences()
		t = o.types.Strip(o.typ)
	}
	if owned, many, ok := o.owned(o.path); ok && !many {
		if found, err := owned.field(name, path); err == nil || findMember(o.types, t, name, 0) == nil {
			return found, err
		}
	}
	if t == nil || !isAggregate(t) {
		return o, fmt.Errorf("%s has no members, it is %s", o.path, typeName(o.types, o.typ))
	}
	found := findMember(o.types, t, name, 0)
	if found == nil && name[0] >= '0' && name[0] <= '9' {
		found = findMember(o.types, t, "__"+name, 0)
	}
	if found == nil {
		names := memberNames(o.types, t, 0)
		if len(names) == 0 {
			return o, fmt.Errorf("%s is %s, of which the debug information has no members", o.path, typeName(o.types, o.typ))
		}
		return o, fmt.Errorf("%s (%s) has no member %q; it has %s", o.path, typeName(o.types, o.typ), name, some(names, 30))
	}
	m := found.m
	o = o.moved(int64(found.offset), m.Type, path)
	if m.BitSize != 0 {
		o.firstBit, o.bits = m.BitOffset, m.BitSize
		o.size = uint64(m.BitOffset+m.BitSize+7) / 8
	} else if m.Size != nil && o.size == 0 {
		o.size = *m.Size
	}
	return o, nil
}

// index is an element of an array or vector, or of what a pointer points to.
func (o operand) index(n int64, path string) (operand, error) {
	o = o.throughReferences()
	t := o.types.Strip(o.typ)
	if isRustReference(t) {
		if p, err := o.pointee(o.path); err == nil {
			if _, _, ok := p.owned(path); ok {
				o, t = p, p.types.Strip(p.typ)
			}
		}
	}
	switch owned, many, ok := o.owned(o.path); {
	case ok && many && n < 0:
		return o, fmt.Errorf("%s has elements from 0 on, there is no [%d]", o.path, n)
	case ok && many:
		return owned.element(n, path)
	case ok && t.Language == "Rust": // an Rc of a Vec, say
		return owned.index(n, path)
	case ok:
		return o, fmt.Errorf("%s (%s) has one %s, no elements: name it as *%s", o.path, typeName(o.types, o.typ), typeName(owned.types, owned.typ), o.path)
	}
	if t != nil && t.Kind == render.Array && t.Count != nil && *t.Count > 0 && (n < 0 || uint64(n) >= *t.Count) {
		return o, fmt.Errorf("%s has the elements 0 to %d, there is no [%d]", o.path, *t.Count-1, n)
	}
	e, err := o.pointee(path)
	if err != nil {
		return o, err
	}
	return e.element(n, path)
}

// isRustReference tells whether a type is one through which Rust looks by itself.
func isRustReference(t *render.Type) bool {
	return t != nil && t.Kind == render.Pointer && t.Language == "Rust" && (strings.HasPrefix(t.Name, "&") || strings.HasPrefix(t.Name, "alloc::boxed::Box<"))
}

// element is what lies n elements behind the first, the operand.
func (o operand) element(n int64, path string) (operand, error) {
	if o.size == 0 || o.size > 1<<40 || n > 1<<40 || n < -1<<40 {
		return o, fmt.Errorf("%s cannot be counted: the size of %s is not known", path, typeName(o.types, o.typ))
	}
	return o.moved(n*int64(o.size), o.typ, path), nil
}

// cast is the operand read as another type.
func (o operand) cast(name, path string) (operand, error) {
	o = o.throughReferences()
	o.types = maps.Clone(o.types) // a pointer type may have to be made
	id, ok := findType(o.types, name)
	if !ok {
		return o, fmt.Errorf("there is no type %q in the debug information of the module", name)
	}
	c := o.with(id, path)
	switch {
	case o.bits != 0:
		return o, fmt.Errorf("%s is a bit field and cannot be cast", o.path)
	case !o.isNumber && c.size > o.size && o.size != 0:
		return o, fmt.Errorf("%s has %d bytes and cannot be cast to %s, which has %d; take *(%s *) of a pointer to it", o.path, o.size, name, c.size, name)
	case c.size == 0:
		return o, fmt.Errorf("the size of the type %q is not known", name)
	}
	return c, nil
}

// some joins names, at most a number of them.
func some(names []string, most int) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(len(names)-most) + " more"
	}
	return strings.Join(names, ", ")
}
