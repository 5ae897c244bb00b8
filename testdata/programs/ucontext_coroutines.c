// Two stacks in one thread: makecontext and swapcontext.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include <ucontext.h>
#include "truth.h"

static ucontext_t home, one, two;
static char stack_one[65536], stack_two[65536];
volatile int turn;

NOINLINE void step(int by) { turn += by; }

NOINLINE void body_one(void)
{
	for (int i = 0; i < 20; i++) {
		step(1);
		swapcontext(&one, &two);
	}
}

NOINLINE void body_two(void)
{
	for (int i = 0; i < 20; i++) {
		step(100);
		swapcontext(&two, i == 19 ? &home : &one);
	}
}

int main(void)
{
	getcontext(&one);
	one.uc_stack.ss_sp = stack_one, one.uc_stack.ss_size = sizeof stack_one;
	one.uc_link = &home;
	makecontext(&one, body_one, 0);
	getcontext(&two);
	two.uc_stack.ss_sp = stack_two, two.uc_stack.ss_size = sizeof stack_two;
	two.uc_link = &home;
	makecontext(&two, body_two, 0);
	swapcontext(&home, &one);
	CHECK_EQ(turn, 2020);
	TRUTH_VARIABLE(turn);
	TRUTH("writes turn 40");
	TRUTH("calls step 40");
	FINISH();
}
