package replay

import (
	"errors"
	"fmt"

	"hindsight/internal/x86"
)

// A template says what one record of the log means: a translation that was
// left through one of its exits. The record itself holds only what cannot be
// known when the code is translated: registers and stored values, in slots.
//
// Layouts are those of decode.h.
type template struct {
	entry  uint64 // guest address where the translation begins
	steps  uint32 // first step
	count  uint16 // number of steps
	insns  uint16 // instructions retired
	size   uint16 // bytes of the record
	fills  uint16 // not 0: there may be a stepFill among the steps
	origin int32  // translation, -1 for a record that the tracer writes
	exit   uint64 // where a direct branch or system call at its end leads, else 0
}

// stepKind tells the steps of a template apart.
type stepKind uint8

const (
	stepWrite  stepKind = iota // up to 8 bytes
	stepWide                   // Size bytes in the record
	stepMasked                 // the same under a mask of lanes, also in the record
	stepFill                   // REP STOS
	stepData                   // data records follow
	stepControl
)

// step is one logged thing, in program order.
type step struct {
	pc        uint64
	disp      int64  // constant part of the address (control: of rsp)
	value     int64  // constant part of the value
	valueMask uint64 // 0: the value has no slot
	sizeMask  uint64
	dt        uint32 // instructions of the record before it
	control   uint32 // stepControl: index
	a1, a2    uint16 // slots of the address
	slot      uint16 // of the value
	extra     uint16 // slot of mask or count
	s1, s2    uint8  // what they are multiplied with
	shift     uint8
	size      uint8
	kind      stepKind
	seg       uint8
	lane      uint8
	pending   uint8 // control: the target is where the next record begins
}

// controlInfo is what a control step needs beyond.
type controlInfo struct {
	target, next uint64
	values       [6]int64
	slots        [6]uint16 // 0: the value is constant
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
)

// Templates of records that the tracer or a routine writes.
const (
	templateData     = iota // bytes stored by the last stepData
	templateDataMore        // the same, to be continued
	templateSignal          // a signal was delivered
	templateInput           // an XSAVE that the recorder performed, at the last stepData
	firstTemplate
)

// templates holds all of them.
type templates struct {
	list     []template
	steps    []step
	controls []controlInfo
	counts   []executions
	release  []func() error
}

// executions counts how often a template's record was met.
type executions struct{ n, first, last uint64 }

func newTemplates() (*templates, error) {
	t := &templates{}
	err := errors.Join(
		reserve(t, &t.list, maxTemplates),
		reserve(t, &t.steps, maxSteps),
		reserve(t, &t.controls, maxControls),
		reserve(t, &t.counts, maxTemplates),
	)
	if err != nil {
		return nil, fmt.Errorf("reserve the translator's tables: %w", err)
	}
	t.counts = t.counts[:maxTemplates]
	t.reset()
	return t, nil
}

// reset forgets all templates. No log record may be left undecoded.
func (t *templates) reset() {
	clear(t.counts[:len(t.list)])
	t.list, t.steps, t.controls = t.list[:0], t.steps[:0], t.controls[:0]
	for id := range firstTemplate {
		tm := template{origin: -1, steps: uint32(len(t.steps)), size: 4}
		var kind ControlKind
		switch id {
		case templateSignal:
			kind = Signal
		case templateInput:
			kind = Input
		}
		if kind != 0 {
			t.steps = append(t.steps, step{kind: stepControl, control: uint32(len(t.controls))})
			t.controls = append(t.controls, controlInfo{kind: kind})
			tm.count = 1
		}
		t.list = append(t.list, tm)
	}
}

func (t *templates) full() bool {
	return len(t.list)+1024 > maxTemplates || len(t.steps)+4096 > maxSteps || len(t.controls)+1024 > maxControls
}

func (t *templates) close() error {
	var errs []error
	for _, f := range t.release {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// symbolic is a register's value within a translation: root (a value that is
// only known at run time) plus delta; root 0 is the constant delta.
type symbolic struct {
	root  int32
	delta int64
}

// recorder builds the templates of one translation: it tracks what each
// register holds in terms of values that are already in the record, so that most
// addresses and many values cost nothing.
type recorder struct {
	t     *translator
	regs  [16]symbolic
	roots int32
	// slots and base give for each root the record's slot and the delta that
	// was stored there.
	slots [2048]uint16
	base  [2048]int64
	size  int // bytes of the record so far

	firstStep int
	insns     uint32
	fills     uint16
}

func (r *recorder) begin(t *translator) {
	clear(r.slots[:r.roots+1])
	r.t, r.roots, r.size, r.insns, r.fills = t, 0, 4, 0, 0
	r.firstStep = len(t.templates.steps)
	for i := range r.regs {
		r.fresh(i)
	}
}

// fresh gives a register an unknown value.
func (r *recorder) fresh(reg int) {
	r.roots++
	r.regs[reg] = symbolic{root: r.roots}
}

func (r *recorder) alloc(n int) int {
	o := r.size
	r.size += (n + 3) &^ 3
	return o
}

// ref is a register's value as the decoder gets it: slot 0 is constant delta.
func (r *recorder) ref(reg int) (slot uint16, delta int64) {
	s := r.regs[reg]
	if s.root == 0 {
		return 0, s.delta
	}
	if o := r.slots[s.root]; o != 0 {
		return o, s.delta - r.base[s.root]
	}
	o := r.alloc(8)
	r.t.cache.storeLog(r.t.hostReg(reg), o, true)
	r.slots[s.root], r.base[s.root] = uint16(o), s.delta
	return uint16(o), 0
}

// logged tells whether ref would cost nothing.
func (r *recorder) logged(reg int) bool {
	s := r.regs[reg]
	return s.root == 0 || r.slots[s.root] != 0
}

// after tracks what an instruction did to the registers.
func (r *recorder) after(in *x86.Inst) {
	old := r.regs
	for m, reg := in.Written, 0; m != 0; m, reg = m>>1, reg+1 {
		if m&1 != 0 && reg < 16 {
			r.fresh(reg)
		}
	}
	switch in.Effect {
	case x86.EffectAdd:
		o := old[in.EffectDst]
		r.regs[in.EffectDst] = symbolic{o.root, o.delta + in.EffectImm}
	case x86.EffectCopy:
		o := old[in.EffectSrc]
		r.regs[in.EffectDst] = symbolic{o.root, o.delta + in.EffectImm}
	case x86.EffectConst:
		r.regs[in.EffectDst] = symbolic{0, in.EffectImm}
	case x86.EffectPush:
		r.regs[x86.RSP] = symbolic{old[x86.RSP].root, old[x86.RSP].delta - in.EffectImm}
	case x86.EffectPop:
		if in.EffectDst != x86.RSP {
			r.regs[x86.RSP] = symbolic{old[x86.RSP].root, old[x86.RSP].delta + in.EffectImm}
		}
	case x86.EffectLeave:
		r.regs[x86.RSP] = symbolic{old[x86.RBP].root, old[x86.RBP].delta + 8}
	}
}

// address fills in a step's address from the stored operand.
func (r *recorder) address(s *step, in *x86.Inst) {
	s.disp, s.seg = in.Disp, in.Seg
	if in.Base == x86.RIP {
		return
	}
	if in.Base != x86.NoReg {
		slot, d := r.ref(int(in.Base))
		s.disp += d
		if slot != 0 {
			s.a1, s.s1 = slot, 1
		}
	}
	if in.Index != x86.NoReg {
		slot, d := r.ref(int(in.Index))
		s.disp += d * int64(in.Scale)
		if slot != 0 {
			s.a2, s.s2 = slot, in.Scale
		}
	}
}

func (r *recorder) add(s step) { r.t.templates.steps = append(r.t.templates.steps, s) }

func (r *recorder) steps() int { return len(r.t.templates.steps) - r.firstStep }

// control adds a control step with rsp and the registers given.
func (r *recorder) control(kind ControlKind, pc, target, next uint64, pending bool, regs ...int) {
	c := controlInfo{kind: kind, target: target, next: next, used: uint8(len(regs))}
	for i, reg := range regs {
		c.slots[i], c.values[i] = r.ref(reg)
	}
	s := step{kind: stepControl, pc: pc, dt: r.insns, control: uint32(len(r.t.templates.controls))}
	if kind != Syscall && kind != Input {
		slot, d := r.ref(x86.RSP)
		s.disp = d
		if slot != 0 {
			s.a1, s.s1 = slot, 1
		}
	}
	if pending {
		s.pending = 1
	}
	r.t.templates.controls = append(r.t.templates.controls, c)
	r.add(s)
}

// add appends a template and returns its number.
func (t *templates) add(tm template) uint32 {
	t.list = append(t.list, tm)
	return uint32(len(t.list) - 1)
}
