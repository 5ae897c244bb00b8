// The decoder of the log: records to columns. Layouts are those of template.go
// and batch.go; a test holds them together.
#pragma once
#include <stdint.h>

typedef struct {
	uint64_t entry, n, last;
	uint32_t steps;
	int32_t origin;
	uint16_t count, size, rows;
	uint8_t insns, fills;
	int32_t rsp_delta;
	int16_t rsp_slot;
	uint8_t pad[18];
} log_template;

typedef struct { uint64_t first, exit; } log_template_more;

typedef struct {
	int64_t disp, value;
	int32_t dpc;
	int16_t a1, a2, slot;
	uint8_t dt, kind, size, scale, shift, flags;
} log_step;

typedef struct {
	uint64_t target, next;
	int64_t values[6];
	int16_t slots[6];
	uint8_t kind, used, pad[2];
} log_control;

// One control as the decoder found it: type Control.
typedef struct {
	uint8_t kind, arguments, pad[6];
	int64_t write;
	uint64_t t, pc, target, next, sp, regs[6];
	void *event; // filled in by Go
	uint32_t thread, pad2; // of a switch
} log_found;

enum { STEP_WRITE, STEP_WIDE, STEP_MASKED, STEP_FILL, STEP_DATA, STEP_CONTROL };
enum { STEP_FS = 1, STEP_GS = 2, STEP_PENDING = 4 };
enum { SLOT_ZERO = -16, SLOT_RSP = -8 };
enum { TEMPLATE_DATA, TEMPLATE_DATA_MORE, TEMPLATE_SIGNAL, TEMPLATE_INPUT, TEMPLATE_END, TEMPLATE_BEGIN, TEMPLATE_SWITCH };
// Kinds of controls; those from CONTROL_SYSCALL on have to do with an event of the
// recording, so that Go takes a look at them.
enum { CONTROL_CALL = 1, CONTROL_RETURN, CONTROL_JUMP, CONTROL_SYSCALL, CONTROL_SIGNAL, CONTROL_INPUT, CONTROL_WAIT, CONTROL_BEGIN, CONTROL_SWITCH };
// Why log_decode returned.
enum { DECODED_ALL, DECODED_FULL, DECODED_EVENT, DECODED_BROKEN };

typedef struct {
	log_template *templates;
	log_template_more *more;
	const log_step *steps;
	const log_control *controls;
	// columns of writes
	uint64_t *ct, *cpc, *caddr, *cvalue;
	uint32_t *csize, *cwide;
	uint8_t *bytes;
	log_found *controls_found;
	uint32_t n, capacity, found, found_capacity;
	uint64_t data, data_capacity;
	// state
	uint64_t t, fs_base, gs_base;
	uint64_t held[2]; // what SLOT_ZERO and SLOT_RSP stand for
	uint64_t data_t, data_pc;      // of the last STEP_DATA
	uint64_t data_start, data_addr; // of the data record that is continued
	uint64_t need;                 // bytes that DECODED_FULL asks for
	int32_t pending;               // control whose target is the next record's entry, -1
	int32_t continued;             // a data record continues
} log_decoder;

int log_decode(log_decoder *d, const uint8_t **at, const uint8_t *end);
