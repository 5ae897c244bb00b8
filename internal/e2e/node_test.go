package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hindsight/internal/fixture"
	"hindsight/sqlext"
	"hindsight/tables"
)

// TestNodeClient opens a history in @duckdb/node-api and holds that tables,
// views, macros and comments are there and give what hindsight gives.
func TestNodeClient(t *testing.T) {
	client := nodeClient(t)
	recording, _ := record(t, command{args: []string{variant(t, "misfortunes", "O0")}})
	database := index(t, recording, "history")
	stored := map[string]bool{}
	for _, row := range askNode(t, client, database, []string{
		"SELECT DISTINCT function_name FROM duckdb_functions() WHERE NOT internal"})[0] {
		stored[row[0].(string)] = true
	}
	var statements []string
	add := func(sql string) { statements = append(statements, digest(sql)) }
	for _, table := range tables.Schema() {
		add("SELECT * FROM " + table.Name)
		add(fmt.Sprintf("SELECT comment FROM duckdb_columns() WHERE table_name = '%s' AND comment IS NOT NULL", table.Name))
	}
	for _, view := range sqlext.Views() {
		add("SELECT * FROM " + view.Name)
		add(fmt.Sprintf("SELECT comment FROM duckdb_columns() WHERE table_name = '%s'", view.Name))
	}
	macros := 0
	for _, macro := range sqlext.Macros() {
		if stored[macro.Name] {
			macros++
			// Among equals, LIMIT takes any.
			add(limit.ReplaceAllString(withoutHex(macro.Example), ""))
			add(fmt.Sprintf("SELECT comment FROM duckdb_functions() WHERE function_name = '%s' AND NOT internal", macro.Name))
		}
	}
	if macros < 7 || len(stored) != macros {
		t.Errorf("the file has %d macros, %d of which are known: %v", len(stored), macros, stored)
	}
	answers := askNode(t, client, database, statements)
	want, filled := askAll(t, database, statements), 0
	for i, statement := range statements {
		want := want[i]
		got := answers[i]
		if len(got) != 1 || len(want) != 1 || fmt.Sprint(got[0]) != fmt.Sprint(want[0]) {
			t.Errorf("%s: %v, want %v", statement, got, want)
		} else if fmt.Sprint(want[0][0]) != "0" {
			filled++
		}
	}
	if filled < len(statements)/2 {
		t.Errorf("only %d of %d statements gave rows", filled, len(statements))
	}
	if got := askNode(t, client, database, []string{"SELECT max(value) FROM writes"})[0][0][0]; got != "18446744073709551615" {
		t.Errorf("the largest value is %v", got)
	}
}

// askAll runs statements of one row in hindsight's own library.
func askAll(t *testing.T, database string, statements []string) [][][]any {
	t.Helper()
	h, err := sqlext.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	var all [][][]any
	for _, statement := range statements {
		rows, err := h.Query(t.Context(), statement)
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		values, err := rows.Next()
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		row := make([]any, len(values))
		for i, v := range values {
			row[i] = v
		}
		all = append(all, [][]any{row})
		rows.Close()
	}
	return all
}

// digest asks for the number of rows of a statement and the sum of their hashes.
func digest(sql string) string {
	return "SELECT count(*) AS n, coalesce(sum(hash(x::VARCHAR)::HUGEINT), 0)::VARCHAR AS digest FROM (" + sql + ") x"
}

var limit = regexp.MustCompile(` LIMIT \d+$`)

var hexadecimal = regexp.MustCompile(`0x[0-9a-f]+`)

// withoutHex writes hexadecimal integers, which only hindsight understands, as
// decimal ones.
func withoutHex(sql string) string {
	return hexadecimal.ReplaceAllStringFunc(sql, func(s string) string {
		var v uint64
		fmt.Sscanf(s, "0x%x", &v)
		return fmt.Sprintf("%d::UBIGINT", v)
	})
}

// nodeClient installs the client, of the version in its lock file, into build/.
func nodeClient(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed; testdata/deps.sh does it", program)
		}
	}
	root, err := fixture.Root()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "build", "node-client")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	changed := false
	for _, name := range []string{"package.json", "package-lock.json", "ask.mjs"} {
		data, err := os.ReadFile(filepath.Join(root, "testdata", "node-client", name))
		if err != nil {
			t.Fatal(err)
		}
		if old, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(old) != string(data) {
			changed = true
		}
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "@duckdb", "node-api")); err != nil || changed {
		cmd := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
		cmd.Dir = folder
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("npm cannot install @duckdb/node-api: %v\n%s", err, tail(string(out)))
		}
	}
	return folder
}

// askNode runs statements in the client and gives their rows.
func askNode(t *testing.T, client, database string, statements []string) [][][]any {
	t.Helper()
	input, err := json.Marshal(statements)
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, command{args: []string{"node", "ask.mjs", database}, dir: client, stdin: string(input)})
	if r.status != 0 {
		t.Fatalf("node: exit status %d\n%s", r.status, tail(r.stderr))
	}
	// Both must read the same storage version.
	engine, err := sqlext.EngineVersion(t.Context())
	if err != nil || !strings.Contains(r.stderr, engine) {
		t.Errorf("the client has %q, hindsight %s (%v)", r.stderr, engine, err)
	}
	var answers []struct {
		Rows  [][]any
		Error string
	}
	if err := json.Unmarshal([]byte(r.stdout), &answers); err != nil {
		t.Fatalf("%v in %s", err, tail(r.stdout))
	}
	var all [][][]any
	for i, a := range answers {
		if a.Error != "" {
			t.Errorf("%s: %s", statements[i], a.Error)
		}
		all = append(all, a.Rows)
	}
	return all
}
