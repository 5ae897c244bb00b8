// Read-modify-write on memory: every arithmetic and logic operation in 8, 16,
// 32 and 64 bits with register, immediate and no operand; results are checked
// against the same operation on a register, flags included.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

static uint64_t cell[3];
static uint64_t fm, fr;
#define ARITH 0x8d5 // OF SF ZF AF PF CF

// BOTH runs `op suffix` on memory and on a register from equal flags.
#define BOTH(op, source, size, mask)                                         \
	for (int carry = 0; carry < 2; carry++)                              \
		for (unsigned v = 0; v < sizeof values / sizeof *values; v++) { \
			uint64_t r = values[v], c = carry;                   \
			cell[0] = cell[2] = 0x7777777777777777;              \
			cell[1] = values[v];                                 \
			asm volatile("mov $13, %%ecx\n\tmov $0x8182838485868788, %%rdx\n\t" \
				     "bt $0, %5\n\t" op " " source "%" size "0\n\t" \
				     "lea -128(%%rsp), %%rsp\n\tpushfq\n\tpopq %2\n\t" \
				     "bt $0, %5\n\t" op " " source "(%4)\n\tpushfq\n\tpopq %3\n\tlea 128(%%rsp), %%rsp" \
				     : "+a"(r), "+m"(cell), "=&r"(fr), "=&r"(fm) \
				     : "D"(cell + 1), "r"(c) : "rcx", "rdx", "cc"); \
			CHECK_EQ(cell[1], (r & (mask)) | (values[v] & ~(uint64_t)(mask))); \
			CHECK_EQ(cell[0] ^ cell[2], 0);                      \
			CHECK_EQ((fm ^ fr) & ARITH & defined, 0);            \
		}

#define SIZES(op, b, w, l, q)                                                \
	BOTH(op "b", b, "b", 0xff) BOTH(op "w", w, "w", 0xffff)              \
	BOTH(op "l", l, "k", 0xffffffff) BOTH(op "q", q, "q", ~0ull)

#define BINARY(op)                                                           \
	SIZES(op, "%%dl, ", "%%dx, ", "%%edx, ", "%%rdx, ")                  \
	SIZES(op, "$-7, ", "$-7, ", "$-7, ", "$-7, ")                        \
	SIZES(op, "$0x55, ", "$0x5555, ", "$0x55555555, ", "$0x55555555, ")

static const uint64_t values[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffffffff,
				  0x80000000, 0x7fffffffffffffff, ~0ull, 0x123456789abcdef0};

// A 32-bit register operation zero-extends; compare only what memory has.
int main(void)
{
	uint64_t defined = ~0ull;
	BINARY("add") BINARY("adc") BINARY("sub") BINARY("sbb")
	BINARY("and") BINARY("or") BINARY("xor") BINARY("cmp")
	SIZES("test", "%%dl, ", "%%dx, ", "%%edx, ", "%%rdx, ")
	SIZES("inc", "", "", "", "") SIZES("dec", "", "", "", "")
	SIZES("neg", "", "", "", "") SIZES("not", "", "", "", "")
	defined = 0x1; // OF and AF are not defined for most counts
	SIZES("shl", "$3, ", "$3, ", "$3, ", "$3, ") SIZES("shr", "%%cl, ", "%%cl, ", "%%cl, ", "%%cl, ")
	SIZES("sar", "$1, ", "$1, ", "$1, ", "$1, ") SIZES("rol", "%%cl, ", "%%cl, ", "%%cl, ", "%%cl, ")
	SIZES("ror", "$5, ", "$5, ", "$5, ", "$5, ") SIZES("rcl", "$1, ", "$1, ", "$1, ", "$1, ")
	SIZES("rcr", "$3, ", "$3, ", "$3, ", "$3, ")
	BOTH("shldw", "$3, %%dx, ", "w", 0xffff) BOTH("shldl", "%%cl, %%edx, ", "k", 0xffffffff)
	BOTH("shrdq", "$9, %%rdx, ", "q", ~0ull) BOTH("shrdq", "%%cl, %%rdx, ", "q", ~0ull)
	BOTH("btsl", "$7, ", "k", 0xffffffff) BOTH("btrq", "$40, ", "q", ~0ull) BOTH("btcw", "$3, ", "w", 0xffff)
	BOTH("sete", "", "b", 0xff) BOTH("setc", "", "b", 0xff) BOTH("setnc", "", "b", 0xff) BOTH("setg", "", "b", 0xff)
	BOTH("movq", "%%rdx, ", "q", ~0ull) BOTH("movl", "$-5, ", "k", 0xffffffff) BOTH("movb", "%%dh, ", "b", 0xff)

	// bts with a register reaches far beyond its operand.
	static uint32_t bits[64];
	int64_t at = 1000;
	asm volatile("btsl %k1, %0\n\tbtsq %1, %0" : "+m"(bits) : "r"(at));
	CHECK_EQ(bits[1000 / 32], 1 << 1000 % 32);
	at = -33;
	asm volatile("btsq %1, (%0)" ::"r"(bits + 8), "r"(at) : "memory");
	CHECK_EQ(bits[6], 1u << 31);
	FINISH();
}
