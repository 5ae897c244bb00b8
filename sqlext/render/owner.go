package render

import "strings"

// Owner is how a value of a library type leads to what it owns or refers to.
type Owner struct {
	Offset uint64 // of its pointer, in the value
	Behind uint64 // what it has lies so far behind where the pointer points
	Target uint32 // the type of what it has
	Many   bool   // it has elements, one after the other
}

// Owner tells how a value of a type leads on, where it is a smart pointer, vector
// or slice of libstdc++ or of Rust's library, with the members that are known.
func (ts Types) Owner(id uint32) (Owner, bool) {
	t := ts.Strip(id)
	if t == nil || t.Kind != Struct && t.Kind != Class {
		return Owner{}, false
	}
	s := memberSearch{types: ts, left: mostSearched}
	switch name := templateName(t.Name); {
	case name == "std::unique_ptr":
		return s.pointer(t, strings.HasSuffix(argument(t.Name, 0), "[]"), "_M_head_impl")
	case name == "std::shared_ptr":
		return s.pointer(t, strings.HasSuffix(argument(t.Name, 0), "]"), "_M_ptr") // also T[5]
	case name == "std::vector":
		return s.pointer(t, true, "_M_start")
	case name == "alloc::vec::Vec":
		return s.vec(t)
	case name == "alloc::rc::Rc" || name == "alloc::sync::Arc":
		return s.counted(t)
	case t.Language == "Rust" && (strings.HasPrefix(t.Name, "&") || name == "alloc::boxed::Box"):
		return s.pointer(t, true, "data_ptr")
	}
	return Owner{}, false
}

// memberSearch looks for members of members, at most a number of them.
type memberSearch struct {
	types Types
	left  int
}

const mostSearched = 2000

// find gives the first pointer of 8 bytes that has the name, and its offset.
func (s *memberSearch) find(t *Type, name string, depth int) (*Type, uint64, bool) {
	if t == nil || depth == 0 || t.Kind != Struct && t.Kind != Class && t.Kind != Union {
		return nil, 0, false
	}
	for i := range t.Members {
		m := &t.Members[i]
		if s.left--; s.left < 0 {
			return nil, 0, false
		}
		inner := s.types.Strip(m.Type)
		if inner != nil && strings.HasPrefix(inner.Name, "std::_Tuple_impl<1") {
			continue // behind a unique_ptr's pointer comes what deletes, a pointer too perhaps
		}
		if inner != nil && inner.Kind == Pointer && m.Name == name && inner.Size != nil && *inner.Size == 8 {
			return inner, m.Offset, true
		}
		if p, offset, ok := s.find(inner, name, depth-1); ok {
			return p, m.Offset + offset, true
		}
	}
	return nil, 0, false
}

func (s *memberSearch) pointer(t *Type, many bool, name string) (Owner, bool) {
	p, offset, ok := s.find(t, name, mostNesting)
	if !ok {
		return Owner{}, false
	}
	return Owner{Offset: offset, Target: p.Target, Many: many}, true
}

// vec is a Vec, whose pointer is one to bytes: its name has the element's type.
func (s *memberSearch) vec(t *Type) (Owner, bool) {
	_, offset, ok := s.find(t, "pointer", mostNesting)
	ids := s.types.byName()[argument(t.Name, 0)]
	if !ok || len(ids) == 0 {
		return Owner{}, false
	}
	return Owner{Offset: offset, Target: ids[0], Many: true}, true
}

// counted is an Rc or Arc: what they share lies behind its two counts.
func (s *memberSearch) counted(t *Type) (Owner, bool) {
	p, offset, ok := s.find(t, "pointer", mostNesting)
	if !ok {
		return Owner{}, false
	}
	shared := s.types.Strip(p.Target)
	if shared == nil {
		return Owner{}, false
	}
	for i := range shared.Members {
		if m := &shared.Members[i]; m.Name == "value" || m.Name == "data" {
			return Owner{Offset: offset, Behind: m.Offset, Target: m.Type}, true
		}
	}
	return Owner{}, false
}
