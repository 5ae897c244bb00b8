package replay

// pcTable maps guest addresses to translations and to the exits that wait for
// one: an open-addressing hash table, as lookups are much of the cost of a cold
// translation.
type pcTable struct {
	entries []pcEntry
	used    int
}

type pcEntry struct {
	pc          uint64
	translation int32 // -1: none
	waiting     int32 // first site, -1: none
	present     bool
}

func (p *pcTable) reset() { *p = pcTable{entries: make([]pcEntry, 1<<14)} }

func (p *pcTable) slot(pc uint64) *pcEntry {
	mask := uint64(len(p.entries) - 1)
	for h := pc * 0x9e3779b97f4a7c15 >> 20; ; h++ {
		e := &p.entries[h&mask]
		if !e.present || e.pc == pc {
			return e
		}
	}
}

// find returns the entry of pc, nil where there is none. It is valid until the
// next insert.
func (p *pcTable) find(pc uint64) *pcEntry {
	if e := p.slot(pc); e.present {
		return e
	}
	return nil
}

// insert returns the entry of pc, a new one where there is none.
func (p *pcTable) insert(pc uint64) *pcEntry {
	if p.used*2 > len(p.entries) {
		old := p.entries
		p.entries = make([]pcEntry, 2*len(old))
		for i := range old {
			if old[i].present {
				*p.slot(old[i].pc) = old[i]
			}
		}
	}
	e := p.slot(pc)
	if !e.present {
		*e = pcEntry{pc: pc, translation: -1, waiting: -1, present: true}
		p.used++
	}
	return e
}
