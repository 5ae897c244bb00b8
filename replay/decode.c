#include "decode.h"
#include <string.h>

static inline uint64_t slot(const uint8_t *r, uint16_t at) { uint64_t v; memcpy(&v, r + at, 8); return v; }

static inline uint64_t address(const log_decoder *d, const log_step *s, const uint8_t *r) {
	uint64_t a = (uint64_t)s->disp + s->s1 * slot(r, s->a1) + s->s2 * slot(r, s->a2);
	return s->seg ? a + d->fs_base : a;
}

static void row(log_decoder *d, uint64_t t, uint64_t pc, uint64_t addr, uint32_t size, uint64_t value) {
	uint32_t n = d->n++;
	d->ct[n] = t; d->cpc[n] = pc; d->caddr[n] = addr; d->csize[n] = size; d->cvalue[n] = value; d->cwide[n] = 0;
}

// A write of bytes that lie at b.
static void row_bytes(log_decoder *d, uint64_t t, uint64_t pc, uint64_t addr, uint32_t size, const uint8_t *b) {
	uint64_t v = 0;
	memcpy(&v, b, size < 8 ? size : 8);
	row(d, t, pc, addr, size, v);
	if (size > 8) {
		d->cwide[d->n - 1] = (uint32_t)d->data;
		memcpy(d->bytes + d->data, b, size);
		d->data += size;
	}
}

// One row for each run of lanes that the mask lets through.
static void masked(log_decoder *d, const log_step *s, const uint8_t *r) {
	uint64_t addr = address(d, s, r), m = slot(r, s->extra);
	unsigned lanes = s->size / s->lane;
	for (unsigned i = 0; i < lanes;) {
		if (!(m >> i & 1)) { i++; continue; }
		unsigned from = i;
		while (i < lanes && m >> i & 1) i++;
		row_bytes(d, d->t + s->dt, s->pc, addr + from * s->lane, (i - from) * s->lane, r + s->slot + from * s->lane);
	}
}

// REP STOS: the value, as often as rcx said.
static void fill(log_decoder *d, const log_step *s, const uint8_t *r) {
	uint64_t n = slot(r, s->extra), v = ((uint64_t)s->value + (slot(r, s->slot) & s->value_mask)) & s->size_mask;
	if (n == 0) return;
	uint64_t total = n * s->size;
	uint8_t pattern[8];
	memcpy(pattern, &v, 8);
	for (unsigned i = s->size; i < 8; i++) pattern[i] = pattern[i % s->size];
	uint64_t first;
	memcpy(&first, pattern, 8);
	if (total < 8) first &= (1ull << 8 * total) - 1;
	row(d, d->t + s->dt, s->pc, address(d, s, r), (uint32_t)total, first);
	if (total <= 8) return;
	uint8_t *b = d->bytes + d->data;
	d->cwide[d->n - 1] = (uint32_t)d->data;
	if (s->size == 1) memset(b, pattern[0], total);
	else for (uint64_t i = 0; i < total; i += 8) memcpy(b + i, pattern, total - i < 8 ? total - i : 8);
	d->data += total;
}

static void control(log_decoder *d, const log_step *s, const uint8_t *r) {
	const log_control *c = &d->controls[s->control];
	log_found *f = &d->controls_found[d->found];
	f->t = d->t + s->dt; f->pc = s->pc; f->target = c->target; f->next = c->next;
	f->sp = (uint64_t)s->disp + s->s1 * slot(r, s->a1);
	f->write = d->n;
	f->kind = c->kind;
	for (int i = 0; i < 6; i++) f->regs[i] = 0;
	for (int i = 0; i < c->used; i++) f->regs[i] = (uint64_t)c->values[i] + (c->slots[i] ? slot(r, c->slots[i]) : 0);
	if (c->kind == CONTROL_INPUT && f->pc == 0) { f->pc = d->data_pc; f->t = d->data_t; } // the tracer's record
	if (s->pending) d->pending = d->found;
	d->found++;
}

// A record with bytes that the last STEP_DATA stored.
static int data(log_decoder *d, const uint8_t **at, int more) {
	const uint8_t *r = *at;
	uint32_t len;
	uint64_t addr;
	memcpy(&len, r + 4, 4);
	memcpy(&addr, r + 8, 8);
	if (d->data + len > d->data_capacity) { d->need = d->continued ? d->data - d->data_start + len : len; return 0; }
	if (!d->continued) { d->data_start = d->data; d->data_addr = addr; }
	memcpy(d->bytes + d->data, r + 16, len);
	d->data += len;
	d->continued = more;
	*at = r + 16 + len;
	if (more) return 1;
	uint64_t size = d->data - d->data_start, v = 0;
	memcpy(&v, d->bytes + d->data_start, size < 8 ? size : 8);
	row(d, d->data_t, d->data_pc, d->data_addr, (uint32_t)size, v);
	d->cwide[d->n - 1] = (uint32_t)d->data_start;
	return 1;
}

// How many bytes a record's wide writes may need. REP STOS alone has no bound.
static uint64_t bytes_needed(const log_decoder *d, const log_template *tm, const uint8_t *r) {
	uint64_t n = tm->size + 64;
	if (!tm->fills) return n;
	const log_step *s = d->steps + tm->steps;
	for (unsigned i = 0; i < tm->count; i++)
		if (s[i].kind == STEP_FILL) n += slot(r, s[i].extra) * s[i].size + 8;
	return n;
}

static int is_event(uint8_t kind) { return kind >= CONTROL_SYSCALL; }

// Takes a step that is not a plain write.
static int other_step(log_decoder *d, const log_step *s, const uint8_t *r) {
	switch (s->kind) {
	case STEP_WIDE: row_bytes(d, d->t + s->dt, s->pc, address(d, s, r), s->size, r + s->slot); return 0;
	case STEP_MASKED: masked(d, s, r); return 0;
	case STEP_FILL: fill(d, s, r); return 0;
	case STEP_DATA: d->data_t = d->t + s->dt; d->data_pc = s->pc; return 0;
	default:
		control(d, s, r);
		return is_event(d->controls_found[d->found - 1].kind);
	}
}

// Takes the steps of a record. The columns are known not to overlap the decoder's
// state, so that it can stay in registers.
static int take_steps(log_decoder *d, const log_template *tm, const uint8_t *r) {
	uint64_t *restrict ct = d->ct, *restrict cpc = d->cpc, *restrict caddr = d->caddr, *restrict cvalue = d->cvalue;
	uint32_t *restrict csize = d->csize;
	const log_step *s = d->steps + tm->steps, *last = s + tm->count;
	uint64_t t = d->t;
	uint32_t n = d->n;
	int event = 0;
	for (; s < last; s++) {
		if (__builtin_expect(s->kind == STEP_WRITE, 1)) {
			ct[n] = t + s->dt;
			cpc[n] = s->pc;
			caddr[n] = address(d, s, r);
			cvalue[n] = (((uint64_t)s->value + (slot(r, s->slot) & s->value_mask)) >> s->shift) & s->size_mask;
			csize[n] = s->size;
			n++;
			continue;
		}
		d->n = n;
		event |= other_step(d, s, r);
		n = d->n;
	}
	d->n = n;
	return event;
}

// Whether the columns have room for what a record may make.
static int has_room(log_decoder *d, const log_template *tm, const uint8_t *r) {
	uint64_t bytes = bytes_needed(d, tm, r);
	// a masked store makes at most 32 rows of each step
	if (d->n + 32 * tm->count <= d->capacity && d->found + tm->count <= d->found_capacity && d->data + bytes <= d->data_capacity) return 1;
	d->need = bytes;
	return 0;
}

// Decodes records from *at on until the columns are full, an event's record was
// decoded or all is done. *at is left behind the last record decoded.
int log_decode(log_decoder *d, const uint8_t **at, const uint8_t *end) {
	const uint8_t *r = *at;
	int why = DECODED_ALL;
	while (r < end) {
		uint32_t header;
		memcpy(&header, r, 4);
		uint32_t id = header & ((1u << 22) - 1);
		if (__builtin_expect(id <= TEMPLATE_DATA_MORE, 0)) {
			if (d->n + 1 > d->capacity || !data(d, &r, id == TEMPLATE_DATA_MORE)) { why = DECODED_FULL; break; }
			continue;
		}
		const log_template *tm = &d->templates[id];
		if (d->pending >= 0 && tm->origin >= 0) {
			d->controls_found[d->pending].target = tm->entry;
			d->pending = -1;
		}
		if (tm->count > 0 && !has_room(d, tm, r)) { why = DECODED_FULL; break; }
		log_executions *e = &d->counts[id];
		if (e->n++ == 0) e->first = d->t;
		e->last = d->t;
		int event = tm->count > 0 && take_steps(d, tm, r);
		d->t += tm->insns;
		r += (header >> 22) * 4;
		if (event) { why = DECODED_EVENT; break; }
	}
	*at = r;
	return why;
}
