// Every kind of C type and of variable.
#include <stddef.h>

enum color { red, green = 5, blue = -2 };
enum mask { low = 1, high = 0x80000000u };
struct node {
	struct node *next;
	int value;
	unsigned flag : 1, count : 7, wide : 20;
	signed char small : 3;
	unsigned long long spread : 40;
};
struct hidden;
union word { int i; float f; unsigned char bytes[4]; };
typedef int (*callback)(struct node *, const char *, ...);
struct config {
	struct { int lo, hi; } limits[4];
	union { double d; long l; };
	enum color color;
	callback call;
	short matrix[2][3][4];
	const char *const names[2];
	struct hidden *hidden;
	_Bool on;
	_Complex double z;
	__int128 big;
	char tail[];
};

struct node first, *head = &first;
static struct config config __attribute__((used));
_Thread_local int per_thread = 7;
static _Thread_local long hidden_per_thread;
volatile unsigned char device;
const long long constant = -9;
enum mask mask = high;
union word word;
extern int elsewhere;

__attribute__((noinline)) int sum(struct node *list, int limit, double scale)
{
	static int calls;
	int total = 0;
	calls++;
	for (struct node *n = list; n; n = n->next) {
		int inner = n->value * (int)scale;
		if (inner > limit) {
			int over = inner - limit;
			total -= over;
		}
		total += inner;
	}
	return total + calls;
}

static inline int twice(int x)
{
	static int used;
	volatile int kept = x;
	used += kept;
	return kept * 2 + used;
}

__attribute__((noinline)) size_t by_value(struct config c, struct node n, int len)
{
	int vla[len];
	struct node copy = n;
	for (int i = 0; i < len; i++)
		vla[i] = i + copy.value;
	per_thread += vla[len - 1] + twice(len);
	hidden_per_thread++;
	return sizeof vla + c.color;
}

int main(int argc, char **argv)
{
	volatile long long spilled[3] = {argc, 2, 3};
	first.value = twice(argc) + twice((int)spilled[1]);
	config.call = 0;
	return sum(head, 10, 2.0) + (int)by_value(config, first, argc + 2) == 1000 && argv[0] == 0;
}
