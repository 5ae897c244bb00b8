package tables

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/google/uuid"

	"hindsight/internal/symbols"
	"hindsight/replay"
)

// diagnostic is a row of diagnostics.
type diagnostic struct{ severity, what, detail string }

func (x *indexer) note(severity, what, detail string) {
	x.notes = append(x.notes, diagnostic{severity, what, detail})
}

// summarize fills the tables that are known only at the end.
func (x *indexer) summarize(ctx context.Context) error {
	if x.filter.stacks {
		if err := x.addStackOrder(ctx); err != nil {
			return fmt.Errorf("callers of the stacks: %w", err)
		}
	}
	if x.opt.Progress != nil {
		x.opt.Progress(Progress{Stage: "finishing", Total: x.scan.events, Instructions: x.result.Instructions})
	}
	blocks := slices.Clone(x.result.Blocks)
	slices.SortFunc(blocks, func(a, b replay.Block) int { return cmp.Compare(a.PC, b.PC) })
	ran := x.modulesThatRan(blocks)
	if err := x.addVariables(ctx, ran, blocks); err != nil {
		return fmt.Errorf("types and variables: %w", err)
	}
	for _, step := range []struct {
		table string
		fill  func(add addRow) error
	}{
		{"recordings", x.addRecording},
		{"processes", x.addProcess},
		{"threads", x.addThreads},
		{"modules", x.addModules},
		{"functions", func(add addRow) error { return x.addFunctions(ran, add) }},
		{"blocks", func(add addRow) error { return x.addBlocks(blocks, add) }},
		{"lines", func(add addRow) error { return x.addLines(ran, blocks, add) }},
		{"frames", x.addFrames},
		{"diagnostics", func(add addRow) error { x.diagnose(ran); return x.addDiagnostics(add) }},
		{"_meta", x.addMeta},
	} {
		if fills, public := x.fills[step.table]; public && !fills {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := x.appendTo(step.table, step.fill); err != nil {
			return fmt.Errorf("table %s: %w", step.table, err)
		}
	}
	return nil
}

// addRow adds a row of values to a table.
type addRow func(values ...any) error

func (x *indexer) appendTo(table string, fill func(add addRow) error) error {
	a, err := duckdb.NewAppender(x.db.conn, "", "main", table)
	if err != nil {
		return err
	}
	err = fill(func(values ...any) error {
		row := make([]driver.Value, len(values))
		for i, v := range values {
			row[i] = v
		}
		return a.AppendRow(row...)
	})
	return errors.Join(err, a.Close())
}

func (x *indexer) addRecording(add addRow) error {
	m := &x.rec.Meta
	id, err := uuid.Parse(m.ID)
	if err != nil {
		x.note("warning", "recording", "the recording's identity is damaged: "+strconv.Quote(m.ID))
	}
	code, signal := x.exit()
	return add(duckdb.UUID(id), m.Command, m.Directory, m.Host, m.Kernel, m.CPU, m.StartedAt,
		orNull(m.DurationNS != 0, uint64(m.DurationNS)), code, signal, x.result.Instructions, m.Version, x.rec.Complete)
}

// exit is how the program ended, both NULL where that is not known.
func (x *indexer) exit() (code, signal any) {
	e := x.scan.exit
	if e == nil {
		return nil, nil
	}
	return orNull(e.Signal == 0, int32(e.Code)), orNull(e.Signal != 0, int32(e.Signal))
}

func (x *indexer) addProcess(add addRow) error {
	m := &x.rec.Meta
	code, signal := x.exit()
	return add(uint32(1), nil, uint32(m.PID), m.Executable, m.Command, uint64(0),
		orNull(x.scan.exit != nil, x.result.Instructions), code, signal)
}

func (x *indexer) addModules(add addRow) error {
	for i := range x.code.modules {
		m := &x.code.modules[i]
		build := ""
		if m.file != nil {
			build = m.file.BuildID()
		}
		err := add(uint32(i+1), uint32(1), m.path, orNull(build != "", build), m.start, m.end, m.bias,
			x.events.times[m.mapped], orNull(m.gone, x.events.times[m.unmapped]))
		if err != nil {
			return err
		}
	}
	return nil
}

// addStackOrder fills the tables behind the view stack_frames, and tells which
// stacks are recursive.
func (x *indexer) addStackOrder(ctx context.Context) error {
	order := &x.tracker.order
	first, last := order.walk()
	recursive := order.recursive(first)
	appender := func(table string) func(columns []column, rows int) error {
		a, err := newBulkAppender(x.db.conn, table)
		return func(columns []column, rows int) error {
			if err != nil {
				return err
			}
			return a.append(ctx, columns, nil, rows)
		}
	}
	if err := appender("_recursive_stacks")([]column{fixed(recursive)}, len(recursive)); err != nil {
		return err
	}
	if order.expanded() {
		return order.eachCallers(appender("_stack_callers"))
	}
	return appender("_stack_order")(order.places(first, last))
}

// modulesThatRan tells, by index, which modules have a block that was executed.
func (x *indexer) modulesThatRan(blocks []replay.Block) []bool {
	ran := make([]bool, len(x.code.modules))
	for _, b := range blocks {
		if m, ok := x.code.space.Find(b.PC); ok {
			ran[m] = true
		}
	}
	return ran
}

func (x *indexer) addFunctions(ran []bool, add addRow) error {
	for i := range x.code.modules {
		if !ran[i] {
			continue
		}
		bias := x.code.modules[i].bias
		err := x.code.each(i, func(id uint32, f *symbols.Function) error {
			return add(id, uint32(i+1), functionName(f), orNull(f.LinkageName != "", f.LinkageName),
				orNull(f.Language != "", f.Language), orNull(f.File != "", f.File), orNull(f.Line != 0, uint32(f.Line)),
				f.Entry+bias, orNull(f.End > f.Entry, f.End+bias))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *indexer) addBlocks(blocks []replay.Block, add addRow) error {
	for _, b := range blocks {
		function := x.code.find(b.PC).function
		x.tracker.pcs.add(b.PC)
		err := add(uint32(1), b.PC, b.Size, b.Instructions, b.Executions, b.FirstT, b.LastT, orNull(function != 0, function))
		if err != nil {
			return err
		}
	}
	return nil
}

// addLines adds the rows of the line tables that lie in executed blocks, which are
// sorted.
func (x *indexer) addLines(ran []bool, blocks []replay.Block, add addRow) error {
	var rows []symbols.LineRow
	for i := range x.code.modules {
		m := &x.code.modules[i]
		if !ran[i] || m.file == nil {
			continue
		}
		for in := blocksIn(blocks, m.start, m.end); len(in) > 0; {
			n, end := neighbours(in)
			rows = m.file.LineRows(in[0].PC-m.bias, min(end, m.end)-m.bias, rows[:0])
			if err := x.addLineRows(rows, m.bias, in[:n], add); err != nil {
				return err
			}
			in = in[n:]
		}
	}
	return nil
}

// blocksIn returns the blocks that begin in [lo, hi).
func blocksIn(blocks []replay.Block, lo, hi uint64) []replay.Block {
	first := sort.Search(len(blocks), func(i int) bool { return blocks[i].PC >= lo })
	n := sort.Search(len(blocks)-first, func(i int) bool { return blocks[first+i].PC >= hi })
	return blocks[first : first+n]
}

// neighbours returns how many of the first blocks lie close to one another, and
// where the last of these ends. Line tables are asked for no more than that: those
// of a unit that did not run need not be decoded, which is most of a large program.
// Blocks overlap where a jump leads behind an instruction's prefix.
func neighbours(blocks []replay.Block) (n int, end uint64) {
	const gap = 64
	for n < len(blocks) && (n == 0 || blocks[n].PC < end+gap) {
		end = max(end, blocks[n].PC+uint64(blocks[n].Size))
		n++
	}
	return n, end
}

// addLineRows adds those of rows that lie in one of the blocks.
func (x *indexer) addLineRows(rows []symbols.LineRow, bias uint64, blocks []replay.Block, add addRow) error {
	next := 0
	for _, r := range rows {
		pc := r.PC + bias
		for next < len(blocks) && blocks[next].PC+uint64(blocks[next].Size) <= pc {
			next++
		}
		if next == len(blocks) || pc < blocks[next].PC {
			continue
		}
		x.tracker.pcs.add(pc)
		if err := add(uint32(1), pc, r.File, uint32(r.Line), blocks[next].Executions); err != nil {
			return err
		}
	}
	return nil
}

// addFrames adds what lies at every address that a row mentions.
func (x *indexer) addFrames(add addRow) error {
	var frames []symbols.Frame
	for _, pc := range x.tracker.pcs.sorted() {
		m, ok := x.code.space.Find(pc)
		var name any
		first := uint32(0)
		if ok {
			name, first = moduleName(x.code.modules[m].path), x.code.first[m]
		}
		frames = x.code.frames(pc, frames[:0])
		for level, f := range frames {
			function := f.Function
			if f.Index >= 0 && function == "" {
				function = functionName(&x.code.modules[m].file.Functions()[f.Index])
			}
			err := add(pc, uint32(1), uint32(level), orNull(f.Index >= 0, first+uint32(f.Index)), orNull(function != "", function),
				name, orNull(f.File != "", f.File), orNull(f.Line > 0, uint32(f.Line)), orNull(f.Column > 0, uint32(f.Column)), f.Inlined)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// diagnose collects what the parts have to say.
func (x *indexer) diagnose(ran []bool) {
	for _, d := range x.rec.Meta.Diagnostics {
		x.note("info", "recording", d)
	}
	if x.scan.truncated != "" || !x.rec.Complete {
		x.note("warning", "recording", strings.TrimSuffix("the recording ends before the program did: what came after is not known; "+x.scan.truncated, "; "))
	}
	told := map[*symbols.File]bool{}
	for i, m := range x.code.modules {
		if !ran[i] || m.file == nil || told[m.file] {
			continue
		}
		told[m.file] = true
		for _, d := range m.file.Diagnostics() {
			x.note("info", "symbols of "+moduleName(m.path), d)
		}
	}
	if n := x.contents.leftOut; n > 0 {
		x.note("info", "memory", fmt.Sprintf("first contents of %d MiB of memory are not kept (at most %d MiB are): memory_at tells of it only what was written since", n>>20, memoryBytes>>20))
	}
	if n := x.tracker.stacks.forgot; n > 0 {
		x.note("info", "stacks", fmt.Sprintf("the program had more than %d distinct call stacks: some occur more than once in the table stacks; compare them by their functions", x.tracker.stacks.limit))
	}
	if n := x.tracker.stacks.last; n > maxOrdered {
		x.note("info", "stacks", fmt.Sprintf("the view stack_frames has the first %d of %d call stacks; the table stacks has all", maxOrdered, n))
	}
	if x.opt.Functions != "" || x.opt.From != 0 || x.opt.To != ^uint64(0) || len(x.opt.Tables) > 0 {
		x.note("info", "part", "this is an index of a part of the recording: see _meta")
	}
}

func (x *indexer) addDiagnostics(add addRow) error {
	for _, n := range x.notes {
		if err := add(n.severity, nil, n.what, n.detail); err != nil {
			return err
		}
	}
	return nil
}

func (x *indexer) addMeta(add addRow) error {
	to := ""
	if x.opt.To != ^uint64(0) {
		to = strconv.FormatUint(x.opt.To, 10)
	}
	for _, fact := range [][2]string{
		{"schema_version", strconv.Itoa(SchemaVersion)},
		{"recording_id", x.rec.Meta.ID},
		{"tables", strings.Join(x.opt.Tables, ",")},
		{"from", strconv.FormatUint(x.opt.From, 10)},
		{"to", to},
		{"functions", x.opt.Functions},
		{"writes_left_out", strconv.FormatBool(x.leftOut)},
	} {
		if err := add(fact[0], fact[1]); err != nil {
			return err
		}
	}
	return nil
}
