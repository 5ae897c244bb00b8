package capture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
)

// launch starts the program, stopped at its first instruction.
func (r *recorder) launch(opt *Options, program string) error {
	if err := ptrace.MaskSIGCHLDStops(); err != nil {
		return err
	}
	cpu, err := currentCPU()
	if err != nil {
		return err
	}
	// The program inherits the pinning. It stays the same CPU for the whole
	// recording: cpuid and TSC_AUX answer by CPU.
	if err := ptrace.Pin(0, cpu); err != nil {
		return fmt.Errorf("pin the recorder to CPU %d: %w", cpu, err)
	}
	r.cpu, r.meta.CPUNumber, r.meta.CPUID = cpu, cpu, cpuidTable()
	env := opt.Env
	if env == nil {
		env = os.Environ()
	}
	files := []uintptr{orStandard(opt.Stdin, os.Stdin), orStandard(opt.Stdout, os.Stdout), orStandard(opt.Stderr, os.Stderr)}
	pid, err := syscall.ForkExec(program, opt.Args, &syscall.ProcAttr{
		Env: env, Files: files, Sys: &syscall.SysProcAttr{Ptrace: true},
	})
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("the system does not allow tracing (%w): \"hindsight doctor\" tells what is missing", err)
	}
	if err != nil {
		return fmt.Errorf("run %s: %w", program, err)
	}
	if err := r.attach(pid); err != nil {
		return errors.Join(err, r.kill())
	}
	return nil
}

// attach takes over the process pid at its exec stop.
func (r *recorder) attach(pid int) error {
	r.leader, r.lastThread, r.strangers = pid, 1, map[int]ptrace.Status{}
	r.thread = &thread{tracee: tracee{pid: pid}}
	_, st, err := ptrace.Wait(r.pid, nil)
	if err != nil {
		return err
	}
	if !st.Stopped() || st.StopSignal() != unix.SIGTRAP {
		return fmt.Errorf("the program did not stop at its start (status %#x)", uint32(st.WaitStatus))
	}
	if err := ptrace.SetOptions(r.pid, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_EXITKILL|unix.PTRACE_O_TRACECLONE); err != nil {
		return fmt.Errorf("set the options of ptrace: %w", err)
	}
	if exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", r.pid)); err == nil && filepath.IsAbs(exe) {
		r.meta.Executable = exe
	}
	r.meta.PID = r.pid
	mem, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", r.pid), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	r.thread, err = newThread(r.pid, r.pid, r.lastThread, mem)
	r.threads = []*thread{r.thread}
	return err
}

func orStandard(f, standard *os.File) uintptr {
	if f == nil {
		f = standard
	}
	return f.Fd()
}

// currentCPU is the CPU that this thread runs on.
func currentCPU() (int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return 0, fmt.Errorf("sched_getaffinity: %w", err)
	}
	const number = 0xfff // of TSC_AUX; the rest is the node
	_, aux := readTSC()
	if cpu := int(aux & number); set.IsSet(cpu) {
		return cpu, nil
	}
	for cpu := range len(set) * 64 {
		if set.IsSet(cpu) {
			return cpu, nil
		}
	}
	return 0, errors.New("this process may run on no CPU")
}

// relaySignals keeps the recorder alive while the program runs, until the
// function that it returns is called. The terminal sends its signals to both
// processes; what is meant for the recorder alone goes on to the program.
func (r *recorder) relaySignals(ctx context.Context) (stop func()) {
	ch := make(chan os.Signal, 16)
	for _, s := range []os.Signal{unix.SIGINT, unix.SIGQUIT, unix.SIGHUP, unix.SIGTERM} {
		if !signal.Ignored(s) { // else the program has to inherit that
			signal.Notify(ch, s)
		}
	}
	quit := make(chan struct{})
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			select {
			case s := <-ch:
				if s == unix.SIGTERM || s == unix.SIGHUP {
					_ = unix.Kill(r.leader, s.(unix.Signal)) // it may have ended already
				}
			case <-ctx.Done():
				r.end(ctx.Err())
				return
			case <-quit:
				return
			}
		}
	}()
	return func() {
		signal.Stop(ch)
		close(quit)
		wg.Wait()
	}
}

// end kills the program from another goroutine because of err.
func (r *recorder) end(err error) {
	r.endMu.Lock()
	defer r.endMu.Unlock()
	if r.endErr == nil && !r.reaped {
		r.endErr = err
		_ = unix.Kill(r.leader, unix.SIGKILL) // it may have ended already
	}
}

// endedBy is the reason that end was called with, nil where it was not. No kill
// follows a call, so the process number may be used anew.
func (r *recorder) endedBy() error {
	r.endMu.Lock()
	defer r.endMu.Unlock()
	r.reaped = true
	return r.endErr
}

// kill ends the program and waits for its end, if it still runs.
func (r *recorder) kill() error {
	if r.leader == 0 || r.gone {
		return nil
	}
	if err := unix.Kill(r.leader, unix.SIGKILL); err != nil {
		return fmt.Errorf("end the program: %w", err)
	}
	for !r.gone {
		if err := r.wait(0); err != nil {
			return err
		}
	}
	return nil
}
