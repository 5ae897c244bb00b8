package symbols

import "debug/dwarf"

// attr is an attribute's value, undecoded, as value is; of a block u is where it
// begins in .debug_info, and n its length.
type attr struct {
	u    uint64
	n    uint32
	form uint16
}

func (a attr) value() value { return value{u: a.u, form: a.form} }

// Slots of the attributes that types and variables need.
const (
	slotNone = iota
	aName
	aLinkage
	aType
	aSize
	aBitSize
	aBitOffset
	aDataBitOffset
	aMemberLocation
	aCount
	aUpper
	aLower
	aConst
	aLocation
	aFrameBase
	aEncoding
	aDiscr
	aDiscrValue
	aSignature
	aContaining
	aOrigin
	aSpecification
	aDeclFile
	aDeclLine
	aExternal
	aDeclaration
	aLow
	aHigh
	aRanges
	aInline
	slots
)

// slotOf tells where an attribute is kept, slotNone for nowhere.
func slotOf(a dwarf.Attr) uint8 {
	switch {
	case a == 0x2007: // DW_AT_MIPS_linkage_name
		return aLinkage
	case int(a) < len(slotTable):
		return slotTable[a]
	}
	return slotNone
}

var slotTable = [0x90]uint8{
	dwarf.AttrName: aName, dwarf.AttrLinkageName: aLinkage, dwarf.AttrType: aType,
	dwarf.AttrByteSize: aSize, dwarf.AttrBitSize: aBitSize, dwarf.AttrBitOffset: aBitOffset,
	dwarf.AttrDataBitOffset: aDataBitOffset, dwarf.AttrDataMemberLoc: aMemberLocation,
	dwarf.AttrCount: aCount, dwarf.AttrUpperBound: aUpper, dwarf.AttrLowerBound: aLower,
	dwarf.AttrConstValue: aConst, dwarf.AttrLocation: aLocation, dwarf.AttrFrameBase: aFrameBase,
	dwarf.AttrEncoding: aEncoding, dwarf.AttrDiscr: aDiscr, dwarf.AttrDiscrValue: aDiscrValue,
	dwarf.AttrSignature: aSignature, dwarf.AttrContainingType: aContaining,
	dwarf.AttrAbstractOrigin: aOrigin, dwarf.AttrSpecification: aSpecification,
	dwarf.AttrDeclFile: aDeclFile, dwarf.AttrDeclLine: aDeclLine, dwarf.AttrExternal: aExternal,
	dwarf.AttrDeclaration: aDeclaration, dwarf.AttrLowpc: aLow, dwarf.AttrHighpc: aHigh,
	dwarf.AttrRanges: aRanges, dwarf.AttrInline: aInline,
}

// entry is a debugging information entry with the attributes that types and variables
// need. A slot is valid only where has says so.
type entry struct {
	off      uint64 // in .debug_info
	tag      dwarf.Tag
	children bool
	has      uint64
	v        [slots]attr
}

func (e *entry) ok(slot int) bool { return e.has>>slot&1 != 0 }

// get returns a slot, the zero attr where it is absent.
func (e *entry) get(slot int) attr {
	if !e.ok(slot) {
		return attr{}
	}
	return e.v[slot]
}

// flag tells whether a flag is there and set.
func (e *entry) flag(slot int) bool { return e.ok(slot) && e.v[slot].u != 0 }

// readEntry reads the entry whose abbreviation code has just been read.
func (u *unit) readEntry(r *buf, a *abbrev, off uint64, e *entry) {
	e.off, e.tag, e.children, e.has = off, a.tag, a.children, 0
	for i := range a.attrs {
		s := &a.attrs[i]
		slot := a.slots[i]
		if slot == slotNone {
			if n := a.sizes[i]; n >= 0 {
				r.skip(int(n))
			} else {
				u.skipValue(r, s.form)
			}
			continue
		}
		e.v[slot] = u.readAttr(r, s.form, s.implicit)
		e.has |= 1 << slot
	}
}

func (u *unit) readAttr(r *buf, form uint16, implicit int64) attr {
	for n := 0; form == formIndirect && n < 4; n++ {
		form = uint16(min(r.uleb(), 0xffff))
	}
	var size uint64
	switch form {
	case formBlock1:
		size = uint64(r.u8())
	case formBlock2:
		size = uint64(r.u16())
	case formBlock4:
		size = uint64(r.u32())
	case formBlock, formExprloc:
		size = r.uleb()
	case formData16:
		size = 16
	default:
		v := u.readValue(r, form, implicit)
		return attr{u: v.u, form: v.form}
	}
	at := r.p
	r.skip(int(min(size, 1<<31-1)))
	if r.bad {
		size = 0
	}
	return attr{u: uint64(at), n: uint32(size), form: form}
}

// entryAt reads the entry at an offset of .debug_info.
func (u *unit) entryAt(off uint64, e *entry) bool {
	if off < u.first || off >= u.end {
		return false
	}
	r := buf{b: u.d.info[:u.end], p: int(off)}
	a := u.abbrevs.get(r.uleb())
	if a == nil || r.bad {
		return false
	}
	u.readEntry(&r, a, off, e)
	return !r.bad
}

// isBlock tells whether a value is bytes (of an expression or a constant).
func (a attr) isBlock() bool {
	switch a.form {
	case formBlock1, formBlock2, formBlock4, formBlock, formExprloc, formData16:
		return true
	}
	return false
}

// block returns the bytes of a block.
func (u *unit) block(a attr) []byte {
	if !a.isBlock() || a.u+uint64(a.n) > uint64(len(u.d.info)) {
		return nil
	}
	return u.d.info[a.u : a.u+uint64(a.n)]
}

// isNumber tells whether a value is a constant.
func (a attr) isNumber() bool {
	switch a.form {
	case formData1, formData2, formData4, formData8, formSdata, formUdata, formImplicit:
		return true
	}
	return false
}

// references tells whether a value refers to another entry.
func (a attr) references() bool {
	switch a.form {
	case formRef1, formRef2, formRef4, formRef8, formRefUdata, formRefAddr, formRefSig8,
		formGNURefAlt, formRefSup4, formRefSup8:
		return true
	}
	return false
}

// string returns a text without copying it: it lives as long as the section does.
func (u *unit) string(a attr) string { return viewAt(u.textPlace(a.value())) }

// reference follows a reference: the unit and the offset of the entry, and its key in
// the file; unit nil where there is none.
func (u *unit) reference(a attr) (to *unit, off, key uint64) {
	if a.form == formRefSig8 {
		t, ok := u.d.signatures()[a.u]
		if !ok {
			return nil, 0, 0
		}
		return t.u, t.off, t.u.dataKey(t.off)
	}
	if !a.references() {
		return nil, 0, 0
	}
	to, off = u.target(a.value())
	if to == nil {
		return nil, 0, 0
	}
	return to, off, to.dataKey(off)
}

// dataKey identifies an entry in all of a file's debug information, in which a dwz
// file and .debug_types have offsets of their own. Keys of a unit are in the order of
// its entries.
func (u *unit) dataKey(off uint64) uint64 { return off | u.d.keyBits }

// typePlace is the type that a type unit is about.
type typePlace struct {
	u   *unit
	off uint64
}

// signatures returns the type units by signature.
func (d *dwarfData) signatures() map[uint64]typePlace {
	if d.parent != nil {
		return d.parent.signatures()
	}
	return d.bySignature
}
