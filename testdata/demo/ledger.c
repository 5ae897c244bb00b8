// A ledger with a bug, for `make demo`. Accounts live in a small cache; the
// least recently used one is written back and freed when a new one is needed.
// Companies pay salaries; after each payday an audit compares what the cache
// holds with the journal. One day it does not agree.
// build: gcc -g -O1 -o $OUT $SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { ACCOUNTS = 64, CACHED = 6 };

struct account {
	uint32_t id;
	int64_t balance;
	struct account *next; // towards the least recently used
};

static int64_t saved[ACCOUNTS];   // what is not in the cache
static int64_t journal[ACCOUNTS]; // what every balance must be
static struct account *cache;
static int cached;

__attribute__((noinline)) static struct account *account_new(uint32_t id)
{
	struct account *a = malloc(sizeof *a);
	a->id = id;
	a->balance = saved[id];
	return a;
}

__attribute__((noinline)) static void account_free(struct account *a)
{
	saved[a->id] = a->balance;
	free(a);
}

static void evict_oldest(void)
{
	struct account **p = &cache;
	while ((*p)->next)
		p = &(*p)->next;
	account_free(*p);
	*p = NULL;
	cached--;
}

// lookup returns the account and makes it the most recently used.
static struct account *lookup(uint32_t id)
{
	for (struct account **p = &cache; *p; p = &(*p)->next)
		if ((*p)->id == id) {
			struct account *a = *p;
			*p = a->next;
			a->next = cache;
			return cache = a;
		}
	if (cached == CACHED)
		evict_oldest();
	struct account *a = account_new(id);
	a->next = cache;
	cached++;
	return cache = a;
}

// pay_salaries pays each of the employees, ids first to first+count-1.
__attribute__((noinline)) static void pay_salaries(uint32_t company, uint32_t first, int count, int64_t salary)
{
	struct account *payer = lookup(company);
	for (int i = 0; i < count; i++) {
		struct account *employee = lookup(first + i);
		employee->balance += salary;
		payer->balance -= salary;
		journal[first + i] += salary;
		journal[company] -= salary;
	}
}

__attribute__((noinline)) static void audit_failed(struct account *a, int64_t expected)
{
	printf("audit: account %u holds %ld, the journal says %ld\n", a->id, (long)a->balance, (long)expected);
	exit(1);
}

__attribute__((noinline)) static void audit(void)
{
	for (struct account *a = cache; a; a = a->next)
		if (a->balance != journal[a->id])
			audit_failed(a, journal[a->id]);
}

int main(void)
{
	for (uint32_t company = 0; company < 8; company++)
		saved[company] = journal[company] = 10000000;
	for (uint32_t day = 0; day < 10000; day++) {
		uint32_t company = day % 8;
		int employees = day < 5000 ? 2 + day % 3 : 2 + day % 7; // business grows
		pay_salaries(company, 8 + day * 5 % 48, employees, 1000 + day % 10);
		audit();
	}
	puts("all paid");
}
