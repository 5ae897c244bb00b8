package capture

import (
	"runtime"
	"testing"
)

// While a program is recorded nothing but collect frees memory.
func TestCollect(t *testing.T) {
	defer quietRuntime()()
	if n := runtime.GOMAXPROCS(0); n < 2 {
		t.Errorf("%d processors: what else goes on would wait for the program", n)
	}
	var h heap
	var held []byte
	for range 64 << 10 { // 256 MiB in all
		held = make([]byte, 4<<10)
		h.collect()
	}
	runtime.KeepAlive(held)
	if size := h.size(); size > 2*garbage {
		t.Errorf("%d MiB are in use after a run of allocations, want at most %d", size>>20, 2*garbage>>20)
	}
}
