package symbols

import (
	"cmp"
	"slices"
	"sort"
	"sync/atomic"
)

// Module is a file as mapped into a process. An address pc in [Start, End) is the
// file's link-time address pc - Bias.
type Module struct {
	ID         int // the caller's, unused here
	Path       string
	Start, End uint64
	Bias       uint64
	// File may be nil: then nothing is known inside the module.
	File *File
	// MappedT and UnmappedT bound the module's life in instructions, for the
	// caller; UnmappedT 0 means to the end. Space looks at addresses only.
	MappedT, UnmappedT uint64
}

// Space finds functions by run-time address in the modules of one process. It is
// immutable and safe for concurrent use.
type Space struct {
	modules []Module // sorted, as given where disjoint
	spans   []span   // disjoint; id: index in modules
	last    atomic.Int32
}

// NewSpace makes a Space. Where modules overlap (one was mapped after another had
// gone), the later in mods wins.
func NewSpace(mods []Module) *Space {
	in := make([]span, len(mods))
	for i, m := range mods {
		in[i] = span{lo: m.Start, hi: m.End, id: int32(i), rank: int32(i)}
	}
	s := &Space{modules: slices.Clone(mods), spans: flatten(in)}
	slices.SortFunc(s.spans, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	return s
}

// Modules returns the modules in the order of NewSpace.
func (s *Space) Modules() []Module { return s.modules }

// Find returns the module that pc lies in; its index is that in Modules.
func (s *Space) Find(pc uint64) (index int, ok bool) {
	if k := int(s.last.Load()); k < len(s.spans) && s.spans[k].lo <= pc && pc < s.spans[k].hi {
		return int(s.spans[k].id), true
	}
	k := sort.Search(len(s.spans), func(i int) bool { return s.spans[i].hi > pc })
	if k == len(s.spans) || pc < s.spans[k].lo {
		return 0, false
	}
	s.last.Store(int32(k))
	return int(s.spans[k].id), true
}

// find returns the module of pc if it has a File.
func (s *Space) find(pc uint64) (index int, m *Module) {
	i, ok := s.Find(pc)
	if !ok || s.modules[i].File == nil {
		return 0, nil
	}
	return i, &s.modules[i]
}

// FunctionAt returns the function that covers pc, as index in Modules and index in
// that module's File.Functions.
func (s *Space) FunctionAt(pc uint64) (module, function int, ok bool) {
	i, m := s.find(pc)
	if m == nil {
		return 0, 0, false
	}
	fn, ok := m.File.FunctionAt(pc - m.Bias)
	return i, fn, ok
}

// IsEntry tells whether a function begins at pc.
func (s *Space) IsEntry(pc uint64) bool {
	_, m := s.find(pc)
	return m != nil && m.File.IsEntry(pc-m.Bias)
}

// Frames appends the frames at pc to dst, innermost first; see File.Frames.
func (s *Space) Frames(pc uint64, dst []Frame) []Frame {
	_, m := s.find(pc)
	if m == nil {
		return dst
	}
	return m.File.Frames(pc-m.Bias, dst)
}

// Line returns the source line of pc; see File.Line.
func (s *Space) Line(pc uint64) (file string, line, column int, ok bool) {
	_, m := s.find(pc)
	if m == nil {
		return "", 0, 0, false
	}
	return m.File.Line(pc - m.Bias)
}
