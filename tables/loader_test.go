package tables

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSortByAddress(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var s addressSorter
	for _, n := range []int{0, 1, 2, 1000, 200_000} {
		for _, pages := range []uint64{1, 3, 5000, 1 << 30} {
			addr := make([]uint64, n)
			for i := range addr {
				addr[i] = random.Uint64N(pages)<<12*0x10001 + random.Uint64N(64)*64
			}
			if n > 2 {
				addr[0], addr[1] = ^uint64(0), 0
			}
			want := make([]uint32, n)
			for i := range want {
				want[i] = uint32(i)
			}
			slices.SortStableFunc(want, func(a, b uint32) int {
				switch x, y := addr[a], addr[b]; {
				case x < y:
					return -1
				case x > y:
					return 1
				}
				return 0
			})
			if got := s.sort(addr); !slices.Equal(got, want) {
				t.Errorf("%d rows in up to %d pages: wrong order", n, pages)
			}
		}
	}
}

// load writes a database with the buffers' rows and opens it.
func load(t *testing.T, buffers ...buffer) *sql.DB {
	t.Helper()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "history.duckdb")
	db, err := createDatabase(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLoader(ctx, db, 2, spareBuffers(2)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range buffers {
		if _, err := l.swap(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.close(ctx); err != nil {
		t.Fatal(err)
	}
	if err := db.commit(ctx, nil); err != nil {
		t.Fatal(err)
	}
	return openDatabase(t, path)
}

// rows returns a query's rows as text, NULL as "-".
func rows(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	r, err := db.Query(query)
	if err != nil {
		t.Fatalf("%v in\n%s", err, query)
	}
	defer r.Close()
	columns, _ := r.Columns()
	var out []string
	for r.Next() {
		values := make([]sql.NullString, len(columns))
		targets := make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := r.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		text := make([]string, len(values))
		for i, v := range values {
			if text[i] = v.String; !v.Valid {
				text[i] = "-"
			}
		}
		out = append(out, strings.Join(text, " "))
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWritesComeBack(t *testing.T) {
	narrow, wide := newNarrowWindow(4), &wideWindow{}
	for i, addr := range []uint64{0x7ffd00001000, 0x1000, 0x7ffd00001000} {
		narrow.t[i], narrow.call[i], narrow.pc[i] = uint64(10+i), uint64(i+1), 0x400000
		narrow.addr[i], narrow.value[i], narrow.who[i] = addr, ^uint64(0), packWho(4095, 65535, 1<<32-1)|uint64(8-i)
	}
	narrow.n = 3
	for i, n := range []int{4, 9, 12, 13, 100_000} {
		source, syscall := uint8(sourceSyscall), uint64(7)
		if i == 1 {
			source, syscall = sourceInstruction, 0
		}
		data := bytes.Repeat([]byte{byte('a' + i)}, n)
		wide.add(&wideWrite{
			t: uint64(20 + i), call: 5, pc: 1, addr: 0x2000, value: firstWord(data), syscall: syscall,
			process: 1, thread: 2, stack: 3, source: source, data: data,
		})
	}
	db := load(t, narrow, wide)
	expect(t, "writes", rows(t, db, `SELECT t, process_id, thread_id, call_id, stack_id, pc, addr, size, value, source, syscall_id,
		left(bytes::VARCHAR, 3), octet_length(bytes), bytes = repeat(left(bytes::VARCHAR, 1), size)::BLOB FROM writes ORDER BY t`),
		"10 4095 65535 1 4294967295 4194304 140724603457536 8 18446744073709551615 instruction - - - -",
		"11 4095 65535 2 4294967295 4194304 4096 7 18446744073709551615 instruction - - - -",
		"12 4095 65535 3 4294967295 4194304 140724603457536 6 18446744073709551615 instruction - - - -",
		"20 1 2 5 3 1 8192 4 1633771873 syscall 7 - - -",
		"21 1 2 5 3 1 8192 9 7089336938131513954 instruction - bbb 9 true",
		"22 1 2 5 3 1 8192 12 7161677110969590627 syscall 7 ccc 12 true",
		"23 1 2 5 3 1 8192 13 7234017283807667300 syscall 7 ddd 13 true",
		"24 1 2 5 3 1 8192 100000 7306357456645743973 syscall 7 eee 100000 true")
	// They lie in order of address, equal ones in order of time.
	expect(t, "order", rows(t, db, `SELECT t FROM _writes ORDER BY rowid`), "11", "10", "12")
}

func TestCallsComeBack(t *testing.T) {
	calls, stacks := &callRows{}, &stackRows{}
	calls.add(&callRow{call: 1, process: 1, thread: 1, enterT: 0, exitT: open, entryPC: 1, cfa: 2, hasNoArgs: true})
	calls.add(&callRow{call: 2, parent: 1, process: 1, thread: 1, depth: 1, function: 9, stack: 2, enterT: 3, exitT: 8, instructions: 4,
		callPC: 5, entryPC: 6, cfa: 7, returned: 0, hasReturned: true, args: [6]uint64{0, 1, 2, 3, 4, 5}})
	stacks.add(stackRow{stack: 1})
	stacks.add(stackRow{stack: 2, parent: 1, depth: 1, function: 9, callPC: 5})
	db := load(t, calls, stacks)
	expect(t, "calls", rows(t, db, `SELECT * FROM calls ORDER BY call_id`),
		"1 - 1 1 - 0 - 0 - 0 - 1 2 - - - - - - - -", "2 1 1 1 - 1 9 3 8 4 5 6 7 2 0 0 1 2 3 4 5")
	expect(t, "stacks", rows(t, db, `SELECT * FROM stacks ORDER BY stack_id`), "1 - 0 - -", "2 1 1 9 5")
}

// Many windows, so that chunks, row groups and segments are crossed.
func TestManyRowsComeBack(t *testing.T) {
	var gen synthetic
	var buffers []buffer
	var sum uint64
	const windows, each = 3, 150_001
	for range windows {
		w := newNarrowWindow(each)
		gen.fill(w, each)
		for i := range each {
			sum += w.t[i]*3 + w.pc[i]*5 + w.addr[i]*7 + w.value[i]*11 + w.call[i]*13 + w.who[i]*17
		}
		buffers = append(buffers, w)
	}
	db := load(t, buffers...)
	got := rows(t, db, `SELECT count(*), (sum((t::HUGEINT*3 + pc::HUGEINT*5 + addr::HUGEINT*7 + value::HUGEINT*11 + call_id::HUGEINT*13 + who::HUGEINT*17)) % 18446744073709551616)::VARCHAR FROM _writes`)
	expect(t, "rows and sum", got, fmt.Sprint(windows*each, " ", sum))
}

// Which of several workers loads a window must not depend on which is idle: two
// indexings have their rows in the same order.
func TestRowsLieInTheSameOrder(t *testing.T) {
	var seen []string
	for range 3 {
		var gen synthetic
		var buffers []buffer
		for range 5 {
			w := newNarrowWindow(20_000)
			gen.fill(w, 20_000)
			buffers = append(buffers, w, &stackRows{stack: []uint32{1}, parent: []uint32{0}, depth: []uint32{0}, function: []uint32{0}, callPC: []uint64{0}})
		}
		seen = append(seen, rows(t, load(t, buffers...), `SELECT count(*), bit_xor(hash(rowid, t, addr)) FROM _writes`)...)
	}
	expect(t, "rows in their order", seen[1:], seen[0], seen[0])
}

// A history that is attached beside another is read through its own views.
func TestViewsOfAnAttachedDatabase(t *testing.T) {
	narrow := newNarrowWindow(1)
	narrow.t[0], narrow.who[0], narrow.n = 5, packWho(1, 1, 1)|8, 1
	db := load(t, narrow)
	var path string
	if err := db.QueryRow(`SELECT path FROM duckdb_databases() WHERE database_name = 'history'`).Scan(&path); err != nil {
		t.Fatal(err)
	}
	memory, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	memory.SetMaxOpenConns(1)
	if _, err := memory.Exec("ATTACH " + quoteText(path) + " AS other (READ_ONLY)"); err != nil {
		t.Fatal(err)
	}
	expect(t, "writes", rows(t, memory, `SELECT t, size FROM other.writes`), "5 8")
	expect(t, "frames", rows(t, memory, `SELECT * FROM other.stack_frames`))
}

// The raw connection depends on the driver's layout. A new version of it may
// be used when these tests pass with it.
func TestDriverVersion(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(mod), "github.com/duckdb/duckdb-go/v2 v2.10506.0\n") {
		t.Error("go.mod names another version of the DuckDB driver than the one that bulk_unsafe.go was written for")
	}
}

func TestLoadingFails(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	dir := t.TempDir()
	db, err := createDatabase(ctx, filepath.Join(dir, "history.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLoader(ctx, db, 2, spareBuffers(2)...)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	w := newNarrowWindow(1)
	w.n = 1
	for range 3 { // the first may be taken before the loader looks
		if _, err = l.swap(w); err != nil {
			break
		}
	}
	if err == nil {
		t.Error("no error after the context was cancelled")
	}
	_ = l.close(ctx)
	if err := db.discard(); err != nil {
		t.Error(err)
	}
	expectFiles(t, dir)
}

func TestDatabaseAppearsAtOnce(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, "history.duckdb")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := createDatabase(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.discard(); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "before" {
		t.Error("a discarded database replaced the one before it")
	}
	if db, err = createDatabase(ctx, path); err != nil {
		t.Fatal(err)
	}
	failed := fmt.Errorf("no")
	if err := db.commit(ctx, func(context.Context, string) error { return failed }); err == nil {
		t.Error("commit hides the error of its extension")
	}
	expectFiles(t, dir, "history.duckdb")
	if err := os.Mkdir(path+".partial-999999999", 0o700); err != nil { // of one that was killed
		t.Fatal(err)
	}
	if db, err = createDatabase(ctx, path); err != nil {
		t.Fatal(err)
	}
	if err := db.commit(ctx, nil); err != nil {
		t.Fatal(err)
	}
	expectFiles(t, dir, "history.duckdb")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func expectFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
}
