package replay

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// The place at which a thread was interrupted is known by its state: the program
// counter, all registers and all writable memory. From the thread's event before on the
// program is determined, so the first place with that state is as good as the
// recorded one: what follows is the same.

// interruption is what stands against a place being the recorded one.
type interruption struct {
	taken bool // nothing: the event was taken
	// word and value, where known, are a word of memory that has another value than
	// it had at the recorded place.
	known       bool
	word, value uint64
}

// preempted holds the place of the running thread, with registers g, against the
// event to come, which is a KindPreempt. Where it is that place the event is taken.
func (p *player) preempted(g *recording.Regs) (interruption, error) {
	e := p.events.peek()
	if compareProgram(e, g, 0) != nil {
		return interruption{}, nil
	}
	p.result.Stats.PlaceChecks++
	if same, err := p.sameExtended(e.XSave); err != nil || !same {
		return interruption{}, err
	}
	for i := range e.Input {
		if at, value, same := p.samePage(&e.Input[i]); !same {
			return interruption{known: true, word: at, value: value}, nil
		}
	}
	if p.host.checkHashes(e) != nil {
		return interruption{}, nil
	}
	p.result.Stats.Interruptions++
	p.events.next()
	p.trace(e)
	*g = e.After
	return interruption{taken: true}, p.took(e, g)
}

// samePage compares memory with what the recording has of it. Where they differ it
// returns a word and the recorded value.
func (p *player) samePage(w *recording.MemoryWrite) (at, value uint64, same bool) {
	const word = 8
	b := make([]byte, len(w.Data))
	n := p.host.read(uint64(w.Addr), b)
	if bytes.Equal(b[:n], w.Data) {
		return 0, 0, true
	}
	for i := 0; i+word <= n; i += word {
		if !bytes.Equal(b[i:i+word], w.Data[i:i+word]) {
			return uint64(w.Addr) + uint64(i), binary.LittleEndian.Uint64(w.Data[i:]), false
		}
	}
	return uint64(w.Addr), binary.LittleEndian.Uint64(append(w.Data, 0, 0, 0, 0, 0, 0, 0)), false
}

// sameExtended compares the host's extended state with a recorded one, as far as a
// program can make out the difference: not which instruction of the x87 was last, nor
// what of the state is known to be in its initial configuration.
func (p *player) sameExtended(want []byte) (bool, error) {
	got := make([]byte, maximalXSaveBytes)
	n, err := ptrace.GetXSave(p.host.pid, got)
	if err != nil {
		return false, fmt.Errorf("read the vector registers: %w", err)
	}
	if n != len(want) {
		return false, p.damaged(p.events.peek(), fmt.Sprintf("its vector registers have %d bytes, the host's %d", len(want), n))
	}
	for _, part := range [...]struct{ from, to int }{
		{0, 5},    // control, status and tag word
		{24, 32},  // MXCSR and its mask
		{32, 416}, // x87 and SSE registers
		{576, n},  // all else; before it is the header
	} {
		if to := min(part.to, n); part.from < to && !bytes.Equal(got[part.from:to], want[part.from:to]) {
			return false, nil
		}
	}
	return true, nil
}

// interruptedNext tells whether the running thread is to be interrupted before its
// next event, and where.
func (p *player) interruptedNext() *recording.Event {
	if p.done {
		return nil
	}
	if e := p.events.peek(); e != nil && e.Kind == recording.KindPreempt && e.Thread == p.running.number {
		return e
	}
	return nil
}
