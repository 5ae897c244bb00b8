// Every kind of variable in C, and each assignment to it: globals, statics of the
// file and of a function, thread-locals, locals and parameters of each call,
// members, elements, bit fields, and what pointers reach as they move.
// build: gcc -g $FLAGS -o $OUT $SOURCE -x c assignments_other.inc
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include "assigned.h"

enum color { RED, GREEN, BLUE = 7 };
struct node { int value; struct node *next; };
struct config {
	struct { int min, max; } limits[3];
	enum color color;
	unsigned low : 3, high : 9;
	char name[16];
	const char *label;
	double ratio;
};

long counter;
static short hidden;
_Thread_local int per_thread;
static _Thread_local unsigned char small_per_thread;
struct config cfg;
int grid[2][3];
bool flag;
float single;
double twice;
char letter;
enum color color;
const char *text;
void (*hook)(int);
struct node *head;
unsigned __int128 wide;

void other_file(void); // has a static "hidden" of its own

NOINLINE void globals(void)
{
	for (int i = 0; i < 20; i++)
		ASSIGN("counter", counter, counter * 3 + i - 7, "%ld");
	for (int i = 0; i < 5; i++)
		ASSIGN("assignments.c:hidden", hidden, -300 * i, "%hd");
	for (int i = 0; i < 4; i++)
		ASSIGN("grid[1][2]", grid[1][2], i * i, "%d");
	ASSIGN_TEXT("flag", flag, true, "true");
	ASSIGN_TEXT("flag", flag, false, "false");
	ASSIGN_TEXT("single", single, 0.1f, "0.1");
	ASSIGN_TEXT("single", single, -1e20f, "-1e+20");
	ASSIGN_TEXT("twice", twice, 1.0 / 3, "0.3333333333333333");
	ASSIGN_TEXT("twice", twice, 1e100, "1e+100");
	ASSIGN_TEXT("letter", letter, 'x', "120 'x'");
	ASSIGN_TEXT("letter", letter, '\n', "10 '\\n'");
	ASSIGN_TEXT("color", color, BLUE, "BLUE");
	ASSIGN_TEXT("color", color, GREEN, "GREEN");
	ASSIGN_TEXT("color", color, (enum color)4, "4");
	ASSIGN_TEXT("text", text, "some \"text\"", "%p \"some \\\"text\\\"\"", (void *)text);
	ASSIGN_TEXT("text", text, NULL, "0x0");
	ASSIGN_TEXT("hook", hook, settled, "%p <settled>", (void *)hook);
	wide = ((unsigned __int128)1 << 100) + 1;
	HOLDS("wide", "1267650600228229401496703205377");
}

NOINLINE void threads(void)
{
	for (int i = 0; i < 6; i++)
		ASSIGN("per_thread", per_thread, i * 1000 - 3, "%d");
	for (int i = 0; i < 3; i++)
		ASSIGN_TEXT("small_per_thread", small_per_thread, 'a' + i, "%d '%c'", 'a' + i, 'a' + i);
}

NOINLINE void members(void)
{
	for (int i = 0; i < 4; i++)
		ASSIGN("cfg.limits[2].max", cfg.limits[2].max, 10 * i, "%d");
	ASSIGN("cfg.limits[1].min", cfg.limits[1].min, -1, "%d");
	ASSIGN_TEXT("cfg.color", cfg.color, GREEN, "GREEN");
	ASSIGN_TEXT("cfg.ratio", cfg.ratio, 2.5, "2.5");
	cfg.low = 5;
	HOLDS("cfg.low", "5");
	cfg.high = 300;
	HOLDS("cfg.high", "300");
	cfg.low = 2;
	HOLDS("cfg.low", "2");
	snprintf(cfg.name, sizeof cfg.name, "%s-%d", "name", 12);
	HOLDS("cfg.name", "\"name-12\"");
	HOLDS("cfg.limits", "{{min = 0, max = 0}, {min = -1, max = 0}, {min = 0, max = 30}}");
	HOLDS("grid", "{{0, 0, 0}, {0, 0, 9}}");
}

// push puts a node before the others. "head->value" is another place from then on.
NOINLINE void push(int value)
{
	struct node *n = malloc(sizeof *n);
	n->next = head;
	n->value = -1;
	ASSIGN_TEXT("head", head, n, "%p", (void *)head);
	ASSIGN("head->value", head->value, value, "%d");
	ASSIGN("head->value", n->value, value + 1, "%d");
}

NOINLINE void pointers(void)
{
	for (int i = 1; i <= 4; i++)
		push(100 * i);
	head->next->value = 5; // not head->value
	ASSIGN_TEXT("head", head, head->next, "%p", (void *)head);
	ASSIGN("head->value", head->value, 6, "%d");
	VALUE("head->next->value", "201");
	HOLDS("*head", "{value = 6, next = %p}", (void *)head->next);
}

NOINLINE int number_of_calls(void)
{
	static int calls;
	ASSIGN("number_of_calls.calls", calls, calls + 1, "%d");
	return calls;
}

#ifndef __OPTIMIZE__
// down has a local and a parameter in each of its calls.
NOINLINE int down(int depth)
{
	int local;
	printf("assigned down.depth = %d\n", depth);
	ASSIGN("down.local", local, depth * 11, "%d");
	if (depth > 0)
		local = down(depth - 1) + 1;
	else
		local = 1;
	printf("assigned down.local = %d\n", local);
	ASSIGN("down.depth", depth, -depth, "%d");
	return local;
}

NOINLINE void locals(int first, const char *name)
{
	printf("assigned locals.first = %d\nassigned locals.name = %p \"%s\"\n", first, (void *)name, name);
	long sum;
	ASSIGN("locals.sum", sum, 0, "%ld");
	for (int i = 0; i < 10; i++) {
		ASSIGN("locals.sum", sum, sum + i * first, "%ld");
		{
			int inner;
			ASSIGN("locals.inner", inner, i ^ 5, "%d");
		}
	}
	int numbers[4];
	for (int i = 0; i < 4; i++)
		ASSIGN("locals.numbers[3]", numbers[3], i * 5, "%d");
	long *reach;
	ASSIGN_TEXT("locals.reach", reach, &counter, "%p <counter>", (void *)reach);
	struct node on_stack;
	ASSIGN("locals.on_stack.value", on_stack.value, 77, "%d");
	double ratio;
	ASSIGN_TEXT("locals.ratio", ratio, -0.5, "-0.5");
}
#endif

int main(void)
{
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	globals();
	threads();
	members();
	pointers();
	for (int i = 0; i < 3; i++)
		number_of_calls();
	other_file();
#ifndef __OPTIMIZE__
	down(4);
	locals(3, "a name");
	down(1);
#endif
	return 0;
}
