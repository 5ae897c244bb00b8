package capture

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// recorder is one run of Record. All of it belongs to the operating-system thread
// that traces, but for what is under endMu. Its methods handle the current thread,
// whose turn it is: see run.
type recorder struct {
	*thread
	leader     int // the process's id, and that of its first thread
	threads    []*thread
	lastThread uint32                // the number given last
	strangers  map[int]ptrace.Status // stops of threads that were not told of yet
	draining   bool
	turnBegan  time.Time
	clock      clock
	chaos      *rand.Rand // nil: turns change in order
	// preemptCost is how long it took to record where a thread was.
	preemptCost time.Duration
	w           *recording.Writer
	meta        *recording.Meta
	began       time.Time
	cpu         int
	syscalls    uint64
	gone        bool // the program has ended, with status
	status      ptrace.Status
	exit        recording.Exit
	final       bool            // an exit is under way: nothing more is recorded
	dying       bool            // a thread ended that did not say so: all are about to
	sites       map[uint64]bool // addresses behind syscall instructions seen

	brk         uint64
	stackLow    uint64
	special     regions // mappings that are shared or of files
	files       fileIndex
	process     *os.File // a pidfd, once a file was mapped
	patches     map[uint64]saveInstruction
	xsave       []byte
	checkpoints checkpointer
	pages       pages
	quiet       *ptrace.Quiet

	endMu  sync.Mutex
	endErr error // why the program was killed
	reaped bool
}

func (r *recorder) now() uint64 { return uint64(time.Since(r.began)) }

// append appends an event of the current thread.
func (r *recorder) append(e *recording.Event) error {
	e.Thread, r.midway = r.number, false
	return r.w.Append(e)
}

// refuse ends the recording.
func (r *recorder) refuse(name, format string, a ...any) error {
	return &RefusedError{Event: r.w.Events(), Name: name, Reason: fmt.Sprintf(format, a...)}
}
