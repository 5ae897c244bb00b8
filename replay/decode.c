#include "decode.h"
#include <string.h>

static const uint64_t size_mask[9] = {0, 0xff, 0xffff, 0xffffff, 0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff, ~0ull};

// What a slot of the record at r holds, or a negative one, of the decoder.
static inline uint64_t slot(const log_decoder *d, const uint8_t *r, int16_t at) {
	const uint8_t *base = at < 0 ? (const uint8_t *)(d->held + 2) : r;
	uint64_t v;
	memcpy(&v, base + at, 8);
	return v;
}

static inline uint64_t address(const log_decoder *d, const log_step *s, const uint8_t *r) {
	uint64_t a = (uint64_t)s->disp + slot(d, r, s->a1) + (slot(d, r, s->a2) << s->scale);
	if (__builtin_expect(s->flags & STEP_FS, 0)) a += d->fs_base;
	if (__builtin_expect(s->flags & STEP_GS, 0)) a += d->gs_base;
	return a;
}

static inline uint64_t value(const log_decoder *d, const log_step *s, const uint8_t *r) {
	return (((uint64_t)s->value + slot(d, r, s->slot)) >> s->shift) & size_mask[s->size];
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
static void masked(log_decoder *d, const log_template *tm, const log_step *s, const uint8_t *r) {
	uint64_t addr = address(d, s, r), m = slot(d, r, (int16_t)s->value);
	unsigned lane = s->shift, lanes = s->size / lane;
	for (unsigned i = 0; i < lanes;) {
		if (!(m >> i & 1)) { i++; continue; }
		unsigned from = i;
		while (i < lanes && m >> i & 1) i++;
		row_bytes(d, d->t + s->dt, tm->entry + s->dpc, addr + from * lane, (i - from) * lane, r + s->slot + from * lane);
	}
}

// REP STOS: the value, as often as rcx said.
static void fill(log_decoder *d, const log_template *tm, const log_step *s, const uint8_t *r) {
	uint64_t n = slot(d, r, s->a2), v = value(d, s, r);
	if (n == 0) return;
	uint64_t total = n * s->size, addr = (uint64_t)s->disp + slot(d, r, s->a1);
	uint8_t pattern[8];
	memcpy(pattern, &v, 8);
	for (unsigned i = s->size; i < 8; i++) pattern[i] = pattern[i % s->size];
	uint64_t first;
	memcpy(&first, pattern, 8);
	if (total < 8) first &= size_mask[total];
	row(d, d->t + s->dt, tm->entry + s->dpc, addr, (uint32_t)total, first);
	if (total <= 8) return;
	uint8_t *b = d->bytes + d->data;
	d->cwide[d->n - 1] = (uint32_t)d->data;
	if (s->size == 1) memset(b, pattern[0], total);
	else for (uint64_t i = 0; i < total; i += 8) memcpy(b + i, pattern, total - i < 8 ? total - i : 8);
	d->data += total;
}

static void control(log_decoder *d, const log_template *tm, const log_step *s, const uint8_t *r) {
	const log_control *c = &d->controls[s->value];
	log_found *f = &d->controls_found[d->found];
	f->t = d->t + s->dt; f->pc = tm->entry + s->dpc; f->target = c->target; f->next = c->next;
	f->sp = (uint64_t)s->disp + slot(d, r, s->a1);
	f->write = d->n;
	f->kind = c->kind; f->arguments = c->used == 6;
	for (int i = 0; i < 6; i++) f->regs[i] = 0;
	for (int i = 0; i < c->used; i++) f->regs[i] = (uint64_t)c->values[i] + slot(d, r, c->slots[i]);
	f->thread = 0;
	if (c->kind == CONTROL_SWITCH) { f->thread = (uint32_t)f->regs[0]; f->regs[0] = 0; }
	if (c->kind == CONTROL_INPUT && f->pc == 0) { f->pc = d->data_pc; f->t = d->data_t; } // the tracer's record
	if (s->flags & STEP_PENDING) d->pending = d->found;
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

// Whether the columns have room for what a record may make. REP STOS alone has
// no bound that its template could tell.
static int has_room(log_decoder *d, const log_template *tm, const uint8_t *r) {
	uint64_t bytes = tm->size + 64;
	const log_step *s = d->steps + tm->steps;
	for (unsigned i = 0; tm->fills && i < tm->count; i++)
		if (s[i].kind == STEP_FILL) bytes += slot(d, r, s[i].a2) * s[i].size + 8;
	if (d->n + tm->rows <= d->capacity && d->found + tm->count <= d->found_capacity && d->data + bytes <= d->data_capacity) return 1;
	d->need = bytes;
	return 0;
}

static int is_event(uint8_t kind) { return kind >= CONTROL_SYSCALL; }

// Takes a step that is not a plain write. It tells whether it was an event.
static int other_step(log_decoder *d, const log_template *tm, const log_step *s, const uint8_t *r) {
	switch (s->kind) {
	case STEP_WIDE: row_bytes(d, d->t + s->dt, tm->entry + s->dpc, address(d, s, r), s->size, r + s->slot); return 0;
	case STEP_MASKED: masked(d, tm, s, r); return 0;
	case STEP_FILL: fill(d, tm, s, r); return 0;
	case STEP_DATA: d->data_t = d->t + s->dt; d->data_pc = tm->entry + s->dpc; return 0;
	default:
		control(d, tm, s, r);
		return is_event(d->controls_found[d->found - 1].kind);
	}
}

// Takes the steps of a record and tells whether one was an event. The columns are
// known not to overlap the decoder's state, so that it can stay in registers.
static inline int take_steps(log_decoder *d, const log_template *tm, const uint8_t *r) {
	uint64_t *restrict ct = d->ct, *restrict cpc = d->cpc, *restrict caddr = d->caddr, *restrict cvalue = d->cvalue;
	uint32_t *restrict csize = d->csize;
	const log_step *s = d->steps + tm->steps, *last = s + tm->count;
	uint64_t t = d->t, entry = tm->entry;
	uint32_t n = d->n;
	int event = 0;
	for (; s < last; s++) {
		if (__builtin_expect(s->kind == STEP_WRITE, 1)) {
			ct[n] = t + s->dt;
			cpc[n] = entry + s->dpc;
			caddr[n] = address(d, s, r);
			cvalue[n] = value(d, s, r);
			csize[n] = s->size;
			n++;
			continue;
		}
		d->n = n;
		event |= other_step(d, tm, s, r);
		n = d->n;
	}
	d->n = n;
	return event;
}

// The control that waits for its target gets it.
static inline void resolve(log_decoder *d, const log_template *tm) {
	if (tm->origin < 0) return;
	d->controls_found[d->pending].target = tm->entry;
	d->pending = -1;
}

// Decodes records from *at on until the columns are full, an event's record was
// decoded or all is done. *at is left behind the last record decoded.
int log_decode(log_decoder *d, const uint8_t **at, const uint8_t *end) {
	const uint8_t *r = *at;
	log_template *const templates = d->templates;
	uint64_t t = d->t;
	int why = DECODED_ALL;
	while (r < end) {
		uint32_t header;
		memcpy(&header, r, 4);
		uint32_t id = header & ((1u << 22) - 1);
		log_template *tm = templates + id;
		if (__builtin_expect(id <= TEMPLATE_DATA_MORE, 0)) {
			d->t = t;
			if (d->n + 1 > d->capacity || !data(d, &r, id == TEMPLATE_DATA_MORE)) { why = DECODED_FULL; break; }
			continue;
		}
		uint32_t size = (header >> 22) * 4;
		if (__builtin_expect(size != tm->size, 0)) { why = DECODED_BROKEN; break; }
		// The next template is fetched meanwhile. Behind the log, too, there is memory.
		uint32_t next;
		memcpy(&next, r + size, 4);
		__builtin_prefetch(templates + (next & ((1u << 22) - 1)));
		// First, since without room the control's batch goes to the consumer.
		if (d->pending >= 0) resolve(d, tm);
		int event = 0;
		if (tm->count > 0) {
			d->t = t;
			if (!has_room(d, tm, r)) { why = DECODED_FULL; break; }
			event = take_steps(d, tm, r);
		}
		if (__builtin_expect(tm->n++ == 0, 0)) d->more[id].first = t;
		tm->last = t;
		d->held[1] = slot(d, r, tm->rsp_slot) + tm->rsp_delta;
		t += tm->insns;
		r += size;
		if (event) { why = DECODED_EVENT; break; }
	}
	d->t = t;
	*at = r;
	return why;
}
