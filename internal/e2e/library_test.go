package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hindsight/internal/fixture"
)

// TestHeapViews finds the faults that heap_faults.c makes, in every variant.
func TestHeapViews(t *testing.T) {
	for _, v := range fixture.Variants {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			recording, _ := record(t, command{args: []string{variant(t, "heap_faults", v.Name)}})
			database := index(t, recording, "history")
			for sql, want := range map[string]string{
				"SELECT kind, size, function FROM leaks WHERE function IN ('get', 'main') ORDER BY t":                             "malloc 100 get,calloc 120 main",
				"SELECT kind, function, first_function FROM double_frees ORDER BY t":                                              "double put put",
				"SELECT value, addr - address, function, freed_function FROM writes_after_free WHERE function = 'set' ORDER BY t": "5 32 set put,7 32 set main",
				"SELECT count(*) FROM writes_after_free WHERE function <> 'set'":                                                  "0",
				"SELECT kind, size, freed_kind FROM allocations WHERE function IN ('get', 'main') ORDER BY t": "malloc 100 ,calloc 120 ,malloc 48 free,malloc 48 free," +
					"malloc 48 realloc,realloc 3000 free",
			} {
				var got []string
				for _, row := range ask(t, database, sql) {
					got = append(got, strings.Join(row, " "))
				}
				if text := strings.Join(got, ","); text != want {
					t.Errorf("%s:\n got %s\nwant %s", sql, text, want)
				}
			}
			sumsUp(t, database)
		})
	}
}

// sumsUp wants all instructions to be in hot_functions, and in flame as well.
func sumsUp(t *testing.T, database string) {
	t.Helper()
	for _, sum := range []string{"sum(self) FROM hot_functions", "sum(instructions) FROM flame"} {
		if got := askOne(t, database, "SELECT (SELECT "+sum+") - (SELECT instructions FROM recordings)"); got != "0" {
			t.Errorf("%s differs from the recording's instructions by %s", sum, got)
		}
	}
	// What two tables say of a function is the same where no linkage table and no
	// jump into the middle of another function is between them.
	got := ask(t, database, `SELECT h.function, h.self, c.self FROM hot_functions h
		JOIN (SELECT s.function_id, sum(u.self) AS self FROM _self u JOIN stacks s USING (stack_id) GROUP BY ALL) c USING (function_id)
		WHERE h.function IN ('get', 'put', 'set', 'down', 'fibonacci', 'leaf') AND h.self <> c.self ORDER BY ALL`)
	if len(got) != 0 {
		t.Errorf("blocks and calls differ: %v", got)
	}
}

// TestFlameOfDeepRecursion: paths are cut, and still add up.
func TestFlameOfDeepRecursion(t *testing.T) {
	recording, _ := record(t, command{args: []string{variant(t, "deep_recursion", "O0")}})
	database := index(t, recording, "history")
	sumsUp(t, database)
	if got := askOne(t, database, "SELECT total_percent <= 100 AND total >= self FROM hot_functions WHERE function = 'fibonacci'"); got != "true" {
		t.Errorf("recursion counts more than once: %s", got)
	}
}

// TestCoverageEqualsGcov compares the executions of lines with gcov's.
func TestCoverageEqualsGcov(t *testing.T) {
	need(t, "gcov")
	need(t, "gcc")
	dir := t.TempDir()
	source := filepath.Join(dir, "covered.c")
	if err := os.WriteFile(source, []byte(coveredSource), 0o644); err != nil {
		t.Fatal(err)
	}
	sh := func(line string) result { return run(t, command{args: []string{"bash", "-c", line}, dir: dir}) }
	if r := sh("gcc -g -O0 -o plain covered.c && gcc -g -O0 --coverage -o counted covered.c && ./counted && gcov -t counted-covered.gcda"); r.status != 0 {
		t.Skipf("gcov does not work here: %s", tail(r.stderr))
	} else {
		var want, counted []string // gcov counts no closing brace
		for line := range strings.Lines(r.stdout) {
			var number int
			fields := strings.SplitN(line, ":", 3)
			if len(fields) < 3 {
				continue
			}
			count := strings.TrimSpace(fields[0])
			if _, err := fmt.Sscan(fields[1], &number); err == nil && number > 0 && count != "-" && count != "#####" {
				counted = append(counted, fmt.Sprint(number))
				want = append(want, fmt.Sprint(number, " ", strings.TrimSuffix(count, "*")))
			}
		}
		recording, _ := record(t, command{args: []string{filepath.Join(dir, "plain")}})
		database := index(t, recording, "history")
		var got []string
		for _, row := range ask(t, database, "SELECT line, executions FROM coverage WHERE file LIKE '%covered.c' AND executions > 0 AND list_contains(["+strings.Join(counted, ", ")+"], line) ORDER BY line") {
			got = append(got, strings.Join(row, " "))
		}
		sameText(t, "executions by line", strings.Join(got, "\n"), strings.Join(want, "\n"))
		if never := askOne(t, database, "SELECT function FROM coverage WHERE file LIKE '%covered.c' AND executions = 0"); never != "never" {
			t.Errorf("%q never ran, want never", never)
		}
	}
}

const coveredSource = `int never(int x) {
	return x + 1;
}
int odd(int x) {
	if (x % 2)
		return 1;
	return 0;
}
int main(void) {
	int sum = 0;
	for (int i = 0; i < 25; i++)
		sum += odd(i);
	while (sum > 3)
		sum -= 2;
	return sum != 2;
}
`
