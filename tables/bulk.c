#include "bulk.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// DuckDB's stable C interface, as far as it is used here. duckdb.h itself lies
// in a module directory that cgo cannot name portably.
typedef uint64_t idx_t;
typedef void (*callback)(void *info);
extern void *duckdb_create_table_function(void);
extern void duckdb_destroy_table_function(void **function);
extern void duckdb_table_function_set_name(void *function, const char *name);
extern void duckdb_table_function_set_extra_info(void *function, void *extra, void (*destroy)(void *extra));
extern void duckdb_table_function_set_bind(void *function, callback bind);
extern void duckdb_table_function_set_init(void *function, callback init);
extern void duckdb_table_function_set_function(void *function, void (*rows)(void *info, void *chunk));
extern int duckdb_register_table_function(void *connection, void *function);
extern void *duckdb_bind_get_extra_info(void *info);
extern void duckdb_bind_add_result_column(void *info, const char *name, void *type);
extern void duckdb_bind_set_cardinality(void *info, idx_t rows, bool exact);
extern void *duckdb_init_get_extra_info(void *info);
extern void *duckdb_function_get_extra_info(void *info);
extern void duckdb_destroy_logical_type(void **type);
extern void duckdb_data_chunk_set_size(void *chunk, idx_t size);
extern void *duckdb_data_chunk_get_vector(void *chunk, idx_t column);
extern void *duckdb_vector_get_data(void *vector);
extern void duckdb_vector_ensure_validity_writable(void *vector);
extern uint64_t *duckdb_vector_get_validity(void *vector);

enum { CHUNK_ROWS = 2048, INLINE_BYTES = 12 };

// DuckDB's string_t: short strings lie in it, longer ones behind the pointer.
typedef struct {
	uint32_t length;
	union {
		char inlined[INLINE_BYTES];
		struct {
			char prefix[4];
			const uint8_t *pointer;
		} __attribute__((packed)) far;
	} u;
} string_t;
_Static_assert(sizeof(string_t) == 16, "string_t");

// A part of the rows: n of them, from first, in the order of order.
typedef struct {
	const uint32_t *order;
	uint64_t first;
	uint32_t n;
} part;

static inline uint64_t row_of(part p, uint32_t i) { return p.order ? p.order[p.first + i] : p.first + i; }

#define FILL(T)                                                          \
	do {                                                             \
		const T *from = c->data;                                 \
		T *to = out;                                             \
		if (!p.order) {                                          \
			memcpy(to, from + p.first, p.n * sizeof(T));     \
			break;                                           \
		}                                                        \
		const uint32_t *order = p.order + p.first;               \
		for (uint32_t i = 0; i < p.n; i++) to[i] = from[order[i]]; \
	} while (0)

static void fill_fixed(const hs_column *c, part p, void *out) {
	switch (c->width) {
	case 1: FILL(uint8_t); break;
	case 2: FILL(uint16_t); break;
	case 4: FILL(uint32_t); break;
	default: FILL(uint64_t); break;
	}
}

#define SET(T)                                                  \
	do {                                                    \
		T *to = out;                                    \
		for (uint32_t i = 0; i < p.n; i++) to[i] = (T)c->value; \
	} while (0)

static void fill_constant(const hs_column *c, part p, void *out) {
	switch (c->width) {
	case 1: SET(uint8_t); break;
	case 2: SET(uint16_t); break;
	case 4: SET(uint32_t); break;
	default: SET(uint64_t); break;
	}
}

// The bytes stay where they are: the table copies them.
static void fill_spans(const hs_column *c, part p, string_t *out) {
	const uint32_t *offsets = c->data;
	for (uint32_t i = 0; i < p.n; i++) {
		uint64_t row = row_of(p, i);
		string_t s = {0};
		if (c->nulls != HS_IF_SHORT || c->sizes[row] > c->null_value) {
			const uint8_t *bytes = c->heap + offsets[row];
			s.length = c->sizes[row];
			if (s.length <= INLINE_BYTES) {
				memcpy(s.u.inlined, bytes, s.length);
			} else {
				memcpy(s.u.far.prefix, bytes, sizeof s.u.far.prefix);
				s.u.far.pointer = bytes;
			}
		}
		out[i] = s;
	}
}

// Sets bit i of words where row i of the part is valid, by the test NULL(i).
#define VALIDITY(NULL)                                                            \
	for (uint32_t w = 0; w * 64 < p.n; w++) {                                 \
		uint64_t nulls = 0;                                               \
		uint32_t end = p.n < w * 64 + 64 ? p.n : w * 64 + 64;             \
		for (uint32_t i = w * 64; i < end; i++)                           \
			nulls |= (uint64_t)(NULL) << (i % 64);                    \
		words[w] = ~nulls;                                                \
		missing |= nulls;                                                 \
	}

// Sets the validity mask, which exists only where a row is NULL. The values are
// in the vector already.
static void fill_validity(const hs_column *c, part p, void *vector, const void *out) {
	uint64_t words[CHUNK_ROWS / 64], missing = 0;
	const uint64_t *u64 = out;
	const uint32_t *u32 = out;
	const string_t *str = out;
	switch (c->nulls) {
	case HS_NEVER: return;
	case HS_ALWAYS: VALIDITY(1) break;
	case HS_IF_FLAG: VALIDITY((c->flags[row_of(p, i)] & c->flag) != 0) break;
	case HS_IF_SHORT: VALIDITY(str[i].length <= c->null_value) break;
	case HS_IF_VALUE:
		if (c->width == 4)
			VALIDITY(u32[i] == (uint32_t)c->null_value)
		else
			VALIDITY(u64[i] == c->null_value)
		break;
	}
	if (!missing) return;
	duckdb_vector_ensure_validity_writable(vector);
	memcpy(duckdb_vector_get_validity(vector), words, (p.n + 63) / 64 * 8);
}

static void fill(const hs_column *c, part p, void *vector) {
	void *out = duckdb_vector_get_data(vector);
	switch (c->kind) {
	case HS_FIXED: fill_fixed(c, p, out); break;
	case HS_CONSTANT: fill_constant(c, p, out); break;
	default: fill_spans(c, p, out); break;
	}
	fill_validity(c, p, vector, out);
}

struct hs_source {
	const uint32_t *order;
	uint64_t rows, next; // next: the first row that was not given yet
	uint32_t count;      // of columns
	void **types;
	hs_column *columns;
};

static void free_source(void *extra) {
	hs_source *s = extra;
	for (uint32_t c = 0; c < s->count; c++) duckdb_destroy_logical_type(&s->types[c]);
	free(s->types);
	free(s->columns);
	free(s);
}

static void bind(void *info) {
	hs_source *s = duckdb_bind_get_extra_info(info);
	for (uint32_t c = 0; c < s->count; c++) {
		char name[16];
		snprintf(name, sizeof name, "c%u", c);
		duckdb_bind_add_result_column(info, name, s->types[c]);
	}
	duckdb_bind_set_cardinality(info, s->rows, true);
}

static void init(void *info) {
	hs_source *s = duckdb_init_get_extra_info(info);
	s->next = 0;
}

// Gives the next rows; none where all were given.
static void give(void *info, void *chunk) {
	hs_source *s = duckdb_function_get_extra_info(info);
	uint64_t left = s->rows - s->next;
	part p = {s->order, s->next, left < CHUNK_ROWS ? left : CHUNK_ROWS};
	if (p.n)
		for (uint32_t c = 0; c < s->count; c++) fill(&s->columns[c], p, duckdb_data_chunk_get_vector(chunk, c));
	s->next += p.n;
	duckdb_data_chunk_set_size(chunk, p.n);
}

hs_source *hs_source_register(void *connection, const char *name, void *const *types, uint32_t count) {
	hs_source *s = calloc(1, sizeof *s);
	s->count = count;
	s->types = malloc(count * sizeof *s->types);
	memcpy(s->types, types, count * sizeof *s->types);
	s->columns = calloc(count, sizeof *s->columns);
	void *function = duckdb_create_table_function();
	duckdb_table_function_set_name(function, name);
	duckdb_table_function_set_extra_info(function, s, free_source);
	duckdb_table_function_set_bind(function, bind);
	duckdb_table_function_set_init(function, init);
	duckdb_table_function_set_function(function, give);
	if (duckdb_register_table_function(connection, function)) s = NULL; // freed with the function
	duckdb_destroy_table_function(&function);
	return s;
}

void hs_source_set(hs_source *source, const hs_column *columns, const uint32_t *order, uint64_t rows) {
	source->order = order;
	source->rows = rows;
	source->next = 0;
	memcpy(source->columns, columns, source->count * sizeof *columns);
}
