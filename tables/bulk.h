// Columns in memory as a table function of DuckDB, 2,048 rows at a time.
#ifndef HINDSIGHT_BULK_H
#define HINDSIGHT_BULK_H

#include <stdint.h>

enum hs_kind {
	HS_FIXED,    // values of width bytes at data
	HS_CONSTANT, // every row is value
	HS_SPANS,    // strings: row i is the sizes[i] bytes at heap + ((uint32_t *)data)[i]
};

enum hs_nulls {
	HS_NEVER,    // no row is NULL
	HS_ALWAYS,   // every row is NULL
	HS_IF_VALUE, // rows equal to null_value are NULL (HS_FIXED of width 4 and 8)
	HS_IF_FLAG,  // rows with flags[i] & flag are NULL
	HS_IF_SHORT, // rows with sizes[i] <= null_value are NULL (HS_SPANS)
};

// A column of rows that lie in memory. bulk_unsafe.go has the same in Go.
typedef struct {
	const void *data;
	const uint32_t *sizes;
	const uint8_t *heap;
	const uint8_t *flags;
	uint64_t value;
	uint64_t null_value;
	uint8_t kind;
	uint8_t nulls;
	uint8_t width; // 1, 2, 4 or 8; 16 for HS_SPANS
	uint8_t flag;
} hs_column;

// The rows that a table function gives. Its owner is DuckDB, which frees it with
// the database.
typedef struct hs_source hs_source;

// Registers a table function without parameters, with columns of the given types
// (duckdb_logical_type), which it takes over. NULL where DuckDB refuses.
hs_source *hs_source_register(void *connection, const char *name, void *const *types, uint32_t count);

// Makes the rows of the columns what the function gives, in the order that order
// gives (row numbers), or as they lie where order is NULL. All that the columns
// point to must stay until the function has been used or is given other rows.
void hs_source_set(hs_source *source, const hs_column *columns, const uint32_t *order, uint64_t rows);

#endif
