package capture

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// TestEndFromOutside ends programs by signals of another process, at a place in
// a computation, which cannot be replayed, and inside a system call, which can.
func TestEndFromOutside(t *testing.T) {
	spin := built(t, "testdata/endless/spin.c", "")
	for _, c := range []struct {
		args     []string
		signal   unix.Signal
		complete bool
	}{
		{[]string{spin}, unix.SIGINT, true},
		{[]string{spin}, unix.SIGKILL, false},
		{[]string{"sleep", "1000"}, unix.SIGTERM, true},
		{[]string{"sleep", "1000"}, unix.SIGKILL, true},
	} {
		t.Run(fmt.Sprintf("%s %s", filepath.Base(c.args[0]), unix.SignalName(c.signal)), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "recording")
			cmd := helper(t, dir, c.args...)
			var text bytes.Buffer
			cmd.Stderr = &text
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			waitForEvents(t, dir, 20)
			r, err := recording.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			if c.complete && c.args[0] != spin {
				waitUntilAsleep(t, r.Meta.PID)
			}
			if err := unix.Kill(r.Meta.PID, c.signal); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // the recording tells
			if r, err = recording.Open(dir); err != nil || r.Complete != c.complete {
				t.Fatalf("complete %v, want %v: %v\n%s", r.Complete, c.complete, err, text.String())
			}
			events, err := readEvents(dir)
			if err != nil {
				t.Fatal(err)
			}
			last := events[len(events)-1]
			if !c.complete {
				if name := unix.SignalName(c.signal); !strings.Contains(text.String(), "("+name+") cannot be recorded") {
					t.Errorf("%s is not named in: %s", name, text.String())
				}
				if last.Kind == recording.KindExit || last.Kind == recording.KindSignal {
					t.Errorf("it ends with an event of kind %v", last.Kind)
				}
				return
			}
			if last.Kind != recording.KindExit || last.Exit.Signal != int(c.signal) {
				t.Errorf("it ends with %v", &last)
			}
			if before := events[len(events)-2]; c.signal == unix.SIGKILL &&
				(before.Kind != recording.KindSyscall || before.After != recording.Regs{}) {
				t.Errorf("the system call that never returned is not recorded: %v", &before)
			}
		})
	}
}

// waitUntilAsleep waits until a program is blocked in a system call.
func waitUntilAsleep(t *testing.T, pid int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(stat, []byte(") S ")) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not asleep: %s", stat)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
