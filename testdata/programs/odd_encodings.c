// Encodings that assemblers do not choose but processors accept: redundant and
// repeated prefixes, long nops, absolute moffs, SIB without base, addr32, fs,
// gs and ignored segments, long forms of short things, hint nops, rex.w jumps;
// what was MPX; clzero.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <sys/mman.h>
#include "truth.h"

static uint32_t low;
__thread uint64_t local = 0x6161;

int main(void)
{
	uint64_t a = 0, c = 0;
	// nops of all lengths, some with strange prefixes
	asm volatile(".byte 0x90, 0x66,0x90, 0x0f,0x1f,0x00, 0x0f,0x1f,0x40,0x00, 0x0f,0x1f,0x44,0x00,0x00\n\t"
		     ".byte 0x66,0x66,0x66,0x66,0x2e,0x0f,0x1f,0x84,0,0,0,0,0, 0xf3,0x90, 0x0f,0x18,0xc0\n\t"
		     ".byte 0xf3,0x0f,0x1e,0xfa, 0x48,0x87,0xc0, 0x0f,0x1e,0xc8");
	// redundant REX and size prefixes: mov eax, 5 with 3e 66-less rex 40; repeated
	asm volatile(".byte 0x3e, 0x40, 0xb8, 5,0,0,0\n\t.byte 0x48, 0x40, 0x89, 0xc1" : "=a"(a), "=c"(c));
	CHECK_EQ(a, 5);
	CHECK_EQ((uint32_t)c, 5);
	// xor eax, eax in both directions, add with imm32 where imm8 would do
	asm volatile(".byte 0x31,0xc0, 0x33,0xc0, 0x81,0xc0,7,0,0,0, 0x48,0x81,0xc0,1,0,0,0, 0x05,1,0,0,0" : "=a"(a));
	CHECK_EQ(a, 9);
	// a jump and a conditional jump of 32 bits to the next instruction; with bnd and branch hints
	asm volatile(".byte 0xe9,0,0,0,0, 0x0f,0x84,0,0,0,0, 0xf2,0xe9,0,0,0,0, 0x3e,0x74,0, 0x2e,0x75,0, 0x48,0xeb,0");
	// mov through a 64-bit absolute address (moffs), both directions, al, ax, eax, rax
	uint64_t *fixed = mmap((void *)0x123456789000, 4096, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	asm volatile("mov $0x1122334455667788, %%rax\n\tmovabs %%rax, 0x123456789000\n\tmovabs %%al, 0x123456789010\n\t"
		     "movabs %%ax, 0x123456789018\n\tmovabs %%eax, 0x123456789020\n\txor %%eax, %%eax\n\t"
		     "movabs 0x123456789000, %%eax" : "=a"(a) :: "memory");
	CHECK_EQ(a, 0x55667788);
	CHECK_EQ(fixed[0], 0x1122334455667788);
	CHECK_EQ(fixed[2], 0x88);
	CHECK_EQ(fixed[3], 0x7788);
	CHECK_EQ(fixed[4], 0x55667788);
	// absolute 32-bit addresses (SIB without base), addr32, below 2 GB
	uint32_t *under = mmap((void *)0x41000000, 4096, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	asm volatile("movl $7, 0x41000000\n\tmovl $0, %%ecx\n\tmovl $8, 0x41000004(,%%rcx,4)\n\t"
		     "mov $0x100000000, %%rdx\n\tadd $0x41000000, %%rdx\n\tmovl $9, 8(%%edx)\n\t"
		     "addr32 movl $10, 0x4100000c\n\tlea 0x10(%%edx), %%rcx" : "=c"(c) :: "rdx", "memory");
	CHECK(under[0] == 7 && under[1] == 8 && under[2] == 9 && under[3] == 10);
	CHECK_EQ(c, 0x41000010);
	// segments: fs is thread-local storage, gs is zero, ds and es are ignored
	asm volatile("mov %%fs:0, %0\n\tmov %%gs:(%0), %%rcx\n\tmov %%ds:(%0), %%rdx\n\tmov %%es:(%0), %%rsi\n\t"
		     "sub %%rcx, %%rdx\n\tsub %%rsi, %%rcx\n\tor %%rcx, %%rdx\n\tmov %%rdx, %1"
		     : "=&r"(a), "=&r"(c) :: "rcx", "rdx", "rsi");
	CHECK_EQ(c, 0);
	local++;
	CHECK_EQ(local, 0x6162);
	// movsxd without rex.w, mov to itself in 32 bits zero-extends, xlat, cmpxchg on registers
	asm volatile("mov $-1, %%rax\n\tmov %%eax, %%eax\n\tmov $-1, %%rcx\n\t.byte 0x63, 0xc9" : "=a"(a), "=c"(c));
	CHECK_EQ(a, 0xffffffff);
	CHECK_EQ(c, 0xffffffff);
	static const uint8_t letters[256] = {[5] = 'q'};
	asm volatile("mov $5, %%eax\n\txlatb" : "=a"(a) : "b"(letters));
	CHECK_EQ(a, 'q');
	// crc32, movbe, popcnt in memory forms
	low = 0x12345678;
	asm volatile("movbe %1, %%eax\n\tmovbe %%eax, %1\n\txor %%ecx, %%ecx\n\tcrc32l %1, %%ecx\n\tpopcntl %1, %%edx"
		     : "=&a"(a), "+m"(low), "=&c"(c) :: "rdx", "cc");
	CHECK_EQ(a, 0x78563412);
	CHECK_EQ(low, 0x12345678);
	// what was MPX stores nothing
	static uint8_t lines[256] __attribute__((aligned(64)));
	memset(lines, 1, sizeof lines);
	asm volatile(".byte 0x66,0x0f,0x1b,0x07, 0x0f,0x1b,0x47,0x10, 0xf3,0x0f,0x1b,0x07, 0x66,0x0f,0x1a,0x07" :: "D"(lines) : "memory");
	CHECK_EQ(lines[0], 1);
	uint32_t b;
	asm("cpuid" : "=a"(a), "=b"(b), "=c"(c) : "a"(0x80000008), "c"(0) : "rdx");
	if (b & 1) { // clzero: AMD
		asm volatile("clzero" :: "a"(lines + 70) : "memory");
		CHECK(lines[63] == 1 && lines[64] == 0 && lines[127] == 0 && lines[128] == 1);
	}
	FINISH();
}
