package ptrace

import (
	"runtime"
	"testing"
)

// While a tracer is quiet nothing but Collect frees memory.
func TestCollect(t *testing.T) {
	q := BeQuiet()
	defer q.End()
	if n := runtime.GOMAXPROCS(0); n < 2 {
		t.Errorf("%d processors: what else goes on would wait for the program", n)
	}
	var held []byte
	for range 64 << 10 { // 256 MiB in all
		held = make([]byte, 4<<10)
		q.Collect()
	}
	runtime.KeepAlive(held)
	if size := q.size(); size > 2*garbage {
		t.Errorf("%d MiB are in use after a run of allocations, want at most %d", size>>20, 2*garbage>>20)
	}
}
