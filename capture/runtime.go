package capture

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// oneRecording lets one recording at a time run in a process: see quietRuntime.
var oneRecording sync.Mutex

// quietRuntime makes the Go runtime leave the tracer's thread alone while it
// waits for the program, see ptrace.WaitBusy: there is a second processor for
// what else goes on, and garbage is only collected by collect, at a stop. Nothing
// else in this process may stop the world meanwhile. The function that it
// returns puts everything back.
func quietRuntime() (restore func()) {
	oneRecording.Lock()
	percent := debug.SetGCPercent(-1)
	procs := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(max(2, procs)) // and from now on it stays so
	return func() {
		runtime.GOMAXPROCS(procs)
		debug.SetGCPercent(percent)
		oneRecording.Unlock()
	}
}

// garbage is how much the heap may grow between two collections.
const garbage = 64 << 20

// heap decides when to collect garbage.
type heap struct {
	sample []metrics.Sample
	events uint64 // looked at
	next   uint64 // size at which to collect
}

// collect is called at each stop.
func (h *heap) collect() {
	const often = 512 // in most recordings never: they are short
	if h.events++; h.events%often != 0 {
		return
	}
	if h.sample == nil {
		h.sample = []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		h.next = garbage
	}
	if h.size() < h.next {
		return
	}
	runtime.GC()
	h.next = h.size() + garbage
}

func (h *heap) size() uint64 {
	metrics.Read(h.sample)
	return h.sample[0].Value.Uint64()
}
