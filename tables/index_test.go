package tables

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hindsight/capture"
	"hindsight/internal/fixture"
	"hindsight/internal/recording"
	"hindsight/replay"
)

// record records a program of testdata/programs.
func record(t *testing.T, name string) *recording.Recording {
	t.Helper()
	programs, err := fixture.Programs()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		if p.Name != name {
			continue
		}
		binary, err := p.Binary(fixture.Variants[0])
		if err != nil {
			t.Skipf("%s cannot be built: %v", name, err)
		}
		null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer null.Close()
		dir := filepath.Join(t.TempDir(), "recording")
		if _, err := capture.Record(context.Background(), capture.Options{
			Args: []string{binary}, Dir: dir, Stdin: null, Stdout: null, Stderr: null,
		}); err != nil {
			t.Skipf("%s cannot be recorded here: %v", name, err)
		}
		rec, err := recording.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}
	t.Fatalf("no program %s", name)
	return nil
}

// indexed indexes a recording and opens the result.
func indexed(t *testing.T, rec *recording.Recording, opt Options) (*sql.DB, *Summary) {
	t.Helper()
	opt.Database = filepath.Join(t.TempDir(), "history.duckdb")
	s, err := Index(context.Background(), rec, opt)
	if err != nil {
		t.Fatal(err)
	}
	expectFiles(t, filepath.Dir(opt.Database), "history.duckdb")
	return openDatabase(t, opt.Database), s
}

// digest is a text for all rows of all tables.
func digest(t *testing.T, db *sql.DB) string {
	t.Helper()
	var b strings.Builder
	for _, table := range Schema() {
		if table.View() {
			continue
		}
		var columns []string
		for _, c := range table.Columns {
			columns = append(columns, quoteName(c.Name))
		}
		list := strings.Join(columns, ", ")
		query := fmt.Sprintf(`SELECT count(*), coalesce(md5(string_agg(r, '' ORDER BY r)), '') FROM (SELECT hash(%s)::VARCHAR AS r FROM %s)`, list, table.Name)
		fmt.Fprintln(&b, table.Name, rows(t, db, query))
	}
	return b.String()
}

func TestIndex(t *testing.T) {
	rec := record(t, "calls_and_returns")
	db, summary := indexed(t, rec, Options{})
	first := digest(t, db)

	t.Run("twice", func(t *testing.T) {
		again, _ := indexed(t, rec, Options{})
		if second := digest(t, again); first != second {
			t.Errorf("two indexings differ:\n%s\n%s", first, second)
		}
	})
	t.Run("calls", func(t *testing.T) { checkCalls(t, db) })
	t.Run("consistency", func(t *testing.T) { checkConsistency(t, db) })
	t.Run("counted before", func(t *testing.T) {
		var ahead Estimate
		limited, s := indexed(t, rec, Options{MaxRows: 100, Estimated: func(e Estimate) { ahead = e }})
		if ahead.Writes != summary.Writes || ahead.Bytes < ahead.Writes || ahead.Time <= 0 {
			t.Errorf("%+v was estimated for %d writes", ahead, summary.Writes)
		}
		if !s.WritesLeftOut || s.Writes != 0 || len(s.Notes) == 0 || !strings.Contains(s.Notes[0], "--from") {
			t.Errorf("summary %+v", s)
		}
		expect(t, "writes", rows(t, limited, `SELECT count(*) FROM writes`), "0")
		expect(t, "the rest", rows(t, limited, `SELECT count(*) FROM calls`), fmt.Sprint(summary.Calls))
		expect(t, "diagnostics", rows(t, limited, `SELECT severity, what FROM diagnostics WHERE severity = 'warning'`), "warning writes left out")
	})
	t.Run("a part", func(t *testing.T) {
		to := summary.Instructions / 2
		part, _ := indexed(t, rec, Options{From: 1000, To: to, Tables: []string{"writes", "calls"}})
		inside := fmt.Sprintf(` WHERE t >= 1000 AND t < %d`, to)
		expect(t, "writes", rows(t, part, `SELECT count(*), min(t), max(t) FROM writes`),
			rows(t, db, `SELECT count(*), min(t), max(t) FROM writes`+inside)...)
		expect(t, "calls", rows(t, part, `SELECT call_id, exit_t FROM calls ORDER BY 1`),
			rows(t, db, fmt.Sprintf(`SELECT call_id, exit_t FROM calls WHERE enter_t < %d AND (exit_t IS NULL OR exit_t >= 1000) ORDER BY 1`, to))...)
		expect(t, "others", rows(t, part, `SELECT (SELECT count(*) FROM syscalls) + (SELECT count(*) FROM blocks)`), "0")
	})
	t.Run("functions", func(t *testing.T) {
		part, _ := indexed(t, rec, Options{Functions: "le*f*"})
		expect(t, "calls", rows(t, part, `SELECT name, count(*) FROM calls JOIN functions USING (function_id) GROUP BY ALL ORDER BY ALL`), "leaf 3", "left 1")
		expect(t, "writes", rows(t, part, `SELECT count(*) FROM writes`),
			rows(t, db, `SELECT count(*) FROM writes JOIN calls USING (call_id) JOIN functions USING (function_id) WHERE name IN ('leaf', 'left')`)...)
		_, err := Index(context.Background(), rec, Options{Functions: "nobody", Database: filepath.Join(t.TempDir(), "x")})
		if err == nil || !strings.Contains(err.Error(), "nobody") {
			t.Errorf("a pattern without a match: %v", err)
		}
	})
}

// checkCalls compares with what calls_and_returns.c does.
func checkCalls(t *testing.T, db *sql.DB) {
	expect(t, "leaf", rows(t, db, `SELECT p.name, c.arg0, c.return_value FROM calls c JOIN functions f USING (function_id)
		JOIN calls u ON u.call_id = c.parent_call_id JOIN functions p ON p.function_id = u.function_id
		WHERE f.name = 'leaf' ORDER BY c.call_id`), "left 10 31", "left 11 34", "right 22 67")
	expect(t, "stack of the last", rows(t, db, `SELECT level, function, file LIKE '%calls_and_returns.c', line IS NOT NULL FROM stack_frames
		WHERE level < 3 AND stack_id = (SELECT max(stack_id) FROM calls JOIN functions USING (function_id) WHERE name = 'leaf') ORDER BY level`),
		"0 leaf true true", "1 right true true", "2 main true true")
}

// checkConsistency asks for what holds in every history.
func checkConsistency(t *testing.T, db *sql.DB) {
	for what, query := range map[string]string{
		"calls that begin before their caller or end after it": `SELECT c.call_id FROM calls c JOIN calls p ON p.call_id = c.parent_call_id
			WHERE c.enter_t < p.enter_t OR coalesce(c.exit_t, 1e18) > coalesce(p.exit_t, 1e18) OR c.depth <> p.depth + 1`,
		"calls out of order": `SELECT a.call_id FROM calls a JOIN calls b ON b.call_id = a.call_id + 1 WHERE b.enter_t < a.enter_t`,
		"gaps between calls": `SELECT 1 FROM calls HAVING count(*) <> max(call_id)`,
		// What the kernel stores as a thread begins, it stores before its first call.
		"writes outside their call": `SELECT w.t FROM writes w JOIN calls c USING (call_id)
			WHERE w.t < c.enter_t AND NOT (w.source = 'syscall' AND w.t + 1 = c.enter_t AND c.parent_call_id IS NULL) OR w.t > c.exit_t`,
		"writes of another thread than their call":  `SELECT w.t FROM writes w JOIN calls c USING (call_id) WHERE w.thread_id <> c.thread_id`,
		"calls of another thread than their caller": `SELECT c.call_id FROM calls c JOIN calls p ON p.call_id = c.parent_call_id WHERE p.thread_id <> c.thread_id`,
		"writes while another thread ran":           `SELECT w.t FROM writes w ASOF JOIN switches s ON s.t <= w.t WHERE w.thread_id <> s.to_thread_id AND w.source = 'instruction'`,
		"system calls while another thread ran":     `SELECT w.t FROM syscalls w ASOF JOIN switches s ON s.t <= w.t WHERE w.thread_id <> s.to_thread_id`,
		"switches from another thread":              `SELECT a.t FROM (SELECT *, lag(to_thread_id) OVER (ORDER BY t) AS before FROM switches) a WHERE from_thread_id IS DISTINCT FROM before OR from_thread_id = to_thread_id`,
		"switches at one time":                      `SELECT t FROM switches GROUP BY t HAVING count(*) > 1`,
		"instructions that do not sum up":           `SELECT 1 FROM calls WHERE parent_call_id IS NULL HAVING sum(instructions) <> (SELECT instructions FROM recordings)`,
		"threads whose instructions are not theirs": `SELECT thread_id FROM
			(SELECT thread_id, sum(instructions) AS n FROM calls WHERE parent_call_id IS NULL GROUP BY ALL) JOIN
			(SELECT to_thread_id AS thread_id, sum(next - t) AS m FROM
				(SELECT *, lead(t, 1, (SELECT instructions FROM recordings)) OVER (ORDER BY t) AS next FROM switches) GROUP BY ALL) USING (thread_id) WHERE n <> m`,
		"instructions of calls": `SELECT call_id FROM calls WHERE exit_t IS NOT NULL AND instructions > exit_t - enter_t + 1 OR
			exit_t IS NOT NULL AND (SELECT count(*) FROM threads) = 1 AND instructions <> exit_t - enter_t + CASE WHEN call_pc IS NULL THEN 1 ELSE 0 END`,
		"system calls that end before they begin": `SELECT syscall_id FROM syscalls WHERE end_t < t OR result IS NOT NULL AND end_t IS NULL`,
		"threads that begin after they end":       `SELECT thread_id FROM threads WHERE end_t < start_t`,
		"writes without a call":                   `SELECT w.t FROM writes w ANTI JOIN calls c USING (call_id)`,
		"writes with another stack": `SELECT w.t FROM writes w JOIN calls c USING (call_id) JOIN stacks s ON s.stack_id = w.stack_id
			WHERE w.stack_id <> c.stack_id AND s.function_id = c.function_id`,
		"writes without frames":             `SELECT w.pc FROM writes w ANTI JOIN frames f USING (pc)`,
		"calls without frames":              `SELECT call_pc FROM calls c ANTI JOIN frames f ON f.pc = c.call_pc WHERE call_pc IS NOT NULL`,
		"bytes of small writes":             `SELECT t FROM writes WHERE (size > 8) <> (bytes IS NOT NULL) OR octet_length(bytes) <> size`,
		"blocks that do not sum up":         `SELECT 1 FROM blocks HAVING sum(executions * instructions) <> (SELECT instructions FROM recordings)`,
		"stack frames with gaps":            `SELECT stack_id FROM stack_frames GROUP BY ALL HAVING max(level) + 1 <> count(*) OR count(DISTINCT level) <> count(*)`,
		"stacks without frames":             `SELECT stack_id FROM stacks ANTI JOIN stack_frames USING (stack_id)`,
		"stacks before their parents":       `SELECT stack_id FROM stacks WHERE parent_stack_id >= stack_id`,
		"system calls out of order":         `SELECT a.syscall_id FROM syscalls a JOIN syscalls b ON b.syscall_id = a.syscall_id + 1 WHERE b.t < a.t`,
		"modules that begin after they end": `SELECT module_id FROM modules WHERE unmapped_t < mapped_t OR end_addr <= start_addr`,
	} {
		if got := rows(t, db, query); len(got) > 0 {
			t.Errorf("%s: %d, first %s", what, len(got), got[0])
		}
	}
}

// consumed counts batches.
type consumed struct{ n int }

func (c *consumed) Consume(*replay.Batch) error {
	c.n++
	return nil
}

// TestInterruptedConsumer holds that what was logged before an interrupt is not
// worked on for seconds after it.
func TestInterruptedConsumer(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var seen consumed
	c := cancellable{ctx, &seen}
	if err := c.Consume(&replay.Batch{}); err != nil || seen.n != 1 {
		t.Errorf("%d batches, %v", seen.n, err)
	}
	cancel()
	if err := c.Consume(&replay.Batch{}); !errors.Is(err, context.Canceled) || seen.n != 1 {
		t.Errorf("after the interrupt: %d batches, %v", seen.n, err)
	}
}

func TestInterruptedIndex(t *testing.T) {
	rec := record(t, "calls_and_returns")
	dir := t.TempDir()
	path := filepath.Join(dir, "history.duckdb")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, stage := range []string{"", "indexing", "finishing"} {
		ctx, cancel := context.WithCancel(context.Background())
		if stage == "" {
			cancel()
		}
		_, err := Index(ctx, rec, Options{Database: path, Progress: func(p Progress) {
			if p.Stage == stage {
				cancel()
			}
		}})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted when %q: %v", stage, err)
		}
		expectFiles(t, dir, "history.duckdb")
		if got, _ := os.ReadFile(path); string(got) != "before" {
			t.Errorf("interrupted when %q: the earlier database is gone", stage)
		}
	}
}

// TestInterruptedPlaces holds that below a handler's frame the stack has the
// instruction that the signal interrupted, with its line.
func TestInterruptedPlaces(t *testing.T) {
	for _, program := range []string{"signal_nested", "signal_bad_jump", "signal_arithmetic"} {
		t.Run(program, func(t *testing.T) {
			db, _ := indexed(t, record(t, program), Options{})
			if got := rows(t, db, `SELECT count(*) > 0, count(*) = count(f.level) FROM signals s
				JOIN calls c ON c.enter_t = s.t AND c.entry_pc = s.handler_pc
				LEFT JOIN stack_frames f ON f.stack_id = c.stack_id AND f.level = 1 AND coalesce(f.pc, 0) = s.pc`); got[0] != "true true" {
				t.Errorf("handlers on other places: %v", got)
			}
			if got := rows(t, db, `SELECT s.pc, f.line, r.line FROM signals s
				JOIN calls c ON c.enter_t = s.t AND c.entry_pc = s.handler_pc
				JOIN stack_frames f ON f.stack_id = c.stack_id AND f.level = 1
				JOIN frames r ON r.pc = s.pc AND r.level = 0 WHERE s.pc <> 0 AND f.line IS DISTINCT FROM r.line`); len(got) > 0 {
				t.Errorf("another line: %v", got)
			}
			checkConsistency(t, db)
		})
	}
}
