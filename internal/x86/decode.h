// The decoder's view of one instruction: what the translator and the step
// engine need to know of it. Mirrored by type Inst in inst.go; a test holds the
// two together.
#pragma once
#include <stdint.h>

typedef struct {
	uint64_t pc;
	uint64_t target;    // of a direct branch; or what a RIP-relative operand addresses
	int64_t imm;        // stored immediate; ret's immediate; enter's are not here
	int64_t disp;       // of the written memory operand; the absolute address where base is RIP
	int64_t effect_imm; // see effect
	uint32_t read;      // general registers read, bit n is register n
	uint32_t written;   // general registers written
	uint16_t mnemonic;  // ZydisMnemonic
	uint16_t size;      // bytes of the written memory operand, all lanes
	uint8_t len, kind, cond, store;
	uint8_t base, index, scale, seg; // of the written memory operand
	uint8_t source, source_high;     // register stored by STORE_REG
	uint8_t effect, effect_dst, effect_src, rip_relative;
	uint8_t disp_offset, disp_size;  // of the displacement within the bytes
	uint8_t mask, lane;              // write mask register (0: none), bytes a lane
	uint8_t encoding;                // ZydisInstructionEncoding
	uint8_t prefix_len;              // bytes before the opcode map: legacy prefixes, without REX/VEX/EVEX
	uint8_t rex_offset, vex_offset, opcode_offset, modrm_offset; // 0xff: none
	uint8_t r15_fields;              // encoding fields that name r15, see R15_*
	uint8_t memory_writes;           // number of written memory operands
	uint8_t memory_reads;            // number of read memory operands
	uint8_t operand_width;           // bits
	uint8_t rep;
	uint8_t flags;                   // INST_*
	uint8_t load_base, load_index, load_scale, load_seg; // of an indirect branch's memory operand
	int64_t load_disp;
	uint8_t branch_register;         // of an indirect branch through a register, NO_REG
	uint8_t pad[7];
} x86_inst;

enum { NO_REG = 255, RIP_REG = 254 };
enum { KIND_NORMAL, KIND_JUMP, KIND_COND, KIND_LOOP, KIND_CALL, KIND_RET, KIND_JUMP_INDIRECT, KIND_CALL_INDIRECT,
	KIND_SYSCALL, KIND_TRAP, KIND_INPUT, KIND_UNSUPPORTED, KIND_BAD };
enum { STORE_NONE, STORE_IMM, STORE_REG, STORE_COPY, STORE_MASKED, STORE_READBACK, STORE_PUSHED, STORE_STOS, STORE_MOVS, STORE_SLOW };
enum { EFFECT_NONE, EFFECT_ADD, EFFECT_COPY, EFFECT_CONST, EFFECT_PUSH, EFFECT_POP, EFFECT_LEAVE };
enum { R15_REG = 1, R15_RM = 2, R15_INDEX = 4, R15_VVVV = 8, R15_OPCODE = 16 };
enum { INST_SETS_DF = 1, INST_ADDRESS32 = 2, INST_SCATTER = 4 };

// One instruction that was decoded before, under its bytes.
enum { MEMO_BITS = 14 };
typedef struct { uint64_t lo, hi; x86_inst inst; } x86_memo;

int x86_decode(const uint8_t *code, int n, uint64_t pc, x86_inst *out);
// x86_decode by way of memo, which has 1 << MEMO_BITS elements, at first zero.
int x86_decode_memo(x86_memo *memo, const uint8_t *code, int n, uint64_t pc, x86_inst *out);
int x86_decode_run(x86_memo *memo, const uint8_t *code, int n, uint64_t pc, x86_inst *out, int max);
int x86_format(const uint8_t *code, int n, uint64_t pc, char *out, int size);
const char *x86_mnemonic(uint16_t m);
int x86_has_avx512bw(void);
