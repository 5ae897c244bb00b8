package replay

import (
	"context"
	"strings"
	"testing"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
	"hindsight/internal/x86"
)

// interrupt lets the running thread execute some instructions, one by one, up to one
// that may not be stepped over, and records the place. Where that is the first, it does
// not come to that; where one faults, status is the stop.
func (s *snapshotter) interrupt() (done bool, status ptrace.Status, err error) {
	var g recording.Regs
	if err := ptrace.GetRegs(s.pid, &g); err != nil {
		return false, status, err
	}
	var rep uint64 // the string instruction in the midst of which it is
	for n := 1 + s.schedule.Intn(25); n > 0 || g.Rip == rep; n-- {
		var code [15]byte
		size, _ := ptrace.ReadMemory(s.pid, g.Rip, code[:])
		d := decode(code[:max(size, 0)], g.Rip)
		if rep = 0; d.Rep {
			rep = g.Rip
		}
		if d.Kind >= x86.Syscall || strings.HasPrefix(d.name, "pushf") || strings.HasPrefix(d.name, "popf") {
			if !done {
				return false, status, nil
			}
			break
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
		status, done = ptrace.Status{}, true
		if err := ptrace.GetRegs(s.pid, &g); err != nil {
			return false, status, err
		}
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

// mixedProgram has threads with calls through pointers, recursion, string
// instructions, floating point, switches and a signal of their own.
const mixedProgram = rawThreads + `
static volatile unsigned long sums[4];
static unsigned char buf[4][256];
typedef unsigned long (*fn)(unsigned long, unsigned long);
static __attribute__((noinline)) unsigned long f1(unsigned long a, unsigned long b) { return a * 3 + b; }
static __attribute__((noinline)) unsigned long f2(unsigned long a, unsigned long b) { return f1(a, b) ^ (a >> 3); }
static __attribute__((noinline)) unsigned long f3(unsigned long a, unsigned long b) { return b ? f3(a ^ b, b >> 1) + 1 : a; }
static fn volatile table[3] = {f1, f2, f3};
static void work(long me) {
	double x = me;
	unsigned char *b = buf[me];
	for (int i = 0; i < 60; i++) {
		sums[me] = table[(i + me) % 3](sums[me] + me, i);
		asm volatile("rep stosb" : : "D"(b), "c"((long)(i % 40)), "a"(i) : "memory");
		void *d = b + 100, *s = b;
		long n = i % 30;
		asm volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
		x = x * 1.25 + i;
		switch (i % 5) {
		case 0: sums[me]++; break;
		case 1: sums[me] ^= 5; break;
		case 2: b[3] = i; break;
		case 3: sums[me] *= 7; break;
		case 4: x -= 1;
		}
		if (i % 16 == 3) call(24, 0, 0, 0, 0, 0);
		if (i == 20 && me == 2) call(234, call(39, 0, 0, 0, 0, 0), call(186, 0, 0, 0, 0, 0), 10, 0, 0);
	}
	sums[me] += (long)x;
	call(60, 0, 0, 0, 0, 0);
}
void start(void) {
	install(10);
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
	}{{"loops", interruptedProgram, 1}, {"behind a return", interruptedProgram, 4}, {"mixed", mixedProgram, 1}, {"state", stateProgram, 1}} {
		t.Run(c.name, func(t *testing.T) {
			rec := recordChaotic(t, chaos{c.seed, 150}, compile(t, c.source, rawFlags...))
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
