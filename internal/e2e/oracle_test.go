package e2e

import (
	"context"
	"fmt"
	"hash/crc32"
	"testing"

	"hindsight/internal/fixture"
	"hindsight/internal/recording"
	"hindsight/replay"
)

// oracleInstructions is how far the step engine goes: it takes some 30 µs an
// instruction. What comes later in a program is left to its own checks.
const oracleInstructions = 120_000

// TestEnginesAgree compares every row of the history of every fixture between
// the translator and the step engine, and what both say of its blocks.
func TestEnginesAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("stepping takes minutes, and -short was given")
	}
	programs, err := fixture.Programs()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		// Static programs come to the point soonest: no dynamic linker.
		for _, v := range fixture.Variants {
			if p.Refused != nil || !p.In(v) || v.Name != oracleVariant(p) {
				continue
			}
			t.Run(p.Name+"/"+v.Name, func(t *testing.T) {
				t.Parallel()
				path := buildFixture(t, p, v)
				if r := run(t, command{args: append([]string{path}, arguments(t, p)...)}); r.status == 77 {
					t.Skip(r.stdout)
				}
				dir, _ := record(t, command{args: append([]string{path}, arguments(t, p)...)})
				compareEngines(t, dir)
			})
		}
	}
}

func oracleVariant(p fixture.Program) string {
	for i := len(fixture.Variants) - 1; i >= 0; i-- {
		if v := fixture.Variants[i]; v.Name == "static" && p.In(v) {
			return v.Name
		}
	}
	return "O2"
}

func compareEngines(t *testing.T, dir string) {
	t.Helper()
	var stepped, translated rows
	a := replayRows(t, dir, &stepped, replay.Options{Engine: replay.Stepped, MaxInstructions: oracleInstructions})
	b := replayRows(t, dir, &translated, replay.Options{Engine: replay.Translated})
	whole := a.Exit != nil
	if whole && (a.Instructions != b.Instructions || len(stepped.text) != len(translated.text)) {
		t.Errorf("stepped: %d instructions, %d rows; translated: %d and %d", a.Instructions, len(stepped.text), b.Instructions, len(translated.text))
	}
	for i := range min(len(stepped.text), len(translated.text)) {
		if stepped.text[i] != translated.text[i] {
			t.Fatalf("row %d differs:\n   stepped %s\ntranslated %s\nreproduce with: hindsight replay --translated --trace", i, stepped.text[i], translated.text[i])
		}
	}
	if whole {
		compareBlocks(t, a.Blocks, b.Blocks)
	}
}

func compareBlocks(t *testing.T, a, b []replay.Block) {
	t.Helper()
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			t.Errorf("block %d differs (of %d and %d):\n   stepped %+v\ntranslated %+v", i, len(a), len(b), blockAt(a, i), blockAt(b, i))
			return
		}
	}
}

func blockAt(blocks []replay.Block, i int) any {
	if i < len(blocks) {
		return blocks[i]
	}
	return "none"
}

func replayRows(t *testing.T, dir string, to *rows, opt replay.Options) *replay.Result {
	t.Helper()
	rec, err := recording.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	opt.Consumer = to
	result, err := replay.Run(context.Background(), rec, opt)
	if err != nil {
		t.Fatalf("replay with engine %d: %v", opt.Engine, err)
	}
	return result
}

// rows keeps a history as text, a row each, for as long as the step engine goes.
type rows struct{ text []string }

func (r *rows) Consume(b *replay.Batch) error {
	done := 0
	for i := range b.Controls {
		c := &b.Controls[i]
		r.writes(b, done, c.Write)
		done = c.Write
		if c.T >= oracleInstructions {
			continue
		}
		r.text = append(r.text, controlText(c))
	}
	r.writes(b, done, len(b.T))
	return nil
}

// controlText shows what package replay promises for each kind.
func controlText(c *replay.Control) string {
	text := fmt.Sprintf("control %d t %d pc %#x", c.Kind, c.T, c.PC)
	switch c.Kind {
	case replay.Call:
		return text + fmt.Sprintf(" target %#x next %#x sp %#x regs %x", c.Target, c.Next, c.SP, c.Regs)
	case replay.Return:
		return text + fmt.Sprintf(" target %#x sp %#x rax %#x", c.Target, c.SP, c.Regs[0])
	case replay.Jump:
		return text + fmt.Sprintf(" target %#x sp %#x", c.Target, c.SP)
	case replay.Switch:
		return text + fmt.Sprintf(" to thread %d", c.Thread)
	}
	return text + fmt.Sprintf(" event %d of kind %d", c.Event.Index, c.Event.Kind)
}

func (r *rows) writes(b *replay.Batch, from, to int) {
	for i := from; i < to; i++ {
		if b.T[i] >= oracleInstructions {
			return
		}
		text := fmt.Sprintf("write t %d pc %#x addr %#x size %d value %#x", b.T[i], b.PC[i], b.Addr[i], b.Size[i], b.Value[i])
		if b.Size[i] > 8 {
			wide := b.Data[b.Wide[i]:][:b.Size[i]]
			text += fmt.Sprintf(" bytes %x… checksum %#x", wide[:min(len(wide), 64)], crc32.ChecksumIEEE(wide))
		}
		r.text = append(r.text, text)
	}
}
