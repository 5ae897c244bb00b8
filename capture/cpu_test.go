package capture

import (
	"runtime"
	"testing"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// What a recording answers to cpuid is what this CPU answers, for subleaves that
// are not in its table too.
func TestCPUIDTable(t *testing.T) {
	runtime.LockOSThread() // for good: it stays pinned
	cpu, err := currentCPU()
	if err != nil {
		t.Fatal(err)
	}
	if err := ptrace.Pin(0, cpu); err != nil {
		t.Fatal(err)
	}
	m := recording.Meta{CPUID: cpuidTable()}
	leaves := map[uint32]bool{}
	for _, c := range m.CPUID {
		leaves[c.Leaf] = true
	}
	for leaf := range leaves {
		for sub := range uint32(70) {
			a, b, c, d := cpuid(leaf, sub)
			got := m.AnswerCPUID(leaf, sub)
			if want := (recording.CPUID{Leaf: leaf, Subleaf: got.Subleaf, EAX: a, EBX: b, ECX: c, EDX: d}); got != want {
				t.Errorf("leaf %#x, subleaf %d: %+v, the CPU answers %+v", leaf, sub, got, want)
			}
		}
	}
}
