package recording

import "unsafe"

const registerCount = 27

// The codec treats Regs as an array of words; this fails to compile should the
// type ever have another size.
var _ [registerCount * 8]byte = [unsafe.Sizeof(Regs{})]byte{}

func words(r *Regs) *[registerCount]uint64 {
	return (*[registerCount]uint64)(unsafe.Pointer(r))
}
