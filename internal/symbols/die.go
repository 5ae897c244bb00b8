package symbols

import (
	"debug/dwarf"
	"encoding/binary"
)

// value is an attribute's value, undecoded: u is a number, an offset, an index,
// or the place of a string in .debug_info. form 0 means that it is absent.
type value struct {
	u    uint64
	form uint16
}

func (v value) ok() bool { return v.form != 0 }

// die is a debugging information entry with the attributes that matter here.
type die struct {
	off      uint64 // in .debug_info
	tag      dwarf.Tag
	children bool

	name, linkage, language          value
	low, high, ranges                value
	origin, specification            value
	declFile, declLine               value
	callFile, callLine, callColumn   value
	stmtList, compDir, dwoName       value
	strOffsets, addrBase, rangesBase value
	loclistsBase                     value
}

// field returns where an attribute is kept, nil where it is not.
func (d *die) field(attr dwarf.Attr) *value {
	switch attr {
	case dwarf.AttrName:
		return &d.name
	case dwarf.AttrLinkageName, 0x2007: // DW_AT_MIPS_linkage_name
		return &d.linkage
	case dwarf.AttrLanguage:
		return &d.language
	case dwarf.AttrLowpc:
		return &d.low
	case dwarf.AttrHighpc:
		return &d.high
	case dwarf.AttrRanges:
		return &d.ranges
	case dwarf.AttrAbstractOrigin:
		return &d.origin
	case dwarf.AttrSpecification:
		return &d.specification
	case dwarf.AttrDeclFile:
		return &d.declFile
	case dwarf.AttrDeclLine:
		return &d.declLine
	case dwarf.AttrCallFile:
		return &d.callFile
	case dwarf.AttrCallLine:
		return &d.callLine
	case dwarf.AttrCallColumn:
		return &d.callColumn
	case dwarf.AttrStmtList:
		return &d.stmtList
	case dwarf.AttrCompDir:
		return &d.compDir
	case dwarf.AttrDwoName, 0x2130: // DW_AT_GNU_dwo_name
		return &d.dwoName
	case dwarf.AttrStrOffsetsBase:
		return &d.strOffsets
	case dwarf.AttrAddrBase, 0x2133: // DW_AT_GNU_addr_base
		return &d.addrBase
	case dwarf.AttrRnglistsBase:
		return &d.rangesBase
	case dwarf.AttrLoclistsBase:
		return &d.loclistsBase
	}
	return nil
}

// readDIE reads the entry whose abbreviation code has just been read.
func (u *unit) readDIE(r *buf, a *abbrev, off uint64) die {
	d := die{off: off, tag: a.tag, children: a.children}
	for _, s := range a.attrs {
		v := u.readValue(r, s.form, s.implicit)
		if p := d.field(s.attr); p != nil {
			*p = v
		}
	}
	return d
}

// dieAt reads the entry at an offset of .debug_info.
func (u *unit) dieAt(off uint64) (die, bool) {
	if off < u.first || off >= u.end {
		return die{}, false
	}
	r := buf{b: u.d.info[:u.end], p: int(off)}
	a := u.abbrevs.get(r.uleb())
	if a == nil || r.bad {
		return die{}, false
	}
	d := u.readDIE(&r, a, off)
	return d, !r.bad
}

// skipDIE steps over an entry's attributes and returns its sibling's offset in
// .debug_info, 0 if it has none.
func (u *unit) skipDIE(r *buf, a *abbrev) (sibling uint64) {
	for i := range a.skips {
		s := &a.skips[i]
		r.skip(s.fixed)
		if s.sibling {
			sibling = u.off + u.readValue(r, s.form, 0).u
		} else if s.form != 0 {
			u.skipValue(r, s.form)
		}
	}
	return sibling
}

// skipValue steps over a value of varying size.
func (u *unit) skipValue(r *buf, form uint16) {
	switch form {
	case formString:
		r.cstring()
	case formBlock1:
		r.skip(int(r.u8()))
	case formBlock2:
		r.skip(int(r.u16()))
	case formBlock4:
		r.skip(int(r.u32()))
	case formBlock, formExprloc:
		r.skip(int(min(r.uleb(), 1<<40)))
	default:
		r.skipValueSlow(u, form)
	}
}

func (r *buf) skipValueSlow(u *unit, form uint16) {
	switch form {
	case formUdata, formSdata, formRefUdata, formStrx, formAddrx, formLoclistx, formRnglistx,
		formGNUAddr, formGNUStr:
		r.skipLEB()
	default:
		u.readValue(r, form, 0)
	}
}

// readValue reads a value of any form; blocks are stepped over. An unknown form makes r
// bad: nothing behind it can be found.
func (u *unit) readValue(r *buf, form uint16, implicit int64) value {
	for n := 0; form == formIndirect && n < 4; n++ {
		form = uint16(min(r.uleb(), 0xffff))
	}
	v := value{form: form}
	switch form {
	case formFlagPresent:
		v.u = 1
	case formImplicit:
		v.u = uint64(implicit)
	case formData1, formFlag, formRef1, formStrx1, formAddrx1:
		v.u = uint64(r.u8())
	case formData2, formRef2, formStrx2, formAddrx2:
		v.u = uint64(r.u16())
	case formStrx3, formAddrx3:
		v.u = uint64(r.u24())
	case formData4, formRef4, formStrx4, formAddrx4, formRefSup4:
		v.u = uint64(r.u32())
	case formAddr, formData8, formRef8, formRefSig8, formRefSup8:
		v.u = r.u64()
	case formData16:
		r.skip(16)
	case formStrp, formSecOffset, formLineStrp, formStrpSup, formGNURefAlt, formGNUStrpAlt:
		v.u = r.offset(u.offsetSize)
	case formRefAddr:
		if v.u = 0; u.version < 3 {
			v.u = r.u64()
		} else {
			v.u = r.offset(u.offsetSize)
		}
	case formUdata, formRefUdata, formStrx, formAddrx, formLoclistx, formRnglistx, formGNUAddr, formGNUStr:
		v.u = r.uleb()
	case formSdata:
		v.u = uint64(r.sleb())
	case formString:
		v.u = uint64(r.p)
		r.cstring()
	case formBlock1, formBlock2, formBlock4, formBlock, formExprloc:
		u.skipValue(r, form)
	default:
		r.fail()
	}
	return v
}

// number returns a constant's value, cut to what a line or column can be.
func (v value) number() int { return int(min(v.u, 1<<31-1)) }

// text returns a string value.
func (u *unit) text(v value) string { return stringAt(u.textPlace(v)) }

// textPlace tells in which section a string value lies, nil for none, and where.
func (u *unit) textPlace(v value) (section []byte, at uint64) {
	d := u.d
	switch v.form {
	case formString:
		return d.info, v.u
	case formStrp:
		return d.str, v.u
	case formLineStrp:
		return d.lineStr, v.u
	case formStrpSup, formGNUStrpAlt:
		if d.alt != nil {
			return d.alt.str, v.u
		}
	case formStrx, formStrx1, formStrx2, formStrx3, formStrx4, formGNUStr:
		if v.u > uint64(len(d.strOffsets)) {
			return nil, 0
		}
		r := buf{b: d.strOffsets}
		r.skip(int(min(u.strOffsetsBase+v.u*uint64(u.offsetSize), 1<<62)))
		if off := r.offset(u.offsetSize); !r.bad {
			return d.str, off
		}
	}
	return nil, 0
}

// address returns an address value.
func (u *unit) address(v value) (uint64, bool) {
	switch v.form {
	case formAddr:
		return v.u, true
	case formAddrx, formAddrx1, formAddrx2, formAddrx3, formAddrx4, formGNUAddr:
		return u.indexedAddress(v.u)
	}
	return 0, false
}

func (u *unit) indexedAddress(i uint64) (uint64, bool) {
	b := u.d.addr
	if i > uint64(len(b)) || u.addrBase > uint64(len(b)) {
		return 0, false
	}
	off := u.addrBase + i*8
	if off+8 > uint64(len(b)) {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b[off:]), true
}

// target returns the unit and offset that a reference points to.
func (u *unit) target(v value) (*unit, uint64) {
	d := u.d
	off := v.u
	switch v.form {
	case formRef1, formRef2, formRef4, formRef8, formRefUdata:
		return u, u.off + off
	case formRefAddr:
	case formGNURefAlt, formRefSup4, formRefSup8:
		if d = d.alt; d == nil {
			return nil, 0
		}
	default:
		return nil, 0
	}
	return d.unitAt(off), off
}
