package replay

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// player is what all engines share: it takes the events of a recording in order,
// holds each against what the replayed program did, and gives the program
// the recorded results. An engine brings the program to its next event and
// calls the method for what it saw there. Each takes the program's registers, as
// ptrace would show them in the recorded process, and replaces them by those
// with which the program goes on; the engine loads them. A difference is
// returned as a *Divergence.
//
// When done is set the replay is over and the program must not be resumed.
type player struct {
	host   *host
	events *cursor
	opt    Options
	result *Result
	done   bool
	// applied, where not nil, is called with each event after its effects, in
	// order; the event is valid until the call after the next. ends: it ends a
	// system call in which its thread waited.
	applied func(e *recording.Event, ends bool) error

	running *thread
	threads []*thread // by number, from 1
	// switched, where not nil, is called at the turn of another thread, whose
	// registers are the host's by then but for the general ones.
	switched func(from, th *thread) error
	// own, where not nil, makes the extended state that the host has the
	// program's own.
	own func(xsave []byte) error
}

// newPlayer takes the start event, which the host has applied.
func newPlayer(h *host, rec *recording.Recording, opt Options) (*player, error) {
	c, err := newCursor(rec)
	if err != nil {
		return nil, err
	}
	first := &thread{number: 1}
	p := &player{host: h, events: c, opt: opt, result: &Result{}, running: first, threads: []*thread{first}}
	if e := c.next(); e == nil {
		return nil, errors.Join(errors.New("the recording changed while it was read"), c.err, c.close())
	}
	return p, nil
}

// begin returns the registers at the program's first instruction.
func (p *player) begin() (recording.Regs, error) {
	g := p.host.start.After
	return g, p.took(p.host.start, &g)
}

// syscall is the program's arrival at a system call.
func (p *player) syscall(g *recording.Regs) error {
	e, err := p.expect(g, recording.KindSyscall, func() string {
		return fmt.Sprintf("the program made system call %d", int64(g.Orig_rax))
	})
	if err != nil || p.done {
		return err
	}
	if d := compareRegs(e, g, &e.Regs, 0); d != nil {
		return p.diverged(d)
	}
	p.result.Syscalls++
	switch {
	case e.Kind == recording.KindWait:
		return p.waits(e, g)
	case e.After != recording.Regs{}:
		p.output(e, nil)
		return p.effects(e, g)
	case e.Regs.Orig_rax == unix.SYS_EXIT:
		return p.exits(e, g)
	}
	return p.finish(e)
}

// emulated is the program's arrival at an instruction that the recorder
// performed for it: kind is KindTSC or KindXSave. skip are the registers that
// the engine does not know.
func (p *player) emulated(kind recording.Kind, g *recording.Regs, skip regMask) error {
	e, err := p.expect(g, kind, func() string { return fmt.Sprintf("the program came to an instruction of kind %v", kind) })
	if err != nil || p.done {
		return err
	}
	if err := p.compareFault(e, g, skip); err != nil {
		return err
	}
	if kind == recording.KindTSC {
		p.result.Stats.TSC++
	}
	return p.effects(e, g)
}

// fault is a signal that the instruction at g.Rip caused.
func (p *player) fault(number int, g *recording.Regs) error {
	name := unix.SignalName(unix.Signal(number))
	e, err := p.expect(g, recording.KindSignal, func() string { return "the program's instruction raised " + name })
	if err != nil || p.done {
		return err
	}
	if number == int(unix.SIGSEGV) && e.Signal.Number == int(unix.SIGBUS) {
		// Pages behind a file's end are recorded as inaccessible.
		number = e.Signal.Number
	}
	if !e.Signal.Sync || e.Signal.Number != number {
		return p.diverged(&Divergence{Kind: EventDiffers, EventIndex: e.Index, EventKind: e.Kind, PC: g.Rip,
			Stop: fmt.Sprintf("the program's instruction raised %s, recorded is %s", name, unix.SignalName(unix.Signal(e.Signal.Number)))})
	}
	if err := p.compareFault(e, g, 0); err != nil {
		return err
	}
	if e.Signal.Fatal {
		return p.finish(e)
	}
	return p.effects(e, g)
}

// comesTo tells whether the event to come, after a checkpoint, is of the kind
// and at pc.
func (p *player) comesTo(kind recording.Kind, pc uint64) bool {
	e := p.events.peek()
	return e != nil && e.Kind == kind && e.Regs.Rip == pc
}

// compareFault compares registers at an instruction that trapped. The kernel
// shows no system call there, and the resume flag is the processor's own.
func (p *player) compareFault(e *recording.Event, g *recording.Regs, skip regMask) error {
	if d := compareProgram(e, g, skip); d != nil {
		return p.diverged(d)
	}
	return nil
}

// compareProgram compares those registers that the program's code can know.
func compareProgram(e *recording.Event, g *recording.Regs, skip regMask) *Divergence {
	const resumeFlag = 1 << 16
	got, want := *g, e.Regs
	got.Eflags &^= resumeFlag
	want.Eflags &^= resumeFlag
	return compareRegs(e, &got, &want, skip|1<<regOrigRax)
}

// expect takes the next event, which must be of the kind. A checkpoint before
// it is made here, at the program's registers g. did says what the program did.
func (p *player) expect(g *recording.Regs, kind recording.Kind, did func() string) (*recording.Event, error) {
	e := p.events.next()
	for e != nil && e.Kind == recording.KindCheckpoint {
		if err := p.checkpoint(e, g, 0); err != nil {
			return nil, err
		}
		e = p.events.next()
	}
	if e == nil {
		return nil, p.outOfEvents()
	}
	p.trace(e)
	if e.Thread != p.running.number {
		return nil, p.damaged(e, fmt.Sprintf("it is of thread %d, in the turn of thread %d", e.Thread, p.running.number))
	}
	if e.Kind != kind && (kind != recording.KindSyscall || e.Kind != recording.KindWait) {
		return nil, p.diverged(&Divergence{Kind: EventDiffers, EventIndex: e.Index, EventKind: e.Kind, PC: g.Rip,
			Stop: did(), Differences: []RegDiff{{"rip", g.Rip, e.Regs.Rip}}})
	}
	return e, nil
}

func (p *player) trace(e *recording.Event) {
	if p.opt.Trace != nil {
		fmt.Fprintln(p.opt.Trace, e) // best effort
	}
}

// effects performs an event's effects and goes on with what follows at once.
func (p *player) effects(e *recording.Event, g *recording.Regs) error {
	if err := p.perform(e); err != nil {
		return err
	}
	*g = e.After
	return p.took(e, g)
}

// perform performs an event's effects on memory and the extended state.
func (p *player) perform(e *recording.Event) error {
	if err := p.host.apply(e); err != nil {
		return err
	}
	return p.host.setXSave(e)
}

// took counts an event and takes those that need no instruction of the program:
// checkpoints, the signals at a system call's end, the turns of other threads and
// the ends of calls in which they waited. The registers are then those of the
// thread that runs.
func (p *player) took(e *recording.Event, g *recording.Regs) error {
	for ends := false; ; ends = e.Kind == recording.KindSyscall {
		g.Orig_rax = ^uint64(0) // or the kernel would restart a call
		p.result.Events = e.Index + 1
		if e.Kind != recording.KindCheckpoint {
			p.running.last = e.Kind
		}
		if p.applied != nil {
			if err := p.applied(e, ends); err != nil {
				return err
			}
		}
		if p.opt.MaxEvents > 0 && p.result.Events >= p.opt.MaxEvents {
			p.done = true
			return nil
		}
		var err error
		if e, err = p.takeNext(g); err != nil || e == nil || p.done {
			return err
		}
	}
}

// takeNext takes the next event if it happens right here, and performs it.
func (p *player) takeNext(g *recording.Regs) (*recording.Event, error) {
	e := p.events.peek()
	switch {
	case e == nil:
		return nil, p.outOfEvents()
	case e.Kind == recording.KindExit:
		// It was killed from outside, nobody knows at which instruction.
		p.done = true
		p.takeExit(p.events.next())
		return nil, nil
	case e.Kind == recording.KindCheckpoint:
		if registers, here := p.isHere(e, g); here {
			p.events.next()
			return e, p.checkpoint(e, registers, 0)
		}
	}
	if err := p.giveTurn(e, g); err != nil || p.done {
		return nil, err
	}
	var take func(*recording.Event, *recording.Regs) error
	switch {
	case e.Kind == recording.KindThread:
		take = p.begins
	case p.running.state != threadRuns:
		take = p.notRunning
	case e.Kind == recording.KindSignal && !e.Signal.Sync:
		take = p.interrupted
	default:
		return nil, nil
	}
	p.events.next()
	if e.Kind != recording.KindCheckpoint {
		p.trace(e)
	}
	return e, take(e, g)
}

// inCall are the registers that differ while a call is interrupted: it may be
// shown before or after the kernel prepared its restart.
const inCall = regMask(1<<regOrigRax | 1<<regRax | 1<<regRip)

// interrupted is a signal that arrives at the running thread's last event.
func (p *player) interrupted(e *recording.Event, g *recording.Regs) error {
	if d := compareRegs(e, g, &e.Regs, inCall); d != nil {
		return p.diverged(d)
	}
	if e.Signal.Fatal {
		return p.finish(e)
	}
	if err := p.perform(e); err != nil {
		return err
	}
	*g = e.After
	return nil
}

func (p *player) checkpoint(e *recording.Event, g *recording.Regs, skip regMask) error {
	p.trace(e)
	d := compareProgram(e, g, skip)
	if d == nil {
		d = p.host.checkHashes(e)
	}
	if d != nil {
		if len(p.threads) > 1 {
			d.Thread = e.Thread
		}
		return p.diverged(d)
	}
	p.result.Checkpoints++
	p.result.Events = e.Index + 1
	return nil
}

// finish takes the program's last event and the recording's end behind it.
func (p *player) finish(e *recording.Event) error {
	p.done = true
	p.result.Events = e.Index + 1
	if p.applied != nil {
		if err := p.applied(e, false); err != nil {
			return err
		}
	}
	last := p.events.next()
	if last == nil {
		return p.outOfEvents()
	}
	p.trace(last)
	if last.Kind != recording.KindExit {
		return p.diverged(&Divergence{Kind: EventDiffers, EventIndex: last.Index, EventKind: last.Kind, PC: e.Regs.Rip, Stop: "the program ended"})
	}
	p.takeExit(last)
	return nil
}

// takeExit takes the recording's last event.
func (p *player) takeExit(e *recording.Event) {
	exit := *e.Exit
	p.result.Exit, p.result.Events = &exit, e.Index+1
}

// outOfEvents ends the replay where the recording does. That the recorder was
// stopped before the program ended is no error.
func (p *player) outOfEvents() error {
	p.done = true
	if p.events.err != nil && !errors.Is(p.events.err, recording.ErrTruncated) {
		return p.events.err
	}
	p.result.Truncated = true
	return nil
}

func (p *player) diverged(d *Divergence) error {
	p.done = true
	if len(p.threads) > 1 && d.Thread == 0 {
		d.Thread = p.running.number
	}
	return p.host.explain(d, p.opt.Engine)
}

// progress reports from time to time; instructions is 0 where unknown.
func (p *player) progress(instructions uint64) {
	const often = 256
	if p.opt.Progress != nil && (instructions > 0 || p.result.Events%often == 0) {
		p.opt.Progress(p.result.Events, instructions)
	}
}

// load loads the program's registers.
func (p *player) load(g *recording.Regs) error { return ptrace.SetRegs(p.host.pid, g) }

// close frees the player; the host is its maker's.
func (p *player) close() error { return p.events.close() }

// atEvent puts the place in the recording before an error.
func (p *player) atEvent(err error) error {
	var d *Divergence
	if err == nil || errors.As(err, &d) || p.host.ctx.Err() != nil {
		return err
	}
	if len(p.threads) > 1 {
		return fmt.Errorf("replay, after %d events, thread %d: %w", p.result.Events, p.running.number, err)
	}
	return fmt.Errorf("replay, after %d events: %w", p.result.Events, err)
}
