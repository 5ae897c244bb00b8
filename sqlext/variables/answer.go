package variables

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"hindsight/sqlext/render"
)

// Row is a write that touched a thing while it was there.
type Row struct {
	T, CallID, PC, Addr, Value         uint64
	Size                               uint32
	ProcessID, ThreadID, StackID, Line uint32
	Source                             string
	Owner                              uint64 // the call whose local it is, 0 for none
	Text                               string // what the thing held then
	HasText                            bool
	Part                               string // "" for the whole
	Function, File                     string // of the instruction, "" where not known
}

// Wanted says which columns of a Row are to be filled in that cost something.
type Wanted struct{ Text, Source bool }

// Writes gives every write to what a path names, in order of t.
func (e *Engine) Writes(ctx context.Context, path string, want Wanted) ([]Row, error) {
	o, places, err := e.locate(ctx, path)
	if err != nil {
		return nil, err
	}
	var rows []Row
	pending := &texts{r: e.renderer(ctx, o), o: o}
	err = e.sweep(ctx, places, o.size, func(s state) error {
		if s.w == nil || s.outside {
			return nil
		}
		w := s.w
		r := Row{
			T: w.t, CallID: w.call, PC: w.pc, Addr: w.addr, Value: w.value, Size: w.size,
			ProcessID: w.process, ThreadID: w.thread, StackID: w.stack, Source: w.source,
			Part: o.part(w, places[s.place].addr),
		}
		if o.bits != 0 && !touchesBits(o, w, places[s.place].addr) {
			return nil
		}
		if c := places[s.place].owner; c != nil && len(o.vars) > 0 {
			r.Owner = c.id
		}
		rows = append(rows, r)
		if !want.Text {
			return nil
		}
		return pending.add(s.data[:s.known], s.t, len(rows)-1, rows)
	})
	if err == nil && want.Text {
		err = pending.finish(rows)
	}
	if err == nil && want.Source {
		err = e.addSource(ctx, rows)
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(a.T, b.T) })
	return rows, err
}

// locate finds what a path names and where that lay.
func (e *Engine) locate(ctx context.Context, path string) (operand, []place, error) {
	o, err := e.resolve(ctx, path)
	if err != nil {
		return o, nil, err
	}
	facts, err := e.facts(ctx)
	if err != nil {
		return o, nil, err
	}
	if err := facts.check(path, o.isLocal()); err != nil {
		return o, nil, err
	}
	places, err := e.places(ctx, o)
	return o, places, err
}

// touchesBits tells whether a write touches a bit field. A compiler writes the
// whole bytes around it, so this is any write to them.
func touchesBits(o operand, w *write, addr uint64) bool {
	lo, hi := addr+uint64(o.firstBit)/8, addr+uint64(o.firstBit+o.bits+7)/8
	return w.addr < hi && w.addr+uint64(w.size) > lo
}

// renderer renders the values of an operand.
func (e *Engine) renderer(ctx context.Context, o operand) *render.Renderer {
	return &render.Renderer{Types: o.types, Memory: e.newMemory(ctx), Symbols: &lazySymbols{e: e, ctx: ctx}}
}

// value renders the bytes of the operand.
func (o operand) value(r *render.Renderer, data []byte, t uint64) string {
	if o.bits != 0 {
		return r.BitField(o.typ, data, o.firstBit, o.bits, t)
	}
	return r.Text(o.typ, data, t)
}

// texts renders rows. Those that need memory which is not loaded wait, so that
// what many of them need is loaded together.
type texts struct {
	r       *render.Renderer
	o       operand
	waiting []waitingText
	bytes   int
}

type waitingText struct {
	row  int
	t    uint64
	data []byte
}

// mostWaiting bounds the bytes that wait.
const mostWaiting = 64 << 20

func (x *texts) add(data []byte, t uint64, row int, rows []Row) error {
	text, complete := x.render(data, t)
	if complete {
		rows[row].Text, rows[row].HasText = text, true
		return nil
	}
	x.waiting = append(x.waiting, waitingText{row, t, slices.Clone(data)})
	if x.bytes += len(data) + 64; x.bytes > mostWaiting {
		return x.finish(rows)
	}
	return nil
}

// render renders a value. complete is false where memory was missing, which is
// then noted.
func (x *texts) render(data []byte, t uint64) (text string, complete bool) {
	m := x.r.Memory.(*memory)
	m.missed = false
	text = x.o.value(x.r, data, t)
	return text, !m.missed
}

// mostRounds bounds how often memory is loaded for a text: once for each level
// of pointers and each block of what they point to.
const mostRounds = 64

func (x *texts) finish(rows []Row) error {
	m := x.r.Memory.(*memory)
	for round := 0; len(x.waiting) > 0; round++ {
		if _, err := m.load(); err != nil {
			return err
		}
		var still []waitingText
		for i, w := range x.waiting {
			if i%1024 == 0 && m.ctx.Err() != nil {
				return m.ctx.Err()
			}
			text, complete := x.render(w.data, w.t)
			if !complete && round < mostRounds {
				still = append(still, w)
				continue
			}
			rows[w.row].Text, rows[w.row].HasText = text, true
		}
		x.waiting = still
	}
	x.bytes = 0
	clear(m.missing)
	if s := x.r.Symbols.(*lazySymbols); s.err != nil {
		return s.err
	}
	return nil
}

// part names the member or element of the operand at addr that a write touched:
// the smallest that holds all that it touched. It is "" for the whole.
func (o operand) part(w *write, addr uint64) string {
	lo, hi := max(w.addr, addr)-addr, min(w.addr+uint64(w.size), addr+o.size)-addr
	if lo == 0 && hi == o.size {
		return ""
	}
	var out strings.Builder
	id := o.typ
	for range maxDerefs {
		t := o.types.Strip(id)
		if t == nil {
			break
		}
		if t.Kind == render.Array {
			n, ok := o.types.Size(t.Target)
			if !ok || n == 0 || lo/n != (hi-1)/n {
				break
			}
			out.WriteString("[" + strconv.FormatUint(lo/n, 10) + "]")
			lo, hi, id = lo%n, hi-lo/n*n, t.Target
			continue
		}
		if t.Kind == render.Union || !isAggregate(t) || t.Kind == render.Variants {
			break
		}
		m := memberOf(o.types, t, lo, hi)
		if m == nil {
			break
		}
		if !m.Base && m.Name != "" {
			out.WriteString("." + m.Name)
		}
		lo, hi, id = lo-m.Offset, hi-m.Offset, m.Type
	}
	return out.String()
}

// memberOf gives the only member that [lo, hi) lies in, nil where it is not one.
func memberOf(types render.Types, t *render.Type, lo, hi uint64) *render.Member {
	var found *render.Member
	for i := range t.Members {
		m := &t.Members[i]
		size, ok := types.Size(m.Type)
		if m.Size != nil {
			size, ok = *m.Size, true
		}
		if !ok || m.Offset+size <= lo || m.Offset >= hi {
			continue
		}
		if found != nil || m.Offset > lo || m.Offset+size < hi || m.BitSize != 0 {
			return nil
		}
		found = m
	}
	return found
}

// Check tells whether a path names something whose writes can be told.
func (e *Engine) Check(ctx context.Context, path string) error {
	o, err := e.resolve(ctx, path)
	if err != nil {
		return err
	}
	facts, err := e.facts(ctx)
	if err != nil {
		return err
	}
	return facts.check(path, o.isLocal())
}

// isLocal tells whether the operand's root is a local or a parameter.
func (o operand) isLocal() bool {
	return slices.ContainsFunc(o.vars, variable.isLocal)
}

func (v variable) isLocal() bool { return v.kind == "local" || v.kind == "parameter" }
