package replay

import (
	"fmt"

	"hindsight/internal/recording"
)

// What the translated engine does at the events of which the player tells it, and
// where another thread goes on behind them. The state of a thread is all in its
// registers then: no translation is running that keeps some in slots, and the
// record under construction is whole.

// applied writes the log's record of an event that no instruction of the log
// stands for: ends, the end of a call in which its thread waited, is such a one.
func (x *translated) applied(e *recording.Event, ends bool) error {
	x.noteMaps(e)
	switch e.Kind {
	case recording.KindSyscall:
		if ends {
			return x.appendRecord(templateEnd)
		}
	case recording.KindPreempt:
		return x.arrive(e.Regs.Rip)
	case recording.KindThread:
		return x.appendRecord(templateBegin)
	case recording.KindSignal:
		return x.appendRecord(templateSignal)
	case recording.KindXSave:
		return x.appendRecord(templateInput)
	}
	return nil
}

// arrive writes a record of no instruction at pc. If the last branch's target is
// still to be learnt from the record that follows, it must not be another thread's.
func (x *translated) arrive(pc uint64) error {
	t := x.tr.byPC.find(pc)
	if t == nil || t.translation < 0 {
		return fmt.Errorf("the program stopped at %#x, which has no translation", pc)
	}
	return x.appendRecord(x.tr.templates.add(template{entry: pc, size: 4, origin: t.translation, rsp: unchanged}, 0))
}

// switched writes the log's record of another thread's turn.
func (x *translated) switched(_, th *thread) error {
	return x.appendRecord(templateSwitch, uint64(th.number))
}

// enterThread is enter where the running thread goes on after its last event.
func (x *translated) enterThread(g *recording.Regs) error {
	if x.play.running.fresh() {
		return x.enterBlock(g)
	}
	return x.enter(g)
}
