package replay

import (
	"errors"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
	"hindsight/internal/x86"
)

// snapshotter is a recorder for tests of small static programs. It knows no
// system call: it compares all writable memory, and the map, before and after
// each. So it is slow and cannot miss an effect, and owes nothing to the real
// recorder.
type snapshotter struct {
	pid      int // the thread that runs
	w        *recording.Writer
	maps     []testMap
	memory   map[uint64][]byte // by the mapping's start: writable mappings
	stackTop uint64
	objects  map[string]string
	calls    int
	leader   int // what the kernel calls the process
	threads  []*testThread
	running  *testThread
	begun    uint32
	schedule *rand.Rand
}

// errBetweenCalls: a signal came at a moment that nobody could find again.
var errBetweenCalls = errors.New("a signal arrived between two system calls")

type testMap struct {
	lo, hi uint64
	prot   uint32
	offset uint64
	path   string
}

const testStack = 8 << 20 // room for the stack

// recorded is a recording made by recordProgram, and what the program did.
type recorded struct {
	*recording.Recording
	output []byte
	status syscall.WaitStatus
}

// recordProgram records a static program.
func recordProgram(t testing.TB, program string, args ...string) *recorded {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "recording")
	outPath := filepath.Join(t.TempDir(), "output")
	type outcome struct {
		status syscall.WaitStatus
		err    error
	}
	done := make(chan outcome)
	go func() {
		runtime.LockOSThread() // the tracer; ends with the goroutine
		status, err := snapshotRun(dir, outPath, program, args)
		done <- outcome{status, err}
	}()
	o := <-done
	if errors.Is(o.err, errBetweenCalls) {
		t.Skipf("%s cannot be recorded by this test's recorder: %v", program, o.err)
	}
	if o.err != nil {
		t.Fatalf("record %s: %v", program, o.err)
	}
	output, err := os.ReadFile(outPath)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := recording.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &recorded{rec, output, o.status}
}

func snapshotRun(dir, outPath, program string, args []string) (syscall.WaitStatus, error) {
	meta := &recording.Meta{Format: recording.FormatVersion, ID: "test", Command: append([]string{program}, args...), Executable: program}
	meta.CPUNumber = tracerCPU(&recording.Recording{})
	w, err := recording.Create(dir, meta)
	if err != nil {
		return 0, err
	}
	out, err := os.Create(outPath)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	if err := ptrace.Pin(0, meta.CPUNumber); err != nil {
		return 0, err
	}
	s := &snapshotter{w: w, objects: map[string]string{}}
	s.pid, err = syscall.ForkExec(program, meta.Command, &syscall.ProcAttr{Env: []string{"LC_ALL=C"},
		Files: []uintptr{0, out.Fd(), out.Fd()}, Sys: &syscall.SysProcAttr{Ptrace: true}})
	if err != nil {
		return 0, err
	}
	status, err := s.record(meta)
	if err != nil {
		_ = unix.Kill(s.pid, unix.SIGKILL)
		return status, err
	}
	meta.Events = w.Events()
	return status, w.Complete(meta)
}

func (s *snapshotter) record(meta *recording.Meta) (syscall.WaitStatus, error) {
	if _, _, err := ptrace.Wait(s.pid, nil); err != nil {
		return 0, err
	}
	if err := ptrace.SetOptions(s.pid, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_EXITKILL|unix.PTRACE_O_TRACECLONE); err != nil {
		return 0, err
	}
	s.leader, s.begun, s.schedule = s.pid, 1, rand.New(rand.NewSource(1))
	s.running = &testThread{tid: s.pid, number: 1}
	s.threads = []*testThread{s.running}
	if err := errors.Join(s.machine(meta), s.start()); err != nil {
		return 0, err
	}
	for {
		ended, status, err := s.turn()
		if err != nil || ended {
			return syscall.WaitStatus(status.WaitStatus), err
		}
	}
}

// xsave is the extended state.
func (s *snapshotter) xsave() ([]byte, error) {
	b := make([]byte, 16384)
	n, err := ptrace.GetXSave(s.pid, b)
	return b[:n], err
}

// timestamp answers rdtsc and rdtscp.
func (s *snapshotter) timestamp(regs *recording.Regs) (bool, error) {
	var code [15]byte
	n, _ := ptrace.ReadMemory(s.pid, regs.Rip, code[:])
	in := x86.Decode(code[:max(n, 0)], regs.Rip)
	if !in.IsTSC() {
		return false, nil
	}
	e := &recording.Event{Kind: recording.KindTSC, Regs: *regs, After: *regs}
	e.After.Rip = in.Next()
	if in.Name() == "rdtscp" {
		e.After.Rcx = 7
	}
	s.calls++
	e.After.Rax, e.After.Rdx = uint64(s.calls)*1000, 1
	return true, errors.Join(s.append(e), ptrace.SetRegs(s.pid, &e.After))
}

func (s *snapshotter) start() error {
	e := &recording.Event{Kind: recording.KindStart}
	if err := ptrace.GetRegs(s.pid, &e.After); err != nil {
		return err
	}
	if err := s.hideVDSO(e.After.Rsp); err != nil {
		return err
	}
	if err := ptrace.GetRegs(s.pid, &e.After); err != nil {
		return err
	}
	var err error
	if e.XSave, err = s.xsave(); err != nil {
		return err
	}
	if err := s.readMaps(); err != nil {
		return err
	}
	for _, m := range s.maps {
		c := recording.MapChange{Op: recording.MapAdd, Addr: recording.Addr(m.lo), Length: m.hi - m.lo, Prot: m.prot, Path: m.path, FileOffset: m.offset}
		if m.hi == s.stackTop {
			c.Op, c.Path = recording.MapStack, ""
			c.Addr, c.Length = recording.Addr(m.hi-testStack), testStack
		}
		if strings.HasPrefix(c.Path, "/") {
			if c.Object, err = s.object(c.Path); err != nil {
				return err
			}
		}
		e.Maps = append(e.Maps, c)
	}
	s.changes()
	for lo, page := range s.memory { // whole: the kernel clears the tail of the data's last page
		e.Memory = append(e.Memory, recording.MemoryWrite{Addr: recording.Addr(lo), Data: page})
	}
	return s.append(e)
}

func (s *snapshotter) object(path string) (string, error) {
	if name, ok := s.objects[path]; ok {
		return name, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	name, _, err := s.w.AddObject(f)
	s.objects[path] = name
	return name, err
}

// hideVDSO renames the entry of the auxiliary vector, so that time comes from
// system calls.
func (s *snapshotter) hideVDSO(sp uint64) error {
	word := func(a uint64) uint64 {
		var b [8]byte
		_, _ = ptrace.ReadMemory(s.pid, a, b[:])
		return le64(b[:])
	}
	a := sp + 8 + 8*word(sp) + 8 // behind argc, argv and its NULL
	for word(a) != 0 {
		a += 8
	}
	const sysinfoEHDR = 33
	for a += 8; word(a) != 0; a += 16 {
		if word(a) == sysinfoEHDR {
			_, err := ptrace.WriteMemory(s.pid, a, []byte{1}) // AT_IGNORE
			return err
		}
	}
	return nil
}

func (s *snapshotter) checkpoint(regs *recording.Regs) error {
	e := &recording.Event{Kind: recording.KindCheckpoint, Regs: *regs}
	for _, m := range s.maps {
		if m.prot&unix.PROT_WRITE == 0 {
			continue
		}
		for lo := m.lo; lo < m.hi; lo += recording.MaxHashed {
			b := make([]byte, min(m.hi-lo, recording.MaxHashed))
			for i := 0; i < len(b); i += pageSize {
				_, _ = ptrace.ReadMemory(s.pid, lo+uint64(i), b[i:i+pageSize]) // none: zero
			}
			e.Hashes = append(e.Hashes, recording.MemoryHash{Addr: recording.Addr(lo), Length: uint64(len(b)), Hash: recording.HashMemory(b)})
		}
	}
	return s.append(e)
}

// signal records the delivery of a signal that the program caused.
func (s *snapshotter) signal(stop ptrace.Status) (ended bool, status ptrace.Status, err error) {
	number := stop.StopSignal()
	e := &recording.Event{Kind: recording.KindSignal, Signal: &recording.Signal{Number: int(number), Sync: true}}
	var info ptrace.SigInfo
	err = errors.Join(ptrace.GetRegs(s.pid, &e.Regs), ptrace.GetSigInfo(s.pid, &info))
	if err != nil {
		return false, stop, err
	}
	if number == unix.SIGSEGV {
		if ok, err := s.timestamp(&e.Regs); ok || err != nil {
			return false, stop, err
		}
	}
	e.Signal.Info, e.Signal.Fault = info[:], recording.Addr(le64(info[16:]))
	e.Signal.Sync = int32(le64(info[8:])) > 0 && number != unix.SIGALRM
	if after := &s.running.after; !e.Signal.Sync && (e.Regs.Rip != after.Rip || e.Regs.Rsp != after.Rsp) {
		return false, stop, errBetweenCalls
	}
	s.changes()
	if err := ptrace.Step(s.pid, int(number)); err != nil {
		return false, stop, err
	}
	if status, err = s.wait(); err != nil {
		return false, status, err
	}
	if !status.Stopped() {
		e.Signal.Fatal = true
		err = errors.Join(s.append(e), s.append(&recording.Event{Kind: recording.KindExit, Exit: &recording.Exit{Signal: int(number)}}))
		return true, status, err
	}
	if err := ptrace.GetRegs(s.pid, &e.After); err != nil {
		return false, status, err
	}
	if e.XSave, err = s.xsave(); err != nil {
		return false, status, err
	}
	e.Signal.Handler = recording.Addr(e.After.Rip)
	e.Memory = s.changes()
	return false, status, s.append(e)
}

func le64(b []byte) (v uint64) {
	for i := 7; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}

// compile builds a static C program from its source text.
func compile(t testing.TB, source string, flags ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path+".c", []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-static", "-O1", "-g", "-o", path, path + ".c"}, flags...)
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Skipf("no C compiler for this test: %v\n%s", err, out)
	}
	return path
}
