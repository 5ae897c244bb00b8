package e2e

import (
	"path/filepath"
	"testing"
)

// TestChaos records programs whose threads wait without a system call, compute for
// long and are interrupted by signals, with turns at random, and replays each.
func TestChaos(t *testing.T) {
	for _, name := range []string{"thread_spin", "thread_compute", "thread_mutex", "thread_condition", "thread_local", "signal_in_computation"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := variant(t, name, "O2")
			for range 3 {
				dir := filepath.Join(t.TempDir(), "recording")
				hindsight(t, "record", "--chaos", "-o", dir, "--", program)
				hindsight(t, "replay", dir)
			}
		})
	}
}
