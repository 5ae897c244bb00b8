package abi

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
)

// tracee reads a stopped process's memory.
type tracee int

func (p tracee) ReadMemory(addr uint64, b []byte) int {
	n, _ := ptrace.ReadMemory(int(p), addr, b)
	return n
}

// snapshot is memory that was kept: runs of bytes, later ones over earlier.
type snapshot []run

type run struct {
	addr uint64
	data []byte
}

// keep adds the ranges, as far as they can be read.
func (s snapshot) keep(m MemoryReader, ranges []Range) snapshot {
	for _, r := range ranges {
		b := make([]byte, min(r.Length, 1<<24))
		if n := m.ReadMemory(r.Addr, b); n > 0 {
			s = append(s, run{r.Addr, b[:n]})
		}
	}
	return s
}

func (s snapshot) ReadMemory(addr uint64, b []byte) int {
	have := make([]bool, len(b))
	for _, r := range s {
		for i := range b {
			if a := addr + uint64(i); a >= r.addr && a-r.addr < uint64(len(r.data)) {
				b[i], have[i] = r.data[a-r.addr], true
			}
		}
	}
	for i, ok := range have {
		if !ok {
			return i
		}
	}
	return len(b)
}

// recorded is what a recording keeps of a call: memory at its entry and what
// was written.
type recorded struct{ input, memory snapshot }

func (r recorded) ReadMemory(addr uint64, b []byte) int {
	return append(r.input[:len(r.input):len(r.input)], r.memory...).ReadMemory(addr, b)
}

func (r recorded) ReadEntryMemory(addr uint64, b []byte) int { return r.input.ReadMemory(addr, b) }

// observer is told of every system call of a traced program. Both may read the
// process's memory; answer is given to the program where the call must not be
// performed.
type observer interface {
	entry(p tracee, nr uint64, args [6]uint64) (answer int)
	exit(p tracee, nr uint64, args [6]uint64, result int64)
}

// trace executes a program with fixed addresses and shows its system calls to o.
func trace(t *testing.T, o observer, argv ...string) {
	t.Helper()
	emptied(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const noRandomize = 0x40000
	syscall.RawSyscall(unix.SYS_PERSONALITY, noRandomize, 0, 0)
	defer syscall.RawSyscall(unix.SYS_PERSONALITY, 0, 0, 0)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = environment
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	stuck := time.AfterFunc(patience, func() {
		t.Errorf("%v still runs after %v and is killed", argv, patience)
		cmd.Process.Kill()
	})
	defer stuck.Stop()
	if _, _, err := ptrace.Wait(pid, nil); err != nil {
		t.Fatal(err)
	}
	if err := ptrace.SetOptions(pid, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_EXITKILL); err != nil {
		t.Fatal(err)
	}
	if err := traceLoop(pid, o); err != nil {
		t.Fatalf("%v: %v", argv, err)
	}
}

// patience is how long a traced program may take on a busy machine.
const patience = 90 * time.Second

var environment = []string{"PATH=/usr/bin:/bin", "LANG=C", "HOME=/tmp", "TZ=UTC0"}

func traceLoop(pid int, o observer) error {
	var regs ptrace.Regs
	inside, signal, answer := false, 0, 0
	for {
		if err := ptrace.ResumeToSyscall(pid, signal); err != nil {
			return err
		}
		signal = 0
		_, status, err := ptrace.Wait(pid, nil)
		if err != nil {
			return err
		}
		switch {
		case status.Exited() || status.Signaled():
			return nil
		case status.StopSignal() != ptrace.SyscallStop:
			signal = int(status.StopSignal())
			continue
		}
		if err := ptrace.GetRegs(pid, &regs); err != nil {
			return err
		}
		args := [6]uint64{regs.Rdi, regs.Rsi, regs.Rdx, regs.R10, regs.R8, regs.R9}
		inside = !inside
		if inside {
			answer = o.entry(tracee(pid), regs.Orig_rax, args)
			if answer != 0 {
				held := regs.Orig_rax
				regs.Orig_rax = 1<<64 - 1
				if err := ptrace.SetRegs(pid, &regs); err != nil {
					return err
				}
				regs.Orig_rax = held
			}
			lastNumber, lastArgs = regs.Orig_rax, args
			continue
		}
		if answer != 0 {
			regs.Rax = uint64(-int64(answer))
			if err := ptrace.SetRegs(pid, &regs); err != nil {
				return err
			}
		}
		o.exit(tracee(pid), lastNumber, lastArgs, int64(regs.Rax))
	}
}

var (
	lastNumber uint64
	lastArgs   [6]uint64
)

// region is a writable part of the address space with its contents.
type region struct {
	start uint64
	data  []byte
}

// writable reads all writable memory of a process, into the memory of an earlier
// reading.
func writable(p tracee, reuse []region) []region {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", p))
	if err != nil {
		return nil
	}
	all := reuse[:0]
	for line := range strings.Lines(string(text)) {
		var start, end uint64
		var perms string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &start, &end, &perms); err != nil || perms[:2] != "rw" {
			continue
		}
		var data []byte
		if len(all) < cap(all) {
			data = all[:len(all)+1][len(all)].data
		}
		data = slices.Grow(data[:0], int(end-start))[:end-start]
		all = append(all, region{start, data[:p.ReadMemory(start, data)]})
	}
	return all
}

// completeness checks that every byte which changed during a call lies in its
// Outputs.
type completeness struct {
	t       *testing.T
	name    string
	call    Call
	before  []region
	now     []byte
	calls   int
	missing map[string]bool
	forget  bool // pretends that calls have no outputs
	found   int
}

func (c *completeness) entry(p tracee, nr uint64, args [6]uint64) int {
	c.call.Enter(p, nr, args)
	if c.call.Refuse != "" {
		c.report("refused: " + c.call.Refuse)
		c.before = c.before[:0]
		return 0
	}
	c.before = c.before[:0]
	if !c.call.Syscall.Maps || nr == 28 && args[2] != 4 {
		c.before = writable(p, c.before)
	}
	return c.call.Answer
}

func (c *completeness) exit(p tracee, nr uint64, args [6]uint64, result int64) {
	c.calls++
	outputs := c.call.Outputs(p, result, nil)
	if c.forget {
		outputs = nil
	}
	for _, r := range c.before {
		c.now = slices.Grow(c.now[:0], len(r.data))[:len(r.data)]
		now := c.now[:p.ReadMemory(r.start, c.now)]
		old := r.data[:len(now)]
		const block = 256
		for at := 0; at < len(now); {
			if len(now)-at >= block && bytes.Equal(now[at:at+block], old[at:at+block]) {
				at += block
				continue
			}
			if now[at] != old[at] && !within(r.start+uint64(at), outputs) {
				c.report(fmt.Sprintf("%s(%#x) = %d wrote %#x, which is not in %#x", Name(nr), args, result, r.start+uint64(at), outputs))
				return
			}
			at++
		}
	}
}

// report shows each kind of finding once.
func (c *completeness) report(text string) {
	key := strings.SplitN(text, "(", 2)[0]
	if c.missing == nil {
		c.missing = map[string]bool{}
	}
	c.found++
	if !c.missing[key] && !c.forget {
		c.t.Errorf("%s, call %d: %s", c.name, c.calls, text)
	}
	c.missing[key] = true
}

func within(addr uint64, ranges []Range) bool {
	for _, r := range ranges {
		if addr >= r.Addr && addr-r.Addr < r.Length {
			return true
		}
	}
	return false
}

// programs are real ones that make calls of many kinds in one process.
var programs = [][]string{
	{"/bin/ls", "-l", "/usr"},
	{"/bin/cat", "/etc/passwd"},
	{"/usr/bin/sort", "/etc/services"},
	{"/bin/df"},
	{"/usr/bin/id"},
	{"/usr/bin/stat", "/etc/passwd"},
	{"/usr/bin/find", "/etc/apt", "-name", "*.conf"},
	{"/bin/dd", "if=/etc/passwd", "of=/dev/null", "bs=100"},
	{"/bin/uname", "-a"},
	{"/bin/sleep", "0.01"},
	{"/usr/bin/perl", "-e", `print -s "/etc/passwd", time`},
	{"/usr/bin/python3", "-c", pythonCalls},
	{"/usr/bin/tar", "cf", "/dev/null", "/etc/passwd"},
	{"/usr/bin/gzip", "-c", "/etc/services"},
	{"/usr/bin/git", "-C", ".", "log", "--oneline", "-3"},
}

// allPrograms are those and the sources in testdata.
func allPrograms(t *testing.T) [][]string {
	sources, err := filepath.Glob("testdata/*.c")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources in testdata: %v", err)
	}
	all := programs
	for _, s := range sources {
		all = append(all[:len(all):len(all)], []string{s})
	}
	return all
}

// command makes a program of the list runnable: it builds what is of testdata and
// gives it a folder to work in.
func command(t *testing.T, argv []string) []string {
	t.Helper()
	if filepath.Ext(argv[0]) != ".c" {
		if _, err := os.Stat(argv[0]); err != nil {
			t.Skipf("%s is not installed", argv[0])
		}
		return argv
	}
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler is installed")
	}
	program := filepath.Join(t.TempDir(), "program")
	if text, err := exec.Command(cc, "-O1", "-w", "-o", program, argv[0], "-lrt").CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", argv[0], err, text)
	}
	return []string{program, scratch}
}

// scratch is a folder that each run of a program finds empty, always of the
// same name so that runs can be compared.
var scratch = filepath.Join(os.TempDir(), fmt.Sprintf("hindsight-abi-%d", os.Getpid()))

// emptied makes scratch anew.
func emptied(t *testing.T) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(scratch), os.Mkdir(scratch, 0o755)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(scratch) })
}

// pythonCalls makes sockets, timers, signals and other calls that plain tools
// do without.
const pythonCalls = `
import os, socket, select, signal, time, resource, fcntl, struct, mmap, array, tempfile, errno, sys
a, b = socket.socketpair()
a.send(b"hello" * 10); b.recv(100)
socket.send_fds(a, [b"x"], [0]); socket.recv_fds(b, 10, 4)
a.sendmsg([b"one", b"two"]); b.recvmsg(100, 1000)
a.sendall(b"four"); b.recvmsg_into([bytearray(2), bytearray(5)])
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(1)
c = socket.create_connection(s.getsockname()); d, _ = s.accept()
c.getpeername(); d.getsockname(); c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
c.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 200); c.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.0.0.1", 0)); u.sendto(b"dgram", u.getsockname()); u.recvfrom(100)
select.select([a], [b], [], 0.01)
p = select.poll(); p.register(a, select.POLLIN); p.register(b, select.POLLOUT); p.poll(5)
e = select.epoll(); e.register(a, select.EPOLLIN | select.EPOLLET); e.register(b, select.EPOLLOUT); e.poll(0.005)
signal.signal(signal.SIGALRM, lambda *x: None); signal.setitimer(signal.ITIMER_REAL, 0.01, 0); time.sleep(0.02)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]); os.kill(os.getpid(), signal.SIGUSR1); signal.sigpending(); signal.sigtimedwait([signal.SIGUSR1], 1)
resource.getrlimit(resource.RLIMIT_NOFILE); resource.getrusage(resource.RUSAGE_SELF); resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
f = tempfile.TemporaryFile(); f.write(b"data" * 5000); f.flush(); f.seek(0); f.read()
os.preadv(f.fileno(), [bytearray(10), bytearray(3)], 1); os.pwritev(f.fileno(), [b"a", b"bc"], 0)
os.sendfile(a.fileno(), f.fileno(), 0, 10); os.copy_file_range(f.fileno(), f.fileno(), 5, 0, 1000)
fcntl.fcntl(f, fcntl.F_GETFL); fcntl.lockf(f, fcntl.LOCK_EX); fcntl.flock(f, fcntl.LOCK_UN)
r, w = os.pipe(); fcntl.ioctl(r, 0x541b, array.array('i', [0]))
os.statvfs("/"); os.stat("/"); os.uname(); os.times(); os.getgroups(); os.getresuid(); os.getxattr
try: os.listxattr("/etc/passwd"); os.getxattr("/etc/passwd", "user.x")
except OSError: pass
try: os.waitpid(-1, os.WNOHANG)
except OSError: pass
try: os.waitid(os.P_ALL, 0, os.WEXITED)
except OSError: pass
os.sched_getaffinity(0); os.sched_getparam(0); os.sched_rr_get_interval(0); os.getrandom(40); os.memfd_create("m"); os.eventfd(1)
time.clock_getres(time.CLOCK_MONOTONIC); os.readlink("/proc/self/exe"); os.getcwd(); os.listdir("/"); os.get_terminal_size
os.splice(r, w, 1) if False else None
m = mmap.mmap(-1, 10000); m[:5] = b"abcde"
print("done")
`

// TestOutputsAreComplete runs programs and compares all their writable memory
// before and after every call.
func TestOutputsAreComplete(t *testing.T) {
	for _, argv := range allPrograms(t) {
		t.Run(argv[0], func(t *testing.T) {
			argv := command(t, argv)
			c := &completeness{t: t, name: argv[0]}
			trace(t, c, argv...)
			t.Logf("%d calls", c.calls)
		})
	}
}

// The check itself must find what is missing.
func TestMissingOutputsAreFound(t *testing.T) {
	c := &completeness{t: t, name: "cat", forget: true}
	trace(t, c, command(t, []string{"/bin/cat", "/etc/passwd"})...)
	if c.found < 5 {
		t.Errorf("%d calls were found to write memory; cat reads several files", c.found)
	}
}
