// RIP-relative operands with immediates of 1, 2 and 4 bytes, SSE, x87, push,
// call and jump through memory, lea, cmpxchg, prefetch.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

uint8_t b8;
uint16_t b16;
uint32_t b32;
uint64_t b64;
uint8_t wide[32] __attribute__((aligned(32)));
uint64_t pushed;
NOINLINE uint64_t callee(void) { return 4711; }
uint64_t (*callee_pointer)(void) = callee;

int main(void)
{
	for (int i = 0; i < 3; i++) {
		asm volatile("movb $0x11, b8(%%rip)\n\tmovw $0x2222, b16(%%rip)\n\tmovl $0x33333333, b32(%%rip)\n\t"
			     "movq $-2, b64(%%rip)\n\taddb $1, b8(%%rip)\n\taddw $300, b16(%%rip)\n\taddl $70000, b32(%%rip)\n\t"
			     "addq $70000, b64(%%rip)\n\torl $1, b32(%%rip)\n\tshll $1, b32(%%rip)\n\trolw $3, b16(%%rip)\n\t"
			     "testb $1, b8(%%rip)\n\timull $3, b32(%%rip), %%eax\n\tmov %%eax, b32(%%rip)\n\tnegb b8(%%rip)"
			     ::: "rax", "memory", "cc");
		CHECK_EQ(b8, (uint8_t)-0x12);
		uint16_t w = 0x2222 + 300;
		CHECK_EQ(b16, (uint16_t)(w << 3 | w >> 13));
		CHECK_EQ(b32, (uint32_t)(((0x33333333u + 70000) | 1) * 6));
		CHECK_EQ(b64, 69998);
		asm volatile("movq b64(%%rip), %%xmm1\n\tmovdqa %%xmm1, wide(%%rip)\n\tmovups %%xmm1, wide+16(%%rip)\n\t"
			     "pinsrw $3, b16(%%rip), %%xmm1\n\tpshufd $0x4e, wide(%%rip), %%xmm2\n\tmovhps %%xmm2, wide+8(%%rip)\n\t"
			     "fildll b64(%%rip)\n\tfistpl b32(%%rip)\n\tprefetcht0 wide(%%rip)"
			     ::: "xmm1", "xmm2", "memory");
		CHECK_EQ(*(uint64_t *)wide, 69998);
		CHECK_EQ(*(uint64_t *)(wide + 8), 69998);
		CHECK_EQ(b32, 69998);
		uint64_t r;
		asm volatile("lea -128(%%rsp), %%rsp\n\tpushq b64(%%rip)\n\tpopq pushed(%%rip)\n\t"
			     "mov %%rsp, %%rbx\n\tand $-16, %%rsp\n\tcall *callee_pointer(%%rip)\n\tmov %%rbx, %%rsp\n\tlea 128(%%rsp), %%rsp"
			     : "=a"(r) :: "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
		CHECK_EQ(r, 4711);
		CHECK_EQ(pushed, 69998);
		asm volatile("mov $69998, %%eax\n\tmov $5, %%ecx\n\tlock cmpxchg %%rcx, b64(%%rip)\n\txchg %%rcx, b64(%%rip)"
			     ::: "rax", "rcx", "memory", "cc");
		CHECK_EQ(b64, 5);
	}
	TRUTH("calls callee 3");
	TRUTH_VARIABLE(pushed);
	TRUTH("values pushed 69998 69998 69998");
	FINISH();
}
