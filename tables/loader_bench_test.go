package tables

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"hindsight/internal/recording"
	"hindsight/replay"
)

// synthetic fills a window with writes as programs make them: pushes and
// locals around a moving stack pointer, runs through arrays, fields of heap
// objects, a few globals.
type synthetic struct {
	seed, t, sp, cursor, call uint64
}

func (s *synthetic) next() uint64 {
	s.seed ^= s.seed << 13
	s.seed ^= s.seed >> 7
	s.seed ^= s.seed << 17
	return s.seed
}

func (s *synthetic) fill(w *narrowWindow, n int) {
	if s.seed == 0 {
		s.seed, s.sp, s.cursor, s.call = 88172645463325252, 0x7ffd00008000, 0x7f1200000000, 1
	}
	stack := uint32(1)
	for i := range n {
		r := s.next()
		s.t += 3 + r>>60
		if r&31 == 0 {
			s.call++
			stack = 1 + uint32(r>>20&0x3ff)
			s.sp = 0x7ffd00008000 - (r>>40&0xfff)*16
		}
		size := uint64(8)
		w.t[i], w.call[i] = s.t, s.call
		w.pc[i] = 0x555555554000 + (r>>50&0x3ff)*5
		switch k := r >> 8 & 15; {
		case k < 8:
			w.addr[i], w.value[i] = s.sp-(r>>12&15)*8, r>>30&0xffff
		case k < 12:
			s.cursor += 4
			w.addr[i], w.value[i], size = s.cursor&^(1<<24), r>>40&0xff, 4
		case k < 15:
			w.addr[i], w.value[i] = 0x5555557a0000+(r>>16&0xfffff)&^7, 0x5555557a0000+(r>>34&0xffff0)
		default:
			w.addr[i], w.value[i], size = 0x555555560000+(r>>16&0x3f)*4, s.t&0xffff, 4
		}
		w.who[i] = packWho(1, 1, stack) | size
	}
	w.n = n
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(0, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLoadWrites reports CPU ns and bytes of file for a row of writes.
func BenchmarkLoadWrites(b *testing.B) {
	ctx := context.Background()
	const windows = 10
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "h.duckdb")
		db, err := createDatabase(ctx, path)
		if err != nil {
			b.Fatal(err)
		}
		var gen synthetic
		w := newNarrowWindow(windowRows)
		var loading, sorting time.Duration
		var sorter addressSorter
		if err := db.exec(ctx, "BEGIN TRANSACTION"); err != nil {
			b.Fatal(err)
		}
		a, err := newBulkAppender(db.conn, "_writes")
		if err != nil {
			b.Fatal(err)
		}
		for range windows {
			gen.fill(w, windowRows)
			start := cpuTime()
			order := sorter.sort(w.addresses())
			sorting += cpuTime() - start
			columns, n := w.columns()
			if err := a.append(ctx, columns, order, n); err != nil {
				b.Fatal(err)
			}
			loading += cpuTime() - start
		}
		start := cpuTime()
		if err := errors.Join(db.exec(ctx, "COMMIT"), db.commit(ctx, nil)); err != nil {
			b.Fatal(err)
		}
		loading += cpuTime() - start
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		const rows = windows * windowRows
		b.ReportMetric(float64(loading.Nanoseconds())/rows, "cpu-ns/row")
		b.ReportMetric(float64(sorting.Nanoseconds())/rows, "sort-ns/row")
		b.ReportMetric(float64(info.Size())/rows, "bytes/row")
	}
}

// BenchmarkAppendRow loads the same rows as the driver does it, one by one: what
// BenchmarkLoadWrites is to be compared with.
func BenchmarkAppendRow(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		db, err := createDatabase(ctx, filepath.Join(b.TempDir(), "h.duckdb"))
		if err != nil {
			b.Fatal(err)
		}
		var gen synthetic
		w := newNarrowWindow(windowRows)
		gen.fill(w, windowRows)
		start := cpuTime()
		a, err := duckdb.NewAppenderFromConn(db.conn, "", "_writes")
		if err != nil {
			b.Fatal(err)
		}
		for i := range w.n {
			if err := a.AppendRow(w.t[i], w.call[i], w.pc[i], w.addr[i], w.value[i], w.who[i]); err != nil {
				b.Fatal(err)
			}
		}
		if err := errors.Join(a.Close(), db.commit(ctx, nil)); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64((cpuTime()-start).Nanoseconds())/float64(w.n), "cpu-ns/row")
	}
}

// BenchmarkOneAddress asks for all writes to one 8-byte address, warm, among
// 10^7 (HINDSIGHT_BENCH_ROWS: as many).
func BenchmarkOneAddress(b *testing.B) {
	ctx := context.Background()
	total := 10_000_000
	if s := os.Getenv("HINDSIGHT_BENCH_ROWS"); s != "" {
		if _, err := fmt.Sscan(s, &total); err != nil {
			b.Fatal(err)
		}
	}
	path := filepath.Join(b.TempDir(), "h.duckdb")
	db, err := createDatabase(ctx, path)
	if err != nil {
		b.Fatal(err)
	}
	l, err := newLoader(ctx, db, loadWorkers(), spareBuffers(loadWorkers())...)
	if err != nil {
		b.Fatal(err)
	}
	var gen synthetic
	var next buffer = newNarrowWindow(windowRows)
	for done := 0; done < total; done += windowRows {
		gen.fill(next.(*narrowWindow), windowRows)
		if next, err = l.swap(next); err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(l.close(ctx), db.commit(ctx, nil)); err != nil {
		b.Fatal(err)
	}
	pool, err := sql.Open("duckdb", path+"?access_mode=read_only")
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	found := 0
	for b.Loop() {
		err := pool.QueryRow(`SELECT count(*) FROM (SELECT t, pc, value FROM writes WHERE addr = 93824992280576::UBIGINT ORDER BY t)`).Scan(&found)
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(found), "rows")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/query")
}

// BenchmarkTracker reports the CPU time to turn a write, and a call with its return,
// into rows, without loading them.
func BenchmarkTracker(b *testing.B) {
	const calls, each = 2000, 16
	var batch replay.Batch
	for i := range uint64(calls) {
		for k := range uint64(each) {
			batch.T, batch.PC = append(batch.T, i*100+k), append(batch.PC, 0x1000+k*4)
			batch.Addr, batch.Value = append(batch.Addr, 0x7000+k*8), append(batch.Value, i)
			batch.Size, batch.Wide = append(batch.Size, 8), append(batch.Wide, 0)
		}
		batch.Controls = append(batch.Controls,
			replay.Control{Kind: replay.Call, Write: len(batch.T) - 4, T: i*100 + 12, PC: 0x1010, Target: fn('m'), Next: 0x1015, SP: entrySP},
			replay.Control{Kind: replay.Return, Write: len(batch.T), T: i*100 + 40, Target: 0x1015, SP: entrySP - 8})
	}
	f := filter{to: open, writes: true, calls: true, stacks: true}
	t := newTracker(testCode{}, &recording.Regs{Rip: fn('s'), Rsp: entrySP}, f, windowRows, dropRows{}, ignoreEvents{})
	start := cpuTime()
	for b.Loop() {
		if err := t.Consume(&batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpuTime()-start).Nanoseconds())/float64(b.N*len(batch.T)), "cpu-ns/write")
}
