// What variable_writes must tell apart: names that occur several times, parts of
// things, pointers, recursion, blocks and parameters in memory.
// build: gcc -g $FLAGS -fno-stack-protector -o $OUT $SOURCE -x c $(dirname $SOURCE)/paths_other.inc
#include <stdint.h>
#include <string.h>

struct node { int value; struct node *next; };
struct big { long a[6]; };
struct settings {
	struct { int min, max; } limits[4];
	unsigned low : 3, high : 5;
	const char *title;
	union { int number; float real; };
};

int counter;
static int twin = 1; // another is in paths_other.inc
static short words[5];
struct settings settings;
static struct node nodes[3], *head;
static struct node **where = &head;
static uint64_t cookie;
struct node_later;
struct node_later *incomplete;

void other(int n);

static int down(int n)
{
	int kept = n;
	if (n > 0)
		kept = down(n - 1) * 10 + n;
	return kept;
}

static int sum(int a, int b, int c, int d, int e, int f, int seventh, int eighth)
{
	eighth += a + b + c + d + e + f;
	return seventh + eighth;
}

static long total(struct big by_value)
{
	by_value.a[5]++;
	return by_value.a[0] + by_value.a[5];
}

static void set(int *target, int value) { *target = value; }

static int blocks(int n)
{
	int result = 0;
	{
		int inner = n;
		set(&inner, n + 1);
		result += inner;
	}
	{
		int inner = n * 100;
		result += inner;
	}
	return result;
}

static int count_calls(void)
{
	static int calls;
	return ++calls;
}

int main(void)
{
	struct big big = {{1, 2, 3, 4, 5, 6}};
	int target = 5;
	for (int i = 0; i < 3; i++) {
		counter += i + 1;
		twin = i * 2;
		words[i + 1] = (short)(i - 1);
		other(i);
	}
	settings.limits[2].max = 99;
	settings.limits[2].min = -1;
	settings.low = 5;
	settings.high = 17;
	settings.title = "name";
	settings.real = 0.5f;
	for (int i = 0; i < 3; i++) {
		nodes[i].value = i;
		nodes[i].next = head;
		head = &nodes[i];
		head->value += 10;
	}
	(*where)->next->value = 77;
	cookie = (uint64_t)(uintptr_t)&nodes[1];
	nodes[1].value = 78;
	head = NULL;
	set(&target, 6);
	memset(&settings.limits[1], 1, sizeof settings.limits[1]);
	return down(3) == 123 && sum(1, 2, 3, 4, 5, 6, 7, 8) == 36 && total(big) == 8 && blocks(1) == 102
		&& count_calls() + count_calls() == 3 && target == 6 ? 0 : 1;
}
