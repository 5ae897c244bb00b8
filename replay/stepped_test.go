package replay

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"testing"

	"hindsight/internal/recording"
)

// runStepped replays under the step engine, which compares all memory with the
// rows it delivered every so many instructions.
func runStepped(t *testing.T, rec *recording.Recording, every uint64, opt Options) *Result {
	t.Helper()
	type outcome struct {
		r   *Result
		err error
	}
	done := make(chan outcome)
	go func() {
		runtime.LockOSThread()
		s := newStepped()
		s.every = every
		r, err := replayWith(context.Background(), rec, opt, s)
		done <- outcome{r, err}
	}()
	o := <-done
	if o.err != nil {
		t.Fatal(o.err)
	}
	return o.r
}

// The rows of the step engine and the recorded events explain all of memory, and
// the program does what it did.
func TestSteppedExplainsMemory(t *testing.T) {
	rec := recordProgram(t, compile(t, signalsProgram))
	var out bytes.Buffer
	r := runStepped(t, rec.Recording, 2000, Options{Engine: Stepped, Output: func(_ int, b []byte) { out.Write(b) }})
	if !bytes.Equal(out.Bytes(), rec.output) || r.Exit == nil || r.Exit.Code != 7 {
		t.Errorf("output %q, recorded %q, exit %+v", out.Bytes(), rec.output, r.Exit)
	}
	n := uint64(0)
	for _, b := range r.Blocks {
		n += b.Executions * uint64(b.Instructions)
	}
	if n != r.Instructions {
		t.Errorf("the blocks hold %d instructions, %d were executed", n, r.Instructions)
	}
	t.Logf("%d instructions, %d writes, %d blocks, %+v", r.Instructions, r.Stats.Writes, len(r.Blocks), r.Stats)
}

var errConsumer = errors.New("no more")

type failing struct{}

func (failing) Consume(*Batch) error { return errConsumer }

// A consumer's error ends the replay and is what Run returns.
func TestSteppedConsumerError(t *testing.T) {
	rec := recordProgram(t, compile(t, signalsProgram))
	_, err := Run(context.Background(), rec.Recording, Options{Engine: Stepped, Consumer: failing{}, MaxInstructions: 5000})
	if !errors.Is(err, errConsumer) {
		t.Errorf("got %v", err)
	}
}
