package replay

import (
	"fmt"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// The host has one thread of the kernel, which stands for all of the program's:
// one of those runs at a time, and the host has its registers. At each turn of
// another the player swaps them.

// thread is one of the program's threads.
type thread struct {
	number uint32
	state  threadState
	last   recording.Kind // of its last event
	// call are the registers with which it entered the call in which it waits.
	call recording.Regs
	// written is what that call may write to a standard stream, as it was at its
	// entry.
	written []byte
	// regs and xsave are its registers while others run.
	regs  recording.Regs
	xsave []byte
}

type threadState uint8

const (
	threadRuns  threadState = iota // it goes on with its registers
	threadWaits                    // it is in a system call, which an event to come ends
	threadEnded
)

// fresh tells whether the instruction at which the thread goes on was entered by a
// control transfer: what comes behind a system call, and where a signal leads.
func (th *thread) fresh() bool {
	return th.last != recording.KindTSC && th.last != recording.KindXSave && th.last != recording.KindPreempt
}

// giveTurn gives the turn to the thread whose event comes next, of which e is the
// first, and its registers to g.
func (p *player) giveTurn(e *recording.Event, g *recording.Regs) error {
	if e.Kind == recording.KindCheckpoint {
		// It is not of this place, so of the end that comes behind it.
		second := p.events.peekSecond()
		if second == nil {
			if len(p.threads) > 1 { // no telling whose end it would be
				return p.outOfEvents()
			}
			return nil
		}
		e = second
	}
	if e.Thread == p.running.number && e.Kind != recording.KindThread {
		return nil
	}
	next, err := p.threadOf(e)
	if err != nil {
		return err
	}
	if err := p.leave(g); err != nil {
		return err
	}
	p.running = next
	if e.Kind != recording.KindThread {
		*g = next.regs
		if err := ptrace.SetXSave(p.host.pid, next.xsave); err != nil {
			return fmt.Errorf("load the vector registers of thread %d: %w", next.number, err)
		}
	}
	if p.switched != nil {
		return p.switched(next)
	}
	return nil
}

// threadOf is the thread of an event that is not the running one's. One that
// begins is made.
func (p *player) threadOf(e *recording.Event) (*thread, error) {
	known := uint32(len(p.threads))
	switch {
	case e.Kind == recording.KindThread && e.Thread != known+1:
		return nil, p.damaged(e, fmt.Sprintf("thread %d begins where %d is the next number", e.Thread, known+1))
	case e.Kind == recording.KindThread && len(e.XSave) == 0:
		return nil, p.damaged(e, fmt.Sprintf("thread %d begins without its vector registers", e.Thread))
	case e.Kind == recording.KindThread:
		p.threads = append(p.threads, &thread{number: e.Thread})
	case e.Thread > known || e.Thread == 0:
		return nil, p.damaged(e, fmt.Sprintf("it is of thread %d, which has not begun", e.Thread))
	}
	return p.threads[e.Thread-1], nil
}

// leave keeps the running thread's registers for its next turn.
func (p *player) leave(g *recording.Regs) error {
	th := p.running
	if th.state == threadEnded {
		th.xsave, th.written = nil, nil
		return nil
	}
	th.regs = *g
	if th.xsave == nil {
		th.xsave = make([]byte, maximalXSaveBytes)
	}
	n, err := ptrace.GetXSave(p.host.pid, th.xsave[:cap(th.xsave)])
	if err != nil {
		return fmt.Errorf("keep the vector registers of thread %d: %w", th.number, err)
	}
	th.xsave = th.xsave[:n]
	if p.own != nil {
		return p.own(th.xsave)
	}
	return nil
}

// begins is the event with which the running thread begins.
func (p *player) begins(e *recording.Event, g *recording.Regs) error {
	if err := p.perform(e); err != nil {
		return err
	}
	*g = e.After
	return nil
}

// waits leaves the running thread in the call at whose entry it is.
func (p *player) waits(e *recording.Event, g *recording.Regs) error {
	th := p.running
	th.state, th.call, th.written = threadWaits, e.Regs, p.writable(&e.Regs)
	if err := p.perform(e); err != nil {
		return err
	}
	*g = e.Regs
	return p.took(e, g)
}

// notRunning takes the event to come of the running thread, where that executes
// nothing: it waits in a call, which the event must end, or has ended.
func (p *player) notRunning(e *recording.Event, g *recording.Regs) error {
	th := p.running
	switch {
	case th.state == threadEnded:
		return p.damaged(e, fmt.Sprintf("thread %d has ended before", th.number))
	case e.Kind == recording.KindCheckpoint:
		return p.checkpoint(e, g, inCall)
	case e.Kind == recording.KindSignal && e.Signal.Fatal && !e.Signal.Sync:
		return p.interrupted(e, g)
	case e.Kind != recording.KindSyscall || e.Regs != th.call || e.After == recording.Regs{}:
		return p.damaged(e, fmt.Sprintf("it does not end the system call %d in which thread %d waits", int64(th.call.Orig_rax), th.number))
	}
	p.output(e, th.written)
	th.state, th.written = threadRuns, nil
	if err := p.perform(e); err != nil {
		return err
	}
	*g = e.After
	return nil
}

// exits is the end of the running thread by e. Others go on, unless nothing but
// the recording's end comes.
func (p *player) exits(e *recording.Event, g *recording.Regs) error {
	if err := p.perform(e); err != nil {
		return err
	}
	if next := p.events.peek(); next != nil && next.Kind == recording.KindExit {
		return p.finish(e)
	}
	p.running.state = threadEnded
	*g = e.Regs
	return p.took(e, g)
}

// damaged is the error of a recording that no program can have made.
func (p *player) damaged(e *recording.Event, what string) error {
	p.done = true
	return fmt.Errorf("the recording is damaged: event %d (%v): %s", e.Index, e.Kind, what)
}
