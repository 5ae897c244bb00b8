package replay

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"hindsight/internal/recording"
)

// threadsProgram has threads that take turns under a mutex and a condition, with
// floating-point state of their own, thread-local variables, exits and joins.
const threadsProgram = `
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn, pair[2];
static __thread long mine;
enum { threads = 3, rounds = 4 };
static void *work(void *arg) {
	long me = (long)arg;
	double x = me + 0.5;
	long double y = me + 0.25L;
	for (int i = 0; i < rounds; i++) {
		pthread_mutex_lock(&lock);
		while (turn % threads != me) pthread_cond_wait(&changed, &lock);
		turn++;
		mine += turn * (me + 1);
		x *= 1.25;
		y *= 1.5L;
		printf("thread %ld round %d: turn %d mine %ld x %ld y %ld\n", me, i, turn, mine, (long)(x * 1000), (long)(y * 1000));
		fflush(stdout);
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
		write(pair[1], &me, sizeof me);
	}
	return (void *)mine;
}
static void *reader(void *arg) {
	long sum = 0, v;
	for (int i = 0; i < threads * rounds; i++) {
		read(pair[0], &v, sizeof v);
		sum += v + 1;
	}
	return (void *)sum;
}
int main(void) {
	pthread_t t[threads], r;
	pthread_attr_t small;
	void *result;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 1 << 16);
	pipe(pair);
	pthread_create(&r, &small, reader, 0);
	for (long i = 0; i < threads; i++) pthread_create(&t[i], &small, work, (void *)i);
	for (int i = 0; i < threads; i++) {
		pthread_join(t[i], &result);
		printf("thread %d: %ld\n", i, (long)result);
	}
	pthread_join(r, &result);
	printf("sum %ld\n", (long)result);
	return 5;
}
`

// recordThreads records the program and tells what kinds of events there are.
func recordThreads(t *testing.T, source string, flags ...string) (*recorded, map[recording.Kind]int) {
	t.Helper()
	rec := recordProgram(t, compile(t, source, flags...))
	kinds := map[recording.Kind]int{}
	var last uint32
	for _, e := range eventsOf(t, rec.Recording) {
		kinds[e.Kind]++
		if e.Thread != last && last != 0 {
			kinds[0]++ // turns
		}
		last = e.Thread
	}
	t.Logf("%v", kinds)
	return rec, kinds
}

func eventsOf(t *testing.T, rec *recording.Recording) (list []recording.Event) {
	t.Helper()
	c, err := newCursor(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for e := c.next(); e != nil; e = c.next() {
		list = append(list, *cloneEvent(e))
	}
	return list
}

// A program with threads replays exactly under each engine, and two engines tell
// the same history of it.
func TestThreads(t *testing.T) {
	rec, kinds := recordThreads(t, threadsProgram, "-pthread")
	if kinds[recording.KindThread] != 4 || kinds[recording.KindWait] == 0 || kinds[0] < 10 {
		t.Fatalf("the recording has too little of threads: %v", kinds)
	}
	for _, engine := range []Engine{Native, Translated} {
		r, out, err := replayNative(t, rec.Recording, Options{Engine: engine})
		if err != nil {
			t.Fatalf("engine %d: %v", engine, err)
		}
		if !bytes.Equal(out, rec.output) || !strings.Contains(string(out), "sum 24\n") {
			t.Errorf("engine %d: output %q, recorded %q", engine, out, rec.output)
		}
		if r.Exit == nil || r.Exit.Code != 5 || r.Events != rec.Meta.Events || r.Checkpoints == 0 {
			t.Errorf("engine %d: result %+v", engine, r)
		}
		if n := uint64(kinds[recording.KindSyscall]); r.Syscalls != n {
			t.Errorf("engine %d: %d system calls, %d are recorded", engine, r.Syscalls, n)
		}
	}
	diffEngines(t, rec.Recording, 0)
}

// rawThreads is the part of a program without a library: threads begin with
// spawn, which returns what the kernel calls them.
const rawThreads = `
static long call(long n, long a, long b, long c, long d, long e) {
	register long r10 asm("r10") = d, r8 asm("r8") = e;
	asm volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
	return n;
}
static int tids[8];
static char stacks[8][16384] __attribute__((aligned(64)));
static long spawn(long me, void (*work)(long)) {
	long *top = (long *)(stacks[me] + sizeof stacks[me] - 64);
	register long r10 asm("r10") = (long)&tids[me];
	long n = 56;
	asm volatile("syscall\n test %%eax, %%eax\n jnz 1f\n mov %[me], %%rdi\n call *%[work]\n 1:"
		: "+a"(n) : "D"(0x1350f00), "S"(top), "d"(&tids[0]), "r"(r10), [me] "b"(me), [work] "r"(work)
		: "rcx", "r11", "r8", "memory");
	return n;
}
static void join(long me) {
	for (int tid; (tid = *(volatile int *)&tids[me]) != 0;) call(202, (long)&tids[me], 0, tid, 0, 0);
}
static void wait_for(int *place, int value) {
	for (int now; (now = *(volatile int *)place) != value;) call(202, (long)place, 0x80, now, 0, 0);
}
static void set(int *place, int value) { *(volatile int *)place = value; call(202, (long)place, 0x81, 1000, 0, 0); }
static int counter, ready;
struct action { void (*f)(int); unsigned long flags; void (*restorer)(void); unsigned long mask; };
void restore(void);
asm("restore: mov $15, %eax\n syscall\n");
static void handle(int number) { counter += number; }
static void install(int number) {
	struct action a = {handle, 0x04000000, restore, 0};
	call(13, number, (long)&a, 0, 8, 0);
}
void start(void);
asm(".globl _start\n_start: xor %ebp, %ebp\n and $-16, %rsp\n call start\n");
`

var rawFlags = []string{"-nostdlib", "-mno-red-zone", "-fno-stack-protector", "-fcf-protection=none"}

// How threads and their programs end and are interrupted.
func TestThreadEnds(t *testing.T) {
	for _, c := range []struct {
		name, source string
	}{
		{"the first thread ends first", `
			static void work(long me) { join(7); call(39, 0, 0, 0, 0, 0); call(60, 9, 0, 0, 0, 0); }
			void start(void) { tids[7] = 0; spawn(1, work); call(24, 0, 0, 0, 0, 0); call(60, 3, 0, 0, 0, 0); }`},
		{"another thread ends the process", `
			static void work(long me) { call(24, 0, 0, 0, 0, 0); call(231, 40 + me, 0, 0, 0, 0); }
			static void sleep(long me) { wait_for(&ready, 1); }
			void start(void) { spawn(1, sleep); spawn(2, work); wait_for(&ready, 1); }`},
		{"another thread faults", `
			static void work(long me) { call(24, 0, 0, 0, 0, 0); *(volatile int *)8 = 1; }
			static void sleep(long me) { wait_for(&ready, 1); }
			void start(void) { spawn(1, sleep); spawn(2, work); wait_for(&ready, 1); }`},
		{"a waiting thread is interrupted", `
			static void sleep(long me) {
				while (counter == 0) call(34, 0, 0, 0, 0, 0); // pause
				set(&ready, 1);
				call(60, 0, 0, 0, 0, 0);
			}
			void start(void) {
				install(10);
				long tid = spawn(1, sleep);
				for (int i = 0; i < 5; i++) call(24, 0, 0, 0, 0, 0);
				call(234, call(39, 0, 0, 0, 0, 0), tid, 10, 0, 0); // tgkill
				wait_for(&ready, 1);
				join(1);
				call(231, counter, 0, 0, 0, 0);
			}`},
		{"the process is killed", `
			static void sleep(long me) { wait_for(&ready, 1); }
			void start(void) {
				spawn(1, sleep); spawn(2, sleep);
				for (int i = 0; i < 5; i++) call(24, 0, 0, 0, 0, 0);
				call(62, call(39, 0, 0, 0, 0, 0), 15, 0, 0, 0);
				for (;;) call(24, 0, 0, 0, 0, 0);
			}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec, kinds := recordThreads(t, rawThreads+c.source, rawFlags...)
			if kinds[recording.KindThread] == 0 {
				t.Fatalf("the recording has too little of threads: %v", kinds)
			}
			r, _, err := replayNative(t, rec.Recording, Options{})
			if err != nil || r.Exit == nil || r.Events != rec.Meta.Events {
				t.Fatalf("%+v, %v", r, err)
			}
			if s := rec.status; r.Exit.Signal != max(int(s.Signal()), 0) || s.Exited() && r.Exit.Code != s.ExitStatus() {
				t.Errorf("exit %+v, recorded %v", r.Exit, s)
			}
			diffEngines(t, rec.Recording, 0)
		})
	}
}

// What a thread writes is what it had when it entered the call, though another uses
// the memory anew before that returns.
func TestThreadsOutput(t *testing.T) {
	const size = 100000 // more than a pipe takes
	rec, kinds := recordThreads(t, rawThreads+`
static int ends[2], copied;
static volatile int writing;
static char data[100000], copy[100000];
static void read_all(long me) {
	while (!writing) call(24, 0, 0, 0, 0, 0);
	while (copied < sizeof data) copied += call(0, ends[0], (long)copy + copied, sizeof data - copied, 0, 0);
	for (int i = 0; i < sizeof data; i++) data[i] = 'b';
	call(60, 0, 0, 0, 0, 0);
}
void start(void) {
	call(22, (long)ends, 0, 0, 0, 0);
	call(33, ends[1], 1, 0, 0, 0); // dup2
	for (int i = 0; i < sizeof data; i++) data[i] = 'a';
	spawn(1, read_all);
	long v[4] = {(long)data, 10, (long)data + 10, sizeof data - 10};
	writing = 1;
	call(20, 1, (long)v, 2, 0, 0); // writev
	call(231, 0, 0, 0, 0, 0);
}`, rawFlags...)
	waited := false
	for _, e := range eventsOf(t, rec.Recording) {
		waited = waited || e.Kind == recording.KindWait && e.Regs.Orig_rax == 20
	}
	if !waited {
		t.Fatalf("no thread waited in writev: %v", kinds)
	}
	for _, engine := range []Engine{Native, Translated} {
		_, out, err := replayNative(t, rec.Recording, Options{Engine: engine})
		if err != nil || !bytes.Equal(out, bytes.Repeat([]byte{'a'}, size)) {
			t.Errorf("engine %d: %v, %d bytes of output, of them %d as written", engine, err, len(out), bytes.Count(out, []byte{'a'}))
		}
	}
}

// rendezvous is a program whose threads wait for each other.
const rendezvous = rawThreads + `
static void work(long me) {
	for (int i = 0; i < 3; i++) { wait_for(&ready, me + 2 * i); counter += me; set(&ready, me + 1 + 2 * i); }
	call(60, 0, 0, 0, 0, 0);
}
void start(void) {
	for (long me = 1; me <= 2; me++) spawn(me, work);
	set(&ready, 1);
	join(1);
	join(2);
	call(231, counter, 0, 0, 0, 0);
}`

// A recording of threads that is cut off anywhere replays to its last event.
func TestThreadsTruncated(t *testing.T) {
	rec, _ := recordThreads(t, rendezvous, rawFlags...)
	for n := uint64(1); n < rec.Meta.Events; n++ {
		cut := copyEvents(t, rec.Recording, func(e *recording.Event) bool { return e.Index < n }, false)
		engines := []Engine{Native}
		if n%4 == 0 {
			engines = append(engines, Translated, Stepped)
		}
		for _, engine := range engines {
			r, err := Run(context.Background(), cut, Options{Engine: engine, Verify: true})
			if err != nil || !r.Truncated || r.Events != n || r.Exit != nil {
				t.Errorf("engine %d, %d events: %+v, %v", engine, n, r, err)
			}
			if n >= rec.Meta.Events-2 {
				continue // the end comes in one go
			}
			r, err = Run(context.Background(), rec.Recording, Options{Engine: engine, MaxEvents: n, Verify: true})
			if err != nil || r.Events != n {
				t.Errorf("engine %d, at most %d events: %+v, %v", engine, n, r, err)
			}
		}
	}
}

// Recordings that no program can have made are refused.
func TestThreadsDamaged(t *testing.T) {
	rec, _ := recordThreads(t, rendezvous, rawFlags...)
	first := func(change func(e *recording.Event), want ...recording.Kind) func(e *recording.Event) {
		done := false
		return func(e *recording.Event) {
			for _, k := range want {
				if e.Kind == k && !done && e.Thread != 0 {
					done = true
					change(e)
				}
			}
		}
	}
	waiting := map[uint32]bool{}
	for _, c := range []struct {
		name   string
		change func(e *recording.Event)
		want   string
	}{
		{"unknown thread", first(func(e *recording.Event) { e.Thread = 7 }, recording.KindWait), "thread 7, which has not begun"},
		{"a thread twice", first(func(e *recording.Event) { e.Thread = 1 }, recording.KindThread), "thread 1 begins where 2 is the next number"},
		{"a number left out", first(func(e *recording.Event) { e.Thread = 3 }, recording.KindThread), "thread 3 begins where 2 is the next number"},
		{"no registers", first(func(e *recording.Event) { e.XSave = nil }, recording.KindThread), "without its vector registers"},
		{"bad registers", first(func(e *recording.Event) { e.XSave = e.XSave[:100] }, recording.KindThread), "vector registers"},
		{"another call ends", func(e *recording.Event) {
			if e.Kind == recording.KindSyscall && waiting[e.Thread] {
				e.Regs.Rdi++
			}
			waiting[e.Thread] = e.Kind == recording.KindWait
		}, "does not end the system call 202 in which thread"},
		{"a dead thread", func(e *recording.Event) {
			if e.Kind == recording.KindExit {
				return
			}
			if waiting[99] {
				e.Thread = 2
			}
			if e.Kind == recording.KindSyscall && e.Thread == 2 && e.Regs.Orig_rax == 60 {
				waiting[99] = true
			}
		}, "thread 2 has ended before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clear(waiting)
			bad := copyEvents(t, rec.Recording, func(e *recording.Event) bool { c.change(e); return true }, true)
			for _, engine := range []Engine{Native, Translated, Stepped} {
				_, err := Run(context.Background(), bad, Options{Engine: engine})
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("engine %d: got %v", engine, err)
				}
			}
		})
	}
}

// A divergence says whose it is.
func TestThreadsDivergence(t *testing.T) {
	rec, _ := recordThreads(t, rendezvous, rawFlags...)
	changed := false
	bad := copyEvents(t, rec.Recording, func(e *recording.Event) bool {
		if e.Kind == recording.KindSyscall && e.Thread == 3 && !changed && e.Regs.Rsi == 0x81 {
			e.Regs.R12++
			changed = true
		}
		return true
	}, true)
	for _, engine := range []Engine{Native, Translated, Stepped} {
		_, err := Run(context.Background(), bad, Options{Engine: engine})
		var d *Divergence
		if !errors.As(err, &d) || d.Thread != 3 || !strings.Contains(err.Error(), "(syscall), thread 3: ") {
			t.Errorf("engine %d: got %v", engine, err)
		}
	}
}
