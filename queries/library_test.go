package queries

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"hindsight/internal/fixture"
	"hindsight/sqlext"
)

// recorded records and indexes a program of testdata/programs and opens its
// history.
func recorded(t *testing.T, program string) *sqlext.History {
	t.Helper()
	root, err := fixture.Root()
	if err != nil {
		t.Fatal(err)
	}
	p, err := fixture.Read(filepath.Join(root, "testdata", "programs", program))
	if err != nil {
		t.Fatal(err)
	}
	file, err := p.Binary(fixture.Variants[0])
	if err != nil {
		t.Skipf("%s cannot be built: %v", program, err)
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "hindsight")
	build := exec.Command("go", "build", "-o", binary, "./cmd/hindsight")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build hindsight: %v\n%s", err, out)
	}
	rec := filepath.Join(dir, "recording")
	// It exits as the program does.
	out, _ := exec.Command(binary, "record", "-o", rec, file).CombinedOutput()
	if out2, err := exec.Command(binary, "index", rec).CombinedOutput(); err != nil {
		t.Fatalf("record and index %s: %v\n%s%s", program, err, out, out2)
	}
	h, err := sqlext.Open(t.Context(), filepath.Join(rec, "history.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// answer runs a query of the library and gives the named columns of its rows,
// separated by "|".
func answer(t *testing.T, h *sqlext.History, name string, assignments []string, columns string) []string {
	t.Helper()
	q, err := Load().Find(name)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := runQuery(t, h, q, assignments)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var at []int
	for c := range strings.FieldsSeq(columns) {
		i := slices.IndexFunc(rows.Columns, func(col sqlext.Column) bool { return col.Name == c })
		if i < 0 {
			t.Fatalf("%s has no column %s", name, c)
		}
		at = append(at, i)
	}
	var lines []string
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		var cells []string
		for _, i := range at {
			cells = append(cells, fmt.Sprint(row[i]))
		}
		lines = append(lines, strings.Join(cells, "|"))
	}
}

// lineOf is the number of the first line of misfortunes.c that has a text.
func lineOf(t *testing.T, text string) int {
	t.Helper()
	root, err := fixture.Root()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(root, "testdata", "programs", "misfortunes.c"))
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := strings.Cut(string(source), text)
	if !ok {
		t.Fatalf("misfortunes.c has no %q", text)
	}
	return 1 + strings.Count(before, "\n")
}

// TestLibrary asks all queries of the library about misfortunes.c, whose source
// says what must come out.
func TestLibrary(t *testing.T) {
	h := recorded(t, "misfortunes.c")
	counter := value(t, h, "SELECT w.addr FROM writes w JOIN frames f ON f.pc = w.pc AND f.level = 0 WHERE f.function = 'count_to' AND w.size = 4 AND w.value = 4 ORDER BY f.line DESC, w.addr LIMIT 1")
	counted := value(t, h, "SELECT enter_t + 3 FROM calls JOIN functions USING (function_id) WHERE name = 'count_to'")
	line := func(text string) int { return lineOf(t, text) }
	tested := map[string]bool{}
	for _, c := range []struct {
		query, args, columns string
		// want are the rows; where more is true, the first of them.
		want []string
		more bool
	}{
		{"who_wrote", "addr=" + counter + " size=4 n=3", "value size function line source",
			repeat("%s|4|count_to|"+fmt.Sprint(line("counter = i;"))+"|instruction", "4", "3", "2"), false},
		{"last_writes_before_crash", "n=2", "function source", repeat("%s", "__pthread_kill_implementation|instruction", "__pthread_kill_implementation|instruction"), false},
		{"crash_stack", "", "level signal function", []string{"0|SIGABRT|__pthread_kill_implementation"}, true},
		{"slowest_calls", "function=down n=2", "arg0 return_value returned", []string{"6|6|true", "5|5|true"}, false},
		{"slowest_calls", "module=misfortunes n=3", "function", []string{"_start", "main", "misuse_memory"}, false},
		{"time_by_function", "module=misfortunes n=1", "function calls", []string{"down|10"}, false},
		{"recursion_depth", "", "function deepest calls", []string{"down|7|10"}, false},
		{"failed_system_calls", "error=ENOENT name=open%", "name arguments error", []string{
			`openat|AT_FDCWD, "/no/such/file", O_RDONLY|ENOENT`, `openat|AT_FDCWD, "/no/such/folder/file", O_RDONLY|ENOENT`}, false},
		{"output_with_stack", "text=EXIT%", "fd text", []string{"1|EXIT-SUCCESS\n"}, false},
		{"signals_received", "", "name handler", []string{"SIGUSR1|on_signal", "SIGABRT|ended the program"}, false},
		{"functions_never_called", "", "function line", []string{fmt.Sprint("never_called|", line("void never_called"))}, false},
		{"return_values", "function=attempt", "as_int calls", []string{"-1|2", "0|1", "2|1", "4|1"}, false},
		{"calls_of", "function=attempt n=2", "arg0 return_value", []string{"0|0", "1|4294967295"}, false},
		{"calls_that_returned_minus_one", "module=misfortunes", "function calls failed", []string{"attempt|5|2", "copy_file|1|1"}, false},
		{"variable_history", "name=counter", "value function", []string{"1|count_to", "2|count_to", "3|count_to", "4|count_to"}, false},
		{"what_happened_at", "t=" + counted, "function arg0", []string{"count_to|4", "main|1"}, true},
	} {
		got := answer(t, h, c.query, strings.Fields(c.args), c.columns)
		if c.more {
			got = got[:min(len(got), len(c.want))]
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %q, want %q", c.query, c.args, got, c.want)
		}
		tested[c.query] = true
	}
	testSums(t, h, tested)
	for _, e := range Load().Entries {
		if !tested[e.Name] {
			t.Errorf("no test asks the query %s", e.Name)
		}
	}
}

// testSums asks the queries whose rows depend on the C library.
func testSums(t *testing.T, h *sqlext.History, tested map[string]bool) {
	for _, c := range []struct {
		query, args, columns, pattern string
	}{
		{"time_by_module", "", "module", `^(\S+\n){3}$`},
		{"hot_lines", "module=misfortunes n=1", "file line executions function", fmt.Sprintf(`misfortunes\.c\|%d\|10\|down\n`, lineOf(t, "return n == 0"))},
		{"system_call_summary", "", "name calls errors", `(?s)openat\|5\|2\n`},
		{"call_paths_to", "function=allocate", "calls path", `^3\|allocate < misuse_memory:\d+ < main:\d+ < .*\n1\|allocate < main:\d+ < .*\n1\|allocate < misuse_memory`},
		{"writes_by_function", "n=1000", "function writes", `count_to\|\d+\n`},
		{"leaked_memory", "", "bytes blocks allocated_by", `(?m)^3003\|3\|malloc < allocate:\d+ < misuse_memory`},
		{"longest_computations", "n=1", "after before", `^\S+\|\S+\n$`},
	} {
		got := strings.Join(answer(t, h, c.query, strings.Fields(c.args), c.columns), "\n") + "\n"
		if !regexp.MustCompile(c.pattern).MatchString(got) {
			t.Errorf("%s: no %q in\n%s", c.query, c.pattern, got)
		}
		tested[c.query] = true
	}
	// Sums must be those of the tables.
	all := value(t, h, "SELECT instructions FROM recordings")
	sum := uint64(0)
	for _, n := range answer(t, h, "time_by_function", []string{"n=100000"}, "instructions") {
		var one uint64
		fmt.Sscan(n, &one)
		sum += one
	}
	if fmt.Sprint(sum) != all {
		t.Errorf("time_by_function has %d instructions, the recording %s", sum, all)
	}
}

// value is the one value of a statement.
func value(t *testing.T, h *sqlext.History, statement string) string {
	t.Helper()
	rows, err := h.Query(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	row, err := rows.Next()
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return fmt.Sprint(row[0])
}

func repeat(format string, values ...string) []string {
	var out []string
	for _, v := range values {
		out = append(out, fmt.Sprintf(format, v))
	}
	return out
}

// TestLibraryFiles holds that each of the program's own queries is documented,
// ordered, and has an example that its parameters accept.
func TestLibraryFiles(t *testing.T) {
	l := Load()
	if len(l.Entries) < 20 {
		t.Errorf("%d queries", len(l.Entries))
	}
	for _, e := range l.Entries {
		if e.Err != nil {
			t.Error(e.Err)
			continue
		}
		for _, k := range e.Query.Keys {
			if k.Name != "tags" && k.Name != "example" {
				t.Errorf("%s: the key %s means nothing", e.Path, k.Name)
			}
		}
		last := e.Query.Statements[len(e.Query.Statements)-1].Text
		if at := strings.LastIndex(last, "ORDER BY"); at < 0 || strings.LastIndex(last, "FROM") > at {
			t.Errorf("%s: its rows have no order", e.Path)
		}
		examples := e.Query.Values("example")
		if len(examples) == 0 || len(e.Query.Tags()) == 0 || !strings.HasSuffix(e.Query.Summary, ".") {
			t.Errorf("%s: an example, tags or the summary's full stop lacks", e.Path)
		}
		for _, example := range examples {
			words := strings.Fields(strings.ReplaceAll(example, "'", ""))
			values, err := Assignments(words[1:])
			if err == nil {
				_, err = e.Query.Arguments(values)
			}
			if err != nil || words[0] != e.Name {
				t.Errorf("%s: example %q: %v", e.Path, example, err)
			}
		}
	}
}

// TestFolders holds that later folders take the place of earlier ones, and that
// no file stops the others.
func TestFolders(t *testing.T) {
	user, project := t.TempDir(), t.TempDir()
	write := func(dir, name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(user, "mine.sql", "-- Mine.\nSELECT 1")
	write(user, "both.sql", "-- The user's.\nSELECT 1")
	write(project, "both.sql", "-- The project's.\nSELECT 1")
	write(user, "who_wrote.sql", "no header")
	write(project, "No Name.sql", "-- x\nSELECT 1")
	write(project, "notes.txt", "not a query")
	write(project, ".hidden.sql", "not a query")
	write(project, "large.sql", "-- x\nSELECT 1 --"+strings.Repeat(" ", maxFile))
	for _, err := range []error{
		os.Mkdir(filepath.Join(project, "folder.sql"), 0o755),
		os.Symlink(filepath.Join(user, "mine.sql"), filepath.Join(project, "linked.sql")),
		os.Symlink("nowhere", filepath.Join(project, "dangling.sql")),
		os.Symlink("circle.sql", filepath.Join(project, "circle.sql")),
		syscall.Mkfifo(filepath.Join(project, "pipe.sql"), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	l := Load(Folder{user, User}, Folder{project, Project}, Folder{filepath.Join(user, "missing"), User}, Folder{filepath.Join(user, "mine.sql"), User})
	for _, c := range []struct {
		name   string
		source Source
		want   string // of the error, "" for none
	}{
		{"mine", User, ""}, {"both", Project, ""}, {"linked", Project, ""}, {"who_wrote", User, "no summary"}, {"No Name", Project, "rename the file"},
		{"large", Project, "larger than 1 MiB"}, {"folder", Project, "not a file"}, {"dangling", Project, "no such file"},
		{"circle", Project, "too many levels"}, {"pipe", Project, "not a file"}, {"hot_lines", Program, ""},
		{filepath.Join(user, "mine.sql"), User, "not a directory"},
	} {
		i := slices.IndexFunc(l.Entries, func(e Entry) bool { return e.Name == c.name })
		if i < 0 {
			t.Errorf("%s is not there", c.name)
			continue
		}
		e := l.Entries[i]
		if e.Source != c.source || (e.Err == nil) != (c.want == "") || e.Err != nil && !strings.Contains(e.Err.Error(), c.want) || (e.Query == nil) != (e.Err != nil) {
			t.Errorf("%s: %s, %v; want %s, %q", c.name, e.Source, e.Err, c.source, c.want)
		}
	}
	for _, name := range []string{"notes", ".hidden", "notes.txt"} {
		if _, err := l.Find(name); err == nil {
			t.Errorf("%s is a query", name)
		}
	}
	if q, err := l.Find("both"); err != nil || q.Summary != "The project's." {
		t.Errorf("both: %v, %v", q, err)
	}
	if _, err := l.Find("who_wrote"); err == nil || !strings.Contains(err.Error(), "cannot be used") {
		t.Errorf("a broken query: %v", err)
	}
	var usage *UsageError
	if _, err := l.Find("hot_line"); !errors.As(err, &usage) || !strings.Contains(err.Error(), "hot_lines") {
		t.Errorf("a misspelt name: %v", err)
	}
}

func TestFoldersFromEnvironment(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", "/config")
	if f := Folders(); f[0].Path != "/config/hindsight/queries" || f[1] != (Folder{".hindsight/queries", Project}) {
		t.Errorf("%v", f)
	}
	t.Setenv("XDG_CONFIG_HOME", "relative") // which the standard forbids
	t.Setenv("HOME", "/home/x")
	if f := Folders(); f[0].Path != "/home/x/.config/hindsight/queries" {
		t.Errorf("%v", f)
	}
}
