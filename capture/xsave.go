package capture

import (
	"encoding/binary"
	"sync"
)

// savePart is a run of bytes that an xsave stores.
type savePart struct {
	offset int // in the save area
	data   []byte
}

// The layout of a save area.
const (
	legacySize   = 512
	headerOffset = legacySize
	headerSize   = 64

	x87Bit = 1 << 0
	sseBit = 1 << 1
	avxBit = 1 << 2

	mxcsrOffset = 24
	xmmOffset   = 160
	xmmSize     = 256
)

// saveComponent is where a component lies in the standard format of a save area.
type saveComponent struct {
	offset, size int
	aligned      bool // in the compacted format, to 64 bytes
}

// saveLayout is what cpuid tells of the components. It is asked once: in a
// virtual machine the instruction costs 20 µs and more.
var saveLayout = sync.OnceValue(func() (layout [63]saveComponent) {
	xcr0 := readXCR0()
	for i := 2; i < len(layout); i++ {
		if xcr0>>i&1 != 0 {
			size, offset, flags, _ := cpuid(0xd, uint32(i))
			layout[i] = saveComponent{int(offset), int(size), flags&2 != 0}
		}
	}
	return layout
})

// saveImage is what xsave, or xsavec where compacted, stores for the components
// in mask when all of them are in use. state is the thread's extended state in
// the standard format.
func saveImage(state []byte, mask uint64, compacted bool) []savePart {
	var parts []savePart
	add := func(to, from, n int) {
		if from+n <= len(state) {
			parts = append(parts, savePart{to, state[from : from+n]})
		}
	}
	if mask&x87Bit != 0 {
		add(0, 0, mxcsrOffset)
		add(32, 32, xmmOffset-32)
	}
	if mask&(sseBit|avxBit) != 0 && !compacted || mask&sseBit != 0 {
		add(mxcsrOffset, mxcsrOffset, 8) // and MXCSR_MASK
	}
	if mask&sseBit != 0 {
		add(xmmOffset, xmmOffset, xmmSize)
	}
	header := binary.LittleEndian.AppendUint64(nil, mask)
	if compacted {
		header = binary.LittleEndian.AppendUint64(header, mask|1<<63)
	} else {
		// Bits that are not asked for keep their value. The loader clears the
		// header before, so they are zero.
		header = header[:8]
	}
	parts = append(parts, savePart{headerOffset, header})
	next := headerOffset + headerSize
	for i := 2; i < 63; i++ {
		if mask>>i&1 == 0 {
			continue
		}
		c := saveLayout()[i]
		to := c.offset
		if compacted {
			if c.aligned {
				next = (next + 63) &^ 63
			}
			to = next
			next += c.size
		}
		add(to, c.offset, c.size)
	}
	return parts
}
