package x86

import "encoding/binary"

// Rename15 appends to dst the instruction (bytes code) with r15 replaced by
// register to in every place. to must not be rsp, rbp, r12 or r13, whose
// encodings as a base are special, nor be used by the instruction itself.
// Fields are patched in place, so the length stays.
func (i *Inst) Rename15(dst, code []byte, to uint8) []byte {
	at := len(dst)
	dst = append(dst, code[:i.Len]...)
	b := dst[at:]
	hi, lo := to>>3, to&7
	i.renameExtension(b, hi, to)
	if i.r15Fields&fieldOpcode != 0 {
		b[i.opcodeOffset] = b[i.opcodeOffset]&^7 | lo
	}
	if i.modrmOffset == 0xff {
		return dst
	}
	m := &b[i.modrmOffset]
	if i.r15Fields&fieldReg != 0 {
		*m = *m&^0x38 | lo<<3
	}
	hasSIB := *m>>6 != 3 && *m&7 == 4
	if i.r15Fields&fieldRM != 0 {
		if hasSIB {
			b[i.modrmOffset+1] = b[i.modrmOffset+1]&^7 | lo
		} else {
			*m = *m&^7 | lo
		}
	}
	if i.r15Fields&fieldIndex != 0 {
		b[i.modrmOffset+1] = b[i.modrmOffset+1]&^0x38 | lo<<3
	}
	return dst
}

// renameExtension patches the high register bits in REX, VEX, EVEX or XOP. The
// last three store them inverted.
func (i *Inst) renameExtension(b []byte, hi, to uint8) {
	set := func(at uint8, bit uint, v uint8) { b[at] = b[at]&^(1<<bit) | v<<bit }
	if i.encoding == encodingLegacy || i.encoding == encoding3DNow {
		for field, bit := range map[uint8]uint{fieldReg: 2, fieldIndex: 1, fieldRM: 0, fieldOpcode: 0} {
			if i.r15Fields&field != 0 {
				set(i.rexOffset, bit, hi)
			}
		}
		return
	}
	at := i.vexOffset + 1
	if i.r15Fields&fieldReg != 0 {
		set(at, 7, 1-hi)
	}
	vvvv := at
	if b[i.vexOffset] != 0xc5 {
		vvvv++
		if i.r15Fields&fieldIndex != 0 {
			set(at, 6, 1-hi)
		}
		if i.r15Fields&fieldRM != 0 {
			set(at, 5, 1-hi)
		}
	}
	if i.r15Fields&fieldVVVV != 0 {
		b[vvvv] = b[vvvv]&^0x78 | (^to&15)<<3
	}
}

// CopyStore appends the instruction, a StoreCopy or StoreMasked, with its
// memory operand replaced by [r15+offset]: without segment, alignment demand or
// non-temporal hint.
func (i *Inst) CopyStore(dst, code []byte, offset int32) []byte {
	for _, p := range code[:i.prefixLen] {
		switch p {
		case 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0x67, 0xf0:
		default:
			dst = append(dst, p)
		}
	}
	var opcode byte
	if i.encoding == encodingLegacy {
		dst, opcode = i.copyLegacy(dst, code)
	} else {
		var pp int
		opcode, pp = unalignedVector(i, code)
		dst = i.copyVector(dst, code, pp)
	}
	dst = append(dst, opcode, 0x80|code[i.modrmOffset]&0x38|7)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(offset))
	return append(dst, code[i.operandsEnd(code):i.Len]...)
}

// operandsEnd is the offset behind ModRM, SIB and displacement: of immediates.
func (i *Inst) operandsEnd(code []byte) uint8 {
	m := code[i.modrmOffset]
	end := i.modrmOffset + 1
	if m>>6 != 3 && m&7 == 4 {
		end++
	}
	return end + i.DispSize
}

// copyLegacy appends REX and the opcode map of a legacy instruction, with
// prefixes and opcode of the unaligned form.
func (i *Inst) copyLegacy(dst, code []byte) ([]byte, byte) {
	rex, from := byte(0x40), i.prefixLen
	if i.rexOffset != 0xff {
		rex, from = code[i.rexOffset], i.rexOffset+1
	}
	opcode := code[i.opcodeOffset]
	if i.opcodeOffset == from+1 && code[from] == 0x0f {
		switch opcode {
		case 0x29, 0x2b: // movaps, movapd, movntps, movntpd
			opcode = 0x11
		case 0x7f, 0xe7: // movdqa, movntdq with 66; movq, movntq without
			if n := len(dst); n > 0 && dst[n-1] == 0x66 {
				dst[n-1] = 0xf3
				opcode = 0x7f
			} else if opcode == 0xe7 {
				opcode = 0x7f
			}
		}
	}
	dst = append(dst, rex&^2|1)
	return append(dst, code[from:i.opcodeOffset]...), opcode
}

// unalignedVector gives opcode and pp field of the unaligned form of a VEX or
// EVEX store.
func unalignedVector(i *Inst, code []byte) (byte, int) {
	opcode := code[i.opcodeOffset]
	var pp byte
	switch code[i.vexOffset] {
	case 0xc5:
		pp = code[i.vexOffset+1] & 3
	default:
		pp = code[i.vexOffset+2] & 3
		if code[i.vexOffset+1]&7 != 1 { // another opcode map than 0F
			return opcode, int(pp)
		}
	}
	switch {
	case opcode == 0x29 || opcode == 0x2b:
		return 0x11, int(pp)
	case (opcode == 0x7f || opcode == 0xe7) && pp == 1:
		return 0x7f, 2
	}
	return opcode, int(pp)
}

// copyVector appends the VEX or EVEX prefix for an operand [r15+disp32].
func (i *Inst) copyVector(dst, code []byte, pp int) []byte {
	v := code[i.vexOffset:i.opcodeOffset]
	switch v[0] {
	case 0xc5: // becomes the three-byte form: only that has B
		return append(dst, 0xc4, v[1]&0x80|0x40|1, v[1]&^0x83|byte(pp))
	case 0x62:
		return append(dst, 0x62, v[1]&^0x20|0x40, v[2]&^3|byte(pp), v[3])
	}
	return append(dst, v[0], v[1]&^0x20|0x40, v[2]&^3|byte(pp))
}
