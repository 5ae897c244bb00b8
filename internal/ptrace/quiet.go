package ptrace

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// quiet is held by the process's one Quiet.
var quiet sync.Mutex

// Quiet makes the Go runtime leave the tracer's thread alone while that waits in
// WaitBusy: there is a second processor for what else goes on, and nothing but
// Collect collects garbage. There is one at a time in a process; others wait.
// Nothing else in the process may stop the world before End (runtime.GC,
// runtime.ReadMemStats): it would wait for the program's next stop.
type Quiet struct {
	percent, procs int
	sample         []metrics.Sample
	stops          uint64
	next           uint64 // size of the heap at which to collect
}

// BeQuiet begins. The caller calls End.
func BeQuiet() *Quiet {
	quiet.Lock()
	q := &Quiet{percent: debug.SetGCPercent(-1), procs: runtime.GOMAXPROCS(0)}
	runtime.GOMAXPROCS(max(2, q.procs)) // and from now on it stays so
	return q
}

// End puts everything back.
func (q *Quiet) End() {
	runtime.GOMAXPROCS(q.procs)
	debug.SetGCPercent(q.percent)
	quiet.Unlock()
}

// garbage is how much the heap may grow between two collections.
const garbage = 64 << 20

// Collect collects garbage if there is much. The tracer calls it at each stop.
func (q *Quiet) Collect() {
	const often = 512 // so that a short program's tracer never looks
	if q.stops++; q.stops%often != 0 {
		return
	}
	if q.sample == nil {
		q.sample = []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		q.next = garbage
	}
	if q.size() < q.next {
		return
	}
	runtime.GC()
	q.next = q.size() + garbage
}

func (q *Quiet) size() uint64 {
	metrics.Read(q.sample)
	return q.sample[0].Value.Uint64()
}
