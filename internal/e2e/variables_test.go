package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"hindsight/internal/fixture"
)

// pathsProgram builds testdata/paths/paths.c.
func pathsProgram(t *testing.T, flags string) string {
	t.Helper()
	programs, err := fixture.In("testdata/paths")
	if err != nil || len(programs) != 1 {
		t.Fatalf("%d programs, %v", len(programs), err)
	}
	path, err := programs[0].Binary(fixture.Variant{Name: "paths", Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func pathsHistory(t *testing.T) (recording, database string) {
	t.Helper()
	recording, r := record(t, command{args: []string{pathsProgram(t, "-O0")}})
	if r.status != 0 {
		t.Fatalf("exit status %d: the program did not compute what its comments say", r.status)
	}
	return recording, index(t, recording, "history")
}

// TestVariablePaths: the texts are what paths.c assigns, in its order.
func TestVariablePaths(t *testing.T) {
	_, database := pathsHistory(t)
	for path, want := range map[string]string{
		"counter":                             "1 3 6",
		"::counter":                           "1 3 6",
		"paths!counter":                       "1 3 6",
		"paths.c:twin":                        "0 2 4",
		"paths_other.inc:twin":                "50 51 52",
		"paths!paths_other.inc:2:twin":        "50 51 52",
		"words[1]":                            "-1",
		"words[3]":                            "1",
		"settings.limits[2].max":              "99",
		"settings.limits[2].min":              "-1",
		"settings.limits[1].min":              "16843009",
		"settings.low":                        "5 5",
		"settings.high":                       "0 17",
		"settings.real":                       "0.5",
		"nodes[1].value":                      "1 11 77 78",
		"head->value":                         "10 11 12",
		"(*where)->value":                     "10 11 12",
		"(**where).value":                     "10 11 12",
		"head->next->value":                   "77 78",
		"where[0]->next[0].value":             "77 78",
		"((struct node *)cookie)->value":      "78",
		"(unsigned char)counter":              `1 '\x01' 3 '\x03' 6 '\x06'`,
		"down.kept":                           "3 2 1 0 1 12 123",
		"down.n":                              "3 2 1 0",
		"sum.seventh":                         "7",
		"sum.eighth":                          "8 29",
		"total.by_value.a[5]":                 "6 7",
		"total.by_value.a[0]":                 "1",
		"main.big.a[3]":                       "4",
		"main.target":                         "5 6",
		"paths.c:blocks.result":               "0 2 102",
		"paths.c:" + line(t, "inner = n;"):    "1 2",
		"paths.c:" + line(t, "inner = n * 1"): "100",
		"count_calls.calls":                   "1 2",
		"calls":                               "1 2",
		"*set.target":                         "6 2",
		"settings.title":                      `"name"`,
	} {
		rows := ask(t, database, "SELECT text, part FROM variable_writes("+quote(path)+") ORDER BY t")
		var got []string
		for _, row := range rows {
			text := row[0]
			if i := strings.Index(text, ` "`); strings.HasPrefix(text, "0x") && i > 0 {
				text = text[i+1:]
			}
			got = append(got, text)
		}
		if all := strings.Join(got, " "); all != want {
			t.Errorf("variable_writes('%s'): %s, want %s", path, all, want)
		}
	}
}

// line makes "LINE:blocks.inner" of the line of paths.c that has a text.
func line(t *testing.T, text string) string {
	t.Helper()
	root, err := fixture.Root()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(root, "testdata", "paths", "paths.c"))
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := strings.Cut(string(source), text)
	if !ok {
		t.Fatalf("paths.c has no %q", text)
	}
	return fmt.Sprintf("%d:blocks.inner", strings.Count(before, "\n")+1)
}

// TestVariableColumns: what a row says beside the text.
func TestVariableColumns(t *testing.T) {
	_, database := pathsHistory(t)
	for query, want := range map[string]string{
		// Each call of down has its own variable, which it wrote itself.
		`SELECT count(DISTINCT owner_call_id), bool_and(owner_call_id = call_id) FROM variable_writes('down.kept')`: "4 true",
		// The caller wrote what it passes on the stack.
		`SELECT string_agg(function, ' ' ORDER BY t), bool_and(owner_call_id = (SELECT call_id FROM calls JOIN functions f USING (function_id) WHERE f.name = 'sum'))
			FROM variable_writes('sum.eighth')`: "main sum true",
		`SELECT string_agg(part, ' ' ORDER BY t) FROM variable_writes('settings') WHERE part LIKE '.limits%'`: ".limits[2].max .limits[2].min .limits[1]",
		`SELECT string_agg(function, ' ' ORDER BY t) FROM variable_writes('main.target')`:                     "main set",
		`SELECT count(*) FROM variable_writes('head') WHERE text = '0x0'`:                                     "1",
		`SELECT string_agg(f.function, ' ' ORDER BY w.t, f.level) FROM variable_writes('paths_other.inc:twin') w JOIN stack_frames f USING (stack_id)
			WHERE w.text = '51' AND f.level < 2`: "other main",
		`SELECT string_agg(coalesce(value_at('main.target', t), 'NULL'), ' ' ORDER BY t) FROM variable_writes('blocks.result')`:                                             "6 6 6",
		`SELECT value_at('down.kept', 1) IS NULL, value_at(NULL, 1) IS NULL, value_at('counter', NULL) IS NULL, value_at('counter', 0), value_at('counter', 1099511627776)`: "true true true 0 6",
		`SELECT count(*) FROM variable_writes(NULL)`: "0",
	} {
		if got := strings.Join(ask(t, database, query)[0], " "); got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
}

// TestVariableErrors: one line that says what to do.
func TestVariableErrors(t *testing.T) {
	recording, database := pathsHistory(t)
	wants := map[string]string{
		"countr":                 "near to it are counter",
		"target":                 "'main.target' (local of main, paths.c:74), 'set.target' (parameter of set, paths.c:48)",
		"twin":                   `'paths.c:twin' (static, paths.c:17), 'paths_other.inc:twin' (static, paths_other.inc:2)`,
		"blocks.inner":           "inner",
		"settings.limits[4].max": "has the elements 0 to 3",
		"settings.limits[-1]":    "has the elements 0 to 3",
		"settings.nothing":       "it has limits, low, high, title, number, real",
		"counter.x":              "has no members, it is int",
		"*counter":               "is no pointer, it is int",
		"incomplete->x":          "no members",
		"*incomplete":            "size",
		"(struct nothing *)head": `no type "struct nothing *"`,
		"0x5555":                 "is a number",
		"head->":                 "member was expected",
		"nothing!counter":        `no variable "nothing!counter"`,
		"counter; DROP TABLE x":  "cannot read the path",
		"main.sum.x":             `no variable "main.sum.x"`,
		"(long)counter":          "has 4 bytes",
		"&counter":               "leave out the &",
	}
	for path, want := range wants {
		complains(t, database, "SELECT * FROM variable_writes("+quote(path)+")", want)
		complains(t, database, "SELECT value_at("+quote(path)+", 7)", want)
	}
	bare := filepath.Join(t.TempDir(), "bare")
	run(t, command{args: []string{"strip", "-g", "-o", bare, pathsProgram(t, "-O0")}})
	stripped, _ := record(t, command{args: []string{bare}})
	complains(t, index(t, stripped, "stripped"), "SELECT * FROM variable_writes('counter')", "compile it with -g")
	part := filepath.Join(t.TempDir(), "part.duckdb")
	hindsight(t, "index", "--db", part, "--tables", "variables,types", recording)
	complains(t, part, "SELECT * FROM variable_writes('counter')", "no table writes")
	optimized, _ := record(t, command{args: []string{pathsProgram(t, "-O2")}})
	complains(t, index(t, optimized, "optimized"), "SELECT * FROM variable_writes('main.target')", "lies nowhere in memory")
}

// TestOwnerErrors: what does not lead on in a library type is named.
func TestOwnerErrors(t *testing.T) {
	need(t, "g++")
	programs, err := fixture.In("testdata/truth")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		if !strings.HasSuffix(p.Source, ".cc") {
			continue
		}
		path, err := p.Binary(truthVariants[0])
		if err != nil {
			t.Fatal(err)
		}
		recording, _ := record(t, command{args: []string{path}})
		database := index(t, recording, "history")
		for path, want := range map[string]string{
			"items[-1]":             "items has elements from 0 on",
			"*items":                "items is no pointer, it is std::vector<Item",
			"items.count":           "items (std::vector<Item, std::allocator<Item> >) has no member",
			"items[2].nothing":      "it has first, second, count, next",
			"single[0]":             "single (std::unique_ptr<Item, std::default_delete<Item> >) has one Item, no elements",
			"single->next->nothing": "it has first, second, count, next",
			"many->x":               "many (std::unique_ptr<int [], std::default_delete<int []> >) has no member",
			"words[0]->x":           "words[0]",
		} {
			complains(t, database, "SELECT * FROM variable_writes("+quote(path)+")", want)
		}
	}
}

// complains wants a query to fail with a line that has a text.
func complains(t *testing.T, database, query, want string) {
	t.Helper()
	r := run(t, command{args: []string{binary, "sql", "--db", database, "-c", query}})
	first, rest, _ := strings.Cut(strings.TrimSpace(r.stderr), "\n")
	if r.status != 1 || !strings.Contains(first, want) || strings.Contains(rest, "goroutine") {
		t.Errorf("%s: status %d, want %q in\n%s", query, r.status, want, tail(r.stderr))
	}
}

// TestTwoHistories reads variables of an attached second history.
func TestTwoHistories(t *testing.T) {
	_, database := pathsHistory(t)
	_, second := pathsHistory(t)
	got := ask(t, database, "ATTACH "+quote(second)+" AS base (READ_ONLY);\n"+
		`SELECT string_agg(h.text || '=' || b.text, ' ' ORDER BY h.t)
			FROM (SELECT *, row_number() OVER (ORDER BY t) AS n FROM variable_writes('counter')) h
			JOIN (SELECT *, row_number() OVER (ORDER BY t) AS n FROM _variable_writes('base', 'counter')) b USING (n)`)
	if len(got) == 0 || got[len(got)-1][0] != "1=1 3=3 6=6" {
		t.Errorf("%v", got)
	}
}

var gdbAddress = regexp.MustCompile(`(?m)^.*?(0x[0-9a-f]+)`)

// TestVariablesEqualGdbsAddresses: the writes to a name are the writes to the
// address that gdb gives for it.
func TestVariablesEqualGdbsAddresses(t *testing.T) {
	need(t, "gdb")
	path := pathsProgram(t, "-O0 -no-pie")
	recording, _ := record(t, command{args: []string{path}})
	database := index(t, recording, "history")
	names := []string{"counter", "cookie", "head", "where", "settings.title", "settings.number"}
	for i := range 5 {
		names = append(names, fmt.Sprintf("words[%d]", i))
	}
	for i := range 4 {
		names = append(names, fmt.Sprintf("settings.limits[%d].min", i), fmt.Sprintf("settings.limits[%d].max", i))
	}
	for i := range 3 {
		names = append(names, fmt.Sprintf("nodes[%d].value", i), fmt.Sprintf("nodes[%d].next", i))
	}
	for _, name := range names {
		r := run(t, command{args: []string{"gdb", "-nx", "-batch", "-ex", "set debuginfod enabled off",
			"-ex", "print/x (unsigned long)&" + name, "-ex", "print/x sizeof(" + name + ")", path}})
		found := gdbAddress.FindAllStringSubmatch(r.stdout, -1)
		if len(found) != 2 {
			t.Skipf("gdb does not work here: %s", tail(r.stdout+r.stderr))
		}
		lo, err1 := strconv.ParseUint(found[0][1], 0, 64)
		size, err2 := strconv.ParseUint(found[1][1], 0, 64)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		const columns = "SELECT coalesce(string_agg(t || ' ' || pc || ' ' || value, ', ' ORDER BY t), '') FROM "
		got := askOne(t, database, columns+"variable_writes("+quote(name)+")")
		want := askOne(t, database, columns+fmt.Sprintf("writes_to(%d, %d)", lo, lo+size))
		if got != want {
			t.Errorf("%s: %s, at gdb's address %s", name, got, want)
		}
	}
}
