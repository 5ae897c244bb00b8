package symbols

import (
	"debug/dwarf"
	"fmt"
	"slices"
)

// Forms of attribute values. Sources: DWARF 5, 7.5.6; the GNU ones from the
// DWARF wiki (DebugFission, DwzMultifile).
const (
	formAddr        = 0x01
	formBlock2      = 0x03
	formBlock4      = 0x04
	formData2       = 0x05
	formData4       = 0x06
	formData8       = 0x07
	formString      = 0x08
	formBlock       = 0x09
	formBlock1      = 0x0a
	formData1       = 0x0b
	formFlag        = 0x0c
	formSdata       = 0x0d
	formStrp        = 0x0e
	formUdata       = 0x0f
	formRefAddr     = 0x10
	formRef1        = 0x11
	formRef2        = 0x12
	formRef4        = 0x13
	formRef8        = 0x14
	formRefUdata    = 0x15
	formIndirect    = 0x16
	formSecOffset   = 0x17
	formExprloc     = 0x18
	formFlagPresent = 0x19
	formStrx        = 0x1a
	formAddrx       = 0x1b
	formRefSup4     = 0x1c
	formStrpSup     = 0x1d
	formData16      = 0x1e
	formLineStrp    = 0x1f
	formRefSig8     = 0x20
	formImplicit    = 0x21
	formLoclistx    = 0x22
	formRnglistx    = 0x23
	formRefSup8     = 0x24
	formStrx1       = 0x25
	formStrx2       = 0x26
	formStrx3       = 0x27
	formStrx4       = 0x28
	formAddrx1      = 0x29
	formAddrx2      = 0x2a
	formAddrx3      = 0x2b
	formAddrx4      = 0x2c
	formGNUAddr     = 0x1f01
	formGNUStr      = 0x1f02
	formGNURefAlt   = 0x1f20
	formGNUStrpAlt  = 0x1f21
)

type attrSpec struct {
	attr     dwarf.Attr
	form     uint16
	implicit int64
}

// skipStep is a part of the way over an entry: so many bytes, then a value whose
// size varies (form 0: none). A sibling reference is read on the way.
type skipStep struct {
	fixed   int
	form    uint16
	sibling bool
}

// abbrev is the shape of an entry.
type abbrev struct {
	tag      dwarf.Tag
	children bool
	hasCode  bool // low_pc, ranges or entry_pc is among the attributes
	attrs    []attrSpec
	skips    []skipStep
	// Of each of attrs: where readEntry keeps it, and its size, or -1 where it varies.
	slots []uint8
	sizes []int8
}

// abbrevKey is what an abbreviation table's meaning depends on.
type abbrevKey struct {
	off        uint64
	version    uint16
	offsetSize int
}

// abbrevTable maps codes to shapes: dense from 1 as compilers number them, the
// rest in a map.
type abbrevTable struct {
	dense []abbrev
	other map[uint64]*abbrev
}

func (t *abbrevTable) get(code uint64) *abbrev {
	if code-1 < uint64(len(t.dense)) {
		return &t.dense[code-1]
	}
	return t.other[code]
}

// parseAbbrevs decodes one table and tells how many bytes it has.
func parseAbbrevs(b []byte, key abbrevKey) (*abbrevTable, int, error) {
	if key.off >= uint64(len(b)) {
		return nil, 0, fmt.Errorf("abbreviations at %#x: %w", key.off, errCut)
	}
	r := buf{b: b, p: int(key.off)}
	t := &abbrevTable{}
	var attrs []attrSpec // of one entry
	for {
		attrs = attrs[:0]
		code := r.uleb()
		if code == 0 || r.bad {
			break
		}
		a := abbrev{tag: dwarf.Tag(r.uleb()), children: r.u8() != 0}
		for {
			s := attrSpec{attr: dwarf.Attr(r.uleb()), form: uint16(min(r.uleb(), 0xffff))}
			if s.form == formImplicit {
				s.implicit = r.sleb()
			}
			if s.attr == 0 && s.form == 0 || r.bad {
				break
			}
			attrs = append(attrs, s)
			switch s.attr {
			case dwarf.AttrLowpc, dwarf.AttrRanges:
				a.hasCode = true
			}
		}
		a.attrs = slices.Clone(attrs)
		a.skips = skipProgram(attrs, key)
		a.slots, a.sizes = entryLayout(attrs, key)
		if code == uint64(len(t.dense))+1 {
			t.dense = append(t.dense, a)
			continue
		}
		if t.other == nil {
			t.other = map[uint64]*abbrev{}
		}
		t.other[code] = &a
	}
	if r.bad {
		return nil, 0, fmt.Errorf("abbreviations at %#x: %w", key.off, errCut)
	}
	return t, r.p - int(key.off), nil
}

func skipProgram(attrs []attrSpec, key abbrevKey) []skipStep {
	steps := make([]skipStep, 0, len(attrs)+1)
	fixed := 0
	for _, s := range attrs {
		n, ok := formSize(s.form, key)
		if ok && s.attr != dwarf.AttrSibling {
			fixed += n
			continue
		}
		steps = append(steps, skipStep{fixed, s.form, s.attr == dwarf.AttrSibling})
		fixed = 0
	}
	if fixed > 0 {
		steps = append(steps, skipStep{fixed: fixed})
	}
	return steps
}

func entryLayout(attrs []attrSpec, key abbrevKey) (slots []uint8, sizes []int8) {
	slots, sizes = make([]uint8, len(attrs)), make([]int8, len(attrs))
	for i, s := range attrs {
		slots[i], sizes[i] = slotOf(s.attr), -1
		if n, ok := formSize(s.form, key); ok {
			sizes[i] = int8(n)
		}
	}
	return slots, sizes
}

// formSize returns the size of values whose form alone determines it.
func formSize(form uint16, key abbrevKey) (int, bool) {
	switch form {
	case formFlagPresent, formImplicit:
		return 0, true
	case formData1, formFlag, formRef1, formStrx1, formAddrx1:
		return 1, true
	case formData2, formRef2, formStrx2, formAddrx2:
		return 2, true
	case formStrx3, formAddrx3:
		return 3, true
	case formData4, formRef4, formStrx4, formAddrx4, formRefSup4:
		return 4, true
	case formAddr, formData8, formRef8, formRefSig8, formRefSup8:
		return 8, true
	case formData16:
		return 16, true
	case formStrp, formSecOffset, formLineStrp, formStrpSup, formGNURefAlt, formGNUStrpAlt:
		return key.offsetSize, true
	case formRefAddr:
		if key.version < 3 {
			return 8, true
		}
		return key.offsetSize, true
	}
	return 0, false
}
