package replay

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"hindsight/internal/fixture"
	"hindsight/internal/recording"
	"hindsight/internal/x86"
)

// history keeps what a consumer is told, up to an instruction count.
type history struct {
	limit uint64
	rows  []historyRow
}

// historyRow is a write or a control, and what differs between two can be told
// from its text.
type historyRow struct {
	t, pc uint64
	text  string
}

func (h *history) Consume(b *Batch) error {
	row := 0
	for i := range b.Controls {
		c := &b.Controls[i]
		h.writes(b, row, c.Write)
		row = c.Write
		if c.T < h.limit {
			h.rows = append(h.rows, historyRow{c.T, c.PC, controlText(c)})
		}
	}
	h.writes(b, row, len(b.T))
	return nil
}

func (h *history) writes(b *Batch, from, to int) {
	for i := from; i < to; i++ {
		if b.T[i] >= h.limit {
			return
		}
		text := fmt.Sprintf("write %d bytes at %#x: %#x", b.Size[i], b.Addr[i], b.Value[i])
		if b.Size[i] > 8 {
			text += fmt.Sprintf(" % x", b.Data[b.Wide[i]:][:b.Size[i]])
		}
		h.rows = append(h.rows, historyRow{b.T[i], b.PC[i], text})
	}
}

func controlText(c *Control) string {
	switch c.Kind {
	case Call:
		return fmt.Sprintf("call %#x, return address %#x, rsp %#x, arguments %x", c.Target, c.Next, c.SP, c.Regs)
	case Return:
		return fmt.Sprintf("return to %#x, rsp %#x, rax %#x", c.Target, c.SP, c.Regs[0])
	case Jump:
		return fmt.Sprintf("jump to %#x, rsp %#x, arguments %v %x", c.Target, c.SP, c.Arguments, c.Regs)
	}
	if c.Kind == Switch {
		return fmt.Sprintf("switch to thread %d", c.Thread)
	}
	return fmt.Sprintf("control %d, event %d (%v)", c.Kind, c.Event.Index, c.Event.Kind)
}

// TestMain makes batches small, so that their ends come everywhere: the least that
// one record may need.
func TestMain(m *testing.M) {
	writesPerBatch, controlsPerBatch = maxRows+maxInsns, 2*maxInsns
	os.Exit(m.Run())
}

// diffEngines replays rec under the step engine, which also proves that its rows
// explain all of memory, and under the translator, and reports the first row
// and the first block that differ. limit is an instruction count, 0 for none.
func diffEngines(t *testing.T, rec *recording.Recording, limit uint64) {
	t.Helper()
	if limit == 0 {
		limit = ^uint64(0)
	}
	entry := func(pc uint64) bool { return pc%16 == 0 } // as many as a compiler might align
	a, b := &history{limit: limit}, &history{limit: limit}
	opt := Options{Engine: Stepped, Consumer: a, FunctionEntry: entry}
	if limit != ^uint64(0) {
		opt.MaxInstructions = limit
	}
	stepped := runStepped(t, rec, 5000, opt)
	translated, err := Run(context.Background(), rec, Options{Engine: Translated, Consumer: b, FunctionEntry: entry, Verify: true})
	if err != nil {
		t.Fatalf("translated: %v", err)
	}
	for i := range max(len(a.rows), len(b.rows)) {
		if i < len(a.rows) && i < len(b.rows) && a.rows[i] == b.rows[i] {
			continue
		}
		t.Fatalf("row %d differs:\n   stepped %s\ntranslated %s", i, rowAt(rec, a.rows, i), rowAt(rec, b.rows, i))
	}
	if stepped.Exit == nil {
		return
	}
	if stepped.Instructions != translated.Instructions {
		t.Errorf("stepped %d instructions, translated %d", stepped.Instructions, translated.Instructions)
	}
	for i := range max(len(stepped.Blocks), len(translated.Blocks)) {
		if i >= len(stepped.Blocks) || i >= len(translated.Blocks) || stepped.Blocks[i] != translated.Blocks[i] {
			t.Fatalf("block %d differs:\n   stepped %s\ntranslated %s", i, blockAt(stepped.Blocks, i), blockAt(translated.Blocks, i))
		}
	}
}

// rowAt is a row with its instruction, as mapped at the start.
func rowAt(rec *recording.Recording, rows []historyRow, i int) string {
	if i >= len(rows) {
		return "has no more rows"
	}
	r := rows[i]
	return fmt.Sprintf("t %d, %s: %s", r.t, instructionAt(rec, r.pc), r.text)
}

func instructionAt(rec *recording.Recording, pc uint64) string {
	found, err := scan(context.Background(), rec)
	if err != nil {
		return err.Error()
	}
	s, err := newShadow(rec, found.start)
	if err != nil {
		return err.Error()
	}
	page := *s.page(pageDown(pc))
	return x86.Describe(page[pc%pageSize:], pc)
}

func blockAt(list []Block, i int) string {
	if i >= len(list) {
		return "has no more blocks"
	}
	return fmt.Sprintf("%+v", list[i])
}

// beyondSnapshots are programs that recordProgram cannot record, and why.
var beyondSnapshots = map[string]string{
	"memory_moves":    "does not follow what is written to a mapped file",
	"signal_bus":      "does not know where a mapped file ends",
	"signal_altstack": "does not follow the stack's limit",
}

// Each fixture program that stands alone has the same history under both
// engines.
func TestEnginesAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("stepping takes minutes, and -short was given")
	}
	programs, err := fixture.Programs()
	if err != nil {
		t.Fatal(err)
	}
	var static fixture.Variant
	for _, v := range fixture.Variants {
		if v.Name == "static" {
			static = v
		}
	}
	const limit = 100_000 // instructions, at 30 µs each
	for _, p := range programs {
		if !p.In(static) || p.Refused != nil || p.Args != "" {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			if why := beyondSnapshots[p.Name]; why != "" {
				t.Skip("this test's recorder " + why)
			}
			if strings.HasPrefix(p.Name, "thread_") || p.Name == "signal_in_computation" {
				t.Skip("it is compared by internal/e2e, as the recorder records it")
			}
			if _, err := exec.LookPath(p.Compiler()); err != nil {
				t.Skipf("%s is not installed", p.Compiler())
			}
			path, err := p.Binary(static)
			if err != nil {
				t.Skip(err)
			}
			diffEngines(t, recordProgram(t, path).Recording, limit)
		})
	}
}
