package capture

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestInheritedState holds that a program under the recorder finds closed
// standard streams and ignored signals as it does alone.
func TestInheritedState(t *testing.T) {
	for _, c := range []struct {
		setup   string
		program []string
	}{
		{"exec >&-", []string{"/bin/sh", "-c", "echo lost || echo refused >&2"}},
		{"exec <&-", []string{"/bin/cat"}},
		{"exec 2>&-", []string{"/bin/sh", "-c", "echo lost >&2 || echo refused"}},
		{"trap '' PIPE CHLD USR1 TERM", []string{"/bin/grep", "SigIgn", "/proc/self/status"}},
	} {
		t.Run(c.setup, func(t *testing.T) {
			run := func(env []string, args ...string) (code int, text string) {
				cmd := exec.Command("/bin/sh", append([]string{"-c", c.setup + `; exec "$0" "$@"`}, args...)...)
				cmd.Env = append(os.Environ(), env...)
				var out bytes.Buffer
				cmd.Stdout, cmd.Stderr, cmd.Stdin = &out, &out, bytes.NewReader(nil)
				_ = cmd.Run() // its status is compared
				return cmd.ProcessState.ExitCode(), out.String()
			}
			dir := filepath.Join(t.TempDir(), "recording")
			wantCode, want := run(nil, c.program...)
			code, got := run(helper(t, dir).Env, append([]string{os.Args[0]}, c.program...)...)
			if code != wantCode || got != want {
				t.Errorf("recorded: status %d, %q; alone: status %d, %q", code, got, wantCode, want)
			}
		})
	}
}
