// heap.h: programs that print every allocation and release as they make it.
//
//   heap + ADDR SIZE KIND   memory was allocated, by the function KIND
//   heap - ADDR KIND        memory is about to be released, or just was
//   heap ! ADDR OFFSET      memory is about to be written to after its release
//
// Lines go out by the system call itself: nothing of it allocates.
#ifndef HEAP_H
#define HEAP_H
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define NOINLINE __attribute__((noipa))

static int heap_failures __attribute__((unused));
#define CHECK(condition) ((condition) ? (void)0 : (void)(heap_failures++, dprintf(1, "FAILED %s:%d: %s\n", __FILE__, __LINE__, #condition)))

static void heap_line(const char *text, int n)
{
	if (write(1, text, n) != n)
		_exit(3);
}

static void __attribute__((unused)) took(const void *p, unsigned long size, const char *kind)
{
	char line[200];
	heap_line(line, snprintf(line, sizeof line, "heap + %#lx %lu %s\n", (unsigned long)(uintptr_t)p, size, kind));
}

static void __attribute__((unused)) gave(const void *p, const char *kind)
{
	char line[200];
	heap_line(line, snprintf(line, sizeof line, "heap - %#lx %s\n", (unsigned long)(uintptr_t)p, kind));
}

static void __attribute__((unused)) late(const void *p, unsigned long offset)
{
	char line[200];
	heap_line(line, snprintf(line, sizeof line, "heap ! %#lx %lu\n", (unsigned long)(uintptr_t)p, offset));
}

static int __attribute__((unused)) finish(void)
{
	if (heap_failures)
		heap_line("EXIT-FAILURE\n", 13);
	else
		heap_line("EXIT-SUCCESS\n", 13);
	return heap_failures != 0;
}
#endif
