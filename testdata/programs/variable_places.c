// Prints where each of its variables lies, in each call: what the tables variables and
// _locations say must be the same.
// build: gcc $FLAGS -g -o $OUT $SOURCE
// matrix: O0 nopie
// output: varies
#include "truth.h"

struct pair { int a, b; };
static struct pair shared;
int visible = 1;

#define SHOW(function, name) printf("%s %s %p\n", #function, #name, (void *)&name)

static int walk(int depth, struct pair by_value, const char *label)
{
	static int visits;
	int local = depth * 2;
	SHOW(walk, depth);
	SHOW(walk, by_value);
	SHOW(walk, label);
	SHOW(walk, local);
	SHOW(walk, visits);
	visits++;
	for (int i = 0; i < 1; i++) {
		long inner = local + i;
		SHOW(walk, i);
		SHOW(walk, inner);
		shared.a += (int)inner;
	}
	if (depth > 0) {
		struct pair next = {by_value.b, by_value.a + 1};
		SHOW(walk, next);
		local += walk(depth - 1, next, "again");
	}
	return local;
}

int main(void)
{
	char room[100];
	struct pair first = {1, 2};
	SHOW(main, room);
	SHOW(main, first);
	SHOW(-, shared);
	SHOW(-, visible);
	room[0] = (char)walk(3, first, "first");
	visible = room[0];
	FINISH();
}
