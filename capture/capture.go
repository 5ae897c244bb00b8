// Package capture runs a program under ptrace and writes down everything that
// it gets from outside: results of system calls and the memory that the kernel
// wrote, signals, time stamps, the contents of mapped files. From that alone
// the program can be executed again (package replay).
//
// Record is the whole of it. The recorder and the program share one CPU, so
// that a stop costs a fraction, and take turns: the program only runs while the
// recorder waits.
//
// The package never guesses: what it cannot record exactly ends the recording
// with a *RefusedError, before the program could see the difference.
package capture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// Options say what to record.
type Options struct {
	// Args are the program, a path or a name to be found in PATH, and its
	// arguments.
	Args []string
	// Dir is the folder of the new recording; "": one under recording.Root.
	Dir string
	// Env is the program's environment; nil: this process's own.
	Env []string
	// Stdin, Stdout and Stderr are the program's; nil: this process's own.
	Stdin, Stdout, Stderr *os.File
	// Version of Hindsight, to be kept in the recording.
	Version string
}

// Result tells how a recording ended.
type Result struct {
	Dir      string
	ExitCode int
	Signal   int  // the signal that ended the program, 0 for none
	Complete bool // the recording reaches to the end of the program
	Events   uint64
	Syscalls uint64
}

// UsageError is a fault of the command that was to be recorded: nothing was
// run, nothing was written.
type UsageError struct{ Message string }

func (e *UsageError) Error() string { return e.Message }

// RefusedError tells what the program did that cannot be recorded. The program
// was ended before it; what came before is a valid, incomplete recording.
type RefusedError struct {
	Event  uint64 // the index that the event would have had
	Name   string // what it was: a system call's name, a signal's
	Reason string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("event %d (%s) cannot be recorded: %s; the program was stopped there", e.Event, e.Name, e.Reason)
}

// Record runs a program to its end and records it. While it runs, this
// process survives the terminal's signals, which reach the program too, and
// passes SIGTERM and SIGHUP on to it. When ctx ends, the program is killed.
// There is one recording at a time, and nothing else in the process may stop
// the world meanwhile (runtime.GC, runtime.ReadMemStats): it would wait for the
// program's next system call.
//
// The Result is valid as far as the recording came, also with an error; it is
// nil where nothing was recorded.
func Record(ctx context.Context, opt Options) (*Result, error) {
	program, err := findProgram(opt.Args)
	if err != nil {
		return nil, err
	}
	dir := opt.Dir
	if dir == "" {
		if dir, err = recording.NewDir(opt.Args[0]); err != nil {
			return nil, err
		}
	} else if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	type answer struct {
		result *Result
		err    error
	}
	done := make(chan answer)
	quiet := ptrace.BeQuiet()
	defer quiet.End()
	onThread(func() {
		result, err := recordHere(ctx, &opt, program, dir, quiet)
		done <- answer{result, err}
	})
	a := <-done
	return a.result, a.err
}

// onThread calls f on an operating-system thread of its own. ptrace belongs to the
// thread that attached; it is pinned to a CPU, and thrown away with its goroutine,
// since it is never unlocked. It must have no other children: the recorder waits for
// all that it has.
func onThread(f func()) {
	go func() {
		runtime.LockOSThread()
		if !ptrace.HasChildren() {
			f()
			return
		}
		onThread(f)
		time.Sleep(time.Second) // while this one is held, others are taken
		runtime.UnlockOSThread()
	}()
}

func recordHere(ctx context.Context, opt *Options, program, dir string, quiet *ptrace.Quiet) (*Result, error) {
	meta := newMeta(opt, program)
	w, err := recording.Create(dir, nil)
	if err != nil {
		return nil, err
	}
	r := &recorder{w: w, meta: meta, began: time.Now(), files: openFileIndex(), sites: map[uint64]bool{}, quiet: quiet}
	if err := r.launch(opt, program); err != nil {
		return nil, errors.Join(err, w.Abandon(meta), recording.Remove(dir))
	}
	stop := r.relaySignals(ctx)
	err = r.start(opt)
	if err == nil {
		err = r.run()
	}
	stop()
	return r.finish(err)
}

// finish writes the end of the recording.
func (r *recorder) finish(err error) (*Result, error) {
	if err != nil {
		err = errors.Join(err, r.kill())
	}
	r.meta.DurationNS = time.Since(r.began).Nanoseconds()
	r.meta.Syscalls = r.syscalls
	if err == nil {
		if r.exit.Signal != 0 {
			r.meta.ExitSignal = &r.exit.Signal
		} else {
			r.meta.ExitCode = &r.exit.Code
		}
		err = r.w.Complete(r.meta)
	} else {
		r.meta.Diagnostics = append(r.meta.Diagnostics, err.Error())
		err = errors.Join(err, r.w.Abandon(r.meta))
	}
	err = errors.Join(err, r.pages.close(), r.mem.Close())
	r.clock.end()
	for _, t := range r.threads {
		_ = t.stat.Close() // only read from
	}
	if r.process != nil {
		err = errors.Join(err, r.process.Close())
	}
	return &Result{
		Dir: r.w.Dir, ExitCode: r.exit.Code, Signal: r.exit.Signal,
		Complete: r.meta.Complete, Events: r.meta.Events, Syscalls: r.syscalls,
	}, err
}
