package replay

import (
	"encoding/binary"
	"fmt"
	"sort"

	"hindsight/internal/recording"
)

// feed is the shared memory from which translated code takes the results of
// system calls without a stop (routine emitFeed). An entry is
//
//	8 bytes  0: an answer follows; 1: stop, the tracer performs the event
//	8 bytes  minus the weighted sum of the registers that the recording has
//	8 bytes  result (rax)
//	8 bytes  r11, which the kernel leaves as the flags
//	then for each run of memory that the kernel wrote: its length, address and
//	bytes; then a zero length
//
// Only calls that change nothing but rax and memory are answered so: no maps, no
// signals, nothing that the caller wants to see.
type feed struct {
	cache  *cache
	player *player
	served []servedCall
	taken  int // of them, how many the program has made, as far as known
}

// servedCall is what is kept of a call in the feed.
type servedCall struct {
	at    int // offset in the feed behind its entry
	index uint64
	regs  recording.Regs
}

// maxServed bounds how far the feed runs ahead of the program.
const maxServed = 4096

// feedSum is the weighted sum that emitFeed computes: rip, then 3*sum + register.
func feedSum(r *recording.Regs) uint64 {
	s := r.Rip
	for _, v := range [...]uint64{r.Orig_rax, r.Rbx, r.Rdx, r.Rsi, r.Rdi, r.Rbp, r.Rsp, r.R8, r.R9, r.R10, r.R12, r.R13, r.R14, r.R15} {
		s = 3*s + v
	}
	return s
}

// fill puts the calls that come into the feed, up to the first that must stop.
func (f *feed) fill() {
	b := f.cache.memory[dataFeed : dataFeed+feedSize]
	at, le := 0, binary.LittleEndian
	f.served, f.taken = f.served[:0], 0
	for len(f.served) < maxServed {
		e := f.player.events.peek()
		if e == nil || !f.servable(e, len(b)-at) {
			break
		}
		le.PutUint64(b[at:], 0)
		le.PutUint64(b[at+8:], -feedSum(&e.Regs))
		le.PutUint64(b[at+16:], e.After.Rax)
		le.PutUint64(b[at+24:], e.After.R11)
		at += 32
		for i := range e.Memory {
			w := &e.Memory[i]
			if len(w.Data) == 0 {
				continue
			}
			le.PutUint64(b[at:], uint64(len(w.Data)))
			le.PutUint64(b[at+8:], uint64(w.Addr))
			at += 16 + copy(b[at+16:], w.Data)
		}
		le.PutUint64(b[at:], 0)
		at += 8
		f.served = append(f.served, servedCall{at: at, index: e.Index, regs: e.Regs})
		f.player.events.next()
	}
	le.PutUint64(b[at:], 1)
	f.cache.setSlot(slotFeed, uint64(f.cache.low)+dataFeed)
}

// servable tells whether the event changes nothing but rax and memory, is not
// wanted by anyone, and fits.
func (f *feed) servable(e *recording.Event, room int) bool {
	if e.Kind != recording.KindSyscall || len(e.Maps) > 0 || len(e.XSave) > 0 || e.Thread != f.player.running.number {
		return false
	}
	want := e.Regs
	want.Rax, want.Orig_rax = e.After.Rax, e.After.Orig_rax
	if want != e.After || e.Regs.Eflags&directionFlag != 0 || f.player.opt.Trace != nil {
		return false
	}
	need := 32 + 8 + 64
	for i := range e.Memory {
		lo, n := uint64(e.Memory[i].Addr), len(e.Memory[i].Data)
		need += 16 + n
		if lo >= vsyscallStart || f.player.host.code.intersects(lo, lo+uint64(n)) {
			return false
		}
	}
	if need > room {
		return false
	}
	if f.player.writesOutput(e) {
		return false
	}
	if n := f.player.opt.MaxEvents; n > 0 && e.Index+1 >= n {
		return false
	}
	// A checkpoint, a signal or another thread's event behind it needs the tracer
	// right there.
	next := f.player.events.peekSecond()
	if next == nil || next.Thread != e.Thread {
		return false
	}
	switch next.Kind {
	case recording.KindSyscall, recording.KindWait, recording.KindTSC, recording.KindXSave:
		return true
	}
	return next.Kind == recording.KindSignal && next.Signal.Sync
}

// sync counts the calls that the program made since it was last asked. The
// host is stopped.
func (f *feed) sync() {
	at := int(f.cache.slot(slotFeed) - uint64(f.cache.low) - dataFeed)
	n := sort.Search(len(f.served), func(i int) bool { return f.served[i].at > at })
	p := f.player
	p.result.Syscalls += uint64(n - f.taken)
	p.result.Stats.InCache += uint64(n - f.taken)
	if n > f.taken {
		p.result.Events = f.served[n-1].index + 1
	}
	f.taken = n
}

// mismatch is the divergence that the routine found: the program made its next
// call with other registers.
func (f *feed) mismatch(g *recording.Regs) error {
	f.sync()
	if f.taken >= len(f.served) {
		return fmt.Errorf("the feed stopped behind its end")
	}
	s := &f.served[f.taken]
	e := &recording.Event{Kind: recording.KindSyscall, Index: s.index, Regs: s.regs}
	if d := compareRegs(e, g, &s.regs, 0); d != nil {
		return f.player.diverged(d)
	}
	return fmt.Errorf("event %d: the feed's sum differs though the registers do not", s.index)
}
