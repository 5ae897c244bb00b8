package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a program on a pseudo-terminal and what it wrote there.
type terminal struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd

	mu  sync.Mutex
	out strings.Builder
	// seen is how much of out expect has passed.
	seen int
}

// startTerminal runs the binary under test on a terminal of its own.
func startTerminal(t *testing.T, env []string, args ...string) *terminal {
	t.Helper()
	master, slave := openPTY(t)
	defer slave.Close()
	cmd := exec.Command(binary, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.Env = append(append(os.Environ(), "TERM=xterm"), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, master: master, cmd: cmd}
	go term.read()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		master.Close()
	})
	return term
}

func openPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminal to test the prompt on: %v", err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 100}); err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// read collects output and answers, as a terminal does, where the cursor is.
func (p *terminal) read() {
	buf := make([]byte, 4096)
	for {
		n, err := p.master.Read(buf)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.out.Write(buf[:n])
		p.mu.Unlock()
		for range strings.Count(string(buf[:n]), "\x1b[6n") {
			_, _ = p.master.WriteString("\x1b[1;1R") // the program may be gone
		}
	}
}

var escapes = regexp.MustCompile("\x1b(\\[[0-9;?]*[ -/]*[@-~]|[()][0-9A-B]|[=>78])")

// expect waits until text appears behind what was expected before, and returns
// the output up to it.
func (p *terminal) expect(text string) string {
	p.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		p.mu.Lock()
		plain := escapes.ReplaceAllString(p.out.String(), "")
		p.mu.Unlock()
		if i := strings.Index(plain[min(p.seen, len(plain)):], text); i >= 0 {
			out := plain[p.seen : p.seen+i+len(text)]
			p.seen += i + len(text)
			return out
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%q did not appear; the terminal shows:\n%s", text, plain[min(p.seen, len(plain)):])
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// prompt waits until the prompt takes input.
func (p *terminal) prompt() {
	p.t.Helper()
	p.expect("hindsight> ")
	p.settle()
}

// settle waits until nothing was written for a while: keys that come while
// the line editor asks for the cursor's place are lost.
func (p *terminal) settle() {
	length := func() int {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.out.Len()
	}
	for last := -1; last != length(); time.Sleep(150 * time.Millisecond) {
		last = length()
	}
}

func (p *terminal) send(keys string) {
	p.t.Helper()
	if _, err := p.master.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

// wait waits for the program's end and gives its exit code.
func (p *terminal) wait() int {
	p.t.Helper()
	done := make(chan struct{})
	go func() {
		_ = p.cmd.Wait() // the code is what counts
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		p.t.Fatal("the program did not end")
	}
	return p.cmd.ProcessState.ExitCode()
}
