// Reads the time-stamp counter in both ways.
// build: gcc -g -O2 -o $OUT $SOURCE
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <x86intrin.h>

int main(void)
{
	unsigned aux, cpu = sched_getcpu();
	unsigned long a = __rdtsc(), b = __rdtscp(&aux);
	printf("%d %d\n", a < b, (aux & 0xfff) == cpu);
	return 0;
}
