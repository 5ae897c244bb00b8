package replay

import "hindsight/internal/x86"

// routines are the code offsets of what translations share: code at the start
// of the code region, so the same in each view. None touches the flags.
type routines struct {
	scratch  uint32    // room for one instruction that the tracer steps
	miss     uint32    // int3: an indirect branch whose target (rcx) has no entry
	feed     uint32    // system calls, see emitFeed
	feedStop uint32    // int3: the tracer performs the event
	feedBad  uint32    // int3: registers differ from the recorded ones
	moved    [9]uint32 // by element size: logs what REP MOVS stored
	movedBig uint32    // int3: too much for the routine
}

const scratchSize = 32

// emitRoutines fills the start of the code region.
func (t *translator) emitRoutines() {
	c, r := t.cache, &t.routine
	c.at = 64
	r.scratch = uint32(c.at)
	for range scratchSize {
		c.emit(0xcc)
	}
	r.miss = uint32(c.at)
	c.emit(0xcc)
	r.movedBig = uint32(c.at)
	c.emit(0xcc)
	for _, size := range []int{1, 2, 4, 8} {
		t.emitMoved(size)
	}
	t.emitFeed()
	c.base = c.at
}

// emitMoved emits the routine behind REP MOVS with elements of the size: it
// copies what was stored into a data record. rcx, which is zero by now, holds
// where to continue.
func (t *translator) emitMoved(size int) {
	c := t.cache
	c.at = (c.at + 15) &^ 15
	t.routine.moved[size] = uint32(c.at)
	c.storeSlot(x86.RCX, slotContinue)
	// Up to 65,535 bytes or 255 larger elements fit into a guard's length.
	limit := uint32(2)
	if size > 1 {
		limit = 1
	}
	c.loadSlot(x86.RCX, slotCount+limit)
	c.emit(0xe3, 5) // jrcxz over the jump
	c.jumpTo(t.routine.movedBig)
	c.loadSlot(x86.RCX, slotCount)
	c.emit(0xe3, 0) // jrcxz: nothing was stored
	nothing := c.at
	c.storeSlot(x86.RSI, slotRSI)
	c.storeSlot(x86.RDI, slotRDI)
	switch size {
	case 2:
		c.emit(0x48, 0x8d, 0x0c, 0x09) // lea rcx, [rcx+rcx]
	case 4, 8:
		c.emit(0x48, 0x8d, 0x0c, map[int]byte{4: 0x8d, 8: 0xcd}[size], 0, 0, 0, 0) // lea rcx, [rcx*size]
	}
	// Where the record would reach the guard, this faults while all state is
	// still relative to r15.
	c.emit(0x41, 0xc6, 0x44, 0x0f, dataHeader, 0) // mov byte [r15+rcx+header], 0
	c.emit(0x41, 0x89, 0x4f, 4)                   // mov [r15+4], ecx
	c.loadSlot(x86.RSI, slotDest)
	c.emit(0x49, 0x89, 0x77, 8) // mov [r15+8], rsi
	c.emit(0x41, 0xc7, 0x07)    // mov dword [r15], template
	c.emit32(templateData)
	c.emit(0x49, 0x8d, 0x7f, dataHeader) // lea rdi, [r15+header]
	c.emit(0xf3, 0xa4)                   // rep movsb
	c.emit(0x49, 0x89, 0xff)             // mov r15, rdi
	c.loadSlot(x86.RSI, slotRSI)
	c.loadSlot(x86.RDI, slotRDI)
	c.code[nothing-1] = byte(c.at - nothing)
	c.loadImmediate(x86.RCX, 0)
	c.emit(0xff, 0x24, 0x25) // jmp [slot]
	c.emit32(c.low + slotContinue)
}

// Registers in the order in which the feed's sum takes them.
var feedOrder = [...]int{x86.RAX, x86.RBX, x86.RDX, x86.RSI, x86.RDI, x86.RBP, x86.RSP, x86.R8, x86.R9, x86.R10, x86.R12, x86.R13, x86.R14}

// emitFeed emits the routine that answers system calls inside the cache from
// the feed's next entry, see feed.go. rcx is the guest address behind the
// instruction, r11 the place to continue: the program sees neither.
func (t *translator) emitFeed() {
	c, r := t.cache, &t.routine
	c.at = (c.at + 63) &^ 63
	r.feed = uint32(c.at)
	c.storeSlot(x86.R11, slotR11)
	c.storeSlot(x86.RCX, slotNext)
	c.loadSlot(x86.R11, slotFeed)
	c.emit(0x49, 0x8b, 0x0b) // mov rcx, [r11]: zero where the entry is an answer
	c.emit(0xe3, 0)
	answer := c.at
	c.loadSlot(x86.RCX, slotNext)
	c.loadSlot(x86.R11, slotR11)
	r.feedStop = uint32(c.at)
	c.emit(0xcc)
	c.code[answer-1] = byte(c.at - answer)
	c.loadSlot(x86.RCX, slotNext)
	for _, reg := range feedOrder {
		c.sumRegister(reg)
	}
	c.storeSlot(x86.RAX, slotRAX)
	c.loadSlot(x86.RAX, slotR15)
	c.sumRegister(x86.RAX)
	c.emit(0x49, 0x8b, 0x43, 8)    // mov rax, [r11+8]: minus the sum
	c.emit(0x48, 0x8d, 0x0c, 0x01) // lea rcx, [rcx+rax]
	c.emit(0xe3, 1)                // jrcxz
	r.feedBad = uint32(c.at)
	c.emit(0xcc)
	c.emit(0x49, 0x8b, 0x4b, 24) // mov rcx, [r11+24]: flags
	c.storeSlot(x86.RCX, slotFlags)
	c.emit(0x49, 0x8b, 0x43, 16) // mov rax, [r11+16]: result
	c.storeSlot(x86.RSI, slotRSI)
	c.storeSlot(x86.RDI, slotRDI)
	c.emit(0x4d, 0x8d, 0x5b, 32) // lea r11, [r11+32]
	c.emitFeedMemory()
	c.emit(0x4d, 0x8d, 0x5b, 8) // lea r11, [r11+8]
	c.storeSlot(x86.R11, slotFeed)
	c.loadSlot(x86.RSI, slotRSI)
	c.loadSlot(x86.RDI, slotRDI)
	c.loadSlot(x86.RCX, slotNext)
	c.loadSlot(x86.R11, slotFlags)
	c.emit(0xff, 0x24, 0x25) // jmp [slot]
	c.emit32(c.low + slotR11)
}

// emitFeedMemory emits the loop that stores what the kernel wrote: entries of
// length, address and bytes, ended by a zero length.
func (c *cache) emitFeedMemory() {
	loop := c.at
	c.emit(0x49, 0x8b, 0x0b) // mov rcx, [r11]
	c.emit(0xe3, 0)
	done := c.at
	c.emit(0x49, 0x8b, 0x7b, 8)    // mov rdi, [r11+8]
	c.emit(0x49, 0x8d, 0x73, 16)   // lea rsi, [r11+16]
	c.emit(0x4c, 0x8d, 0x1c, 0x0e) // lea r11, [rsi+rcx]
	c.emit(0xf3, 0xa4)             // rep movsb
	c.emit(0xeb, byte(loop-(c.at+2)))
	c.code[done-1] = byte(c.at - done)
}

// sumRegister is rcx = 3*rcx + reg.
func (c *cache) sumRegister(reg int) {
	c.emit(0x48, 0x8d, 0x0c, 0x49) // lea rcx, [rcx+rcx*2]
	c.addToRCX(reg)
}

// addToRCX is rcx += reg.
func (c *cache) addToRCX(reg int) {
	if reg == x86.RSP { // it cannot be an index
		c.emit(0x48, 0x8d, 0x0c, 0x0c) // lea rcx, [rsp+rcx]
		return
	}
	c.emit(0x48|byte(reg>>3)<<1, 0x8d, 0x0c, 1|byte(reg&7)<<3) // lea rcx, [rcx+reg]
}
