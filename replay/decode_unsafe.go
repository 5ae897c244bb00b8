package replay

/*
#cgo CFLAGS: -O2 -Wall
#include "decode.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// Sizes of the decoder's columns.
const (
	batchWrites   = 1 << 16
	batchControls = 1 << 14
	batchData     = 4 << 20
)

// Capacities in use: those, except in tests that want the ends of batches often.
var writesPerBatch, controlsPerBatch = batchWrites, batchControls

// columns owns the memory that log_decode fills. It lives outside of Go's heap,
// since C keeps pointers to it between calls.
type columns struct {
	c      *C.log_decoder
	batch  Batch
	memory arena
	data   []byte
}

func newColumns(t *templates) (*columns, error) {
	k := &columns{}
	var state []C.log_decoder
	b := &k.batch
	err := errors.Join(
		reserve(&k.memory, &state, 1),
		reserve(&k.memory, &b.T, batchWrites), reserve(&k.memory, &b.PC, batchWrites),
		reserve(&k.memory, &b.Addr, batchWrites), reserve(&k.memory, &b.Value, batchWrites),
		reserve(&k.memory, &b.Size, batchWrites), reserve(&k.memory, &b.Wide, batchWrites),
		reserve(&k.memory, &b.Controls, batchControls),
	)
	if err != nil {
		return nil, fmt.Errorf("reserve the log decoder's columns: %w", err)
	}
	k.c = &state[:1][0]
	k.c.templates = (*C.log_template)(unsafe.Pointer(unsafe.SliceData(t.list)))
	k.c.steps = (*C.log_step)(unsafe.Pointer(unsafe.SliceData(t.steps)))
	k.c.controls = (*C.log_control)(unsafe.Pointer(unsafe.SliceData(t.controls)))
	k.c.more = (*C.log_template_more)(unsafe.Pointer(unsafe.SliceData(t.more)))
	k.c.ct = (*C.uint64_t)(unsafe.Pointer(unsafe.SliceData(b.T)))
	k.c.cpc = (*C.uint64_t)(unsafe.Pointer(unsafe.SliceData(b.PC)))
	k.c.caddr = (*C.uint64_t)(unsafe.Pointer(unsafe.SliceData(b.Addr)))
	k.c.cvalue = (*C.uint64_t)(unsafe.Pointer(unsafe.SliceData(b.Value)))
	k.c.csize = (*C.uint32_t)(unsafe.Pointer(unsafe.SliceData(b.Size)))
	k.c.cwide = (*C.uint32_t)(unsafe.Pointer(unsafe.SliceData(b.Wide)))
	k.c.controls_found = (*C.log_found)(unsafe.Pointer(unsafe.SliceData(b.Controls)))
	k.c.capacity, k.c.found_capacity = C.uint32_t(writesPerBatch), C.uint32_t(controlsPerBatch)
	k.c.pending = -1
	return k, k.growData(batchData)
}

// growData makes room for n bytes of wide writes, keeping those there are.
func (k *columns) growData(n int) error {
	var data []byte
	if err := reserve(&k.memory, &data, n); err != nil {
		return fmt.Errorf("make room for %d stored bytes: %w", n, err)
	}
	copy(data[:n], k.data[:int(k.c.data)])
	k.data = data[:n]
	k.c.bytes, k.c.data_capacity = (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(data))), C.uint64_t(n)
	return nil
}

func (k *columns) close() error { return k.memory.close() }

type decodeState int

const (
	decodedAll   = decodeState(C.DECODED_ALL)
	decodedFull  = decodeState(C.DECODED_FULL)
	decodedEvent = decodeState(C.DECODED_EVENT)
	// decodedBroken: what comes is no record.
	decodedBroken = decodeState(C.DECODED_BROKEN)
)

// decode decodes records from b until log_decode has something to say, and
// returns how many bytes it took.
func (k *columns) decode(b []byte) (int, decodeState) {
	if len(b) == 0 {
		return 0, decodedAll
	}
	start := (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b)))
	at := start
	why := C.log_decode(k.c, &at, (*C.uint8_t)(unsafe.Add(unsafe.Pointer(start), len(b))))
	return int(uintptr(unsafe.Pointer(at)) - uintptr(unsafe.Pointer(start))), decodeState(why)
}

func (k *columns) instructions() uint64 { return uint64(k.c.t) }
func (k *columns) writes() int          { return int(k.c.n) }
func (k *columns) controls() int        { return int(k.c.found) }
func (k *columns) waiting() bool        { return k.c.pending >= 0 }
func (k *columns) needed() int          { return int(k.c.need) }
func (k *columns) empty() bool          { return k.c.n == 0 && k.c.found == 0 }
func (k *columns) continues() bool      { return k.c.continued != 0 }

// lastControl is the control that was decoded last.
func (k *columns) lastControl() *Control {
	return &k.batch.Controls[:k.c.found][k.c.found-1]
}

// bases are the segment bases, setBases sets them from now on.
func (k *columns) bases() segmentBases {
	return segmentBases{uint64(k.c.fs_base), uint64(k.c.gs_base)}
}

func (k *columns) setBases(b segmentBases) {
	k.c.fs_base, k.c.gs_base = C.uint64_t(b.fs), C.uint64_t(b.gs)
}

// view fills in the batch with what was decoded since the last clear. The
// controls' events are the caller's to attach: the controls lie outside of Go's
// heap, so it must also keep those alive.
func (k *columns) view() *Batch {
	n := int(k.c.n)
	b := &k.batch
	b.T, b.PC, b.Addr, b.Value, b.Size, b.Wide = b.T[:n], b.PC[:n], b.Addr[:n], b.Value[:n], b.Size[:n], b.Wide[:n]
	b.Data, b.Controls = k.data[:int(k.c.data)], b.Controls[:int(k.c.found)]
	return b
}

// clear empties the columns, but for the bytes of a write that further data
// records continue.
func (k *columns) clear() {
	k.c.n, k.c.found = 0, 0
	if k.c.continued != 0 {
		from, to := int(k.c.data_start), int(k.c.data)
		k.c.data = C.uint64_t(copy(k.data, k.data[from:to]))
		k.c.data_start = 0
		return
	}
	k.c.data = 0
}

// logLayout gives sizes and offsets of the Go and C declarations for a test.
func logLayout() [][2]uintptr {
	return [][2]uintptr{
		{unsafe.Sizeof(template{}), C.sizeof_log_template},
		{unsafe.Sizeof(templateMore{}), C.sizeof_log_template_more},
		{unsafe.Offsetof(template{}.steps), unsafe.Offsetof(C.log_template{}.steps)},
		{unsafe.Offsetof(template{}.rows), unsafe.Offsetof(C.log_template{}.rows)},
		{unsafe.Offsetof(template{}.rsp), unsafe.Offsetof(C.log_template{}.rsp_delta)},
		{unsafe.Offsetof(template{}.rsp) + unsafe.Offsetof(lastRSP{}.slot), unsafe.Offsetof(C.log_template{}.rsp_slot)},
		{unsafe.Offsetof(template{}.origin), unsafe.Offsetof(C.log_template{}.origin)},
		{unsafe.Offsetof(template{}.fills), unsafe.Offsetof(C.log_template{}.fills)},
		{unsafe.Sizeof(step{}), C.sizeof_log_step},
		{unsafe.Offsetof(step{}.slot), unsafe.Offsetof(C.log_step{}.slot)},
		{unsafe.Offsetof(step{}.scale), unsafe.Offsetof(C.log_step{}.scale)},
		{unsafe.Offsetof(step{}.flags), unsafe.Offsetof(C.log_step{}.flags)},
		{unsafe.Sizeof(controlInfo{}), C.sizeof_log_control},
		{unsafe.Offsetof(controlInfo{}.kind), unsafe.Offsetof(C.log_control{}.kind)},
		{unsafe.Sizeof(Control{}), C.sizeof_log_found},
		{unsafe.Offsetof(Control{}.Arguments), unsafe.Offsetof(C.log_found{}.arguments)},
		{unsafe.Offsetof(Control{}.Write), unsafe.Offsetof(C.log_found{}.write)},
		{unsafe.Offsetof(Control{}.SP), unsafe.Offsetof(C.log_found{}.sp)},
		{unsafe.Offsetof(Control{}.Event), unsafe.Offsetof(C.log_found{}.event)},
		{unsafe.Offsetof(Control{}.Thread), unsafe.Offsetof(C.log_found{}.thread)},
		{uintptr(Call), C.CONTROL_CALL}, {uintptr(Return), C.CONTROL_RETURN}, {uintptr(Jump), C.CONTROL_JUMP},
		{uintptr(Syscall), C.CONTROL_SYSCALL}, {uintptr(Signal), C.CONTROL_SIGNAL}, {uintptr(Input), C.CONTROL_INPUT},
		{uintptr(Wait), C.CONTROL_WAIT}, {uintptr(Begin), C.CONTROL_BEGIN}, {uintptr(Switch), C.CONTROL_SWITCH},
		{uintptr(stepControl), C.STEP_CONTROL}, {uintptr(stepFill), C.STEP_FILL},
		{stepFS, C.STEP_FS}, {stepGS, C.STEP_GS}, {stepPending, C.STEP_PENDING},
		{-slotZero, -C.SLOT_ZERO}, {-slotRSP, -C.SLOT_RSP},
		{templateInput, C.TEMPLATE_INPUT}, {templateSignal, C.TEMPLATE_SIGNAL},
		{templateEnd, C.TEMPLATE_END}, {templateBegin, C.TEMPLATE_BEGIN}, {templateSwitch, C.TEMPLATE_SWITCH},
	}
}
