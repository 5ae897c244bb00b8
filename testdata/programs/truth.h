// truth.h is what the fixture programs share: checks of themselves, and the
// lines in which they tell the truth about themselves, which the end-to-end
// test compares with the answers of SQL.
//
//   truth variable NAME ADDR SIZE      where a variable lies (its later names
//                                      below mean this memory)
//   truth writes NAME COUNT            instructions that wrote to it
//   truth values NAME V...             what they left in it, one after the other
//   truth writer NAME FUNCTION COUNT   how many of them ran in FUNCTION itself
//   truth calls FUNCTION COUNT         calls of FUNCTION
//   truth called-by FUNCTION CALLER COUNT   how many of them came from CALLER
//   truth arguments FUNCTION V...      first argument of each call, in order
//   truth returns FUNCTION V...        return value of each call, in order
//   truth unfinished FUNCTION COUNT    calls that never returned
//   truth nesting FUNCTION COUNT       most calls of FUNCTION open at once
//   truth signals NUMBER COUNT         signals delivered
//   truth syscalls NAME COUNT          system calls made
//   truth threads COUNT                threads that there were
//   truth named TID NAME               the last name of a thread
//   truth pointer TID ADDR             its pthread_self()
//   truth callers FUNCTION COUNT       threads that called FUNCTION
//   truth assigned NAME TID:V...       values left in it, and by which threads,
//                                      which the kernel called TID
//   truth variable-writes NAME TID:V...  the same by variable_writes, of writes by
//                                      the program's own code
//   truth own-writes NAME TID:V...     the same, thread by thread as they began
//   truth handed-over NAME COUNT       writes to it by another thread than the one before
//   truth futex-waits NAME COUNT       waits for it as a futex
//   truth futex-wakes NAME COUNT       wakes of those who wait for it
//
// Values are unsigned, in C notation. The lines come last, before the verdict,
// so that nothing they do disturbs what they tell.
#ifndef TRUTH_H
#define TRUTH_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// NOINLINE keeps a function a function: called, not cloned, not merged.
#define NOINLINE __attribute__((noipa))

static int truth_failures __attribute__((unused));

// CHECK is an assertion that lets the program go on.
#define CHECK(condition)                                                     \
	do {                                                                 \
		if (!(condition)) {                                          \
			truth_failures++;                                    \
			printf("FAILED %s:%d: %s\n", __FILE__, __LINE__, #condition); \
		}                                                            \
	} while (0)

// CHECK_EQ shows both sides.
#define CHECK_EQ(a, b)                                                       \
	do {                                                                 \
		unsigned long long a_ = (unsigned long long)(a), b_ = (unsigned long long)(b); \
		if (a_ != b_) {                                              \
			truth_failures++;                                    \
			printf("FAILED %s:%d: %s == %#llx, want %s == %#llx\n", \
			       __FILE__, __LINE__, #a, a_, #b, b_);          \
		}                                                            \
	} while (0)

#define TRUTH_VARIABLE(v) \
	printf("truth variable %s %#lx %zu\n", #v, (unsigned long)(uintptr_t)&(v), sizeof(v))
#define TRUTH(...) (printf("truth " __VA_ARGS__), putchar('\n'))

// SKIP ends a program that this processor cannot run.
#define SKIP(reason) (printf("skip: %s\n", reason), exit(77))

// FINISH is the last statement of main.
#define FINISH()                                                             \
	do {                                                                 \
		puts(truth_failures ? "EXIT-FAILURE" : "EXIT-SUCCESS");      \
		return truth_failures != 0;                                  \
	} while (0)
#endif
