package symbols

import "encoding/binary"

// buf reads little-endian data. A read past the end sets bad and returns 0, so that a
// decoder need only look at bad where it loops or ends.
type buf struct {
	b   []byte
	p   int
	bad bool
}

func (r *buf) fail() { r.bad, r.p = true, len(r.b) }

func (r *buf) more() bool { return r.p < len(r.b) }

func (r *buf) skip(n int) {
	if n < 0 || n > len(r.b)-r.p {
		r.fail()
		return
	}
	r.p += n
}

func (r *buf) u8() byte {
	if r.p >= len(r.b) {
		r.fail()
		return 0
	}
	c := r.b[r.p]
	r.p++
	return c
}

func (r *buf) u16() uint16 {
	if len(r.b)-r.p < 2 {
		r.fail()
		return 0
	}
	v := binary.LittleEndian.Uint16(r.b[r.p:])
	r.p += 2
	return v
}

func (r *buf) u24() uint32 {
	return uint32(r.u16()) | uint32(r.u8())<<16
}

func (r *buf) u32() uint32 {
	if len(r.b)-r.p < 4 {
		r.fail()
		return 0
	}
	v := binary.LittleEndian.Uint32(r.b[r.p:])
	r.p += 4
	return v
}

func (r *buf) u64() uint64 {
	if len(r.b)-r.p < 8 {
		r.fail()
		return 0
	}
	v := binary.LittleEndian.Uint64(r.b[r.p:])
	r.p += 8
	return v
}

// offset reads a DWARF offset: 4 bytes, or 8 in the 64-bit format.
func (r *buf) offset(size int) uint64 {
	if size == 8 {
		return r.u64()
	}
	return uint64(r.u32())
}

// length reads an initial length and tells the size of offsets that goes with it.
func (r *buf) length() (n uint64, offsetSize int) {
	n = uint64(r.u32())
	if n == 0xffffffff {
		return r.u64(), 8
	}
	return n, 4
}

func (r *buf) uleb() uint64 {
	if r.p < len(r.b) && r.b[r.p] < 0x80 { // one byte: nearly always
		r.p++
		return uint64(r.b[r.p-1])
	}
	var v uint64
	for shift := uint(0); ; shift += 7 {
		c := r.u8()
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
}

func (r *buf) sleb() int64 {
	var v int64
	for shift := uint(0); ; {
		c := r.u8()
		v |= int64(c&0x7f) << shift
		shift += 7
		if c < 0x80 {
			if shift < 64 && c&0x40 != 0 {
				v |= -1 << shift
			}
			return v
		}
	}
}

// skipLEB steps over a LEB128 number.
func (r *buf) skipLEB() {
	for r.p < len(r.b) {
		r.p++
		if r.b[r.p-1] < 0x80 {
			return
		}
	}
	r.bad = true
}

// cstring returns a zero-terminated string without the zero.
func (r *buf) cstring() []byte {
	for i := r.p; i < len(r.b); i++ {
		if r.b[i] == 0 {
			s := r.b[r.p:i]
			r.p = i + 1
			return s
		}
	}
	r.fail()
	return nil
}
