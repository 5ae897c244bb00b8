// clone by hand: a thread on a stack of its own, joined by the futex at its tid.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// matrix: O2 static
#include "thread.h"
#include <linux/futex.h>
#include <linux/sched.h>
#include <sys/mman.h>

enum { SIZE = 64 << 10, SHARED = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM };
static volatile uint64_t sum;
volatile pid_t child_tid, parent_tid;

NOINLINE void add(uint64_t n) { sum += n; }

// body runs with the maker's thread pointer: it makes no use of libc.
__attribute__((used, noreturn)) void body(long n)
{
	for (long i = 1; i <= n; i++) {
		add(i);
		long result;
		__asm__ volatile("syscall" : "=a"(result) : "0"(SYS_sched_yield) : "rcx", "r11", "memory");
	}
	__asm__ volatile("syscall" : : "a"(SYS_exit), "D"(0));
	__builtin_unreachable();
}

// new_thread calls body(n) in a new thread. The stack begins as at a call.
pid_t new_thread(long flags, char *top, long n);
__asm__(".text\nnew_thread:\n"
	"	mov %rdx, %r9\n"
	"	lea child_tid(%rip), %r10\n"
	"	lea parent_tid(%rip), %rdx\n"
	"	xor %r8d, %r8d\n"
	"	mov $56, %eax\n" // clone
	"	syscall\n"
	"	test %eax, %eax\n"
	"	jz 1f\n"
	"	ret\n"
	"1:	xor %ebp, %ebp\n"
	"	mov %r9, %rdi\n"
	"	call body\n"
	"	ud2\n");

// new_thread3 does it by clone3.
pid_t new_thread3(struct clone_args *args, long size, long n);
__asm__("new_thread3:\n"
	"	mov %rdx, %r9\n"
	"	mov $435, %eax\n" // clone3
	"	syscall\n"
	"	test %eax, %eax\n"
	"	jz 1b\n"
	"	ret\n");

// gone waits until the kernel has cleared the tid.
static void gone(void)
{
	for (pid_t now; (now = child_tid) != 0;)
		syscall(SYS_futex, &child_tid, FUTEX_WAIT, now, NULL, NULL, 0);
}

int main(void)
{
	char *stack = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	CHECK(stack != MAP_FAILED);
	pid_t ids[3];
	child_tid = -1;
	ids[0] = new_thread(SHARED | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, stack + SIZE, 10);
	CHECK_EQ(parent_tid, ids[0]);
	gone();
	CHECK_EQ(sum, 55);

	child_tid = -1; // cleared, but not set by the kernel
	ids[1] = new_thread(SHARED | CLONE_CHILD_CLEARTID, stack + SIZE, 4);
	CHECK_EQ(parent_tid, ids[0]);
	gone();
	CHECK_EQ(sum, 65);

	struct clone_args args = {.flags = SHARED | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
		.child_tid = (uint64_t)&child_tid, .parent_tid = (uint64_t)&parent_tid, .stack = (uint64_t)stack, .stack_size = SIZE};
	child_tid = -1;
	ids[2] = new_thread3(&args, sizeof args, 3);
	if (ids[2] < 0) { // older kernels have none
		child_tid = 0;
		ids[2] = new_thread(SHARED | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, stack + SIZE, 3);
	}
	CHECK_EQ(parent_tid, ids[2]);
	gone();
	CHECK_EQ(sum, 71);
	munmap(stack, SIZE);
	TRUTH_VARIABLE(sum);
	TRUTH("callers add 3");
	TRUTH("unfinished body 3");
	TRUTH("threads 4");
	printf("truth assigned sum");
	static const int counts[] = {10, 4, 3};
	for (int t = 0, total = 0; t < 3; t++)
		for (int i = 1; i <= counts[t]; i++)
			printf(" %d:%d", ids[t], total += i);
	printf("\n");
	FINISH();
}
