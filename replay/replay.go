// Package replay re-executes a recording and proves that it did so exactly.
//
// Three engines share one model of the replayed process (host): native runs
// the program's own code and stops at each event; translated runs
// instrumented copies of it inside a code cache and logs every block, memory
// write, call and return; stepped executes one instruction at a time and is the
// oracle that the translator is tested against.
//
// The package never performs a system call of the program, never writes to a
// recording and knows nothing of tables or symbols.
package replay

import (
	"context"
	"io"

	"hindsight/internal/recording"
)

// Engine selects how the program's code is executed.
type Engine int

const (
	// Native executes the program's own code: fast, logs nothing. Where the recording
	// has threads that were interrupted in user code it is Translated, with Discard:
	// such places have to be looked for at every pass.
	Native Engine = iota
	// Translated executes under the binary translator.
	Translated
	// Stepped single-steps: an oracle for tests, 20 to 65 µs an instruction.
	Stepped
)

// Options say how to replay.
type Options struct {
	Engine Engine
	// Consumer takes the history (Translated and Stepped); nil: none is decoded.
	Consumer Consumer
	// Discard makes Translated log everything and throw the log away
	// undecoded, to measure the cost of logging alone.
	Discard bool
	// Output takes what the program wrote to its standard output and error, nil
	// for nothing. fd is 1 or 2.
	Output func(fd int, data []byte)
	// FunctionEntry tells whether a function begins at pc; it must be safe for
	// concurrent use and always answer the same. nil: never.
	FunctionEntry func(pc uint64) bool
	// Progress, where not nil, is told from time to time how many events have
	// been replayed and how many instructions (0 under Native).
	Progress func(events, instructions uint64)
	// MaxEvents ends the replay after so many events, 0 for all.
	MaxEvents uint64
	// MaxInstructions ends a Stepped replay early, 0 for never.
	MaxInstructions uint64
	// Verify applies every logged write to a shadow of the program's memory
	// and compares it with the real memory at the end (Translated).
	Verify bool
	// Moving, where not nil, is called before memory moves elsewhere (mremap; not
	// where it only grows or shrinks), with the event that does so, the change and
	// the program's memory as it is then. It runs on the replay's goroutine, ahead
	// of the Consumer, and must not keep what it is given.
	Moving func(e *recording.Event, m *recording.MapChange, read ReadMemory)
	// Trace, where not nil, gets a line for each event.
	Trace io.Writer
}

// ReadMemory copies the program's memory from addr on and returns how many bytes
// there were.
type ReadMemory func(addr uint64, b []byte) int

// Result tells what a replay did.
type Result struct {
	Events       uint64
	Syscalls     uint64
	Instructions uint64 // 0 under Native
	Checkpoints  uint64 // memory comparisons made
	Exit         *recording.Exit
	Truncated    bool // the recording ended before the program did
	Blocks       []Block
	Stats        Stats
}

// Run replays rec. A difference between the recording and the replay is a
// *Divergence error.
func Run(ctx context.Context, rec *recording.Recording, opt Options) (*Result, error) {
	return run(ctx, rec, opt)
}
