package capture

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// Check is one answer to the question whether this machine can record.
type Check struct {
	Name   string
	OK     bool
	Info   bool   // only informs: recording works either way
	Detail string // what was found
	Remedy string // what to do where it is not OK
}

// Probe tries out what recording and replay need of the system, on a process of
// its own that it stops at its first instruction.
func Probe() []Check {
	defer ptrace.BeQuiet().End()
	done := make(chan []Check)
	onThread(func() { done <- probe() })
	return <-done
}

func probe() []Check {
	checks := []Check{probePlatform()}
	r := &recorder{meta: &recording.Meta{}}
	tracing, err := r.probeTracing()
	checks = append(checks, tracing)
	if err == nil {
		checks = append(checks, r.probeCounterTrap(), r.probeMemory(), r.probeStops(), r.probeCPUID(), r.probeEmulation())
		if err := r.kill(); err != nil {
			checks = append(checks, Check{Name: "ending the probed process", Detail: err.Error(), Remedy: "report this"})
		}
	}
	return append(checks, probeCPU(), probeCounters(), probeSpace())
}

func result(name string, err error, found, remedy string) Check {
	if err != nil {
		return Check{Name: name, Detail: err.Error(), Remedy: remedy}
	}
	return Check{Name: name, OK: true, Detail: found}
}

func probePlatform() Check {
	var err error
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		err = fmt.Errorf("this is %s on %s", runtime.GOOS, runtime.GOARCH)
	}
	var u unix.Utsname
	if err == nil {
		err = unix.Uname(&u)
	}
	return result("system", err, unix.ByteSliceToString(u.Sysname[:])+" "+unix.ByteSliceToString(u.Release[:])+", x86-64", "use Linux on an x86-64 machine")
}

// probeTracing starts this very program, stopped before it does anything.
func (r *recorder) probeTracing() (Check, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err == nil {
		defer func() { _ = null.Close() }() // nothing was written
		err = ptrace.MaskSIGCHLDStops()
	}
	if cpu, e := currentCPU(); e == nil && err == nil {
		err = ptrace.Pin(0, cpu)
	}
	pid := 0
	if err == nil {
		fd := null.Fd()
		pid, err = syscall.ForkExec("/proc/self/exe", []string{"probe"}, &syscall.ProcAttr{
			Files: []uintptr{fd, fd, fd}, Sys: &syscall.SysProcAttr{Ptrace: true},
		})
	}
	if err == nil {
		if err = r.attach(pid); err != nil {
			err = errors.Join(err, r.kill())
		}
	}
	remedy := "allow ptrace: in a container add the capability SYS_PTRACE or a seccomp profile that permits it"
	if scope, e := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope"); e == nil && strings.TrimSpace(string(scope)) == "3" {
		remedy = "kernel.yama.ptrace_scope is 3, which forbids ptrace until the next boot: boot with a lower value"
	}
	return result("tracing (ptrace)", err, "permitted", remedy), err
}

func (r *recorder) probeCounterTrap() Check {
	res, err := r.inject(unix.SYS_PRCTL, unix.PR_SET_TSC, unix.PR_TSC_SIGSEGV)
	if err == nil && res != 0 {
		err = unix.Errno(-res)
	}
	return result("trapping the time-stamp counter (PR_SET_TSC)", err, "works", "use a kernel and a virtual machine that support PR_SET_TSC")
}

func (r *recorder) probeMemory() Check {
	var regs ptrace.Regs
	err := ptrace.GetRegs(r.pid, &regs)
	if err == nil {
		var b [8]byte
		_, err = ptrace.ReadMemory(r.pid, regs.Rsp, b[:])
	}
	return result("reading memory (process_vm_readv)", err, "works", "allow process_vm_readv: a seccomp profile forbids it")
}

// probeStops measures a stop: what each system call costs twice, and each
// instruction where one is stepped.
func (r *recorder) probeStops() Check {
	const steps = 300
	began := time.Now()
	var err error
	for i := 0; i < steps && err == nil; i++ {
		if err = ptrace.Step(r.pid, 0); err == nil {
			_, _, err = ptrace.Wait(r.pid, nil)
		}
	}
	each := time.Since(began) / steps
	c := result("cost of a stop", err, fmt.Sprintf("%.1f µs; a recorded system call takes two", float64(each.Nanoseconds())/1000), "report this")
	c.Info = true
	return c
}

func (r *recorder) probeCPUID() Check {
	const archSetCPUID = 0x1012
	res, err := r.inject(unix.SYS_ARCH_PRCTL, archSetCPUID, 1)
	c := Check{Name: "trapping cpuid", OK: err == nil && res == 0, Info: true, Detail: "works"}
	if !c.OK {
		c.Detail = "absent: a recording of this machine needs a processor with the same features to replay natively"
	}
	return c
}

func (r *recorder) probeEmulation() Check {
	err := ptrace.ResumeEmulated(r.pid, 0)
	for err == nil {
		var st ptrace.Status
		if _, st, err = ptrace.Wait(r.pid, nil); err != nil {
			break
		}
		if st.Exited() || st.Signaled() {
			r.gone = true
			err = errors.New("the probed process ended")
			break
		}
		if st.StopSignal() == ptrace.SyscallStop {
			break
		}
		err = r.passTrap(st)
	}
	return result("emulating system calls (PTRACE_SYSEMU)", err, "works", "use a kernel with PTRACE_SYSEMU; gVisor and other emulated kernels lack it")
}

// passTrap gets the probed process over a trapped rdtsc.
func (r *recorder) passTrap(st ptrace.Status) error {
	var regs ptrace.Regs
	if err := ptrace.GetRegs(r.pid, &regs); err != nil {
		return err
	}
	var code [2]byte
	if st.StopSignal() != unix.SIGSEGV || r.peek(regs.Rip, code[:]) != 2 || code != [2]byte{0x0f, 0x31} {
		return fmt.Errorf("the probed process stopped by %v", st.StopSignal())
	}
	regs.Rip += 2
	if err := ptrace.SetRegs(r.pid, &regs); err != nil {
		return err
	}
	return ptrace.ResumeEmulated(r.pid, 0)
}

func probeCPU() Check {
	const avx, avx512 = 1 << 2, 7 << 5
	level := "SSE"
	switch xcr0 := readXCR0(); {
	case xcr0&avx512 == avx512:
		level = "AVX-512"
	case xcr0&avx != 0:
		level = "AVX"
	}
	return Check{Name: "processor", OK: true, Info: true, Detail: fmt.Sprintf("%s, %d CPUs, up to %s", cpuName(), runtime.NumCPU(), level)}
}

func probeCounters() Check {
	attr := unix.PerfEventAttr{
		Type: unix.PERF_TYPE_HARDWARE, Config: unix.PERF_COUNT_HW_INSTRUCTIONS, Size: unix.PERF_ATTR_SIZE_VER5,
		Bits: unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv,
	}
	fd, err := unix.PerfEventOpen(&attr, 0, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
	c := Check{Name: "hardware counters", OK: err == nil, Info: true, Detail: "present"}
	if err != nil {
		c.Detail = "absent; they are not needed"
		return c
	}
	_ = unix.Close(fd) // only opened to see
	return c
}

func probeSpace() Check {
	const (
		name   = "place for recordings"
		remedy = "set HINDSIGHT_DIR to a folder on a disk with room that you can write"
		least  = 1 << 30
	)
	root, err := recording.Root()
	if err != nil {
		return result(name, err, "", remedy)
	}
	dir := root
	for unix.Access(dir, unix.F_OK) != nil && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
	}
	var st unix.Statfs_t
	if err = unix.Access(dir, unix.W_OK); err == nil {
		err = unix.Statfs(dir, &st)
	}
	if err != nil {
		return result(name, fmt.Errorf("%s: %w", dir, err), "", remedy)
	}
	free := st.Bavail * uint64(st.Bsize)
	if free < least {
		err = fmt.Errorf("%s has only %d MiB left", root, free>>20)
	}
	return result(name, err, fmt.Sprintf("%s, %.1f GiB free", root, float64(free)/(1<<30)), remedy)
}
