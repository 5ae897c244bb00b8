#include "decode.h"
#include <Zydis/Zydis.h>
#include <string.h>

// Zydis is documented as thread-safe once a decoder is initialised; decoders
// are cheap values.
static ZydisDecoder decoder;
__attribute__((constructor)) static void init(void) {
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	// No system enables MPX any more: its instructions are nops, they store nothing.
	ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_MPX, ZYAN_FALSE);
}

static int general(ZydisRegister r) {
	if (r == ZYDIS_REGISTER_NONE) return -1;
	ZydisRegister e = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, r);
	if (ZydisRegisterGetClass(e) != ZYDIS_REGCLASS_GPR64) return -1;
	return ZydisRegisterGetId(e);
}

static uint8_t segment(ZydisRegister r) {
	return r == ZYDIS_REGISTER_FS ? 1 : r == ZYDIS_REGISTER_GS ? 2 : 0;
}

typedef struct {
	const ZydisDecodedInstruction *i;
	const ZydisDecodedOperand *op;
	const ZydisDecodedOperand *stored; // the written memory operand
	int other_written;                 // a register other than the flags is written
} context;

static void scan_register(context *c, const ZydisDecodedOperand *p, x86_inst *o) {
	int g = general(p->reg.value);
	if (g < 0) {
		if ((p->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) && p->reg.value != ZYDIS_REGISTER_RIP) {
			ZydisRegisterClass k = ZydisRegisterGetClass(p->reg.value);
			if (k != ZYDIS_REGCLASS_FLAGS) c->other_written = 1;
			// the log's decoder learns of new bases from events only
			if (p->reg.value == ZYDIS_REGISTER_FS) o->kind = KIND_UNSUPPORTED;
		}
		return;
	}
	if (p->actions & ZYDIS_OPERAND_ACTION_MASK_READ) o->read |= 1u << g;
	if (p->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) {
		o->written |= 1u << g;
		c->other_written = 1;
		// a partial or conditional write leaves old bits
		if (!(p->actions & ZYDIS_OPERAND_ACTION_WRITE) || p->size < 32) o->read |= 1u << g;
	}
	if (g == 15) switch (p->encoding) {
	case ZYDIS_OPERAND_ENCODING_MODRM_REG: o->r15_fields |= R15_REG; break;
	case ZYDIS_OPERAND_ENCODING_MODRM_RM: o->r15_fields |= R15_RM; break;
	case ZYDIS_OPERAND_ENCODING_NDSNDD: o->r15_fields |= R15_VVVV; break;
	case ZYDIS_OPERAND_ENCODING_OPCODE: o->r15_fields |= R15_OPCODE; break;
	default: o->kind = KIND_UNSUPPORTED;
	}
}

static void scan_memory(context *c, const ZydisDecodedOperand *p, uint64_t next, x86_inst *o) {
	int b = general(p->mem.base), x = general(p->mem.index);
	if (b >= 0) o->read |= 1u << b;
	if (x >= 0) o->read |= 1u << x;
	if (b == 15) o->r15_fields |= R15_RM;
	if (x == 15) o->r15_fields |= R15_INDEX;
	if (p->mem.base == ZYDIS_REGISTER_RIP || p->mem.base == ZYDIS_REGISTER_EIP) {
		o->rip_relative = 1;
		o->target = next + p->mem.disp.value;
	}
	if (p->mem.type == ZYDIS_MEMOP_TYPE_AGEN || p->mem.type == ZYDIS_MEMOP_TYPE_MIB) return;
	if (p->actions & ZYDIS_OPERAND_ACTION_MASK_READ) o->memory_reads++;
	if (p->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) {
		c->stored = p;
		o->memory_writes++;
		if (p->mem.type == ZYDIS_MEMOP_TYPE_VSIB) o->flags |= INST_SCATTER;
	}
}

static void classify_indirect(context *c, x86_inst *o, int kind) {
	const ZydisDecodedOperand *p = &c->op[0];
	o->kind = kind;
	if (c->i->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR) { o->kind = KIND_UNSUPPORTED; return; }
	if (p->type == ZYDIS_OPERAND_TYPE_REGISTER) { o->branch_register = general(p->reg.value); return; }
	int b = general(p->mem.base), x = general(p->mem.index);
	o->load_base = o->rip_relative ? RIP_REG : b >= 0 ? b : NO_REG;
	o->load_index = x >= 0 ? x : NO_REG;
	o->load_scale = p->mem.scale;
	o->load_seg = segment(p->mem.segment);
	o->load_disp = o->rip_relative ? (int64_t)o->target : p->mem.disp.has_displacement ? p->mem.disp.value : 0;
}

static void classify_flow(context *c, uint64_t next, x86_inst *o) {
	const ZydisDecodedInstruction *i = c->i;
	int direct = c->op[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE && c->op[0].imm.is_relative;
	switch (i->mnemonic) {
	case ZYDIS_MNEMONIC_JMP:
		if (direct) { o->kind = KIND_JUMP; o->target = next + c->op[0].imm.value.s; }
		else classify_indirect(c, o, KIND_JUMP_INDIRECT);
		return;
	case ZYDIS_MNEMONIC_CALL:
		if (direct) { o->kind = KIND_CALL; o->target = next + c->op[0].imm.value.s; }
		else classify_indirect(c, o, KIND_CALL_INDIRECT);
		return;
	case ZYDIS_MNEMONIC_RET:
		o->kind = i->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR ? KIND_UNSUPPORTED : KIND_RET;
		o->imm = i->operand_count_visible > 0 ? (int64_t)c->op[0].imm.value.u : 0;
		return;
	case ZYDIS_MNEMONIC_SYSCALL: o->kind = KIND_SYSCALL; return;
	case ZYDIS_MNEMONIC_INT3: case ZYDIS_MNEMONIC_INT: case ZYDIS_MNEMONIC_INT1: case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1: case ZYDIS_MNEMONIC_UD2: case ZYDIS_MNEMONIC_HLT:
		o->kind = KIND_TRAP; return;
	case ZYDIS_MNEMONIC_RDTSC: case ZYDIS_MNEMONIC_RDTSCP: case ZYDIS_MNEMONIC_CPUID: case ZYDIS_MNEMONIC_XGETBV:
		o->kind = KIND_INPUT; return;
	case ZYDIS_MNEMONIC_RDRAND: case ZYDIS_MNEMONIC_RDSEED: case ZYDIS_MNEMONIC_RDPID: case ZYDIS_MNEMONIC_RDPRU: case ZYDIS_MNEMONIC_SYSENTER:
	case ZYDIS_MNEMONIC_SYSRET: case ZYDIS_MNEMONIC_IRET: case ZYDIS_MNEMONIC_IRETQ: case ZYDIS_MNEMONIC_IRETD:
	case ZYDIS_MNEMONIC_XBEGIN: case ZYDIS_MNEMONIC_XEND: case ZYDIS_MNEMONIC_WRFSBASE:
		o->kind = KIND_UNSUPPORTED; return;
	case ZYDIS_MNEMONIC_JRCXZ: case ZYDIS_MNEMONIC_JECXZ: case ZYDIS_MNEMONIC_LOOP: case ZYDIS_MNEMONIC_LOOPE:
	case ZYDIS_MNEMONIC_LOOPNE:
		o->kind = KIND_LOOP; o->target = next + c->op[0].imm.value.s; return;
	default: break;
	}
	if (i->meta.category == ZYDIS_CATEGORY_COND_BR) {
		o->kind = KIND_COND;
		o->target = next + c->op[0].imm.value.s;
		o->cond = i->opcode & 15;
	}
}

static void effect_lea(context *c, int d, x86_inst *o) {
	const ZydisDecodedOperand *m = &c->op[1];
	if (c->i->address_width != 64 || d < 0) return;
	if (m->mem.base == ZYDIS_REGISTER_RIP) {
		o->effect = EFFECT_CONST; o->effect_dst = d; o->effect_imm = o->target;
	} else if (m->mem.base != ZYDIS_REGISTER_NONE && m->mem.index == ZYDIS_REGISTER_NONE) {
		o->effect = EFFECT_COPY; o->effect_dst = d; o->effect_src = general(m->mem.base);
		o->effect_imm = m->mem.disp.has_displacement ? m->mem.disp.value : 0;
	}
}

// What the instruction makes of general registers, where that is simple enough
// for the log to derive the new value from the old one.
static void classify_effect(context *c, x86_inst *o) {
	const ZydisDecodedOperand *a = &c->op[0], *b = &c->op[1];
	int d = a->type == ZYDIS_OPERAND_TYPE_REGISTER ? general(a->reg.value) : -1;
	int wide = a->size == 64;
	int imm = b->type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
	int same = b->type == ZYDIS_OPERAND_TYPE_REGISTER && a->reg.value == b->reg.value;
	switch (c->i->mnemonic) {
	case ZYDIS_MNEMONIC_ADD: case ZYDIS_MNEMONIC_SUB:
		if (d >= 0 && wide && imm) {
			o->effect = EFFECT_ADD; o->effect_dst = d;
			o->effect_imm = c->i->mnemonic == ZYDIS_MNEMONIC_ADD ? b->imm.value.s : -b->imm.value.s;
		}
		return;
	case ZYDIS_MNEMONIC_INC: case ZYDIS_MNEMONIC_DEC:
		if (d >= 0 && wide) { o->effect = EFFECT_ADD; o->effect_dst = d; o->effect_imm = c->i->mnemonic == ZYDIS_MNEMONIC_INC ? 1 : -1; }
		return;
	case ZYDIS_MNEMONIC_MOV:
		if (d >= 0 && wide && b->type == ZYDIS_OPERAND_TYPE_REGISTER && general(b->reg.value) >= 0) {
			o->effect = EFFECT_COPY; o->effect_dst = d; o->effect_src = general(b->reg.value);
		} else if (d >= 0 && imm && a->size >= 32) {
			o->effect = EFFECT_CONST; o->effect_dst = d;
			o->effect_imm = wide ? b->imm.value.s : (int64_t)(uint32_t)b->imm.value.u;
		}
		return;
	case ZYDIS_MNEMONIC_XOR:
		if (d >= 0 && same && a->size >= 32) { o->effect = EFFECT_CONST; o->effect_dst = d; o->effect_imm = 0; }
		return;
	case ZYDIS_MNEMONIC_LEA:
		if (wide) effect_lea(c, d, o);
		return;
	case ZYDIS_MNEMONIC_PUSH: case ZYDIS_MNEMONIC_PUSHFQ: case ZYDIS_MNEMONIC_PUSHF:
		o->effect = EFFECT_PUSH; o->effect_imm = c->i->operand_width == 16 ? 2 : 8;
		return;
	case ZYDIS_MNEMONIC_POP: case ZYDIS_MNEMONIC_POPFQ: case ZYDIS_MNEMONIC_POPF:
		o->effect = EFFECT_POP; o->effect_dst = d < 0 ? NO_REG : d; o->effect_imm = c->i->operand_width == 16 ? 2 : 8;
		return;
	case ZYDIS_MNEMONIC_LEAVE:
		if (c->i->operand_width != 16) o->effect = EFFECT_LEAVE;
		return;
	default: return;
	}
}

static int is_string(const ZydisDecodedInstruction *i) { return i->meta.category == ZYDIS_CATEGORY_STRINGOP; }

// Stores whose extent the operands do not tell, or that need state of before.
static int is_slow(const ZydisDecodedInstruction *i, const ZydisDecodedOperand *op) {
	switch (i->meta.category) {
	case ZYDIS_CATEGORY_XSAVE: case ZYDIS_CATEGORY_XSAVEOPT: case ZYDIS_CATEGORY_COMPRESS: return 1;
	default: break;
	}
	switch (i->mnemonic) {
	// with a register bit offset the operand's address is not the one accessed
	case ZYDIS_MNEMONIC_BTS: case ZYDIS_MNEMONIC_BTR: case ZYDIS_MNEMONIC_BTC: return op[1].type == ZYDIS_OPERAND_TYPE_REGISTER;
	case ZYDIS_MNEMONIC_FXSAVE: case ZYDIS_MNEMONIC_FXSAVE64: case ZYDIS_MNEMONIC_FNSAVE: case ZYDIS_MNEMONIC_FNSTENV:
	case ZYDIS_MNEMONIC_ENTER: case ZYDIS_MNEMONIC_MASKMOVQ: case ZYDIS_MNEMONIC_MASKMOVDQU: case ZYDIS_MNEMONIC_VMASKMOVDQU:
	case ZYDIS_MNEMONIC_VMASKMOVPS: case ZYDIS_MNEMONIC_VMASKMOVPD: case ZYDIS_MNEMONIC_VPMASKMOVD: case ZYDIS_MNEMONIC_VPMASKMOVQ:
	case ZYDIS_MNEMONIC_VPCOMPRESSB: case ZYDIS_MNEMONIC_VPCOMPRESSW: case ZYDIS_MNEMONIC_VPCOMPRESSD: case ZYDIS_MNEMONIC_VPCOMPRESSQ:
	case ZYDIS_MNEMONIC_VCOMPRESSPS: case ZYDIS_MNEMONIC_VCOMPRESSPD: case ZYDIS_MNEMONIC_MOVDIR64B:
		return 1;
	default: return 0;
	}
}

static void store_push(context *c, x86_inst *o) {
	const ZydisDecodedOperand *a = &c->op[0];
	o->base = 4; o->index = NO_REG; o->scale = 0; o->disp = -o->effect_imm; o->size = o->effect_imm; o->seg = 0;
	o->store = STORE_PUSHED;
	if (c->i->mnemonic != ZYDIS_MNEMONIC_PUSH) return;
	if (a->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) { o->store = STORE_IMM; o->imm = a->imm.value.s; }
	else if (a->type == ZYDIS_OPERAND_TYPE_REGISTER && general(a->reg.value) >= 0) { o->store = STORE_REG; o->source = general(a->reg.value); }
}

static void store_mov(const ZydisDecodedOperand *b, x86_inst *o) {
	if (b->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) { o->store = STORE_IMM; o->imm = b->imm.value.s; return; }
	ZydisRegister s = b->reg.value;
	if (b->type != ZYDIS_OPERAND_TYPE_REGISTER || general(s) < 0) { o->store = STORE_COPY; return; }
	o->store = STORE_REG;
	o->source = general(s);
	o->source_high = s == ZYDIS_REGISTER_AH || s == ZYDIS_REGISTER_BH || s == ZYDIS_REGISTER_CH || s == ZYDIS_REGISTER_DH;
}

static int loggable(int n) { return n == 1 || n == 2 || n == 4 || n == 8 || n == 10 || n == 16 || n == 32 || n == 64; }

static void classify_store(context *c, x86_inst *o) {
	const ZydisDecodedInstruction *i = c->i;
	const ZydisDecodedOperand *m = c->stored;
	int b = general(m->mem.base), x = general(m->mem.index);
	o->size = m->size / 8;
	int relative = m->mem.base == ZYDIS_REGISTER_RIP || m->mem.base == ZYDIS_REGISTER_EIP;
	o->base = relative ? RIP_REG : b >= 0 ? b : NO_REG;
	o->index = x >= 0 ? x : NO_REG;
	o->scale = m->mem.scale;
	o->disp = o->base == RIP_REG ? (int64_t)o->target : m->mem.disp.has_displacement ? m->mem.disp.value : 0;
	o->seg = segment(m->mem.segment);
	o->store = STORE_SLOW;
	if (o->effect == EFFECT_PUSH) { store_push(c, o); return; }
	if (i->address_width != 64 || o->seg == 2 || (o->flags & INST_SCATTER) || o->memory_writes > 1 || is_slow(i, c->op)) return;
	if (is_string(i)) {
		switch (i->mnemonic) {
		case ZYDIS_MNEMONIC_STOSB: case ZYDIS_MNEMONIC_STOSW: case ZYDIS_MNEMONIC_STOSD: case ZYDIS_MNEMONIC_STOSQ: o->store = STORE_STOS; break;
		case ZYDIS_MNEMONIC_MOVSB: case ZYDIS_MNEMONIC_MOVSW: case ZYDIS_MNEMONIC_MOVSD: case ZYDIS_MNEMONIC_MOVSQ: o->store = STORE_MOVS; break;
		default: break;
		}
		return;
	}
	if (!loggable(o->size)) return;
	if (i->mnemonic == ZYDIS_MNEMONIC_MOV || i->mnemonic == ZYDIS_MNEMONIC_MOVNTI) { store_mov(&c->op[1], o); return; }
	if (i->avx.mask.mode != ZYDIS_MASK_MODE_INVALID && i->avx.mask.mode != ZYDIS_MASK_MODE_DISABLED && i->avx.mask.reg > ZYDIS_REGISTER_K0) {
		o->store = STORE_MASKED;
		o->mask = i->avx.mask.reg - ZYDIS_REGISTER_K0;
		o->lane = m->element_size / 8;
		if (o->lane == 0) o->store = STORE_SLOW;
		return;
	}
	int reads = m->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
	int plain = !reads && !c->other_written && o->memory_reads == 0 && o->modrm_offset != 0xff;
	if (plain && i->meta.category != ZYDIS_CATEGORY_X87_ALU && o->size != 10) { o->store = STORE_COPY; return; }
	// read back what was stored; the operand's own registers must have survived
	uint32_t used = (b >= 0 ? 1u << b : 0) | (x >= 0 ? 1u << x : 0);
	if (used & o->written) return;
	o->store = STORE_READBACK;
}

static void raw_offsets(const ZydisDecodedInstruction *i, x86_inst *o) {
	o->rex_offset = (i->attributes & ZYDIS_ATTRIB_HAS_REX) ? i->raw.rex.offset : 0xff;
	o->vex_offset = 0xff;
	if (i->encoding == ZYDIS_INSTRUCTION_ENCODING_VEX) o->vex_offset = i->raw.vex.offset;
	if (i->encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX) o->vex_offset = i->raw.evex.offset;
	if (i->encoding == ZYDIS_INSTRUCTION_ENCODING_XOP) o->vex_offset = i->raw.xop.offset;
	o->modrm_offset = (i->attributes & ZYDIS_ATTRIB_HAS_MODRM) ? i->raw.modrm.offset : 0xff;
	o->disp_offset = i->raw.disp.offset;
	o->disp_size = i->raw.disp.size / 8;
	o->prefix_len = i->raw.prefix_count;
	if (o->rex_offset != 0xff) o->prefix_len = o->rex_offset;
	if (o->vex_offset != 0xff) o->prefix_len = o->vex_offset;
	// with ModRM the opcode is the byte before it; without, the last byte before immediates
	o->opcode_offset = o->modrm_offset != 0xff ? o->modrm_offset - 1
	    : i->raw.imm[0].size ? i->raw.imm[0].offset - 1 : i->length - 1;
}

// Zydis takes the base 5 with REX.B for r13d where the mode 0 means that there is
// none, if addresses have 32 bits.
static void correct_base(const ZydisDecodedInstruction *i, ZydisDecodedOperand *op) {
	if (i->address_width != 32 || i->raw.modrm.mod != 0 || i->raw.modrm.rm != 4 || i->raw.sib.base != 5) return;
	for (int k = 0; k < i->operand_count; k++) {
		if (op[k].type != ZYDIS_OPERAND_TYPE_MEMORY || op[k].mem.base != ZYDIS_REGISTER_R13D) continue;
		op[k].mem.base = ZYDIS_REGISTER_NONE;
		op[k].mem.disp.has_displacement = ZYAN_TRUE;
		op[k].mem.disp.value = i->raw.disp.value;
	}
}

int x86_decode(const uint8_t *code, int n, uint64_t pc, x86_inst *o) {
	ZydisDecodedInstruction i;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
	memset(o, 0, sizeof *o);
	o->pc = pc;
	o->base = o->index = o->source = o->load_base = o->load_index = o->branch_register = NO_REG;
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, n, &i, op))) {
		o->kind = KIND_BAD;
		return 0;
	}
	correct_base(&i, op);
	context c = {&i, op, 0, 0};
	o->len = i.length;
	o->mnemonic = i.mnemonic;
	o->encoding = i.encoding;
	o->operand_width = i.operand_width;
	o->rep = (i.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)) != 0;
	switch (i.mnemonic) {
	case ZYDIS_MNEMONIC_STD: case ZYDIS_MNEMONIC_POPF: case ZYDIS_MNEMONIC_POPFQ: o->flags |= INST_SETS_DF; break;
	default: break;
	}
	if (i.address_width != 64) o->flags |= INST_ADDRESS32;
	raw_offsets(&i, o);
	for (int k = 0; k < i.operand_count; k++) {
		if (op[k].type == ZYDIS_OPERAND_TYPE_REGISTER) scan_register(&c, &op[k], o);
		else if (op[k].type == ZYDIS_OPERAND_TYPE_MEMORY) scan_memory(&c, &op[k], pc + i.length, o);
	}
	if (o->kind == KIND_UNSUPPORTED) return i.length;
	classify_flow(&c, pc + i.length, o);
	if (o->kind != KIND_NORMAL) return i.length;
	classify_effect(&c, o);
	if (c.stored) classify_store(&c, o);
	if (i.mnemonic == ZYDIS_MNEMONIC_CLZERO) o->store = STORE_SLOW; // without an operand
	return i.length;
}

// Decodes up to and including the first instruction that is not KIND_NORMAL.
int x86_decode_run(x86_memo *memo, const uint8_t *code, int n, uint64_t pc, x86_inst *out, int max) {
	int k = 0;
	while (k < max && n > 0) {
		int l = x86_decode_memo(memo, code, n, pc, &out[k++]);
		if (out[k - 1].kind != KIND_NORMAL) break;
		code += l; n -= l; pc += l;
	}
	return k;
}

int x86_format(const uint8_t *code, int n, uint64_t pc, char *out, int size) {
	ZydisDecodedInstruction i;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
	ZydisFormatter f;
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, n, &i, op))) return 0;
	correct_base(&i, op);
	ZydisFormatterInit(&f, ZYDIS_FORMATTER_STYLE_INTEL);
	if (!ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&f, &i, op, i.operand_count_visible, out, size, pc, ZYAN_NULL))) return 0;
	return i.length;
}

const char *x86_mnemonic(uint16_t m) { return ZydisMnemonicGetString(m); }

int x86_has_avx512bw(void) {
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx512bw");
}
