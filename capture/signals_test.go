package capture

import (
	"bytes"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// The terminal sends its signals to both; the recorder has to outlive them and
// to tell what became of the program.
func TestTerminalSignals(t *testing.T) {
	// A caller may ignore them, as nohup does, and a shell in the background.
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	defer signal.Stop(heard)
	for _, c := range []struct {
		signal unix.Signal
		script string
		code   int
	}{
		{unix.SIGINT, "trap 'echo caught; exit 3' INT; while :; do kill -0 $$; done", 3},
		{unix.SIGINT, "while :; do kill -0 $$; done", 128 + 2},
		{unix.SIGTERM, "trap 'echo caught; exit 4' TERM; while :; do kill -0 $$; done", 4},
		{unix.SIGHUP, "trap 'echo caught; exit 4' HUP; while :; do kill -0 $$; done", 4},
	} {
		dir := filepath.Join(t.TempDir(), "recording")
		cmd := helper(t, dir, "sh", "-c", c.script)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitForEvents(t, dir, 200)
		to := -cmd.Process.Pid
		if c.signal != unix.SIGINT {
			to = cmd.Process.Pid // the recorder alone: it has to pass it on
		}
		if err := unix.Kill(to, c.signal); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // the status is looked at
		if got := cmd.ProcessState.ExitCode(); got != c.code {
			t.Errorf("%s: status %d, want %d; %s", c.script, got, c.code, out.String())
		}
		if r, err := recording.Open(dir); err != nil || !r.Complete {
			t.Errorf("%s: not complete: %v", c.script, err)
		}
	}
}

// TestIgnoredSignal: what the caller ignores, as under nohup, the program ignores as
// well, and the recorder does not pass it on.
func TestIgnoredSignal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "recording")
	cmd := helper(t, dir, "sh", "-c", "trap 'exit 5' HUP; trap 'exit 4' TERM; while :; do kill -0 $$; done")
	cmd.Args = append([]string{"sh", "-c", `trap "" HUP; exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForEvents(t, dir, 200)
	if err := unix.Kill(-cmd.Process.Pid, unix.SIGHUP); err != nil {
		t.Fatal(err)
	}
	events, err := readEvents(dir)
	if err != nil {
		t.Fatal(err)
	}
	waitForEvents(t, dir, len(events)+50)
	if err := unix.Kill(cmd.Process.Pid, unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the status is looked at
	if got := cmd.ProcessState.ExitCode(); got != 4 {
		t.Errorf("status %d, want 4: it heard of SIGHUP", got)
	}
}
