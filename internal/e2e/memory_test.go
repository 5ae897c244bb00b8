package e2e

import (
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"hindsight/internal/fixture"
	"hindsight/internal/recording"
)

// memoryPrograms are those whose memory is held against the recorder's view:
// what maps, moves and discards memory, and what stores in every way.
var memoryPrograms = []string{"memory_maps", "memory_moves", "stack_growth", "heap_churn", "signal_segv_midway", "signal_altstack",
	"rep_strings", "avx512_stores", "cpp_objects", "rust_truth", "jit_rewrite", "dynamic_loading", "thread_local",
	"thread_shared_buffers"}

// TestMemory rebuilds a program's memory from _memory and writes, and compares
// it with the hashes that the recorder took of the real one, at the end and at
// checkpoints. Random pieces of it are what memory_at says.
func TestMemory(t *testing.T) {
	programs, err := fixture.Programs()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, p := range programs {
		found[p.Name] = true
	}
	for _, name := range memoryPrograms {
		if !found[name] {
			t.Errorf("there is no program %s", name)
		}
	}
	for _, p := range programs {
		for _, name := range memoryPrograms {
			if p.Name == name {
				t.Run(name, func(t *testing.T) {
					path, err := p.Binary(fixture.Variants[0])
					if err != nil {
						t.Skipf("cannot be built here: %v", err)
					}
					checkMemory(t, path)
				})
			}
		}
	}
	t.Run("sqlite3", func(t *testing.T) {
		checkMemory(t, installed(t, "/usr/bin/sqlite3"), ":memory:", "CREATE TABLE a(x, y); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 300) INSERT INTO a SELECT i, 'n'||i FROM n; SELECT sum(x), max(y) FROM a;")
	})
	t.Run("python3", func(t *testing.T) {
		checkMemory(t, installed(t, "/usr/bin/python3"), "-S", "-E", "-c", "print(sum(x*x for x in range(100)))")
	})
}

// TestPrintedMemory compares memory_at with the bytes that a program printed of
// itself, when it printed them.
func TestPrintedMemory(t *testing.T) {
	dir, _ := record(t, command{args: []string{variant(t, "memory_moves", "O0")}})
	database := index(t, dir, "history")
	rows := ask(t, database, `SELECT t, w[2], w[3], lower(hex(memory_at(w[2]::UBIGINT, length(w[3]) // 2, t)))
		FROM (SELECT t, string_split(trim(text, chr(10)), ' ') AS w FROM output) WHERE w[1] = 'memory' ORDER BY t`)
	if len(rows) < 30 {
		t.Fatalf("the program printed memory %d times", len(rows))
	}
	for _, r := range rows {
		if r[2] != r[3] {
			t.Errorf("t %s: the program printed %s at %s, memory_at is %s", r[0], r[2], r[1], r[3])
		}
	}
}

// installed skips where a program of the system is not there.
func installed(t *testing.T, path string) string {
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not installed", path)
	}
	return path
}

func checkMemory(t *testing.T, args ...string) {
	dir := filepath.Join(t.TempDir(), "recording")
	run(t, command{args: append([]string{binary, "record", "-o", dir, "--"}, args...)})
	database := filepath.Join(t.TempDir(), "history.duckdb")
	hindsight(t, "index", "--db", database, dir)
	points := checkpoints(t, dir, database)
	if len(points) == 0 {
		t.Fatal("the recording has no checkpoint")
	}
	m := newRebuilt(t, database)
	for i, p := range points {
		m.to(t, p.t)
		m.compare(t, p)
		if i == len(points)-1 || i%8 == 0 {
			m.samples(t, p)
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d checkpoints, %d bytes at the last, %d not known", len(points), m.compared, m.unknown)
}

// checkpoint is what the recorder noted of all writable memory at a time.
type checkpoint struct {
	t      uint64
	hashes []recording.MemoryHash
}

// checkpoints reads them from a recording. Their times are those of the system
// calls about them.
func checkpoints(t *testing.T, dir, database string) (points []checkpoint) {
	t.Helper()
	rec, err := recording.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var times, ends []uint64
	for _, row := range ask(t, database, "SELECT t, coalesce(end_t, t) FROM syscalls ORDER BY syscall_id") {
		times, ends = append(times, number(t, row[0])), append(ends, number(t, row[1]))
	}
	events, err := rec.Events()
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	calls, last := 0, 0
	waiting := map[uint32]int{} // by thread, the call in which it waits
	var after recording.Regs    // of the last call
	for {
		var e recording.Event
		if err := events.Next(&e); err == io.EOF {
			return points
		} else if err != nil {
			t.Fatal(err)
		}
		switch e.Kind {
		case recording.KindWait:
			waiting[e.Thread] = calls
			calls++
		case recording.KindSyscall:
			if id, ok := waiting[e.Thread]; ok {
				last = id
				delete(waiting, e.Thread)
			} else {
				last = calls
				calls++
			}
			after = e.After
			for i := range points {
				if points[i].t == 0 { // before the last call
					points[i].t = times[last]
				}
			}
		case recording.KindSignal:
			for i := range points {
				if points[i].t == 0 {
					points = points[:i] // before a fatal signal
				}
			}
		case recording.KindCheckpoint:
			p := checkpoint{hashes: append([]recording.MemoryHash(nil), e.Hashes...)}
			here := e.Regs
			here.Orig_rax = after.Orig_rax
			if here == after { // right behind that call; else before the last
				p.t = ends[last] + 1
			}
			points = append(points, p)
		}
	}
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// rebuilt is memory at a time, made from the tables alone.
type rebuilt struct {
	database          string
	pages             map[uint64]*rebuiltPage
	compared, unknown int
}

// rebuiltPage is a page; a byte is mapped where its state is not 0, and known
// where it is 2.
type rebuiltPage struct {
	bytes, state [4096]byte
}

func newRebuilt(t *testing.T, database string) *rebuilt {
	return &rebuilt{database: database}
}

// to rebuilds memory as it was before the instruction at a time.
func (m *rebuilt) to(t *testing.T, at uint64) {
	t.Helper()
	m.pages = map[uint64]*rebuiltPage{}
	since := map[uint64]uint64{} // by page: writes before do not count
	for _, row := range ask(t, m.database, fmt.Sprintf(`SELECT addr, size, coalesce(from_t, 0), known, hex(bytes) FROM _memory
		WHERE (from_t IS NULL OR from_t < %d) AND (to_t IS NULL OR to_t >= %d) ORDER BY addr`, at, at)) {
		data, err := hex.DecodeString(row[4])
		if err != nil {
			t.Fatal(err)
		}
		state := byte(1)
		if row[3] == "true" {
			state = 2
		}
		addr := number(t, row[0])
		for i := range number(t, row[1]) {
			p := m.page(addr + i)
			if p.state[(addr+i)%4096] != 0 {
				t.Fatalf("two pieces of _memory have %#x before t %d", addr+i, at)
			}
			p.state[(addr+i)%4096] = state
			if len(data) > 0 {
				p.bytes[(addr+i)%4096] = data[i]
			}
			since[(addr+i)/4096] = number(t, row[2]) // pieces of a page begin together
		}
	}
	for _, row := range ask(t, m.database, fmt.Sprintf(`SELECT t, addr, size, value, hex(bytes) FROM writes w
		WHERE t < %d OR t = %d AND (source = 'signal' OR EXISTS (FROM signals s WHERE s.t = w.t AND s.pc = w.pc)) ORDER BY t, CASE source WHEN 'signal' THEN 0 WHEN 'instruction' THEN 1 ELSE 2 END`, at, at)) {
		data, err := hex.DecodeString(row[4])
		if err != nil {
			t.Fatal(err)
		}
		when, addr, size, value := number(t, row[0]), number(t, row[1]), number(t, row[2]), number(t, row[3])
		for i := range size {
			p := m.pages[(addr+i)/4096]
			if p == nil || when < since[(addr+i)/4096] {
				continue
			}
			b := byte(value >> (8 * min(i, 7)))
			if len(data) > 0 {
				b = data[i]
			}
			p.bytes[(addr+i)%4096] = b
			if p.state[(addr+i)%4096] != 0 {
				p.state[(addr+i)%4096] = 2
			}
		}
	}
}

func (m *rebuilt) page(addr uint64) *rebuiltPage {
	p := m.pages[addr/4096]
	if p == nil {
		p = &rebuiltPage{}
		m.pages[addr/4096] = p
	}
	return p
}

// read returns memory; ok is false where not all of it is known.
func (m *rebuilt) read(addr, n uint64) (data []byte, ok bool) {
	ok = true
	for i := range n {
		p := m.pages[(addr+i)/4096]
		if p == nil || p.state[(addr+i)%4096] != 2 {
			data, ok = append(data, 0), false
			continue
		}
		data = append(data, p.bytes[(addr+i)%4096])
	}
	return data, ok
}

// compare holds memory against a checkpoint.
func (m *rebuilt) compare(t *testing.T, p checkpoint) {
	t.Helper()
	m.compared, m.unknown = 0, 0
	for _, h := range p.hashes {
		data, ok := m.read(uint64(h.Addr), h.Length)
		if !ok {
			m.unknown += int(h.Length)
			t.Errorf("before t %d, memory [%#x, %#x) is not all known", p.t, uint64(h.Addr), uint64(h.Addr)+h.Length)
		} else if recording.HashMemory(data) != h.Hash {
			t.Errorf("before t %d, memory [%#x, %#x) is not what the recorder saw", p.t, uint64(h.Addr), uint64(h.Addr)+h.Length)
		}
		m.compared += int(h.Length)
	}
}

// samples compares memory_at with the rebuilt memory in random places of those
// that hold anything, and last_write with the time that bytes_at tells.
func (m *rebuilt) samples(t *testing.T, p checkpoint) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, p.t))
	var asked []string
	var wants []string
	for range 300 {
		h := p.hashes[random.IntN(len(p.hashes))]
		addr := uint64(h.Addr) + random.Uint64N(h.Length)
		n := 1 + random.Uint64N(100)
		data, ok := m.read(addr, n)
		if random.IntN(20) > 0 && !strings.ContainsFunc(string(data), func(r rune) bool { return r != 0 }) {
			continue
		}
		want := ""
		if ok {
			want = strings.ToUpper(hex.EncodeToString(data))
		}
		asked = append(asked, fmt.Sprintf("(%d, %d::UBIGINT, %d)", len(wants), addr, n))
		wants = append(wants, want)
	}
	answers := ask(t, m.database, fmt.Sprintf(`SELECT i, hex(memory_at(a, n, %d)), a, n,
		(SELECT written_t FROM bytes_at(a, 1, %d)), (SELECT t FROM last_write(a, %d)) FROM (VALUES %s) v(i, a, n) ORDER BY i`, p.t, p.t, p.t, strings.Join(asked, ", ")))
	if len(answers) != len(wants) {
		t.Fatalf("%d answers to %d questions", len(answers), len(wants))
	}
	for i, a := range answers {
		if a[1] != wants[i] {
			t.Errorf("memory_at(%s, %s, %d) is %s, want %s", a[2], a[3], p.t, a[1], wants[i])
		}
		if a[4] != a[5] {
			t.Errorf("before t %d, %s was written at %q by bytes_at, at %q by last_write", p.t, a[2], a[4], a[5])
		}
	}
}

// TestMemoryOfAPart holds an index of a part of a recording against one of the
// whole: what it tells of memory is right, and where it lacks the writes that
// tell, it tells nothing.
func TestMemoryOfAPart(t *testing.T) {
	dir, _ := record(t, command{args: []string{variant(t, "memory_moves", "O0")}})
	whole := index(t, dir, "whole")
	times := ask(t, whole, "SELECT t FROM output ORDER BY t")
	from, to := number(t, times[len(times)/3][0])+1, number(t, times[2*len(times)/3][0])+1
	for _, part := range []struct {
		name   string
		flags  []string
		least  int // bytes of a hundred that it must know inside [from, to)
		inside bool
	}{
		{"times", []string{"--from", fmt.Sprint(from), "--to", fmt.Sprint(to)}, 1, true},
		{"until", []string{"--to", fmt.Sprint(to)}, 100, true},
		{"functions", []string{"--functions", "moves"}, 1, false},
		{"no writes", []string{"--tables", "calls,syscalls"}, 1, false},
		{"too many writes", []string{"--max-rows", "1000"}, 0, false},
	} {
		t.Run(part.name, func(t *testing.T) {
			database := filepath.Join(t.TempDir(), "part.duckdb")
			hindsight(t, append(append([]string{"index", "--db", database}, part.flags...), dir)...)
			checkPart(t, whole, database, from, to, part.least, part.inside)
		})
	}
}

// checkPart asks both the same of random places at random times.
func checkPart(t *testing.T, whole, part string, from, to uint64, least int, bounded bool) {
	t.Helper()
	random := rand.New(rand.NewPCG(2, from))
	end := number(t, ask(t, whole, "SELECT instructions FROM recordings")[0][0])
	pieces := ask(t, whole, "SELECT addr, size FROM _memory WHERE known AND size < 1000000 ORDER BY addr, from_t")
	var places []string
	for i := range 1500 {
		p := pieces[random.IntN(len(pieces))]
		at := random.Uint64N(end + 1)
		if i%2 == 0 {
			at = from + random.Uint64N(to-from+1)
		}
		places = append(places, fmt.Sprintf("(%d, %d::UBIGINT, %d::UBIGINT)", i, number(t, p[0])+random.Uint64N(number(t, p[1])), at))
	}
	question := "SELECT i, t, a, (SELECT byte FROM bytes_at(a, 1, t)), (SELECT t FROM last_write(a, t)) FROM (VALUES " + strings.Join(places, ", ") + ") v(i, a, t) ORDER BY i"
	wants, answers := ask(t, whole, question), ask(t, part, question)
	known, inside := 0, 0
	for i, a := range answers {
		at := number(t, a[1])
		if a[3] != "" && a[3] != wants[i][3] || a[4] != "" && a[4] != wants[i][4] {
			t.Errorf("t %s, %s: %q written at %q, the whole index says %q at %q", a[1], a[2], a[3], a[4], wants[i][3], wants[i][4])
		}
		switch {
		case wants[i][3] == "":
		case from <= at && at <= to:
			inside++
			if a[3] != "" {
				known++
			}
		case at > to && bounded && a[3] != "":
			t.Errorf("t %s, behind the part: %s is %s", a[1], a[2], a[3])
		}
	}
	if inside == 0 || known*100 < least*inside {
		t.Errorf("%d of %d bytes are known", known, inside)
	}
	t.Logf("%d of %d bytes are known", known, inside)
}
