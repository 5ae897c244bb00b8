package replay

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// tracerCPU is the CPU on which to replay: the recording's where this process
// may use it, else the first that it may.
func tracerCPU(rec *recording.Recording) int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return -1
	}
	if n := rec.Meta.CPUNumber; n >= 0 && set.IsSet(n) {
		return n
	}
	for i := 0; i < len(set)*64; i++ {
		if set.IsSet(i) {
			return i
		}
	}
	return -1
}

// foreignCPU says so where the recording was made on another model of CPU than
// this machine's; "" where not, or where that is unknown.
func foreignCPU(rec *recording.Recording) string {
	here := cpuModel()
	if here == "" || rec.Meta.CPU == "" || here == rec.Meta.CPU {
		return ""
	}
	return fmt.Sprintf("It was recorded on another CPU (%s) than this one (%s), and the program may have asked which: replay it on a CPU of that kind.", rec.Meta.CPU, here)
}

func cpuModel() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
