// r15 in every operand position: destination, source, base, index, with 8, 16
// and 32-bit parts, implicit neighbours, call and jump targets, push, xchg with
// memory, shifts, cmov, setcc, SSE moves, string instructions in between.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

uint64_t r15_out[32];
static uint64_t table[32];

asm(".text\n.globl r15_target\nr15_target:\nlea 3(%r15), %rax\nret\n"
    ".globl r15_work\n.type r15_work,@function\nr15_work:\n"
    "push %r15\npush %r14\npush %rbx\npush %rbp\n"
    "lea r15_out(%rip), %rbx\n"
    "movabs $0x1122334455667788, %r15\nmov %r15, (%rbx)\n"             // 0
    "mov $0x99, %r15b\nmov %r15, 8(%rbx)\n"                            // 1: ...7799
    "mov $0xabcd, %r15w\nmov %r15, 16(%rbx)\n"                         // 2
    "mov $0x5, %r15d\nmov %r15, 24(%rbx)\n"                            // 3: 5
    "mov 16(%rdi,%r15,8), %rax\nmov %rax, 32(%rbx)\n"                  // 4: table[7]
    "mov %rdi, %r15\nmov 8(%r15), %rax\nmov %rax, 40(%rbx)\n"          // 5: table[1]
    "mov $3, %r14d\nlea (%r15,%r14,8), %r15\nmov (%r15), %r15\nmov %r15, 48(%rbx)\n" // 6: table[3]
    "mov %rdi, %r15\nmov %r15, 72(%r15)\nmov 72(%r15), %r15\nsub %rdi, %r15\nmov %r15, 56(%rbx)\n" // 7: 0
    "mov $10, %r15d\nadd %r15, %r15\nimul $3, %r15, %r15\nmov %r15, 64(%rbx)\n" // 8: 60
    "push %r15\npop %rax\nmov %rax, 72(%rbx)\n"                        // 9: 60
    "push $21\npop %r15\nmov %r15, 80(%rbx)\n"                         // 10: 21
    "mov $100, %eax\nxchg %rax, %r15\nmov %r15, 88(%rbx)\n"            // 11: 100
    "xchg %r15, 80(%rdi)\nmov %r15, 96(%rbx)\n"                        // 12: table[10]
    "mov %r15d, %ecx\nand $7, %ecx\nmov $1, %r15d\nshl %cl, %r15\nmov %r15, 104(%rbx)\n" // 13
    "cmp $0, %r15\nmov $0, %r15d\nsetne %r15b\nmov %r15, 112(%rbx)\n"  // 14: 1
    "mov $77, %eax\ncmp %eax, %eax\ncmove %rax, %r15\nmov %r15, 120(%rbx)\n" // 15: 77
    "movq %r15, %xmm3\npxor %xmm4, %xmm4\npaddq %xmm3, %xmm3\nmovq %xmm3, %r15\nmov %r15, 128(%rbx)\n" // 16: 154
    "xor %edx, %edx\nmov $1000, %eax\nmov $7, %r15d\ndiv %r15\nmov %rax, %r15\nmov %r15, 136(%rbx)\n" // 17: 142
    "lea r15_target(%rip), %r15\nmov %r15, %rbp\ncall *%r15\nsub %rbp, %rax\nmov %rax, 144(%rbx)\n" // 18: 3
    "lea 1f(%rip), %r15\njmp *%r15\nmovq $0, 144(%rbx)\n1:\n"
    "mov $4, %r15d\n2: dec %r15\njnz 2b\nmov %r15, 152(%rbx)\n"        // 19: 0
    "mov $0x100, %r15d\nmov $2, %eax\nadd %r15b, %al\nbswap %r15\nmov %r15, 160(%rbx)\n" // 20
    "mov $0xff00, %r15d\nmovzbl %r15b, %eax\nmovswq %r15w, %r15\nmov %r15, 168(%rbx)\n" // 21: ~0xff
    "mov $88, %eax\nmov $88, %r15d\nlock cmpxchg %r15, 88(%rdi)\nmov %rax, 176(%rbx)\n" // 22: table[11]
    "mov $9, %r15d\nlock xadd %r15, 96(%rdi)\nmov %r15, 184(%rbx)\n"   // 23: table[12]
    "mov %rsp, %r15\npush $5\nmov -8(%r15), %r15\nadd $8, %rsp\nmov %r15, 192(%rbx)\n" // 24: 5
    "stc\nmov $1, %r15d\nadc $0, %r15\nmov %r15, 200(%rbx)\n"          // 25: 2
    "mov %fs:0, %r15\nmov %fs:(0), %rax\nsub %rax, %r15\nmov %r15, 208(%rbx)\n" // 26: 0
    "mov $6, %r15d\nmov r15_out-48+8(%rip), %rax\nlea r15_out(%rip), %rax\nmov (%rax,%r15,8), %rax\nmov %rax, 216(%rbx)\n" // 27: table[3]
    "xor %r15d, %r15d\n"
    "pop %rbp\npop %rbx\npop %r14\npop %r15\nret\n.size r15_work,.-r15_work\n");
void r15_work(uint64_t *);

// A compiler that prefers r15: many live values.
NOINLINE uint64_t pressure(uint64_t *v, int n)
{
	uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, s = 0;
	for (int i = 0; i < n; i++) {
		a += v[i] ^ b, b += a * 3, c ^= b + d, d += c >> 3, e += d ^ a, f -= e, g ^= f << 1, h += g;
		v[i] = h ^ a;
		s += v[i] & 0xff;
	}
	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ s;
}

int main(void)
{
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 32; i++)
			table[i] = 1000 + i;
		r15_work(table);
		uint64_t *o = r15_out, want[] = {
			0x1122334455667788, 0x1122334455667799, 0x112233445566abcd, 5, 1007, 1001, 1003, 0,
			60, 60, 21, 100, 1010, 1ull << (1010 & 7), 1, 77, 154, 142, 3, 0,
			0x0001000000000000, 0xffffffffffffff00, 1011, 1012, 5, 2, 0, 1003};
		for (unsigned i = 0; i < sizeof want / 8; i++)
			CHECK_EQ(o[i], want[i]);
		CHECK_EQ(table[10], 100);
		CHECK_EQ(table[12], 1021);
	}
	uint64_t v[64], first;
	memset(v, 0x5a, sizeof v);
	first = pressure(v, 64);
	memset(v, 0x5a, sizeof v);
	CHECK_EQ(pressure(v, 64), first);
	// its lower half pushed and popped, each alone between indirect jumps
	uint64_t whole, half;
	asm volatile("mov $0x1122334455667788, %%r15\n\tlea 1f(%%rip), %%rcx\n\tsub $128, %%rsp\n\tjmp *%%rcx\n"
		     "1:\tpush %%r15w\n\tlea 2f(%%rip), %%rcx\n\tjmp *%%rcx\n"
		     "2:\tmovzwl (%%rsp), %k1\n\tmov $-1, %%r15\n\tlea 3f(%%rip), %%rcx\n\tjmp *%%rcx\n"
		     "3:\tpop %%r15w\n\tlea 4f(%%rip), %%rcx\n\tjmp *%%rcx\n"
		     "4:\tmov %%r15, %0\n\tadd $128, %%rsp"
		     : "=&r"(whole), "=&r"(half) :: "r15", "rcx", "memory", "cc");
	CHECK_EQ(whole, 0xffffffffffff7788);
	CHECK_EQ(half, 0x7788);
	TRUTH("calls r15_work 3");
	TRUTH("calls pressure 2");
	FINISH();
}
