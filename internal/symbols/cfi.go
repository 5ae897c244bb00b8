package symbols

import (
	"encoding/binary"
	"slices"
	"sort"
)

// Sources: DWARF 5, 6.4; Linux Standard Base Core, "Exception Frames".

// frameTable finds how far the canonical frame address is from a register at an
// address of code: the rows of .eh_frame, and of .debug_frame for what that lacks.
type frameTable struct {
	entries []frameEntry // by lo
}

// frameEntry is a frame description entry, undecoded.
type frameEntry struct {
	lo, hi uint64
	cie    *frameCIE
	code   []byte
}

type frameCIE struct {
	codeAlign uint64
	dataAlign int64
	encoding  byte
	code      []byte
	augmented bool // entries have augmentation data
}

// frameRow says that the CFA is reg + off in [lo, hi). reg is -1 where it is something else.
type frameRow struct {
	lo, hi uint64
	reg    int
	off    int64
}

// frames returns the file's table, read once.
func (f *File) frames() *frameTable {
	f.frameOnce.Do(func() {
		t := &frameTable{}
		f.guard(".eh_frame", func() {
			if s := f.main.find(".eh_frame"); s != nil {
				if b, err := f.main.contents(s); err == nil {
					t.read(b, s.Addr, true)
				}
			}
		})
		f.guard(".debug_frame", func() {
			if b, err := f.debug.section(".debug_frame"); err == nil {
				t.read(b, 0, false)
			}
		})
		// Stable: .eh_frame's entry comes before .debug_frame's for the same code.
		slices.SortStableFunc(t.entries, func(a, b frameEntry) int {
			switch {
			case a.lo < b.lo:
				return -1
			case a.lo > b.lo:
				return 1
			}
			return 0
		})
		t.entries = slices.CompactFunc(t.entries, func(a, b frameEntry) bool { return a.lo == b.lo })
		f.frameTable = t
	})
	return f.frameTable
}

// read adds a section's entries.
func (t *frameTable) read(b []byte, addr uint64, isEH bool) {
	cies := map[uint64]*frameCIE{}
	for off := uint64(0); off+8 <= uint64(len(b)); {
		length := uint64(binary.LittleEndian.Uint32(b[off:]))
		body := off + 4
		if length == 0 {
			off += 4
			continue
		}
		next := body + length
		if length >= 0xfffffff0 || length < 4 || next > uint64(len(b)) {
			return
		}
		id := uint64(binary.LittleEndian.Uint32(b[body:]))
		isCIE := id == 0 && isEH || id == 0xffffffff && !isEH
		cie := id
		if isEH {
			cie = body - id
		}
		off = next
		if isCIE || cie >= uint64(len(b)) {
			continue
		}
		c, known := cies[cie]
		if !known {
			c = parseCIE(b, cie, isEH)
			cies[cie] = c
		}
		if c == nil {
			continue
		}
		if e, ok := parseFDE(b[:next], body+4, addr, c); ok {
			t.entries = append(t.entries, e)
		}
	}
}

// parseCIE returns nil where the entry is damaged or says nothing usable.
func parseCIE(b []byte, off uint64, isEH bool) *frameCIE {
	if off+9 > uint64(len(b)) {
		return nil
	}
	length := uint64(binary.LittleEndian.Uint32(b[off:]))
	end := min(uint64(len(b)), off+4+length)
	if end < off+9 {
		return nil
	}
	r := buf{b: b[:end], p: int(off) + 8}
	c := &frameCIE{encoding: ehAbsolute}
	version := r.u8()
	augmentation := r.cstring()
	if version >= 4 && !isEH {
		r.skip(2) // address and segment sizes
	}
	c.codeAlign, c.dataAlign = r.uleb(), r.sleb()
	if version == 1 {
		r.u8()
	} else {
		r.uleb()
	}
	if len(augmentation) > 0 {
		if augmentation[0] != 'z' {
			return nil
		}
		c.augmented = true
		n := r.uleb()
		if r.bad || n > uint64(len(r.b)-r.p) {
			return nil
		}
		c.encoding = cieEncoding(b, off)
		r.skip(int(n))
	}
	if r.bad || c.encoding == ehOmit {
		return nil
	}
	c.code = r.b[r.p:]
	return c
}

func parseFDE(b []byte, off, addr uint64, c *frameCIE) (frameEntry, bool) {
	s, ok := fdeRange(b, off, addr, c.encoding)
	if !ok {
		return frameEntry{}, false
	}
	r := buf{b: b, p: int(off)}
	r.skip(2 * ehSize(c.encoding))
	if c.augmented {
		r.skip(int(min(r.uleb(), 1<<30)))
	}
	return frameEntry{lo: s.lo, hi: s.hi, cie: c, code: r.b[r.p:]}, !r.bad
}

// rows returns how the CFA is found in [lo, hi), in order.
func (t *frameTable) rows(lo, hi uint64) []frameRow {
	var out []frameRow
	i := sort.Search(len(t.entries), func(i int) bool { return t.entries[i].hi > lo })
	for ; i < len(t.entries) && t.entries[i].lo < hi; i++ {
		for _, r := range t.entries[i].rows() {
			r.lo, r.hi = max(r.lo, lo), min(r.hi, hi)
			if r.lo < r.hi {
				out = append(out, r)
			}
		}
	}
	return out
}

// rows executes the entry's instructions.
func (e *frameEntry) rows() []frameRow {
	x := frameProgram{cie: e.cie, row: frameRow{lo: e.lo, reg: -1}}
	x.run(e.cie.code)
	x.out, x.row.lo = nil, e.lo
	x.run(e.code)
	x.advanceTo(e.hi)
	return x.out
}

// frameProgram executes call frame instructions, of which it needs those about the CFA.
type frameProgram struct {
	cie   *frameCIE
	row   frameRow
	saved []frameRow
	out   []frameRow
}

func (x *frameProgram) advanceTo(pc uint64) {
	if pc <= x.row.lo {
		return
	}
	r := x.row
	r.hi = pc
	if n := len(x.out); n > 0 && x.out[n-1].reg == r.reg && x.out[n-1].off == r.off && x.out[n-1].hi == r.lo {
		x.out[n-1].hi = pc
	} else {
		x.out = append(x.out, r)
	}
	x.row.lo = pc
}

func (x *frameProgram) run(code []byte) {
	r := buf{b: code}
	for r.more() {
		op := r.u8()
		switch op >> 6 {
		case 1: // advance_loc
			x.advanceTo(x.row.lo + uint64(op&0x3f)*x.cie.codeAlign)
		case 2: // offset
			r.uleb()
		case 3: // restore
		default:
			if !x.extended(op, &r) {
				x.row.reg = -1 // unknown: so is what follows
				return
			}
		}
		if r.bad {
			x.row.reg = -1
			return
		}
	}
}

// extended executes an instruction whose operation is in the low bits.
func (x *frameProgram) extended(op byte, r *buf) bool {
	switch op {
	case 0x00: // nop
	case 0x01: // set_loc: with an encoded address, which is not made for x86-64
		return false
	case 0x02:
		x.advanceTo(x.row.lo + uint64(r.u8())*x.cie.codeAlign)
	case 0x03:
		x.advanceTo(x.row.lo + uint64(r.u16())*x.cie.codeAlign)
	case 0x04:
		x.advanceTo(x.row.lo + uint64(r.u32())*x.cie.codeAlign)
	case 0x05, 0x09, 0x14: // offset_extended, register, val_offset
		r.uleb()
		r.uleb()
	case 0x11, 0x15: // offset_extended_sf, val_offset_sf
		r.uleb()
		r.sleb()
	case 0x06, 0x07, 0x08, 0x2e: // restore_extended, undefined, same_value, GNU_args_size
		r.uleb()
	case 0x0a:
		if len(x.saved) >= 64 {
			return false
		}
		x.saved = append(x.saved, x.row)
	case 0x0b:
		n := len(x.saved)
		if n == 0 {
			return false
		}
		x.row.reg, x.row.off = x.saved[n-1].reg, x.saved[n-1].off
		x.saved = x.saved[:n-1]
	case 0x0c:
		x.row.reg, x.row.off = int(min(r.uleb(), 1<<30)), int64(r.uleb())
	case 0x12:
		x.row.reg, x.row.off = int(min(r.uleb(), 1<<30)), r.sleb()*x.cie.dataAlign
	case 0x0d:
		x.row.reg = int(min(r.uleb(), 1<<30))
	case 0x0e:
		x.row.off = int64(r.uleb())
	case 0x13:
		x.row.off = r.sleb() * x.cie.dataAlign
	case 0x0f:
		x.row.reg = -1
		r.skip(int(min(r.uleb(), 1<<30)))
	case 0x10, 0x16: // expression, val_expression
		r.uleb()
		r.skip(int(min(r.uleb(), 1<<30)))
	default:
		return false
	}
	return true
}
