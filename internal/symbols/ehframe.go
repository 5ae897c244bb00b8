package symbols

import "encoding/binary"

// Sources: Linux Standard Base Core, "Exception Frames"; DWARF 5, 6.4.

// Pointer encodings (LSB, DW_EH_PE_*).
const (
	ehAbsolute = 0x00
	ehUData2   = 0x02
	ehUData4   = 0x03
	ehUData8   = 0x04
	ehSData2   = 0x0a
	ehSData4   = 0x0b
	ehSData8   = 0x0c
	ehPCRel    = 0x10
	ehOmit     = 0xff
)

// splitOff is the rank of entries whose code does not begin as a function does: the
// call frame is already set up there, so it is a part that a function jumps to.
const splitOff = 1

// frameRanges returns the code range of each frame description entry of
// .eh_frame. In stripped code each is a function, or a function's split-off part.
func (im *image) frameRanges() ([]span, error) {
	s := im.find(".eh_frame")
	if s == nil {
		return nil, nil
	}
	b, err := im.contents(s)
	if err != nil {
		return nil, err
	}
	var out []span
	encodings := map[uint64]byte{} // by offset of the CIE
	for off := uint64(0); off+8 <= uint64(len(b)); {
		length := uint64(binary.LittleEndian.Uint32(b[off:]))
		body := off + 4
		if length == 0 { // crt1.o's terminator may stand in the middle
			off += 4
			continue
		}
		if length == 0xffffffff {
			break // 64-bit entries are not made for x86-64
		}
		next := body + length
		if length < 4 || next > uint64(len(b)) {
			return out, errCut
		}
		if id := uint64(binary.LittleEndian.Uint32(b[body:])); id != 0 {
			if id > body {
				return out, errCut
			}
			cie := body - id
			enc, ok := encodings[cie]
			if !ok {
				enc = cieEncoding(b, cie)
				encodings[cie] = enc
			}
			if r, ok := fdeRange(b[:next], body+4, s.Addr, enc); ok {
				if startsSplitOff(b[:next], body+4, enc) {
					r.rank = splitOff
				}
				out = append(out, r)
			}
		}
		off = next
	}
	return out, nil
}

// cieEncoding returns how the FDEs of a CIE encode their addresses (augmentation R).
func cieEncoding(section []byte, off uint64) byte {
	if off+9 > uint64(len(section)) {
		return ehOmit
	}
	end := min(uint64(len(section)), off+4+uint64(binary.LittleEndian.Uint32(section[off:])))
	r := buf{b: section[:end], p: int(off) + 8}
	version := r.u8()
	augmentation := r.cstring()
	r.uleb() // code alignment
	r.sleb() // data alignment
	if version == 1 {
		r.u8()
	} else {
		r.uleb() // return address register
	}
	if len(augmentation) == 0 || augmentation[0] != 'z' {
		return ehAbsolute
	}
	r.uleb()
	for _, c := range augmentation[1:] {
		switch c {
		case 'R':
			if enc := r.u8(); !r.bad {
				return enc
			}
			return ehOmit
		case 'L':
			r.u8()
		case 'P':
			r.skip(ehSize(r.u8()))
		case 'S', 'B':
		default:
			return ehOmit
		}
	}
	return ehAbsolute
}

func ehSize(enc byte) int {
	switch enc & 0x0f {
	case ehUData2, ehSData2:
		return 2
	case ehUData4, ehSData4:
		return 4
	}
	return 8
}

func fdeRange(b []byte, off, base uint64, enc byte) (span, bool) {
	if enc == ehOmit || enc&0x70 > ehPCRel {
		return span{}, false
	}
	r := buf{b: b, p: int(off)}
	read := func() uint64 {
		switch enc & 0x0f {
		case ehAbsolute, ehUData8, ehSData8:
			return r.u64()
		case ehUData4:
			return uint64(r.u32())
		case ehSData4:
			return uint64(int64(int32(r.u32())))
		case ehUData2:
			return uint64(r.u16())
		case ehSData2:
			return uint64(int64(int16(r.u16())))
		}
		r.bad = true
		return 0
	}
	lo := read()
	if enc&0x70 == ehPCRel {
		lo += base + off
	}
	size := read()
	if ehSize(enc) == 4 {
		size &= 0xffffffff
	}
	return span{lo: lo, hi: lo + size}, !r.bad && size > 0 && lo+size > lo
}

// startsSplitOff tells whether the entry's instructions change the rule for the call frame
// before its first advance.
func startsSplitOff(b []byte, off uint64, enc byte) bool {
	const (
		nop            = 0x00
		defCFA         = 0x0c
		defCFARegister = 0x0d
		defCFAOffset   = 0x0e
		defCFAExpr     = 0x0f
		gnuArgsSize    = 0x2e
		undefined      = 0x07
	)
	r := buf{b: b, p: int(off)}
	r.skip(2 * ehSize(enc))
	r.skip(int(min(r.uleb(), 1<<30))) // augmentation data (always 'z')
	for r.more() {
		switch op := r.u8(); op {
		case defCFA, defCFARegister, defCFAExpr:
			return true
		case defCFAOffset:
			return r.uleb() != 8
		case nop:
		case undefined, gnuArgsSize:
			r.uleb()
		default:
			return op>>6 == 2 // a register is saved already
		}
	}
	return false
}
