// delay.h computes for a while without a write or a system call.
#ifndef DELAY_H
#define DELAY_H

// delay takes some n nanoseconds, or a few times that.
static inline void delay(unsigned n)
{
	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(n) : : "cc");
}
#endif
