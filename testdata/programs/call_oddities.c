// Calls and returns that no compiler makes but programs contain: call-next-pop,
// a thunk that reads its return address, ret imm16, a return address that is
// changed, ret as a jump, jump into a function's middle, call through memory
// relative to rsp, a function that calls itself, retpolines.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

asm(".text\n"
    ".globl where\n.type where,@function\nwhere: call 1f\n1: pop %rax\nret\n.size where,.-where\n"
    ".type thunk,@function\nthunk: mov (%rsp), %rax\nret\n.size thunk,.-thunk\n"
    ".globl use_thunk\n.type use_thunk,@function\nuse_thunk: call thunk\n2: lea 2b(%rip), %rcx\nsub %rcx, %rax\nret\n.size use_thunk,.-use_thunk\n"
    ".type eats_two,@function\neats_two: mov 8(%rsp), %rax\nadd 16(%rsp), %rax\nret $16\n.size eats_two,.-eats_two\n"
    ".globl use_ret_imm\n.type use_ret_imm,@function\nuse_ret_imm: push %rbp\nmov %rsp, %rbp\npush $30\npush $12\ncall eats_two\nsub %rsp, %rbp\nadd %rbp, %rax\npop %rbp\nret\n.size use_ret_imm,.-use_ret_imm\n"
    ".type skipper,@function\nskipper: addq $5, (%rsp)\nret\n.size skipper,.-skipper\n"
    ".globl use_skip\n.type use_skip,@function\nuse_skip: mov $1, %eax\ncall skipper\n.byte 0xb8,2,0,0,0\nret\n.size use_skip,.-use_skip\n"
    ".globl ret_as_jump\n.type ret_as_jump,@function\nret_as_jump: lea 3f(%rip), %rax\npush %rax\nret\nud2\n3: mov $9, %eax\nret\n.size ret_as_jump,.-ret_as_jump\n"
    ".globl through_stack\n.type through_stack,@function\nthrough_stack: sub $24, %rsp\nlea where(%rip), %rax\nmov %rax, 8(%rsp)\ncall *8(%rsp)\nlea 1b(%rip), %rcx\nsub %rcx, %rax\nadd $24, %rsp\nret\n.size through_stack,.-through_stack\n"
    ".globl retpoline\n.type retpoline,@function\nretpoline: lea where(%rip), %rax\ncall 5f\n4: pause\nlfence\njmp 4b\n5: mov %rax, (%rsp)\nret\n.size retpoline,.-retpoline\n"
    ".globl countdown\n.type countdown,@function\ncountdown: test %edi, %edi\njz 6f\ndec %edi\ncall countdown\ninc %eax\nret\n6: xor %eax, %eax\nret\n.size countdown,.-countdown\n"
    ".globl middle_entry\n.type middle_entry,@function\nmiddle_entry: mov $100, %eax\nmiddle_label: add $1, %eax\nret\n.size middle_entry,.-middle_entry\n"
    ".globl into_middle\n.type into_middle,@function\ninto_middle: mov $5, %eax\njmp middle_label\n.size into_middle,.-into_middle\n"
    ".globl rep_ret\n.type rep_ret,@function\nrep_ret: mov $6, %eax\nrep ret\n.size rep_ret,.-rep_ret\n"
    ".globl bnd_ret\n.type bnd_ret,@function\nbnd_ret: mov $8, %eax\nbnd ret\n.size bnd_ret,.-bnd_ret\n");
uint64_t where(void), use_thunk(void), use_ret_imm(void), use_skip(void), ret_as_jump(void),
	through_stack(void), retpoline(void), countdown(int), middle_entry(void), into_middle(void),
	rep_ret(void), bnd_ret(void);

int main(void)
{
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(where() - (uint64_t)where, 5);
		CHECK_EQ(use_thunk(), 0);
		CHECK_EQ(use_ret_imm(), 42);
		CHECK_EQ(use_skip(), 1);
		CHECK_EQ(ret_as_jump(), 9);
		CHECK_EQ(through_stack(), 0);
		CHECK_EQ(retpoline() - (uint64_t)where, 5);
		CHECK_EQ(countdown(10), 10);
		CHECK_EQ(middle_entry(), 101);
		CHECK_EQ(into_middle(), 6);
		CHECK_EQ(rep_ret(), 6);
		CHECK_EQ(bnd_ret(), 8);
	}
	TRUTH("calls countdown 55");
	TRUTH("nesting countdown 11");
	TRUTH("called-by use_thunk main 5");
	TRUTH("called-by rep_ret main 5");
	TRUTH("called-by bnd_ret main 5");
	TRUTH("calls eats_two 5");
	FINISH();
}
