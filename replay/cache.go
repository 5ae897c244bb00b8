package replay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"hindsight/internal/x86"
)

// The translator's memory is one memfd, mapped by the tracer as a whole and by
// the host in two parts: the data region below 2 GB, so that every instruction
// reaches it with an absolute 32-bit address and without a register, and the
// code region, read-only, once near each module that has translations (a
// view), so that RIP-relative operands of guest code need only their
// displacement adjusted. A code offset means the same instruction in each view.
const (
	dataControl = 0          // slots of the routines, see slot*
	dataConst   = 0x10000    // 64-bit constants: return addresses, places in other views
	dataChain   = 0x2000000  // successors in the chains of indirect branch targets
	dataTable   = 0x3000000  // heads of those chains, by the low 16 bits of the target
	dataLog     = 0x3100000  // log buffers, each followed by its guard
	dataFeed    = 0x5400000  // answers to system calls
	dataSize    = 0x6400000  // 100 MiB
	codeSize    = 0x10000000 // 256 MiB

	logBuffers    = 8
	logBufferSize = 4 << 20
	logGuardSize  = 128 << 10
	feedSize      = dataSize - dataFeed

	cacheFD = firstExtraFD
	// mapFlags: MAP_SHARED | MAP_FIXED_NOREPLACE
	mapFlags = unix.MAP_SHARED | unix.MAP_FIXED_NOREPLACE
)

// Slots of the control page. Those up to slotScratch hold guest registers while
// the code cache uses the host's.
const (
	slotR15      = 0x08 // the guest's r15: the host's is the log pointer
	slotRCX      = 0x10 // during the lookup of an indirect branch
	slotRDX      = 0x18
	slotRenamed  = 0x20 // the register that stands for r15 in the running translation
	slotScratch  = 0x28 // the register that a read-back borrows
	slotCount    = 0x30 // REP MOVS: elements, then zero
	slotCountTop = 0x38 // stays zero: emitMoved loads the count from one or two bytes further up
	slotDest     = 0x40 // REP MOVS: destination
	slotContinue = 0x48 // where a routine returns to
	slotRSI      = 0x50
	slotRDI      = 0x58
	slotR11      = 0x60 // feed: continuation
	slotFeed     = 0x68 // feed: next entry
	slotFlags    = 0x70 // feed: the r11 that the kernel leaves
	slotRAX      = 0x80 // feed: rax when the sum was wrong
	slotNext     = 0x78 // feed: guest address behind the syscall instruction
	slotBelow    = 0x88 // what lay where a call through a bad pointer pushed
)

// view is one mapping of the code region in the host.
type view struct{ base uint64 }

// cache is the code cache's memory and its assembler.
type cache struct {
	memory []byte // the whole memfd
	code   []byte // its code region
	file   *os.File
	host   *host
	low    uint32 // where the host has the data region
	views  []view

	at        int // next free code offset
	base      int // code offset behind the routines: where translations begin
	constants map[uint64]uint32
	nextConst uint32
	nextChain uint32
}

// newCacheFile makes the memfd before the host exists, which must hold it.
func newCacheFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("hindsight-cache", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), "hindsight-cache")
	if err := f.Truncate(dataSize + codeSize); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// newCache maps the cache's memory here and its data region in the host.
func newCache(f *os.File, h *host) (*cache, error) {
	memory, err := unix.Mmap(int(f.Fd()), 0, dataSize+codeSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the code cache: %w", err)
	}
	c := &cache{memory: memory, code: memory[dataSize:], file: f, host: h, constants: map[uint64]uint32{}}
	low, ok := h.layout().hole(dataSize, 1<<24, 0x7fff0000, 1<<20)
	if !ok {
		return c, errors.New("the recorded program leaves no 100 MiB free below 2 GiB, which the translator needs")
	}
	c.low = uint32(low)
	const prot = unix.PROT_READ | unix.PROT_WRITE
	if _, err := h.syscall(unix.SYS_MMAP, low, dataSize, prot, mapFlags, cacheFD, 0); err != nil {
		return c, fmt.Errorf("map the translator's data at %#x: %w", low, err)
	}
	for i := range logBuffers {
		guard := c.logAddr(i) + logBufferSize
		if _, err := h.syscall(unix.SYS_MPROTECT, guard, logGuardSize, unix.PROT_NONE); err != nil {
			return c, fmt.Errorf("guard log buffer %d: %w", i, err)
		}
	}
	return c, nil
}

func (c *cache) close() error { return unix.Munmap(c.memory) }

// logAddr is where the host has log buffer i, logBytes the same memory here.
func (c *cache) logAddr(i int) uint64 {
	return uint64(c.low) + dataLog + uint64(i)*(logBufferSize+logGuardSize)
}

func (c *cache) logBytes(i int) []byte {
	at := dataLog + i*(logBufferSize+logGuardSize)
	return c.memory[at : at+logBufferSize+logGuardSize]
}

func (c *cache) slot(o int) uint64       { return binary.LittleEndian.Uint64(c.memory[o:]) }
func (c *cache) setSlot(o int, v uint64) { binary.LittleEndian.PutUint64(c.memory[o:], v) }

// viewFor finds or makes the view that reaches pc and 2 GB around it.
func (c *cache) viewFor(pc uint64) (int, error) {
	const reach = 0x60000000 // what is left of 2 GB covers the code region and the module
	for i, v := range c.views {
		if int64(pc-v.base) > -reach && int64(pc-v.base) < reach {
			return i, nil
		}
	}
	lo, hi := uint64(1<<20), pc+reach-codeSize
	if pc > reach {
		lo = (pc - reach + codeSize) &^ 0xfffff
	}
	base, ok := c.host.layout().hole(codeSize, lo, hi, 1<<20)
	if !ok {
		return 0, fmt.Errorf("no 256 MiB free within reach of the code at %#x, which the translator needs", pc)
	}
	const prot = unix.PROT_READ | unix.PROT_EXEC
	if _, err := c.host.syscall(unix.SYS_MMAP, base, codeSize, prot, mapFlags, cacheFD, dataSize); err != nil {
		return 0, fmt.Errorf("map the code cache at %#x: %w", base, err)
	}
	c.views = append(c.views, view{base})
	return len(c.views) - 1, nil
}

// locate turns a host address into a code offset and its view.
func (c *cache) locate(addr uint64) (off uint32, viewIndex int, ok bool) {
	for i, v := range c.views {
		if addr >= v.base && addr < v.base+codeSize {
			return uint32(addr - v.base), i, true
		}
	}
	return 0, 0, false
}

// constant places a 64-bit constant in the data region and returns its offset.
func (c *cache) constant(v uint64) uint32 {
	if o, ok := c.constants[v]; ok {
		return o
	}
	o := dataConst + 8*c.nextConst
	c.nextConst++
	binary.LittleEndian.PutUint64(c.memory[o:], v)
	c.constants[v] = o
	return o
}

// full tells whether another translation may not fit.
func (c *cache) full() bool {
	return c.at > codeSize-1<<20 || dataConst+8*(c.nextConst+256) > dataChain || dataChain+8*(c.nextChain+256) > dataTable
}

// The assembler. Nothing that it offers touches the flags.

func (c *cache) emit(b ...byte)  { c.at += copy(c.code[c.at:], b) }
func (c *cache) emit32(v uint32) { binary.LittleEndian.PutUint32(c.code[c.at:], v); c.at += 4 }
func (c *cache) emit64(v uint64) { binary.LittleEndian.PutUint64(c.code[c.at:], v); c.at += 8 }

// storeSlot is mov [slot], r; loadSlot the reverse.
func (c *cache) storeSlot(r int, o uint32) { c.absolute(0x89, r, o) }
func (c *cache) loadSlot(r int, o uint32)  { c.absolute(0x8b, r, o) }

func (c *cache) absolute(opcode byte, r int, o uint32) {
	c.emit(0x48|byte(r>>3)<<2, opcode, byte(r&7)<<3|4, 0x25)
	c.emit32(c.low + o)
}

// storeLog is mov [r15+off], r with 64 or 32 bits.
func (c *cache) storeLog(r, off int, wide bool) {
	rex := byte(0x41) | byte(r>>3)<<2
	if wide {
		rex |= 8
	}
	c.emit(rex, 0x89)
	c.logOperand(r, off)
}

// logOperand is the ModRM byte and displacement of [r15+off].
func (c *cache) logOperand(reg, off int) {
	if off < 128 {
		c.emit(0x47|byte(reg&7)<<3, byte(off))
		return
	}
	c.emit(0x87 | byte(reg&7)<<3)
	c.emit32(uint32(off))
}

// loadImmediate is mov r, v.
func (c *cache) loadImmediate(r int, v uint64) {
	if v < 1<<32 {
		if r >= 8 {
			c.emit(0x41)
		}
		c.emit(0xb8 + byte(r&7))
		c.emit32(uint32(v))
		return
	}
	c.emit(0x48|byte(r>>3), 0xb8+byte(r&7))
	c.emit64(v)
}

// pushConstant pushes v with one 8-byte store, as a call does.
func (c *cache) pushConstant(v uint64) {
	if v < 1<<31 {
		c.emit(0x68)
		c.emit32(uint32(v))
		return
	}
	o := c.constant(v)
	c.emit(0xff, 0x34, 0x25)
	c.emit32(c.low + o)
}

// jumpTo is jmp to a code offset.
func (c *cache) jumpTo(off uint32) {
	c.emit(0xe9)
	c.emit32(off - uint32(c.at) - 4)
}

// operand is a memory operand of guest code with registers as the host has them.
type operand struct {
	base, index, scale, seg uint8
	disp                    int64 // the address where base is x86.RIP
	address32               bool
}

// loadOperand is mov (movzx) r, [operand] of 1, 2, 4 or 8 bytes, placed in view v.
func (c *cache) loadOperand(r int, o operand, size int, v int) {
	if o.seg != 0 {
		c.emit(0x63 + o.seg)
	}
	if o.address32 {
		c.emit(0x67)
	}
	rex := 0x40 | byte(r>>3)<<2
	if size == 8 {
		rex |= 8
	}
	if o.base < 16 {
		rex |= o.base >> 3
	}
	if o.index < 16 {
		rex |= o.index >> 3 << 1
	}
	c.emit(rex)
	switch size {
	case 1:
		c.emit(0x0f, 0xb6)
	case 2:
		c.emit(0x0f, 0xb7)
	default:
		c.emit(0x8b)
	}
	reg := byte(r&7) << 3
	if o.base == x86.RIP {
		c.emit(reg | 5)
		c.emit32(uint32(uint64(o.disp) - (c.views[v].base + uint64(c.at) + 4)))
		return
	}
	sib := byte(0x20)
	if o.index < 16 {
		sib = [9]byte{1: 0, 2: 0x40, 4: 0x80, 8: 0xc0}[o.scale] | o.index&7<<3
	}
	if o.base < 16 {
		c.emit(0x84|reg, sib|o.base&7)
	} else {
		c.emit(0x04|reg, sib|5)
	}
	c.emit32(uint32(o.disp))
}
