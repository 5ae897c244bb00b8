package replay

import (
	"encoding/binary"

	"hindsight/internal/ptrace"
)

// vectorState is the host's extended state, read for the few stores whose extent
// depends on it. Where each component lies depends on the CPU.
type vectorState struct {
	bytes   []byte
	offsets [vectorComponents]uint32
	sizes   [vectorComponents]uint32
	enabled uint64 // XCR0
}

// Components of the extended state, by their bit in XCR0.
const (
	componentYMM      = 2 // upper halves of ymm0 to ymm15
	componentMasks    = 5 // k0 to k7
	componentZMM      = 6 // upper halves of zmm0 to zmm15
	componentHighZMM  = 7 // zmm16 to zmm31
	vectorComponents  = 32
	legacySize        = 512
	xsaveHeaderSize   = 64
	legacyMMX         = 32  // st0 or mm0, 16 bytes apart
	legacyXMM         = 160 // xmm0 to xmm15
	xcr0InXSave       = 464 // where ptrace shows XCR0
	cpuidXSave        = 0xd
	maximalXSaveBytes = 16384
)

// newVectorState asks the CPU for the layout.
func newVectorState(h *host) (*vectorState, error) {
	v := &vectorState{bytes: make([]byte, maximalXSaveBytes)}
	if err := v.read(h); err != nil {
		return nil, err
	}
	v.enabled = binary.LittleEndian.Uint64(v.bytes[xcr0InXSave:])
	for i := uint32(2); i < vectorComponents; i++ {
		if v.enabled>>i&1 == 0 {
			continue
		}
		size, offset, _, _, err := h.cpuid(cpuidXSave, i)
		if err != nil {
			return nil, err
		}
		if uint64(offset)+uint64(size) <= maximalXSaveBytes {
			v.offsets[i], v.sizes[i] = offset, size
		}
	}
	return v, nil
}

func (v *vectorState) read(h *host) error {
	clear(v.bytes)
	_, err := ptrace.GetXSave(h.pid, v.bytes)
	return err
}

// mask is the mask register k.
func (v *vectorState) mask(k int) uint64 {
	if v.sizes[componentMasks] == 0 {
		return 0
	}
	return binary.LittleEndian.Uint64(v.bytes[v.offsets[componentMasks]+8*uint32(k):])
}

// vector is the register zmm i, zero where the CPU lacks parts of it.
func (v *vectorState) vector(i int) (z [64]byte) {
	part := func(dst []byte, component, at int) {
		if v.sizes[component] != 0 {
			copy(dst, v.bytes[int(v.offsets[component])+at:])
		}
	}
	if i >= 16 {
		part(z[:], componentHighZMM, 64*(i-16))
		return z
	}
	copy(z[:16], v.bytes[legacyXMM+16*i:])
	part(z[16:32], componentYMM, 16*i)
	part(z[32:], componentZMM, 32*i)
	return z
}

// mmx is the register mm i, which is the i-th physical x87 register's mantissa.
// In MMX code the top of the stack is 0.
func (v *vectorState) mmx(i int) (m [8]byte) {
	copy(m[:], v.bytes[legacyMMX+16*i:])
	return m
}

// areaSize is how many bytes an XSAVE of the requested components covers.
func (v *vectorState) areaSize(requested uint64, compact bool) uint32 {
	end := uint32(legacySize + xsaveHeaderSize)
	for i := 2; i < vectorComponents; i++ {
		if requested>>i&1 == 0 || v.sizes[i] == 0 {
			continue
		}
		if compact {
			end += v.sizes[i]
		} else {
			end = max(end, v.offsets[i]+v.sizes[i])
		}
	}
	return end
}
