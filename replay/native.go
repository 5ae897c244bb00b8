package replay

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// native runs the program's own code. The host stops at each system call
// (PTRACE_SYSEMU, so the kernel does not perform it) and at each instruction
// that traps; between them nothing is done to it.
type native struct{}

func (native) hostOptions() hostOptions { return hostOptions{Patches: true, NoPlaces: true} }
func (native) close() error             { return nil }

func (native) run(_ context.Context, p *player) error {
	p.host.quiet = ptrace.BeQuiet()
	defer func() { p.host.quiet.End(); p.host.quiet = nil }()
	g, err := p.begin()
	for err == nil && !p.done {
		err = p.runToEvent(&g)
		p.progress(0)
	}
	return err
}

// runToEvent runs the program's own code from the registers g to its next event
// and performs that.
func (p *player) runToEvent(g *recording.Regs) error {
	if err := p.load(g); err != nil {
		return err
	}
	for {
		if err := ptrace.ResumeEmulated(p.host.pid, 0); err != nil {
			return fmt.Errorf("resume the host: %w", err)
		}
		status, err := p.host.wait()
		if err != nil {
			return err
		}
		p.result.Stats.Stops++
		if err := ptrace.GetRegs(p.host.pid, g); err != nil {
			return err
		}
		if status.StopSignal() == ptrace.SyscallStop {
			p.result.Stats.SyscallStops++
			return p.syscall(g)
		}
		if handled, err := p.trap(int(status.StopSignal()), g); handled || err != nil {
			return err
		}
	}
}

// trap is a stop by a signal. Where the signal came from outside it is dropped
// and handled is false.
func (p *player) trap(number int, g *recording.Regs) (handled bool, err error) {
	switch {
	case number == int(unix.SIGSEGV) && p.comesTo(recording.KindTSC, g.Rip):
		return true, p.emulated(recording.KindTSC, g, 0)
	case number == int(unix.SIGTRAP) && p.comesTo(recording.KindXSave, g.Rip-1):
		g.Rip--
		return true, p.emulated(recording.KindXSave, g, 0)
	}
	if stray, err := p.host.stray(); stray || err != nil {
		return false, err
	}
	return true, p.fault(number, g)
}
