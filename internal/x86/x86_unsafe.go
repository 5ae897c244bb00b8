package x86

/*
#cgo CFLAGS: -O2
#cgo LDFLAGS: -lZydis
#include "decode.h"
#include <Zydis/Zydis.h>
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// Version is the version of the Zydis library in use.
func Version() string {
	v := uint64(C.ZydisGetVersion())
	return fmt.Sprintf("%d.%d.%d", v>>48, v>>32&0xffff, v>>16&0xffff)
}

// Decode decodes the instruction at the start of code. Inst.Kind is Bad where
// there is none; Len is then 0.
func Decode(code []byte, pc uint64) (inst Inst) {
	C.x86_decode(bytes(code), C.int(len(code)), C.uint64_t(pc), (*C.x86_inst)(unsafe.Pointer(&inst)))
	return inst
}

// A Memo remembers decoded instructions, which makes decoding a program's code
// several times faster. It is not for concurrent use.
type Memo struct{ entries []C.x86_memo }

// NewMemo returns an empty Memo (about 2 MiB).
func NewMemo() *Memo { return &Memo{make([]C.x86_memo, 1<<C.MEMO_BITS)} }

// DecodeRun decodes up to len(out) instructions, up to and including the first
// that is not Normal, and returns their number. The last may be Bad because code
// ended within it.
func (m *Memo) DecodeRun(code []byte, pc uint64, out []Inst) int {
	return int(C.x86_decode_run(&m.entries[0], bytes(code), C.int(len(code)), C.uint64_t(pc), (*C.x86_inst)(unsafe.Pointer(unsafe.SliceData(out))), C.int(len(out))))
}

// Format renders the instruction in Intel syntax and returns its length, 0
// where there is none.
func Format(code []byte, pc uint64) (string, int) {
	var buf [256]byte
	n := C.x86_format(bytes(code), C.int(len(code)), C.uint64_t(pc), (*C.char)(unsafe.Pointer(&buf[0])), C.int(len(buf)))
	if n == 0 {
		return "", 0
	}
	return C.GoString((*C.char)(unsafe.Pointer(&buf[0]))), int(n)
}

// Name is the mnemonic in lower case.
func (i *Inst) Name() string { return C.GoString(C.x86_mnemonic(C.uint16_t(i.Mnemonic))) }

func bytes(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b))) }

// instLayout gives sizes and offsets of both declarations for the layout test.
func instLayout() [][2]uintptr {
	var g Inst
	var c C.x86_inst
	return [][2]uintptr{
		{unsafe.Sizeof(g), unsafe.Sizeof(c)},
		{unsafe.Offsetof(g.Read), unsafe.Offsetof(c.read)},
		{unsafe.Offsetof(g.Len), unsafe.Offsetof(c.len)},
		{unsafe.Offsetof(g.Base), unsafe.Offsetof(c.base)},
		{unsafe.Offsetof(g.RIPRelative), unsafe.Offsetof(c.rip_relative)},
		{unsafe.Offsetof(g.Mask), unsafe.Offsetof(c.mask)},
		{unsafe.Offsetof(g.rexOffset), unsafe.Offsetof(c.rex_offset)},
		{unsafe.Offsetof(g.r15Fields), unsafe.Offsetof(c.r15_fields)},
		{unsafe.Offsetof(g.Flags), unsafe.Offsetof(c.flags)},
		{unsafe.Offsetof(g.LoadSeg), unsafe.Offsetof(c.load_seg)},
		{unsafe.Offsetof(g.LoadDisp), unsafe.Offsetof(c.load_disp)},
		{unsafe.Offsetof(g.BranchRegister), unsafe.Offsetof(c.branch_register)},
	}
}

// IsTSC tells whether the instruction reads the time-stamp counter.
func (i *Inst) IsTSC() bool {
	return i.Mnemonic == C.ZYDIS_MNEMONIC_RDTSC || i.Mnemonic == C.ZYDIS_MNEMONIC_RDTSCP
}

// IsCPUID tells whether the instruction is cpuid.
func (i *Inst) IsCPUID() bool { return i.Mnemonic == C.ZYDIS_MNEMONIC_CPUID }

// HasAVX512BW tells whether this CPU and kernel offer AVX-512BW.
func HasAVX512BW() bool { return C.x86_has_avx512bw() != 0 }
