package replay

import (
	"encoding/binary"

	"hindsight/internal/recording"
	"hindsight/internal/x86"
)

// watch is the place at which the running thread is to be interrupted. A translation
// begins there, and first compares the registers and some words of memory with the
// recorded ones: only where all are equal the tracer looks at the rest.
type watch struct {
	pc    uint64 // 0: none
	event uint64 // index of the event
	regs  recording.Regs
	words []watchedWord
}

// watchedWord is a word of memory by which other places were told apart.
type watchedWord struct{ addr, value uint64 }

// mostWords bounds how many words are compared without the tracer.
const mostWords = 16

// prepareNext prepares for the events to come, when the program is about to go on.
func (x *translated) prepareNext() {
	x.feed.fill()
	w := &x.tr.watch
	e := x.play.interruptedNext()
	switch {
	case e == nil:
		x.rewatch(watch{})
	case w.pc == 0 || w.event != e.Index:
		x.rewatch(watch{pc: e.Regs.Rip, event: e.Index, regs: e.Regs})
	}
}

// rewatch watches another place, or the same one with other words.
func (x *translated) rewatch(w watch) {
	old := x.tr.watch.pc
	x.tr.watch = w
	for _, pc := range []uint64{old, w.pc} {
		if pc != 0 {
			x.tr.discard(pc, pc+1)
		}
	}
}

// atWatch is the arrival at the watched place with the recorded registers.
func (x *translated) atWatch(g *recording.Regs) error {
	found, err := x.play.preempted(g)
	switch {
	case err != nil || x.play.done:
		return err
	case found.taken:
		x.prepareNext()
		return x.enterThread(g)
	case found.known && len(x.tr.watch.words) < mostWords:
		w := x.tr.watch
		w.words = append(w.words, watchedWord{found.word, found.value})
		x.rewatch(w)
		return x.enter(g)
	}
	return nil // the host goes on behind the stop
}

// emitWatch emits the comparison of the guest's registers and some words of memory
// with the watched ones, and a stop where they are equal. It keeps all registers and
// the flags.
func (t *translator) emitWatch() {
	c, w := t.cache, &t.watch
	c.storeSlot(x86.RCX, slotRCX)
	c.storeSlot(x86.RDX, slotRDX)
	var fails []int // places of the jumps to the end
	// test goes on where rcx is 0.
	test := func() {
		c.emit(0xe3, 5, 0xe9, 0, 0, 0, 0) // jrcxz over the jump
		fails = append(fails, c.at)
	}
	for r := range 16 {
		value := *registerOf(&w.regs, r)
		from := r
		switch r {
		case x86.R15:
			from = x86.RDX
			c.loadSlot(from, slotR15)
		case x86.RCX:
			from = x86.RDX
			c.loadSlot(from, slotRCX)
		case x86.RDX:
			c.loadSlot(from, slotRDX)
		}
		c.loadImmediate(x86.RCX, -value)
		c.addToRCX(from)
		test()
	}
	for _, word := range w.words {
		c.loadImmediate(x86.RDX, word.addr)
		c.emit(0x48, 0x8b, 0x12) // mov rdx, [rdx]
		c.loadImmediate(x86.RCX, -word.value)
		c.addToRCX(x86.RDX)
		test()
	}
	c.loadSlot(x86.RCX, slotRCX)
	c.loadSlot(x86.RDX, slotRDX)
	t.stop(siteWatch, w.pc)
	c.emit(0xeb, 0) // jmp: over what loads them where it fails
	over := c.at
	for _, at := range fails {
		binary.LittleEndian.PutUint32(c.code[at-4:], uint32(c.at-at))
	}
	c.loadSlot(x86.RCX, slotRCX)
	c.loadSlot(x86.RDX, slotRDX)
	c.code[over-1] = byte(c.at - over)
}
