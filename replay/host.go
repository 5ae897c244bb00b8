package replay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// host is one process that stands for the recorded one. It has one thread and
// is bare: nothing is mapped in it but what the recording put into the
// program's memory, one page of ours (the gadget, in a hole of the layout) and
// what an engine maps through syscall. It performs no system call of the
// program: those are emulated by its tracer.
//
// All methods must be called from the operating-system thread that called
// newHost, and while the host is stopped.
type host struct {
	pid    int
	mem    *os.File // /proc/PID/mem
	gadget uint64   // address of `syscall; int3`
	usage  unix.Rusage
	start  *recording.Event // KindStart, applied
	// onCodeChange, where not nil, is told of each range whose executable
	// contents are about to change or to go.
	onCodeChange func(lo, hi uint64)
	onMove       func(e *recording.Event, m *recording.MapChange, read ReadMemory) // Options.Moving

	opt      hostOptions
	places   *layout
	objects  *objectFiles
	template ptrace.Regs   // for injected calls: those of the exec stop
	code     spanSet       // what the program has mapped with PROT_EXEC
	injected uint64        // system calls made by syscall
	hashed   []byte        // checkHashes's buffer
	parts    []ptrace.Part // apply's
	rec      *recording.Recording
	ctx      context.Context // of the replay
	unwatch  func()
	dead     bool          // it has ended and was waited for
	quiet    *ptrace.Quiet // nil where other goroutines work much during the replay
}

// hostOptions say how the host differs from the recorded process.
type hostOptions struct {
	// StripExec maps the program's pages without PROT_EXEC, so that code that
	// escapes from the code cache faults.
	StripExec bool
	// NoPlaces: the engine cannot find where a thread was interrupted.
	NoPlaces bool
	// Patches applies the int3 that the recorder put over instructions which
	// only it can perform.
	Patches bool
	// CPU is where the tracer's thread and the host are pinned; -1: anywhere.
	CPU int
	// ExtraFDs are descriptors that the host holds as 10, 11, …
	ExtraFDs []int
}

const (
	imageFD       = 3  // the executable of the host
	restFD        = 4  // objectFiles.rest
	firstExtraFD  = 10 // hostOptions.ExtraFDs, and the mapped files' contents behind them
	userTop       = 0x7ffffffff000
	vsyscallStart = 0xffffffffff600000 // the one page that no process can unmap
)

// newHost makes a host whose memory is the recorded program's right after exec.
// Its registers are the caller's to set (start.After). The calling
// goroutine must have locked its thread, which becomes the tracer and is left
// pinned to opt.CPU. The host dies with that thread.
func newHost(ctx context.Context, rec *recording.Recording, opt hostOptions) (*host, error) {
	h := &host{opt: opt, rec: rec, ctx: ctx}
	found, err := scan(ctx, rec)
	if err != nil {
		return nil, err
	}
	if found.interrupted && opt.NoPlaces {
		return nil, errInterrupted
	}
	h.places, h.start = found.layout, found.start
	var ok bool
	// High, so that a null pointer plus an offset never reaches it.
	if h.gadget, ok = h.places.hole(pageSize, 0x200000000000, userTop, pageSize); !ok {
		return nil, errors.New("the recorded program leaves no page of the address space free")
	}
	if h.objects, err = openObjects(rec, found.objects, firstExtraFD+len(opt.ExtraFDs)); err != nil {
		return nil, err
	}
	h.objects.verify(ctx)
	if err = h.launch(); err != nil {
		return nil, errors.Join(fmt.Errorf("start the replay's host process: %w", err), h.close())
	}
	if err = h.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the replay's host process: %w", err), h.close())
	}
	if err = h.apply(h.start); err == nil {
		err = h.setXSave(h.start)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("rebuild the program's memory: %w", err), h.close())
	}
	return h, nil
}

// launch starts the process and waits for it to stop behind exec.
func (h *host) launch() error {
	image, err := hostImage(h.gadget)
	if err != nil {
		return err
	}
	defer image.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	if h.opt.CPU >= 0 {
		if err := ptrace.Pin(0, h.opt.CPU); err != nil {
			return fmt.Errorf("pin to CPU %d: %w", h.opt.CPU, err)
		}
	}
	files := make([]uintptr, firstExtraFD, firstExtraFD+len(h.opt.ExtraFDs))
	for i := range files {
		files[i] = ^uintptr(0)
	}
	files[0], files[1], files[2] = null.Fd(), null.Fd(), null.Fd()
	files[imageFD], files[restFD] = image.Fd(), h.objects.rest.Fd()
	for _, fd := range h.opt.ExtraFDs {
		files = append(files, uintptr(fd))
	}
	for _, o := range h.objects.open {
		files = append(files, o.File.Fd())
	}
	// A group of its own keeps the terminal's signals from it.
	h.pid, err = syscall.ForkExec(fmt.Sprintf("/proc/self/fd/%d", imageFD), []string{"hindsight-host"},
		&syscall.ProcAttr{Files: files, Sys: &syscall.SysProcAttr{Ptrace: true, Setpgid: true}})
	if err != nil {
		h.pid = 0
		return fmt.Errorf("exec: %w (it needs /proc, memfd_create and ptrace: see `hindsight doctor`)", err)
	}
	_, status, err := ptrace.Wait(h.pid, nil)
	if err != nil {
		return err
	}
	if !status.Stopped() {
		h.dead = true
		return fmt.Errorf("it ended at exec (%s)", describeStatus(status))
	}
	if err := h.watch(); err != nil {
		return err
	}
	if err := ptrace.SetOptions(h.pid, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_EXITKILL); err != nil {
		return fmt.Errorf("set ptrace options: %w", err)
	}
	if h.mem, err = os.OpenFile(fmt.Sprintf("/proc/%d/mem", h.pid), os.O_RDWR, 0); err != nil {
		return err
	}
	return ptrace.GetRegs(h.pid, &h.template)
}

// watch kills the host when the replay is to end: the tracer may be waiting for
// a program that runs for hours. A descriptor names the process, so no other one
// can be hit.
func (h *host) watch() error {
	fd, err := unix.PidfdOpen(h.pid, 0)
	if err != nil {
		return fmt.Errorf("pidfd_open: %w", err)
	}
	process := os.NewFile(uintptr(fd), "pidfd")
	stop := context.AfterFunc(h.ctx, func() {
		_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) // ESRCH: it has ended by itself
		process.Close()
	})
	h.unwatch = func() {
		if stop() {
			process.Close()
		}
	}
	return nil
}

// prepare empties the host and makes rdtsc trap.
func (h *host) prepare() error {
	if _, err := h.syscall(unix.SYS_PRCTL, unix.PR_SET_NAME, h.gadget+imageNameOffset); err != nil {
		return fmt.Errorf("name it: %w", err)
	}
	end := h.gadget + pageSize
	if _, err := h.syscall(unix.SYS_MUNMAP, 0, h.gadget); err != nil {
		return fmt.Errorf("unmap [0, %#x): %w", h.gadget, err)
	}
	if _, err := h.syscall(unix.SYS_MUNMAP, end, userTop-end); err != nil {
		return fmt.Errorf("unmap [%#x, %#x): %w", end, uint64(userTop), err)
	}
	if _, err := h.syscall(unix.SYS_PRCTL, unix.PR_SET_TSC, unix.PR_TSC_SIGSEGV); err != nil {
		return fmt.Errorf("make rdtsc trap: %w", err)
	}
	return nil
}

// layout is the union of all ranges that the recording ever maps, and the place
// to reserve others.
func (h *host) layout() *layout { return h.places }

// syscall performs a system call in the host and returns its result. An errno
// is returned as error. It clobbers the host's registers: the caller sets them
// before resuming.
func (h *host) syscall(nr uint64, args ...uint64) (uint64, error) {
	r := h.template
	r.Rax, r.Orig_rax, r.Rip = nr, ^uint64(0), h.gadget+imageCodeOffset
	for i, a := range args {
		switch i {
		case 0:
			r.Rdi = a
		case 1:
			r.Rsi = a
		case 2:
			r.Rdx = a
		case 3:
			r.R10 = a
		case 4:
			r.R8 = a
		case 5:
			r.R9 = a
		}
	}
	h.injected++
	if err := h.execute(&r); err != nil {
		return 0, fmt.Errorf("injected system call %d: %w", nr, err)
	}
	if r.Rax > ^uint64(4095) {
		return r.Rax, syscall.Errno(-r.Rax)
	}
	return r.Rax, nil
}

// cpuid executes the instruction in the host. It clobbers the host's registers.
func (h *host) cpuid(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32, err error) {
	r := h.template
	r.Rax, r.Rcx, r.Orig_rax, r.Rip = uint64(leaf), uint64(subleaf), ^uint64(0), h.gadget+imageCPUIDOffset
	err = h.execute(&r)
	return uint32(r.Rax), uint32(r.Rbx), uint32(r.Rcx), uint32(r.Rdx), err
}

// execute runs the two-byte instruction at r.Rip, behind which there is an int3,
// and returns the registers in r.
func (h *host) execute(r *ptrace.Regs) error {
	end := r.Rip + 3
	if err := ptrace.SetRegs(h.pid, r); err != nil {
		return err
	}
	for {
		if err := ptrace.Resume(h.pid, 0); err != nil {
			return fmt.Errorf("resume the host: %w", err)
		}
		status, err := h.wait()
		if err != nil {
			return err
		}
		if err := ptrace.GetRegs(h.pid, r); err != nil {
			return err
		}
		if status.StopSignal() == unix.SIGTRAP && r.Rip == end {
			return nil
		}
		if stray, err := h.stray(); err != nil || !stray {
			return errors.Join(fmt.Errorf("it stopped at %#x: %s", r.Rip, describeStatus(status)), err)
		}
	}
}

// wait waits for the host's next stop. That it ended instead is an error.
func (h *host) wait() (ptrace.Status, error) {
	status, err := h.waitAny()
	if err == nil && !status.Stopped() {
		h.dead = true
		if h.ctx.Err() != nil {
			return status, context.Cause(h.ctx)
		}
		err = fmt.Errorf("the replay's host process ended unexpectedly (%s): was it killed, or is memory short?", describeStatus(status))
	}
	return status, err
}

func (h *host) waitAny() (ptrace.Status, error) {
	if h.quiet != nil {
		h.quiet.Collect()
		return ptrace.WaitBusy(h.pid)
	}
	_, status, err := ptrace.Wait(h.pid, nil)
	return status, err
}

// stray tells whether the signal that stopped the host was sent by somebody
// outside: it has nothing to do with the recorded program and is dropped.
func (h *host) stray() (bool, error) {
	var info ptrace.SigInfo
	if err := ptrace.GetSigInfo(h.pid, &info); err != nil {
		if errors.Is(err, unix.EINVAL) { // a group stop: it has none
			return true, nil
		}
		return false, err
	}
	code := int32(uint32(info[8]) | uint32(info[9])<<8 | uint32(info[10])<<16 | uint32(info[11])<<24)
	return code <= 0, nil // SI_USER, SI_QUEUE, SI_TKILL …; the kernel's own are positive
}

// read copies the program's memory from addr on, whatever its protection, and
// returns how many bytes there were.
func (h *host) read(addr uint64, b []byte) int {
	n, err := ptrace.ReadMemory(h.pid, addr, b)
	if err != nil {
		n = 0
	}
	if n < len(b) {
		// Pages that the program itself could not read.
		k, _ := h.mem.ReadAt(b[n:], int64(addr)+int64(n)) // short: no memory there
		n += k
	}
	return n
}

// write stores b at addr, whatever the protection there.
func (h *host) write(addr uint64, b []byte) error {
	n, err := ptrace.WriteMemory(h.pid, addr, b)
	if err != nil {
		n = 0
	}
	if n == len(b) {
		return nil
	}
	if _, err := h.mem.WriteAt(b[n:], int64(addr)+int64(n)); err != nil {
		return fmt.Errorf("write %d bytes at %#x: %w", len(b), addr, err)
	}
	return nil
}

// writeParts writes several in order, with one system call where all can be
// written.
func (h *host) writeParts(parts []ptrace.Part) error {
	total := 0
	for i := range parts {
		total += len(parts[i].Data)
	}
	if n, err := ptrace.WriteParts(h.pid, parts); err == nil && n == total {
		return nil
	}
	for i := range parts {
		if err := h.write(parts[i].Addr, parts[i].Data); err != nil {
			return err
		}
	}
	return nil
}

// setXSave loads the extended state that the event left, if it did.
func (h *host) setXSave(e *recording.Event) error {
	if len(e.XSave) == 0 {
		return nil
	}
	if err := ptrace.SetXSave(h.pid, e.XSave); err != nil {
		return fmt.Errorf("this CPU cannot hold the recorded vector registers (replay on a CPU like the recording's): %w", err)
	}
	return nil
}

// close ends the host and fills in its usage.
func (h *host) close() error {
	var errs []error
	if h.unwatch != nil {
		h.unwatch()
	}
	if h.pid != 0 && !h.dead {
		errs = append(errs, unix.Kill(h.pid, unix.SIGKILL))
		for !h.dead {
			_, status, err := ptrace.Wait(h.pid, &h.usage)
			if err != nil {
				errs = append(errs, err)
			}
			h.dead = err != nil || !status.Stopped()
		}
	}
	if h.mem != nil {
		errs = append(errs, h.mem.Close())
	}
	if h.objects != nil {
		_ = h.objects.verified() // its result is for who asks; the files stay open until it is there
		errs = append(errs, h.objects.close())
	}
	h.mem, h.objects = nil, nil
	return errors.Join(errs...)
}

// describeStatus says in words what wait4 reported.
func describeStatus(s ptrace.Status) string {
	switch {
	case s.Exited():
		return fmt.Sprintf("exit status %d", s.ExitStatus())
	case s.Signaled():
		return fmt.Sprintf("killed by %s", unix.SignalName(s.Signal()))
	case s.StopSignal() == ptrace.SyscallStop:
		return "system call"
	default:
		return fmt.Sprintf("stopped by %s", unix.SignalName(s.StopSignal()))
	}
}
