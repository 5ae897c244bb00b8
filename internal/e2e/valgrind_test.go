package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hindsight/internal/fixture"
)

// TestHeapEqualsValgrind compares the views of the heap with what memcheck says
// of another run of the same program: how much was allocated and released, how
// much and from where was never released, the writes after a release and the
// releases that were none. By its nature memcheck gives no memory out again soon,
// so that what heap_faults.c writes to memory that it has again is an error there;
// it cannot let operator new throw; and it does not see the dynamic linker's own
// memory, which the view leaks leaves out as well.
func TestHeapEqualsValgrind(t *testing.T) {
	need(t, "valgrind")
	for _, c := range []struct {
		folder, name string
		args         []string
		again        string // what the source says of lines that memcheck alone minds
	}{
		{"programs", "heap_faults", nil, "// allocated again"},
		{"witness", "heap_objects", []string{"without exhaustion"}, ""},
		{"witness", "heap_told", nil, ""},
	} {
		for _, v := range []fixture.Variant{{Name: "O0", Flags: "-O0", Rust: "-C opt-level=0"},
			{Name: "O2", Flags: "-O2 -fno-optimize-sibling-calls", Rust: "-C opt-level=2"}} {
			t.Run(c.name+"/"+v.Name, func(t *testing.T) {
				t.Parallel()
				args := append([]string{programIn(t, c.folder, c.name, v)}, c.args...)
				want := memcheck(t, args, c.again)
				recording, _ := record(t, command{args: args})
				got := heapReport(t, index(t, recording, "history"), c.again != "")
				for what := range got {
					sameText(t, what, got[what], want[what])
				}
				t.Logf("%s; %s", got["total"], got["lost"])
			})
		}
	}
}

// heapReport is what the views say, in memcheck's terms. Where memory is given out
// again, memcheck knows another release of it.
func heapReport(t *testing.T, database string, again bool) map[string]string {
	t.Helper()
	lines := func(sql string) string {
		var text []string
		for _, r := range ask(t, database, sql) {
			text = append(text, strings.Join(r, " "))
		}
		slices.Sort(text)
		return strings.Join(text, "\n")
	}
	freed := ", parse_filename(w.freed_file) || ':' || w.freed_line"
	if again {
		freed = ""
	}
	return map[string]string{
		"total": lines(`SELECT count(*) || ' allocs, ' || count(freed_t) + (SELECT count(*) FROM double_frees) || ' frees, ' || sum(size) || ' bytes'
			FROM allocations JOIN calls USING (call_id) LEFT JOIN functions f USING (function_id) WHERE NOT starts_with(f.name, '__minimal_')`),
		"lost": lines("SELECT coalesce(sum(size), 0) || ' bytes in ' || count(*) || ' blocks' FROM leaks"),
		"leaks": lines(`SELECT parse_filename(file) || ':' || line, sum(size) || ' bytes in ' || count(*) || ' blocks'
			FROM leaks WHERE line IS NOT NULL GROUP BY file, line ORDER BY ALL`),
		"writes": lines(`SELECT w.size, parse_filename(w.file) || ':' || w.line, w.addr - w.address, a.size` + freed + `
			FROM writes_after_free w JOIN allocations a ON a.address = w.address AND a.t = w.allocated_t ORDER BY ALL`),
		"frees": lines("SELECT parse_filename(file) || ':' || line, parse_filename(first_file) || ':' || first_line FROM double_frees ORDER BY ALL"),
	}
}

var (
	memcheckTotal = regexp.MustCompile(`total heap usage: (.* allocs, .* frees, .* bytes) allocated`)
	memcheckLost  = regexp.MustCompile(`in use at exit: (.* bytes in .* blocks)`)
	memcheckLeak  = regexp.MustCompile(`^([\d,]+) (?:\([^)]*\) )?bytes in ([\d,]+) blocks are `)
	memcheckWrite = regexp.MustCompile(`^Invalid write of size (\d+)`)
	memcheckBlock = regexp.MustCompile(`is (\d+) bytes inside a block of size (\d+) free'd`)
	memcheckFrame = regexp.MustCompile(`^\s*(?:at|by) 0x[0-9A-F]+: .* \((?:in )?([^()]*)\)$`)
)

// memcheck runs a program under valgrind and gathers what it reports.
func memcheck(t *testing.T, args []string, again string) map[string]string {
	t.Helper()
	log := filepath.Join(t.TempDir(), "memcheck")
	r := run(t, command{args: append([]string{"valgrind", "--tool=memcheck", "--leak-check=full", "--show-leak-kinds=all", "--num-callers=30",
		"--vex-guest-chase=no", "--vex-iropt-register-updates=allregs-at-mem-access", "--run-libc-freeres=no", "--run-cxx-freeres=no", "--log-file=" + log}, args...)})
	raw, err := os.ReadFile(log)
	if err != nil || !strings.Contains(string(raw), "HEAP SUMMARY") {
		t.Skipf("valgrind does not work here: %s", tail(r.stderr))
	}
	text := regexp.MustCompile(`(?m)^==\d+== ?`).ReplaceAllString(string(raw), "")
	found, leaks := map[string][]string{}, map[string][2]uint64{} // bytes and blocks by place
	for _, paragraph := range strings.Split(text, "\n\n") {
		first, rest, _ := strings.Cut(strings.TrimSpace(paragraph), "\n")
		before, after := memcheckStacks(rest)
		switch {
		case memcheckTotal.MatchString(paragraph):
			found["total"] = []string{memcheckTotal.FindStringSubmatch(paragraph)[1]}
			found["lost"] = []string{memcheckLost.FindStringSubmatch(paragraph)[1]}
		case memcheckLeak.MatchString(first):
			// The innermost function is the allocator.
			if m := memcheckLeak.FindStringSubmatch(first); len(before) > 1 && strings.Contains(before[1], ":") {
				sum := leaks[before[1]]
				leaks[before[1]] = [2]uint64{sum[0] + number(t, strings.ReplaceAll(m[1], ",", "")), sum[1] + number(t, strings.ReplaceAll(m[2], ",", ""))}
			}
		case memcheckWrite.MatchString(first):
			block := memcheckBlock.FindStringSubmatch(rest)
			if block == nil || len(after) < 2 {
				t.Errorf("memcheck says of a write\n%s", paragraph)
			} else if line := strings.Join([]string{memcheckWrite.FindStringSubmatch(first)[1], before[0], block[1], block[2]}, " "); again == "" {
				found["writes"] = append(found["writes"], line+" "+after[1])
			} else if len(before) < 2 || !strings.Contains(sourceLine(t, before[1]), again) {
				found["writes"] = append(found["writes"], line)
			}
		case strings.HasPrefix(first, "Invalid free()") && len(before) > 1 && len(after) > 1:
			found["frees"] = append(found["frees"], before[1]+" "+after[1])
		}
	}
	for place, sum := range leaks {
		found["leaks"] = append(found["leaks"], fmt.Sprintf("%s %d bytes in %d blocks", place, sum[0], sum[1]))
	}
	report := map[string]string{}
	for what, lines := range found {
		slices.Sort(lines)
		report[what] = strings.ReplaceAll(strings.Join(lines, "\n"), ",", "")
	}
	report["total"] = strings.ReplaceAll(strings.ReplaceAll(report["total"], " allocs ", " allocs, "), " frees ", " frees, ")
	return report
}

// memcheckStacks are the places of an error's own stack and of the stack that
// released the block, "file:line" or a module's path, innermost first.
func memcheckStacks(text string) (own, freed []string) {
	stack := &own
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "Address ") {
			stack = &freed
		} else if strings.Contains(line, "Block was alloc'd") {
			return own, freed
		} else if m := memcheckFrame.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			*stack = append(*stack, filepath.Base(m[1]))
		}
	}
	return own, freed
}

// sourceLine is a line of a fixture's source, by "file:line".
func sourceLine(t *testing.T, place string) string {
	t.Helper()
	name, line, _ := strings.Cut(place, ":")
	files, err := filepath.Glob("../../testdata/*/" + name)
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files %s, %v", len(files), name, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return at(strings.Split(string(text), "\n"), int(number(t, line))-1)
}
