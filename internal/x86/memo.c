#include "decode.h"
#include <string.h>

// Compilers use few distinct instructions, and Zydis needs 0.2 µs for each: what
// it said of an instruction is kept, under the instruction's bytes without the
// 32-bit field that depends on the place (of a branch, of a RIP-relative operand).
//
// To look bytes up their number must be known first. guess tells it for what is
// frequent. It need not be right: no instruction is the beginning of another, so
// bytes that are found under a guessed length are that instruction, and what is not
// found goes to Zydis.

enum { M = 1, I8 = 2, I32 = 4, REL8 = 8, REL32 = 16, BAD = 32 };

// Flags of one-byte opcodes, and of those behind 0F.
static const uint8_t one[256] = {
	[0x00 ... 0x03] = M, [0x04] = I8, [0x05] = I32, [0x06 ... 0x07] = BAD,
	[0x08 ... 0x0b] = M, [0x0c] = I8, [0x0d] = I32, [0x0e ... 0x0f] = BAD,
	[0x10 ... 0x13] = M, [0x14] = I8, [0x15] = I32, [0x16 ... 0x17] = BAD,
	[0x18 ... 0x1b] = M, [0x1c] = I8, [0x1d] = I32, [0x1e ... 0x1f] = BAD,
	[0x20 ... 0x23] = M, [0x24] = I8, [0x25] = I32, [0x26 ... 0x27] = BAD,
	[0x28 ... 0x2b] = M, [0x2c] = I8, [0x2d] = I32, [0x2e ... 0x2f] = BAD,
	[0x30 ... 0x33] = M, [0x34] = I8, [0x35] = I32, [0x36 ... 0x37] = BAD,
	[0x38 ... 0x3b] = M, [0x3c] = I8, [0x3d] = I32, [0x3e ... 0x4f] = BAD,
	[0x60 ... 0x62] = BAD, [0x63] = M, [0x64 ... 0x67] = BAD, [0x68] = I32, [0x69] = M | I32, [0x6a] = I8, [0x6b] = M | I8,
	[0x6c ... 0x6f] = BAD, [0x70 ... 0x7f] = REL8, [0x80] = M | I8, [0x81] = M | I32, [0x82] = BAD, [0x83] = M | I8,
	[0x84 ... 0x8f] = M, [0x9a] = BAD, [0xa0 ... 0xa7] = BAD, [0xa8] = I8, [0xa9] = I32, [0xaa ... 0xaf] = BAD,
	[0xb0 ... 0xb7] = I8, [0xb8 ... 0xbf] = I32, [0xc0 ... 0xc1] = M | I8, [0xc2] = BAD, [0xc4 ... 0xc5] = BAD,
	[0xc6] = M | I8, [0xc7] = M | I32, [0xc8] = BAD, [0xca ... 0xcf] = BAD, [0xd0 ... 0xd3] = M, [0xd4 ... 0xe7] = BAD,
	[0xe8 ... 0xe9] = REL32, [0xea] = BAD, [0xeb] = REL8, [0xec ... 0xf5] = BAD, [0xf6 ... 0xf7] = M | BAD, [0xf8 ... 0xfd] = BAD,
	[0xfe ... 0xff] = M,
};
static const uint8_t two[256] = {
	[0x00 ... 0x0f] = BAD, [0x10 ... 0x17] = M, [0x18 ... 0x1f] = M, [0x20 ... 0x27] = BAD, [0x28 ... 0x2f] = M, [0x30 ... 0x3f] = BAD,
	[0x40 ... 0x6f] = M, [0x70 ... 0x73] = M | I8, [0x74 ... 0x76] = M, [0x77] = BAD, [0x78 ... 0x7f] = M, [0x80 ... 0x8f] = REL32,
	[0x90 ... 0x9f] = M, [0xa0 ... 0xa2] = BAD, [0xa3] = M, [0xa4] = M | I8, [0xa5] = M, [0xa6 ... 0xaa] = BAD, [0xab] = M,
	[0xac] = M | I8, [0xad] = M, [0xae] = BAD, [0xaf] = M, [0xb0 ... 0xb7] = M, [0xb8] = BAD, [0xb9] = BAD, [0xba] = M | I8,
	[0xbb ... 0xc1] = M, [0xc2] = M | I8, [0xc3] = M, [0xc4 ... 0xc6] = M | I8, [0xc7] = BAD, [0xd0 ... 0xfe] = M, [0xff] = BAD,
};

// The length of the instruction at p, 0 where it is not guessed. *field is the
// offset of its 32-bit field that depends on the place, 0 for none; *rel8 whether
// it ends in an 8-bit branch distance.
static int guess(const uint8_t *p, int *field, int *rel8) {
	int n = 0, wide = 0, small = 0, flags;
	*field = *rel8 = 0;
	if (p[n] == 0x66) { small = 1; n++; }
	else if (p[n] == 0xf2 || p[n] == 0xf3) n++;
	if ((p[n] & 0xf0) == 0x40) { wide = p[n] & 8; n++; }
	if (p[n] == 0x0f) {
		flags = two[p[n + 1]];
		n += 2;
	} else {
		flags = one[p[n]];
		if (wide && (p[n] & 0xf8) == 0xb8) return 0; // mov r, imm64
		n++;
	}
	if (flags & BAD || (small && flags & (REL8 | REL32 | I32))) return 0;
	if (flags & M) {
		int m = p[n++], mod = m >> 6, rm = m & 7;
		if (mod != 3 && rm == 4) {
			int base = p[n++] & 7;
			if (mod == 0 && base == 5) n += 4;
		} else if (mod == 0 && rm == 5) {
			*field = n;
			n += 4;
		}
		n += mod == 1 ? 1 : mod == 2 ? 4 : 0;
	}
	if (flags & (I8 | REL8)) n++;
	if (flags & (I32 | REL32)) n += 4;
	if (flags & REL32) *field = n - 4;
	*rel8 = (flags & REL8) != 0;
	return n;
}

typedef struct { uint64_t lo, hi; } key;

static const uint64_t ones = ~0ull;

// The first len bytes at p, without the field.
static key key_of(const uint8_t *p, int len, int field) {
	key k;
	memcpy(&k.lo, p, 8);
	memcpy(&k.hi, p + 8, 8);
	if (len < 8) { k.lo &= ~(ones << 8 * len); k.hi = 0; }
	else k.hi &= ~(ones << 8 * (len - 8));
	if (field) {
		uint8_t b[16];
		memcpy(b, &k, 16);
		memset(b + field, 0, 4);
		memcpy(&k, b, 16);
	}
	return k;
}

static x86_memo *entry_of(x86_memo *memo, key k, int len) {
	uint64_t h = (k.lo ^ (k.hi + len) * 0xc2b2ae3d27d4eb4full) * 0x9e3779b97f4a7c15ull;
	return memo + (h >> (64 - MEMO_BITS));
}

static int branches(const x86_inst *o) {
	return o->kind == KIND_JUMP || o->kind == KIND_COND || o->kind == KIND_CALL || o->kind == KIND_LOOP;
}

// Moves what the memo has to the place pc.
static void place(x86_inst *o, const uint8_t *p, uint64_t pc, int field) {
	o->pc = pc;
	if (!o->rip_relative && !branches(o)) return;
	int32_t d;
	if (field) memcpy(&d, p + field, 4);
	else d = (int8_t)p[o->len - 1];
	o->target = pc + o->len + d;
	if (o->base == RIP_REG) o->disp = o->target;
	if (o->load_base == RIP_REG) o->load_disp = o->target;
	if (o->rip_relative && o->effect == EFFECT_CONST) o->effect_imm = o->target;
}

// Whether what the decoder found at a place agrees with what was guessed, so that
// place can move it.
static int movable(const x86_inst *o, int len, int field, int rel8) {
	if (o->len != len || o->flags & INST_ADDRESS32) return 0;
	if (o->rip_relative) return field == o->disp_offset && o->disp_size == 4;
	if (branches(o)) return field ? field == len - 4 : rel8;
	return field == 0;
}

int x86_decode_memo(x86_memo *memo, const uint8_t *code, int n, uint64_t pc, x86_inst *o) {
	int field, rel8, len = n >= 16 ? guess(code, &field, &rel8) : 0;
	if (len == 0) return x86_decode(code, n, pc, o);
	key k = key_of(code, len, field);
	x86_memo *e = entry_of(memo, k, len);
	if (e->inst.len == len && e->lo == k.lo && e->hi == k.hi) {
		*o = e->inst;
		place(o, code, pc, field);
		return len;
	}
	int l = x86_decode(code, n, pc, o);
	if (movable(o, len, field, rel8)) *e = (x86_memo){k.lo, k.hi, *o};
	return l;
}
