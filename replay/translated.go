package replay

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
	"hindsight/internal/x86"
)

// translated runs instrumented copies of the program's code inside the code
// cache. The host stops only where there is no translation yet, where a log
// buffer is full, and at events that the feed cannot answer.
type translated struct {
	file  *os.File // the code cache's memory
	cache *cache
	tr    *translator
	host  *host
	play  *player
	feed  *feed
	log   *logDecoder // nil: the log is thrown away
	ctx   context.Context

	buffer   int    // log buffer in use
	pointer  uint64 // the log pointer while the host is stopped
	runs     []codeRun
	shadow   *shadow
	stores   *oracle // tells what instructions of the tracer store
	writable spanSet // memory that the program may write and execute
	guarded  spanSet // of it, pages made read-only because they have translations
}

func newTranslated() (*translated, error) {
	f, err := newCacheFile()
	if err != nil {
		return nil, err
	}
	return &translated{file: f}, nil
}

func (x *translated) hostOptions() hostOptions {
	return hostOptions{StripExec: true, ExtraFDs: []int{int(x.file.Fd())}}
}

func (x *translated) close() error {
	errs := []error{x.file.Close()}
	if x.cache != nil {
		errs = append(errs, x.cache.close())
	}
	if x.tr != nil {
		errs = append(errs, x.tr.templates.close(), x.tr.memory.close())
	}
	return errors.Join(errs...)
}

func (x *translated) run(ctx context.Context, p *player) error {
	x.ctx, x.play, x.host = ctx, p, p.host
	if err := x.prepare(p); err != nil {
		return err
	}
	err := x.loop()
	if err == nil {
		err = x.submit(nil)
	}
	if x.log != nil {
		err = errors.Join(err, x.log.close())
	}
	x.finish()
	if err == nil && x.shadow != nil {
		err = x.shadow.compare(x.host)
	}
	return err
}

// prepare makes cache, translator, feed and decoder.
func (x *translated) prepare(p *player) error {
	var err error
	if x.cache, err = newCache(x.file, x.host); err != nil {
		return err
	}
	tables, err := newTemplates()
	if err != nil {
		return err
	}
	entry := p.opt.FunctionEntry
	if entry == nil {
		entry = func(uint64) bool { return false }
	}
	if x.tr, err = newTranslator(x.cache, tables, entry); err != nil {
		return err
	}
	x.tr.raising = x.host.layout().raising
	x.tr.code = &codeReader{read: x.host.read, executable: func(lo, hi uint64) bool { return x.host.code.intersects(lo, hi) }, pages: map[uint64][]byte{}}
	x.tr.mode.kmovq = x86.HasAVX512BW()
	x.feed = &feed{cache: x.cache, player: p}
	x.host.onCodeChange = x.tr.discard
	x.pointer = x.cache.logAddr(0)
	if !p.opt.Discard {
		consumer := p.opt.Consumer
		if p.opt.Verify {
			if x.shadow, err = newShadow(x.host.rec, x.host.start); err != nil {
				return err
			}
			consumer = both{x.shadow, consumer}
		}
		if x.log, err = newLogDecoder(tables, x.host.rec, consumer); err != nil {
			return err
		}
	}
	if _, err := x.cache.viewFor(x.host.start.After.Rip); err != nil {
		return err
	}
	x.tr.reset()
	p.applied, p.switched = x.applied, x.switched
	p.own = func(xsave []byte) error {
		_, err := x.ownX87Pointer(xsave, 0)
		return err
	}
	return nil
}

// loop runs the program to the end of the recording.
func (x *translated) loop() error {
	g, err := x.play.begin()
	if err != nil || x.play.done {
		return err
	}
	x.prepareNext()
	if err := x.enterBlock(&g); err != nil {
		return err
	}
	p := x.play
	for n := 0; !p.done; n++ {
		if err := ptrace.Resume(x.host.pid, 0); err != nil {
			return fmt.Errorf("resume the host: %w", err)
		}
		status, err := x.host.wait()
		if err != nil {
			return err
		}
		p.result.Stats.Stops++
		var r recording.Regs
		if err := ptrace.GetRegs(x.host.pid, &r); err != nil {
			return err
		}
		x.feed.sync()
		if err := x.stopped(int(status.StopSignal()), &r); err != nil {
			return err
		}
		if n%64 == 0 {
			if err := x.report(); err != nil {
				return err
			}
		}
	}
	return nil
}

// report passes on progress, cancellation and the consumer's failure.
func (x *translated) report() error {
	var retired uint64
	if x.log != nil {
		retired = x.log.retired.Load()
		if err := x.log.err(); err != nil {
			return err
		}
	}
	x.play.progress(retired)
	return x.ctx.Err()
}

// enter sets the host to go on at guest registers g.
func (x *translated) enter(g *recording.Regs) error {
	id, err := x.translation(g.Rip, false)
	if err != nil {
		return err
	}
	return x.enterAt(g, x.addressOf(id))
}

// enterBlock is enter at the beginning of a basic block: the program's entry, a
// signal handler, the return from one.
func (x *translated) enterBlock(g *recording.Regs) error {
	if g.Eflags&directionFlag != 0 {
		if err := x.allowBackwards(); err != nil {
			return err
		}
	}
	if err := x.enter(g); err != nil {
		return err
	}
	e := x.tr.byPC.find(g.Rip)
	x.tr.translations[e.translation].leader = true
	return nil
}

// enterAt sets the host to go on at a host address, with guest registers g. It
// is between two records.
func (x *translated) enterAt(g *recording.Regs, addr uint64) error {
	if err := x.appendRecord(templateRSP, g.Rsp); err != nil {
		return err
	}
	r := *g
	x.cache.setSlot(slotR15, g.R15)
	r.R15, r.Rip, r.Orig_rax = x.pointer, addr, ^uint64(0)
	return ptrace.SetRegs(x.host.pid, &r)
}

func (x *translated) addressOf(id int32) uint64 {
	t := &x.tr.translations[id]
	return x.cache.views[t.view].base + uint64(t.off)
}

// translation returns the one for pc, which is reached indirectly or not. Where
// the cache is full it is emptied first, so ids and code offsets of before are void.
func (x *translated) translation(pc uint64, indirect bool) (int32, error) {
	if x.tr.full() {
		if err := x.reset(); err != nil {
			return 0, err
		}
	}
	began := threadCPU()
	id, err := x.tr.translationFor(pc, indirect)
	x.play.result.Stats.TranslateNS += uint64(threadCPU() - began)
	if err != nil {
		return 0, fmt.Errorf("translate %#x: %w", pc, err)
	}
	return id, x.guardNew()
}

// reset discards all translations, after all records that refer to them were
// decoded.
func (x *translated) reset() error {
	done := make(chan struct{})
	if err := x.submit(done); err != nil {
		return err
	}
	if x.log != nil {
		<-done
	}
	x.collect()
	if err := x.restoreX87Pointer(0); err != nil {
		return err
	}
	x.tr.templates.reset()
	x.tr.reset()
	return nil
}

// submit sends what is in the log buffer to the decoder and takes another one.
func (x *translated) submit(done chan struct{}) error {
	n := x.pointer - x.cache.logAddr(x.buffer)
	x.play.result.Stats.LogBytes += n
	if x.log == nil {
		x.pointer = x.cache.logAddr(x.buffer)
		return nil
	}
	x.log.chunks <- logChunk{buffer: x.buffer, bytes: x.cache.logBytes(x.buffer)[:n], done: done}
	select {
	case x.buffer = <-x.log.free:
	case <-x.ctx.Done():
		return x.ctx.Err()
	}
	x.pointer = x.cache.logAddr(x.buffer)
	return x.log.err()
}

// stopped handles a stop of the host with registers r.
func (x *translated) stopped(signal int, r *recording.Regs) error {
	x.pointer = r.R15
	off, view, inside := x.cache.locate(r.Rip)
	switch {
	case signal == int(unix.SIGTRAP) && inside:
		return x.atTrap(off-1, view, r)
	case signal == int(unix.SIGSEGV) && inside:
		handled, err := x.segv(r)
		if handled || err != nil {
			return err
		}
	}
	if stray, err := x.host.stray(); stray || err != nil {
		return err
	}
	if !inside {
		return fmt.Errorf("the host left the code cache: signal %d at %#x", signal, r.Rip)
	}
	return x.faulted(signal, off, r)
}

// atTrap handles an int3 of the code cache.
func (x *translated) atTrap(off uint32, view int, r *recording.Regs) error {
	rt := &x.tr.routine
	stats := &x.play.result.Stats
	switch off {
	case rt.miss:
		stats.ColdExits++
		return x.missed(r)
	case rt.feedStop:
		stats.SyscallStops++
		return x.atSyscall(r)
	case rt.feedBad:
		return x.feedMismatch(r)
	case rt.movedBig:
		return x.movedBig(r)
	}
	g := *r
	g.R15 = x.cache.slot(slotR15)
	if pc, ok := x.tr.stale[off]; ok {
		g.Rip = pc
		return x.renew(off, &g)
	}
	s := x.tr.siteAt(off)
	if s == nil {
		return fmt.Errorf("unexpected stop at code offset %#x", off)
	}
	g.Rip = s.target
	switch s.kind {
	case siteExit:
		stats.ColdExits++
		return x.coldExit(s, &g)
	case siteFault:
		return x.atFault(&g)
	case siteInput:
		return x.atInput(s, &g)
	case siteWatch:
		return x.atWatch(&g)
	default:
		return x.atSlow(&g, view)
	}
}

// coldExit goes on at an exit's target, and connects the two.
func (x *translated) coldExit(s *site, g *recording.Regs) error {
	before := x.tr.resets
	id, err := x.translation(s.target, false)
	if err != nil {
		return err
	}
	if x.tr.resets == before { // the site still exists
		x.tr.patch(s, &x.tr.translations[id])
	}
	return x.enterAt(g, x.addressOf(id))
}

// renew replaces a discarded translation, whose entry at off jumps to the new
// one from now on.
func (x *translated) renew(off uint32, g *recording.Regs) error {
	id, err := x.translation(g.Rip, false)
	if err != nil {
		return err
	}
	if _, ok := x.tr.stale[off]; ok {
		delete(x.tr.stale, off)
		save := x.cache.at
		x.cache.at = int(off)
		x.cache.jumpTo(x.tr.translations[id].off)
		x.cache.at = save
	}
	return x.enterAt(g, x.addressOf(id))
}

// missed goes on at the target of an indirect branch, in rcx.
func (x *translated) missed(r *recording.Regs) error {
	g := *r
	g.Rip, g.R15 = r.Rcx, x.cache.slot(slotR15)
	g.Rcx, g.Rdx = x.cache.slot(slotRCX), x.cache.slot(slotRDX)
	if !canonical(g.Rip) {
		return x.refused(&g)
	}
	if g.Rip >= vsyscallStart {
		return fmt.Errorf("instruction at %#x: the kernel's vsyscall page cannot be replayed", g.Rip)
	}
	id, err := x.translation(g.Rip, true)
	if err != nil {
		return err
	}
	x.tr.addSieve(id)
	return x.enterAt(&g, x.addressOf(id))
}

// syscallRegs are the guest's registers at a system call, as ptrace would show
// them in the recorded process: rcx is the address behind it.
func (x *translated) syscallRegs(r *recording.Regs) recording.Regs {
	g := *r
	g.R15 = x.cache.slot(slotR15)
	g.Rip, g.Rcx, g.R11 = x.cache.slot(slotNext), x.cache.slot(slotNext), r.Eflags
	g.Orig_rax = r.Rax
	g.Rax = ^uint64(unix.ENOSYS) + 1
	return g
}

// atSyscall is a system call that the feed left to the tracer.
func (x *translated) atSyscall(r *recording.Regs) error {
	g := x.syscallRegs(r)
	behind := r.R11 // the place in the code cache where it goes on
	next, running := g.Rip, x.play.running
	if err := x.play.syscall(&g); err != nil || x.play.done {
		return err
	}
	x.prepareNext()
	if g.Rip == next && x.play.running == running {
		return x.enterAt(&g, behind)
	}
	return x.enterThread(&g)
}

func (x *translated) feedMismatch(r *recording.Regs) error {
	g := x.syscallRegs(r)
	g.Orig_rax = x.cache.slot(slotRAX)
	return x.feed.mismatch(&g)
}

// recordBytes is the log from the log pointer on.
func (x *translated) recordBytes() []byte {
	return x.cache.logBytes(x.buffer)[x.pointer-x.cache.logAddr(x.buffer):]
}

// room makes sure that n bytes fit into the log buffer.
func (x *translated) room(n int) error {
	if x.pointer+uint64(n) > x.cache.logAddr(x.buffer)+logBufferSize {
		return x.submit(nil)
	}
	return nil
}

// appendRecord writes a record of header and values.
func (x *translated) appendRecord(template uint32, values ...uint64) error {
	size := 4 + 8*len(values)
	if err := x.room(size); err != nil {
		return err
	}
	b := x.recordBytes()
	binary.LittleEndian.PutUint32(b, template|uint32(size/4)<<22)
	for i, v := range values {
		binary.LittleEndian.PutUint64(b[4+8*i:], v)
	}
	x.pointer += uint64(size)
	return nil
}

// collect adds up how often the present translations were executed.
func (x *translated) collect() {
	if x.log != nil {
		x.runs = x.tr.codeRuns(x.runs)
	}
}

// finish fills in the result once everything is decoded.
func (x *translated) finish() {
	x.collect()
	res := x.play.result
	res.Blocks = canonicalBlocks(x.runs)
	s := &res.Stats
	s.Translations, s.TranslatedInstructions = x.tr.stats.translations, x.tr.stats.insns
	s.CodeBytes = uint64(x.cache.at)
	if x.log != nil {
		res.Instructions = x.log.retired.Load()
		s.ConsumerNS, s.Writes, s.Controls = uint64(x.log.busy), x.log.writes, x.log.flow
		for i := range x.runs {
			s.Executions += x.runs[i].executions
		}
	}
}
