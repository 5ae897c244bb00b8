package replay

import (
	"context"
	"strings"
	"testing"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
	"hindsight/internal/x86"
)

// interrupt lets the running thread execute some instructions, one by one, and
// records the place. Where an instruction comes that may not be stepped over, it does
// not come to that; where one faults, status is the stop.
func (s *snapshotter) interrupt() (done bool, status ptrace.Status, err error) {
	var g recording.Regs
	for n := 1 + s.schedule.Intn(25); n > 0; n-- {
		if err := ptrace.GetRegs(s.pid, &g); err != nil {
			return false, status, err
		}
		var code [15]byte
		size, _ := ptrace.ReadMemory(s.pid, g.Rip, code[:])
		d := decode(code[:max(size, 0)], g.Rip)
		if d.Kind >= x86.Syscall || d.Rep || strings.HasPrefix(d.name, "pushf") || strings.HasPrefix(d.name, "popf") {
			return false, status, nil
		}
		if err := ptrace.Step(s.pid, 0); err != nil {
			return false, status, err
		}
		if status, err = s.wait(); err != nil {
			return false, status, err
		}
		if status.StopSignal() != 5 { // SIGTRAP
			return false, status, nil
		}
		status = ptrace.Status{}
	}
	if err := ptrace.GetRegs(s.pid, &g); err != nil {
		return false, status, err
	}
	s.chaos.interrupts--
	s.changes() // the program's own
	e := &recording.Event{Kind: recording.KindPreempt, Regs: g, After: g, Hashes: s.hashes()}
	if e.XSave, err = s.xsave(); err != nil {
		return false, status, err
	}
	if s.schedule.Intn(2) == 0 {
		page := make([]byte, pageSize)
		if n, _ := ptrace.ReadMemory(s.pid, pageDown(g.Rsp), page); n == len(page) {
			e.Input = []recording.MemoryWrite{{Addr: recording.Addr(pageDown(g.Rsp)), Data: page}}
		}
	}
	return true, status, s.append(e)
}

// interruptedProgram has threads that compute in loops in which registers and much of
// memory are often the same, and calls, branches and a division of their own.
const interruptedProgram = rawThreads + `
static volatile int flag, lock;
static unsigned long sums[4], table[64];
static __attribute__((noinline)) unsigned long mix(unsigned long a, unsigned long b) {
	if (a & 1) return (a >> 1) ^ b;
	return a / 3 + b;
}
static void work(long me) {
	for (int i = 0; i < 40; i++) {
		while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) call(24, 0, 0, 0, 0, 0);
		for (int k = 0; k < 8; k++) table[(i + k) % 8] = 0;
		sums[me] = mix(sums[me] + me, i);
		__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
		if (i % 4 == 0) call(24, 0, 0, 0, 0, 0);
	}
	call(60, 0, 0, 0, 0, 0);
}
void start(void) {
	for (long me = 1; me <= 3; me++) spawn(me, work);
	for (long me = 1; me <= 3; me++) join(me);
	call(231, (sums[1] + sums[2] + sums[3]) & 0x7f, 0, 0, 0, 0);
}`

// Threads that were interrupted in user code are interrupted at the same places
// again, with the same history under both engines.
func TestThreadsInterrupted(t *testing.T) {
	for _, c := range []struct {
		name, source string
		seed         int64
	}{{"loops", interruptedProgram, 1}, {"behind a return", interruptedProgram, 4}, {"state", stateProgram, 1}} {
		t.Run(c.name, func(t *testing.T) {
			rec := recordChaotic(t, chaos{c.seed, 60}, compile(t, c.source, rawFlags...))
			places := 0
			for _, e := range eventsOf(t, rec.Recording) {
				if e.Kind == recording.KindPreempt {
					places++
				}
			}
			if places < 8 {
				t.Fatalf("only %d interruptions were recorded", places)
			}
			r, err := Run(context.Background(), rec.Recording, Options{Engine: Native})
			if err != nil || r.Exit == nil || r.Exit.Code != rec.status.ExitStatus() {
				t.Fatalf("%+v, %v", r, err)
			}
			diffEngines(t, rec.Recording, 0)
			if err := replayForgetting(rec.Recording); err != nil {
				t.Errorf("where translations are discarded: %v", err)
			}
		})
	}
}
