// The decoder of the log: records to columns. Layouts are those of template.go
// and batch.go; a test holds them together.
#pragma once
#include <stdint.h>

typedef struct {
	uint64_t entry;
	uint32_t steps;
	uint16_t count, insns, size, fills;
	int32_t origin;
	uint64_t exit;
} log_template;

typedef struct {
	uint64_t pc;
	int64_t disp, value;
	uint64_t value_mask, size_mask;
	uint32_t dt, control;
	uint16_t a1, a2, slot, extra;
	uint8_t s1, s2, shift, size, kind, seg, lane, pending;
} log_step;

typedef struct {
	uint64_t target, next;
	int64_t values[6];
	uint16_t slots[6];
	uint8_t kind, used, pad[2];
} log_control;

typedef struct { uint64_t n, first, last; } log_executions;

// One control as the decoder found it: type Control.
typedef struct {
	uint8_t kind, pad[7];
	int64_t write;
	uint64_t t, pc, target, next, sp, regs[6];
	void *event; // filled in by Go
} log_found;

enum { STEP_WRITE, STEP_WIDE, STEP_MASKED, STEP_FILL, STEP_DATA, STEP_CONTROL };
enum { TEMPLATE_DATA, TEMPLATE_DATA_MORE, TEMPLATE_SIGNAL, TEMPLATE_INPUT };
// Kinds of controls that come with an event of the recording.
enum { CONTROL_CALL = 1, CONTROL_RETURN, CONTROL_JUMP, CONTROL_SYSCALL, CONTROL_SIGNAL, CONTROL_INPUT };
// Why log_decode returned.
enum { DECODED_ALL, DECODED_FULL, DECODED_EVENT };

typedef struct {
	// tables
	const log_template *templates;
	const log_step *steps;
	const log_control *controls;
	log_executions *counts;
	// state
	uint64_t t;         // instructions retired so far
	uint64_t fs_base;
	uint64_t data_t, data_pc; // of the last STEP_DATA
	int64_t pending;    // control that waits for its target, -1: none
	uint64_t data_start; // where the bytes of a write begin that data records continue
	uint64_t data_addr;
	uint32_t continued;
	uint32_t n, capacity;   // writes
	uint32_t found, found_capacity;
	uint64_t data, data_capacity, need; // bytes; need: of the record that did not fit
	// columns
	uint64_t *ct, *cpc, *caddr, *cvalue;
	uint32_t *csize, *cwide;
	uint8_t *bytes;
	log_found *controls_found;
} log_decoder;

int log_decode(log_decoder *d, const uint8_t **at, const uint8_t *end);
