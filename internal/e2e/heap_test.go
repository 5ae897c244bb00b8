package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hindsight/internal/fixture"
)

// witnessProgram builds a program of testdata/witness, or skips.
func witnessProgram(t *testing.T, name, flags string) string {
	t.Helper()
	for _, v := range fixture.Variants {
		if v.Name == flags {
			return programIn(t, "witness", name, v)
		}
	}
	t.Fatalf("there is no variant %s", flags)
	return ""
}

// programIn builds a program of a folder of testdata, or skips.
func programIn(t *testing.T, folder, name string, v fixture.Variant) string {
	t.Helper()
	programs, err := fixture.In("testdata/" + folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		if p.Name == name {
			return buildFixture(t, p, v)
		}
	}
	t.Fatalf("there is no program %s in testdata/%s", name, folder)
	return ""
}

// successful records a program that must succeed, and indexes it.
func successful(t *testing.T, program string) (database, stdout string) {
	t.Helper()
	recording, r := record(t, command{args: []string{program}})
	if r.status != 0 || !strings.Contains(r.stdout, "EXIT-SUCCESS") {
		t.Fatalf("%s ended with %d\n%s\n%s", filepath.Base(program), r.status, tail(r.stdout), tail(r.stderr))
	}
	return index(t, recording, "history"), r.stdout
}

// heapCases are the programs that tell of their allocations, with the rows of
// allocations that they tell of.
var heapCases = []struct {
	program  string
	variants []string
	told     string
	kinds    bool // else the program's allocator may be inlined into its callers
}{
	// Exceptions are objects of the C++ library, and so are their texts; static
	// programs have an unwinder that sorts its tables.
	{"heap_objects", []string{"O0", "O2", "static"}, `t BETWEEN (SELECT enter_t FROM own WHERE name = 'main') AND (SELECT exit_t FROM own WHERE name = 'main')
		AND function NOT IN ('__cxa_allocate_exception', '_IO_file_doallocate') AND function NOT LIKE 'std::string::_Rep::_S_create(%'
		AND NOT EXISTS (FROM stack_frames s WHERE s.stack_id = a.stack_id AND s.function = '_Unwind_Find_FDE')`, true},
	{"heap_told", []string{"O0", "O2"}, `t BETWEEN (SELECT enter_t FROM own WHERE name = 'heap_told::main') AND (SELECT exit_t FROM own WHERE name = 'heap_told::main')
		AND NOT EXISTS (FROM stack_frames s WHERE s.stack_id = a.stack_id AND s.function = 'panic_unwind::imp::panic')`, true},
	{"heap_allocator", []string{"O0"}, "kind LIKE '\\_\\_rust%' ESCAPE '\\'", true},
	{"heap_allocator", []string{"O2"}, `EXISTS (FROM stack_frames s WHERE s.stack_id = a.stack_id
		AND (s.function LIKE '%heap_allocator::Telling as core::alloc::global::GlobalAlloc%' OR s.function LIKE '\_\_rustc::%' ESCAPE '\'))`, false},
}

// TestHeapPrograms compares allocations and leaks with what programs printed
// of every allocation and release as they made it.
func TestHeapPrograms(t *testing.T) {
	for _, c := range heapCases {
		for _, v := range c.variants {
			t.Run(c.program+"/"+v, func(t *testing.T) {
				t.Parallel()
				database, stdout := successful(t, witnessProgram(t, c.program, v))
				checkHeap(t, database, c.told, toldHeap(t, stdout, c.kinds), c.kinds)
			})
		}
	}
}

// heapTruth is what a program printed: a line per allocation in order of their
// making, "ADDR SIZE KIND FREED-KIND", a line per release in order, and "ADDR
// OFFSET" of each write after a release.
type heapTruth struct{ pieces, leaks, releases, late []string }

func toldHeap(t *testing.T, stdout string, kinds bool) (told heapTruth) {
	t.Helper()
	live := map[string]int{} // by address, into pieces
	for line := range strings.Lines(stdout) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 5)
		if words[0] != "heap" {
			continue
		}
		at := words[2]
		switch i, there := live[at]; words[1] {
		case "+":
			if there {
				t.Fatalf("%s is allocated already: %s", at, line)
			}
			live[at] = len(told.pieces)
			told.pieces = append(told.pieces, strings.TrimSpace(at+" "+words[3]+" "+kindText(words[4], kinds)))
		case "-":
			if !there {
				t.Fatalf("%s is not allocated: %s", at, line)
			}
			delete(live, at)
			kind := kindText(strings.Join(words[3:], " "), kinds)
			told.pieces[i] += " freed " + kind
			told.releases = append(told.releases, at+" "+kind)
		case "!":
			told.late = append(told.late, at+" "+words[3])
		}
	}
	for _, p := range told.pieces {
		if !strings.Contains(p, " freed ") {
			told.leaks = append(told.leaks, p)
		}
	}
	if len(told.pieces) < 20 || len(told.leaks) == 0 {
		t.Fatalf("the program told of %d allocations and %d leaks", len(told.pieces), len(told.leaks))
	}
	return told
}

// kindText has one name for what one function of some C libraries does.
func kindText(kind string, kinds bool) string {
	switch {
	case !kinds:
		return ""
	case kind == "aligned_alloc":
		return "memalign"
	}
	return kind
}

func checkHeap(t *testing.T, database, told string, truth heapTruth, kinds bool) {
	t.Helper()
	own := `WITH own AS (SELECT f.name, c.enter_t, c.exit_t FROM calls c JOIN functions f USING (function_id) JOIN modules m USING (module_id)
		WHERE m.module_id = 1) SELECT h(address), size, kind, freed_kind, freed_t FROM allocations a WHERE ` + told
	var pieces, releases, leaks []string
	for _, r := range ask(t, database, own+" ORDER BY t, call_id") {
		text := strings.TrimSpace(r[0] + " " + r[1] + " " + kindText(r[2], kinds))
		if r[4] == "" {
			leaks = append(leaks, text)
		} else {
			text += " freed " + kindText(r[3], kinds)
		}
		pieces = append(pieces, text)
	}
	for _, r := range ask(t, database, "FROM ("+own+") WHERE freed_t IS NOT NULL ORDER BY freed_t") {
		releases = append(releases, r[0]+" "+kindText(r[3], kinds))
	}
	sameText(t, "allocations", strings.Join(pieces, "\n"), strings.Join(truth.pieces, "\n"))
	sameText(t, "releases", strings.Join(releases, "\n"), strings.Join(truth.releases, "\n"))
	sameText(t, "allocations without a release", strings.Join(leaks, "\n"), strings.Join(truth.leaks, "\n"))
	var leaked []string
	for _, r := range ask(t, database, "SELECT h(address), size, kind FROM leaks ORDER BY t") {
		if text := strings.TrimSpace(r[0] + " " + r[1] + " " + kindText(r[2], kinds)); slices.Contains(truth.pieces, text) {
			leaked = append(leaked, text)
		}
	}
	sameText(t, "leaks", strings.Join(leaked, "\n"), strings.Join(truth.leaks, "\n"))
	var late []string
	for _, r := range ask(t, database, "SELECT h(address), addr - address FROM writes_after_free ORDER BY t") {
		late = append(late, r[0]+" "+r[1])
	}
	sameText(t, "writes after a release", strings.Join(late, "\n"), strings.Join(truth.late, "\n"))
	if n := askOne(t, database, "SELECT count(*) FROM double_frees"); n != "0" {
		t.Errorf("%s double frees: %v", n, ask(t, database, "SELECT kind, h(address), function, line FROM double_frees ORDER BY t"))
	}
	t.Logf("%d allocations, %d releases, %d leaks", len(pieces), len(releases), len(leaks))
}
