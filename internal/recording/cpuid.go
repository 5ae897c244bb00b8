package recording

// AnswerCPUID is what cpuid answered on the recording's CPU.
func (m *Meta) AnswerCPUID(leaf, subleaf uint32) CPUID {
	find := func(leaf, subleaf uint32) (CPUID, bool) {
		for _, c := range m.CPUID {
			if c.Leaf == leaf && c.Subleaf == subleaf {
				return c, true
			}
		}
		return CPUID{Leaf: leaf, Subleaf: subleaf}, false
	}
	if c, ok := find(leaf, subleaf); ok {
		return c
	}
	// Intel's CPUs answer a leaf behind the last basic one like that.
	const intel = 0x756e6547 // "Genu"
	if basic, ok := find(0, 0); ok && basic.EBX == intel && leaf > basic.EAX && leaf < 0x40000000 {
		return m.AnswerCPUID(basic.EAX, subleaf)
	}
	c, ok := find(leaf, 0)
	switch {
	case ok && IsTopology(leaf):
		return c.BehindTopology(subleaf)
	case HasSubleaves(leaf):
		return CPUID{Leaf: leaf, Subleaf: subleaf}
	}
	return c // zero where unknown, as the CPU's
}

// IsTopology tells the leaves that describe levels of processors, one in each
// subleaf, and answer for every number behind the last.
func IsTopology(leaf uint32) bool { return leaf == 0xb || leaf == 0x1f }

// BehindTopology is what a topology leaf, of which c is the first subleaf, answers
// behind its last level: the number that was asked for and the processor's.
func (c CPUID) BehindTopology(subleaf uint32) CPUID {
	return CPUID{Leaf: c.Leaf, Subleaf: subleaf, ECX: subleaf & 0xff, EDX: c.EDX}
}

// HasSubleaves tells whether the leaf's answer depends on the subleaf.
func HasSubleaves(leaf uint32) bool {
	switch leaf {
	case 0x4, 0x7, 0xb, 0xd, 0xf, 0x10, 0x12, 0x14, 0x17, 0x18, 0x1d, 0x1e, 0x1f, 0x20, 0x24, 0x8000001d, 0x80000020, 0x80000026:
		return true
	}
	return false
}
