// Package e2e drives the built hindsight binary as its users do: it records
// programs, replays and indexes them and compares the answers of SQL with what
// the programs, strace and gdb say. It has no code but tests.
package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hindsight/internal/fixture"
)

// binary is the hindsight under test: $HINDSIGHT_BINARY, else built here.
var binary string

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	root, err := fixture.Root()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if binary = os.Getenv("HINDSIGHT_BINARY"); binary != "" {
		return m.Run()
	}
	binary = filepath.Join(root, "build", "e2e", "hindsight")
	cmd := exec.Command("go", "build", "-o", binary, "./cmd/hindsight")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build hindsight: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// result is what a command did.
type result struct {
	stdout, stderr string
	status         int // 128+n where signal n ended it
	took           time.Duration
}

// command is a command to run.
type command struct {
	args   []string
	dir    string
	stdin  string
	env    []string
	nobody bool // as an unprivileged user
	limit  time.Duration
}

// run runs a command to its end.
func run(t *testing.T, c command) result {
	t.Helper()
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TZ=UTC")
	cmd.Env = append(cmd.Env, c.env...)
	cmd.Stdin = strings.NewReader(c.stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if c.nobody {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	if c.limit == 0 {
		c.limit = 2 * time.Minute
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v: %v", c.args, err)
	}
	timer := time.AfterFunc(c.limit, func() { cmd.Process.Kill() })
	err := cmd.Wait()
	if !timer.Stop() {
		t.Fatalf("%v did not end in %v\n%s", c.args, c.limit, tail(stderr.String()))
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", c.args, err)
	}
	return result{stdout.String(), stderr.String(), statusOf(cmd.ProcessState), time.Since(began)}
}

func statusOf(state *os.ProcessState) int {
	if ws := state.Sys().(syscall.WaitStatus); ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return state.ExitCode()
}

// hindsight runs a command of the binary and wants it to succeed.
func hindsight(t *testing.T, args ...string) result {
	t.Helper()
	r := run(t, command{args: append([]string{binary}, args...)})
	if r.status != 0 {
		t.Fatalf("hindsight %s: exit status %d\n%s", strings.Join(args, " "), r.status, tail(r.stderr))
	}
	return r
}

// tail is the end of a long text.
func tail(s string) string {
	const most = 4000
	if len(s) > most {
		return "…" + s[len(s)-most:]
	}
	return s
}

// sameText fails with the first line that differs.
func sameText(t *testing.T, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Errorf("%s differs from line %d on:\n got %q\nwant %q", what, i+1, at(g, i), at(w, i))
			return
		}
	}
}

func at(lines []string, i int) string {
	if i >= len(lines) {
		return "(end)"
	}
	return lines[i]
}
