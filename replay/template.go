package replay

import (
	"errors"
	"fmt"
)

// A template says what one record of the log means: a translation that was
// left through one of its exits. The record itself holds only what cannot be
// known when the code is translated: registers and stored values, in slots.
//
// Layouts are those of decode.h.
//
// A template fills a cache line, a step half of one: the decoder's speed is
// that of reading them.
type template struct {
	entry   uint64 // guest address where the translation begins
	n, last uint64 // how often its record was met, and the instruction count at the last
	steps   uint32 // first step
	origin  int32  // translation, -1 for a record that the tracer writes
	count   uint16 // number of steps
	size    uint16 // bytes of the record
	rows    uint16 // how many writes it may make
	insns   uint8  // instructions retired
	fills   uint8  // not 0: there may be a stepFill among the steps
	rsp     lastRSP
	_       [16]byte
}

// templateMore is what is seldom needed of a template.
type templateMore struct {
	first uint64 // instruction count when its record was first met
	exit  uint64 // where a direct branch or system call at its end leads, else 0
}

// A slot is an offset from the record's start. Negative ones stand for what the
// decoder holds itself. It knows rsp at the beginning of each record, since each
// template says how rsp ends in terms of its record, and the tracer logs it
// whenever it sends the host on. Most stack addresses then cost nothing.
const (
	slotZero = -16
	slotRSP  = -8
)

// lastRSP gives rsp at the end of a record: what a slot holds, plus delta.
type lastRSP struct {
	delta int32
	slot  int16
}

// unchanged says that rsp ends as it began.
var unchanged = lastRSP{slot: slotRSP}

// stepKind tells the steps of a template apart.
type stepKind uint8

const (
	stepWrite  stepKind = iota // up to 8 bytes
	stepWide                   // size bytes in the record
	stepMasked                 // the same under a mask of lanes, also in the record
	stepFill                   // REP STOS
	stepData                   // data records follow
	stepControl
)

// Flags of a step.
const (
	stepFS      = 1 // the address is relative to fs
	stepGS      = 2 // or to gs
	stepPending = 4 // control: the target is where the next record begins
)

// step is one logged thing, in program order.
type step struct {
	disp  int64    // constant part of the address (control: of rsp)
	value int64    // constant part of the value; stepMasked: slot of the mask; control: index
	dpc   int32    // the instruction, from the template's entry
	a1    int16    // slots of the address
	a2    int16    // the second is shifted left by scale; stepFill: the count's slot
	slot  int16    // of the value
	dt    uint8    // instructions of the record before it
	kind  stepKind //
	size  uint8    // bytes
	scale uint8
	shift uint8 // of the value, to the right; stepMasked: bytes a lane
	flags uint8
}

// controlInfo is what a control step needs beyond.
type controlInfo struct {
	target, next uint64
	values       [6]int64
	slots        [6]int16
	kind         ControlKind
	used         uint8 // number of registers
	_            [2]uint8
}

// Capacities of the tables that the decoder reads while the translator appends.
const (
	maxTemplates = 1 << 22 // the record header's 22 bits
	maxSteps     = 1 << 25
	maxControls  = 1 << 23
	// maxRecord is the largest record: sizes are stored as multiples of 4 in 10 bits.
	maxRecord = 4092
	// maxRows is the largest number of writes of a record: those of its
	// instructions, each in at most 32 runs of lanes.
	maxRows = 32 * maxInsns
)

// Templates of records that the tracer or a routine writes.
const (
	templateData     = iota // bytes stored by the last stepData
	templateDataMore        // the same, to be continued
	templateSignal          // a signal was delivered
	templateInput           // an XSAVE that the recorder performed, at the last stepData
	templateEnd             // the thread's system call, in which it waited, has ended
	templateBegin           // the thread begins
	templateSwitch          // the number of the thread that goes on
	templateRSP             // what rsp is
	firstTemplate
)

// templates holds all of them.
type templates struct {
	list     []template
	more     []templateMore // of each template
	steps    []step
	controls []controlInfo
	memory   arena
}

func newTemplates() (*templates, error) {
	t := &templates{}
	err := errors.Join(
		reserve(&t.memory, &t.list, maxTemplates),
		reserve(&t.memory, &t.more, maxTemplates),
		reserve(&t.memory, &t.steps, maxSteps),
		reserve(&t.memory, &t.controls, maxControls),
	)
	if err != nil {
		return nil, fmt.Errorf("reserve the translator's tables: %w", err)
	}
	t.reset()
	return t, nil
}

// reset forgets all templates. No log record may be left undecoded.
func (t *templates) reset() {
	t.list, t.more, t.steps, t.controls = t.list[:0], t.more[:0], t.steps[:0], t.controls[:0]
	for id := range firstTemplate {
		tm := template{origin: -1, steps: uint32(len(t.steps)), size: 4, rsp: unchanged}
		var kind ControlKind
		var info controlInfo
		switch id {
		case templateSignal:
			kind = Signal
		case templateInput:
			kind = Input
		case templateEnd:
			kind = Syscall
		case templateBegin:
			kind = Begin
		case templateSwitch:
			kind, tm.size, info = Switch, 12, controlInfo{used: 1, slots: [6]int16{4}}
		case templateRSP:
			tm.size, tm.rsp = 12, lastRSP{slot: 4}
		}
		if kind != 0 {
			info.kind = kind
			t.steps = append(t.steps, step{kind: stepControl, a1: slotZero, value: int64(len(t.controls))})
			t.controls = append(t.controls, info)
			tm.count = 1
		}
		t.add(tm, 0)
	}
}

func (t *templates) full() bool {
	return len(t.list)+1024 > maxTemplates || len(t.steps)+4096 > maxSteps || len(t.controls)+1024 > maxControls
}

func (t *templates) close() error { return t.memory.close() }

// add appends a template and returns its number. exit is where a direct branch or
// system call at its end leads, 0 where there is none.
func (t *templates) add(tm template, exit uint64) uint32 {
	t.list, t.more = append(t.list, tm), append(t.more, templateMore{exit: exit})
	return uint32(len(t.list) - 1)
}
