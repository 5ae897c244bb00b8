package tables

import "slices"

// pcSet is the set of code addresses that rows mention.
type pcSet struct {
	// recent holds addresses at their hash, so that most are found without the map.
	recent [1 << 13]uint64
	all    map[uint64]struct{}
	// zero: the program jumped to address 0, which is then no absence.
	zero bool
}

func newPCSet() *pcSet { return &pcSet{all: map[uint64]struct{}{}} }

// add puts an address into the set; 0 stands for none.
func (s *pcSet) add(pc uint64) {
	if slot := &s.recent[pc&(1<<13-1)]; *slot != pc {
		*slot = pc
		s.all[pc] = struct{}{}
	}
}

// sorted returns the addresses in order.
func (s *pcSet) sorted() []uint64 {
	list := make([]uint64, 0, len(s.all))
	for pc := range s.all {
		if pc != 0 {
			list = append(list, pc)
		}
	}
	if s.zero {
		list = append(list, 0)
	}
	slices.Sort(list)
	return list
}
