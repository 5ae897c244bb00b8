// Code made at run time under W^X: written, made executable with mprotect, run,
// made writable again, changed; a dual mapping of one file; a call between pages.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <sys/mman.h>
#include "truth.h"

typedef uint64_t (*function)(uint64_t);

static void emit_add(uint8_t *at, uint8_t add)
{
	uint8_t code[] = {0x48, 0x8d, 0x47, add, 0xc3}; // lea add(%rdi), %rax; ret
	memcpy(at, code, sizeof code);
}

static void emit_call(uint8_t *at, const uint8_t *target)
{
	uint32_t rel = target - (at + 5);
	uint8_t code[] = {0xe8, rel, rel >> 8, rel >> 16, rel >> 24, 0x48, 0x01, 0xc0, 0xc3}; // call; add %rax,%rax; ret
	memcpy(at, code, sizeof code);
}

int main(void)
{
	uint8_t *p = mmap(NULL, 4096 * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 60; i++) {
		CHECK_EQ(mprotect(p, 4096 * 4, PROT_READ | PROT_WRITE), 0);
		emit_add(p + 100, i);
		emit_call(p + 4096 * 2 + 50, p + 100);
		CHECK_EQ(mprotect(p, 4096 * 4, PROT_READ | PROT_EXEC), 0);
		for (int j = 0; j < 5; j++)
			CHECK_EQ(((function)(p + 4096 * 2 + 50))(j), 2ul * (i + j));
	}
	// replaced by remapping only the callee's page
	uint8_t *fresh = mmap(p, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	emit_add(fresh + 100, 90);
	mprotect(fresh, 4096, PROT_READ | PROT_EXEC);
	CHECK_EQ(((function)(p + 4096 * 2 + 50))(1), 182);
	// moved elsewhere, with relative references intact
	uint8_t *room = mmap(NULL, 4096 * 4, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 4; i++)
		CHECK(mremap(p + i * 4096, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, room + i * 4096) == room + i * 4096);
	CHECK_EQ(((function)(room + 4096 * 2 + 50))(1), 182);
	FINISH();
}
