package replay

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// Stats are figures of a replay, for `make bench` and curious users.
type Stats struct {
	Stops        uint64 // times the host stopped and its tracer ran
	SyscallStops uint64 // of them, at system calls
	InCache      uint64 // system calls served inside the code cache, without a stop
	TSC          uint64 // rdtsc and rdtscp
	// Interruptions of threads in user code that were found again, and how often memory
	// was compared for that, at places with the same registers.
	Interruptions, PlaceChecks uint64
	Injected                   uint64 // system calls that the tracer made in the host, for maps

	Translations           uint64 // blocks translated
	TranslatedInstructions uint64 // instructions in them
	TranslateNS            uint64 // CPU time spent on translating
	ColdExits              uint64 // stops because the code that comes was not translated yet
	GuardFaults            uint64 // stops because a log buffer was full
	CodeBytes              uint64 // of the code cache in use
	LogBytes               uint64

	HostUserNS   uint64 // CPU time of the host process in the program's code
	HostSystemNS uint64 // and in the kernel
	SetupNS      uint64 // wall time until the first instruction
	WallNS       uint64 // wall time of the whole replay
	ConsumerNS   uint64 // CPU time spent in decoding the log and in the Consumer
	Writes       uint64 // writes delivered
	Controls     uint64 // controls delivered: calls, returns, system calls …
	Executions   uint64 // extended blocks executed, each a record of the log
}

// engine is how one kind of replay executes the program.
type engine interface {
	// hostOptions says what host it needs. CPU is set by the caller.
	hostOptions() hostOptions
	// run executes the program to the end of the recording, or to the limits of
	// the options, and fills in the figures of p.result that are its own.
	run(ctx context.Context, p *player) error
	// close frees what the engine holds beside its host, which is gone by then.
	close() error
}

// newEngine makes the engine that the options ask for.
func newEngine(opt Options) (engine, error) {
	switch opt.Engine {
	case Native:
		return native{}, nil
	case Translated:
		return newTranslated()
	case Stepped:
		return newStepped(), nil
	}
	return nil, fmt.Errorf("there is no replay engine %d", opt.Engine)
}

// run replays on a thread of its own: it becomes the host's tracer and is
// pinned, so it must end with the replay.
func run(ctx context.Context, rec *recording.Recording, opt Options) (*Result, error) {
	type outcome struct {
		result *Result
		err    error
	}
	done := make(chan outcome)
	go func() {
		runtime.LockOSThread()
		result, err := replay(ctx, rec, opt)
		done <- outcome{result, err}
	}()
	o := <-done
	return o.result, o.err
}

// replay replays on the calling thread.
func replay(ctx context.Context, rec *recording.Recording, opt Options) (*Result, error) {
	e, err := newEngine(opt)
	if err != nil {
		return nil, err
	}
	result, err := replayWith(ctx, rec, opt, e)
	if !errors.Is(err, errInterrupted) {
		return result, err
	}
	opt.Engine, opt.Discard = Translated, true
	if e, err = newEngine(opt); err != nil {
		return nil, err
	}
	return replayWith(ctx, rec, opt, e)
}

// errInterrupted is newHost's answer to an engine that cannot find places.
var errInterrupted = errors.New("a thread is interrupted in user code")

// replayWith replays on the calling thread with the engine, which it closes.
func replayWith(ctx context.Context, rec *recording.Recording, opt Options, e engine) (result *Result, err error) {
	began := time.Now()
	if err := ptrace.MaskSIGCHLDStops(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	hostOpt := e.hostOptions()
	hostOpt.CPU = tracerCPU(rec)
	h, err := newHost(ctx, rec, hostOpt)
	if err != nil {
		return nil, err
	}
	h.onMove = opt.Moving
	p, err := newPlayer(h, rec, opt)
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	s := &p.result.Stats
	s.SetupNS = uint64(time.Since(began))
	err = p.atEvent(e.run(ctx, p))
	if damage := h.objects.verified(); damage != nil {
		err = damage // wrong contents of a file explain any other error
	}
	err = errors.Join(err, p.close(), h.close())
	s.Injected = h.injected
	s.HostUserNS, s.HostSystemNS = uint64(h.usage.Utime.Nano()), uint64(h.usage.Stime.Nano())
	s.WallNS = uint64(time.Since(began))
	if err != nil {
		return nil, err
	}
	return p.result, nil
}
