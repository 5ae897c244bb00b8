// assigned.h is what the programs here share. They say of each assignment that
// they make what the variable then holds, and the test asks the history:
//
//   assigned PATH = TEXT   the next write to PATH in variable_writes left this text
//   holds PATH = TEXT      at the next call of settled, value_at says so, and so
//                          does the last write before: for what takes several
//                          writes, such as a string
//   value PATH = TEXT      the same, of value_at alone
//
// PATH is as in variable_writes, TEXT as docs/values.md says. For "assigned"
// the lines of a path must be all the writes that it got from the call of main
// on, in this order.
#ifndef ASSIGNED_H
#define ASSIGNED_H
#include <stdio.h>

#define NOINLINE __attribute__((noipa))

// settled is called with 1, 2, …, once before each line "holds" or "value".
#ifdef __cplusplus
extern "C"
#endif
__attribute__((weak)) NOINLINE void settled(int n) { __asm__ volatile("" : : "r"(n) : "memory"); }

static int settled_times __attribute__((unused));

// ASSIGN assigns and prints. The barrier makes compilers store what they might
// keep in a register.
#define ASSIGN(path, lvalue, value, format) ASSIGN_TEXT(path, lvalue, value, format, lvalue)
#define ASSIGN_TEXT(path, lvalue, value, ...)                    \
	do {                                                     \
		(lvalue) = (value);                              \
		__asm__ volatile("" : : "r"(&(lvalue)) : "memory"); \
		printf("assigned %s = ", path);                  \
		printf(__VA_ARGS__);                             \
		putchar('\n');                                   \
	} while (0)

#define HOLDS(path, ...) SETTLED("holds", path, __VA_ARGS__)
#define VALUE(path, ...) SETTLED("value", path, __VA_ARGS__)
#define SETTLED(what, path, ...)                                 \
	do {                                                     \
		__asm__ volatile("" : : : "memory");             \
		settled(++settled_times);                        \
		printf("%s %s = ", what, path);                     \
		printf(__VA_ARGS__);                             \
		putchar('\n');                                   \
	} while (0)
#endif
