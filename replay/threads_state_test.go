package replay

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"testing"

	"hindsight/internal/recording"
)

// stateProgram has threads that keep values across system calls in all that is a
// thread's own: general, vector and x87 registers with the address of the last
// x87 instruction (some CPUs keep it only as long as an exception is pending, so
// one is), rounding modes, the direction flag, fs and its memory. It
// exits with the number of values that it did not find again.
const stateProgram = `
enum { workers = 3, rounds = 4 };
static int tids[workers + 1], turn, wrong;
static char stacks[workers + 1][8192] __attribute__((aligned(64)));
static unsigned long tls[workers + 1][8], seen[workers + 1][12];

static long call(long n, long a, long b, long c, long d, long e) {
	register long r10 asm("r10") = d, r8 asm("r8") = e;
	asm volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
	return n;
}

static void expect(unsigned long got, unsigned long want) { if (got != want) wrong++; }

static void keep(long me, int round) {
	unsigned long *s = seen[me], value = 0x0101010101010101 * (unsigned long)(me * 16 + round), fip;
	unsigned int mxcsr = 0x1f80 | (me & 3) << 13, control = 0x37b | (me & 3) << 10;
	unsigned char bytes[3] = {0, 0, 0}, *last = bytes + 2;
	s[10] = mxcsr;
	s[11] = control;
	asm volatile(
		"push %%rbx\n push %%rbp\n push %%r12\n push %%r13\n push %%r14\n push %%r15\n"
		"mov %[s], %%rbx\n mov %[value], %%r15\n mov %[last], %%r14\n lea 7(%%r15), %%rbp\n"
		"movq %%r15, %%xmm15\n punpcklqdq %%xmm15, %%xmm15\n"
#ifdef AVX
		"vinsertf128 $1, %%xmm15, %%ymm15, %%ymm15\n"
#endif
		"ldmxcsr 80(%%rbx)\n fninit\n fldcw 88(%%rbx)\n"
		"fld1\n fldz\n 1: fdivrp\n lea 1b(%%rip), %%r13\n"
		"test $1, %%r15b\n jz 2f\n std\n 2:\n"
		"mov $24, %%eax\n syscall\n" // sched_yield
		"mov %%r15, %%fs:16\n"
		"rdtsc\n mov %%rax, %%fs:24\n"
		"mov $24, %%eax\n syscall\n"
		"mov %%fs:16, %%rax\n mov %%rax, (%%rbx)\n"
		"mov %%r15, 8(%%rbx)\n mov %%rbp, 16(%%rbx)\n"
		"pushf\n pop 24(%%rbx)\n"
		"mov %%r14, %%rdi\n mov %%r15b, %%al\n stosb\n mov %%rdi, 32(%%rbx)\n cld\n"
		"fnstenv 40(%%rbx)\n" // 28 bytes: the address at 52
		"stmxcsr 68(%%rbx)\n"
#ifdef AVX
		"vextractf128 $1, %%ymm15, %%xmm0\n movq %%xmm0, 72(%%rbx)\n vzeroupper\n"
#else
		"movq %%xmm15, 72(%%rbx)\n"
#endif
		"fninit\n mov %%r13, 80(%%rbx)\n"
		"pop %%r15\n pop %%r14\n pop %%r13\n pop %%r12\n pop %%rbp\n pop %%rbx\n"
		: : [s] "a"(s), [value] "d"(value), [last] "D"(last)
		: "rcx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0", "xmm15");
	fip = s[10];
	expect(s[0], value);
	expect(s[1], value);
	expect(s[2], value + 7);
	expect(s[3] >> 10 & 1, value & 1);
	expect(s[4], (unsigned long)last + (value & 1 ? -1 : 1));
	expect((unsigned int)(s[5]), 0xffff0000 | control);
	expect((unsigned int)(s[6] >> 32), (unsigned int)fip);
	expect((unsigned int)(s[8] >> 32), mxcsr);
	expect(s[9], value);
}

static void work(long me) {
	for (int round = 0; round < rounds; round++) {
		keep(me, round);
		for (;;) {
			int now = turn;
			if (now % workers == me - 1) break;
			call(202, (long)&turn, 0x80, now, 0, 0); // futex: wait
		}
		turn++;
		call(202, (long)&turn, 0x81, 1000, 0, 0); // wake
	}
	call(60, 0, 0, 0, 0, 0);
}

// CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS, PARENT_SETTID,
// CHILD_CLEARTID and CHILD_SETTID.
static void spawn(long me) {
	long *top = (long *)(stacks[me] + sizeof stacks[me] - 64);
	register long r10 asm("r10") = (long)&tids[me], r8 asm("r8") = (long)tls[me];
	long n = 56;
	asm volatile("syscall\n test %%eax, %%eax\n jnz 1f\n mov %[me], %%rdi\n call *%[work]\n 1:"
		: "+a"(n) : "D"(0x1000000 | 0x3d0f00), "S"(top), "d"(&tids[0]), "r"(r10), "r"(r8), [me] "b"(me), [work] "r"(work)
		: "rcx", "r11", "memory");
}

void start(void) {
	call(158, 0x1002, (long)tls[0], 0, 0, 0); // arch_prctl: the first thread's fs
	for (long me = 1; me <= workers; me++) spawn(me);
	keep(0, 0);
	for (long me = 1; me <= workers; me++)
		for (int tid; (tid = *(volatile int *)&tids[me]) != 0;) call(202, (long)&tids[me], 0, tid, 0, 0);
	keep(0, 1);
	call(231, wrong, 0, 0, 0, 0);
}
asm(".globl _start\n_start: xor %ebp, %ebp\n and $-16, %rsp\n call start\n");
`

// Nothing of a thread's state is lost or mixed up while others run.
func TestThreadState(t *testing.T) {
	flags := []string{"-nostdlib", "-mno-red-zone", "-fno-stack-protector", "-fcf-protection=none"}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil && bytes.Contains(info, []byte(" avx ")) {
		flags = append(flags, "-DAVX")
	}
	rec, kinds := recordThreads(t, stateProgram, flags...)
	if rec.status.ExitStatus() != 0 {
		t.Fatalf("the program itself found %d wrong values", rec.status.ExitStatus())
	}
	if kinds[recording.KindThread] != 3 || kinds[recording.KindWait] == 0 || kinds[0] < 20 {
		t.Fatalf("the recording has too little of threads: %v", kinds)
	}
	for _, engine := range []Engine{Native, Translated} {
		if r, _, err := replayNative(t, rec.Recording, Options{Engine: engine}); err != nil || r.Exit == nil || r.Exit.Code != 0 {
			t.Fatalf("engine %d: %+v, %v", engine, r, err)
		}
	}
	diffEngines(t, rec.Recording, 0)
	if err := replayForgetting(rec.Recording); err != nil {
		t.Errorf("where translations are discarded between a thread's turns: %v", err)
	}
}

// forgetful makes the code cache look full after each event.
type forgetful struct{ *translated }

func (f forgetful) Write(line []byte) (int, error) {
	if c := f.cache; c != nil && c.base != 0 {
		c.at = codeSize - 1<<20 + 1
	}
	return len(line), nil
}

// replayForgetting replays under the translator, which discards all translations
// at each event.
func replayForgetting(rec *recording.Recording) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		x, err := newTranslated()
		if err == nil {
			_, err = replayWith(context.Background(), rec, Options{Engine: Translated, Verify: true, Trace: forgetful{x}}, x)
		}
		done <- err
	}()
	return <-done
}
