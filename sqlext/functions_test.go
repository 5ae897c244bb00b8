package sqlext

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"hindsight/sqlext/sqltest"
)

// TestVariableWritesInQueries asks in the ways in which SQL can.
func TestVariableWritesInQueries(t *testing.T) {
	h := openHistory(t, newHistory(t))
	for query, want := range map[string]string{
		"SELECT t, size, value, text, part FROM variable_writes('counter') ORDER BY t":                                        "1,8,1,1,\n2,4,2,8589934592,\n3,1000,3,<unknown>,\n",
		"SELECT count(*) FROM variable_writes('counter')":                                                                     "3\n",
		"SELECT count(*) FROM variable_writes('coun' || 'ter') WHERE t = 2":                                                   "1\n",
		"SELECT w.t, f.function FROM variable_writes('counter') w JOIN stack_frames f USING (stack_id) ORDER BY w.t, f.level": "1,main\n2,bump\n2,main\n3,bump\n3,main\n",
		"SELECT t, value_at('counter', t), value_at('counter', t + 1) FROM variable_writes('counter') ORDER BY t":             "1,<unknown>,1\n2,1,8589934592\n3,8589934592,<unknown>\n",
		"SELECT count(*) FROM variable_writes(NULL)":                                                                          "0\n",
		"SELECT value_at(NULL, 1), value_at('counter', NULL)":                                                                 ",\n",
		"SELECT a.t FROM variable_writes('counter') a JOIN variable_writes('counter') b ON a.t = b.t + 1 ORDER BY 1":          "2\n3\n",
		"PREPARE q AS SELECT count(*) FROM variable_writes($name)":                                                            "",
		"EXECUTE q(name := 'counter')":                                                                                        "3\n",
		"CREATE OR REPLACE TEMP MACRO mine(n) AS TABLE SELECT t FROM variable_writes(n) ORDER BY t":                           "",
		"FROM mine('counter')": "1\n2\n3\n",
		// The driver would end the process.
		"SELECT count(*) FROM _variable_writes('history', NULL)":        "0\n",
		"SELECT count(*) FROM _variable_writes(NULL, 'counter')":        `error: Binder Error: there is no database "": ATTACH it first`,
		"SELECT count(*) FROM _variable_writes(NULL, NULL)":             `error: Binder Error: there is no database "": ATTACH it first`,
		"SELECT count(*) FROM _variable_writes('nowhere', 'counter')":   `error: Binder Error: there is no database "nowhere": ATTACH it first`,
		"SELECT count(*) FROM variable_writes('x; DROP TABLE modules')": `error: Binder Error: cannot read the path "x; DROP TABLE modules": nothing more was expected at position 2;`,
		"SELECT value_at('countr', 1)":                                  `error: Invalid Input Error: there is no variable "countr"; near to it are counter; SELECT name, kind, scope FROM variables lists all`,
	} {
		if strings.HasPrefix(query, "EXECUTE") || strings.HasPrefix(query, "FROM mine") {
			run(t, h, "PREPARE q AS SELECT count(*) FROM variable_writes($name)", WriteOptions{})
			run(t, h, "CREATE OR REPLACE TEMP MACRO mine(n) AS TABLE SELECT t FROM variable_writes(n) ORDER BY t", WriteOptions{})
		}
		got := run(t, h, query, WriteOptions{Format: "csv"})
		if _, rows, ok := strings.Cut(got, "\n"); ok && !strings.HasPrefix(got, "error") && want != "" {
			got = rows
		}
		if want != "" && !strings.HasPrefix(got, want) || want == "" && strings.HasPrefix(got, "error") {
			t.Errorf("%s\n got %q\nwant %q", query, got, want)
		}
	}
}

// TestVariableWritesStops ends a query while the writes are being read.
func TestVariableWritesStops(t *testing.T) {
	file := filepath.Join(t.TempDir(), "many.duckdb")
	sqltest.Create(t, file)
	h, err := connect(t.Context(), file, false)
	if err != nil {
		t.Fatal(err)
	}
	const many = "INSERT INTO _writes SELECT 10 + range, 1, 4100, 4210752, range, 8 + 1 * 16 + 68719476736 + 4503599627370496 FROM range(500000)"
	if err := errors.Join(h.exec(t.Context(), many), h.Close()); err != nil {
		t.Fatal(err)
	}
	h = openHistory(t, file)
	ctx, cancel := context.WithCancel(t.Context())
	var stopped time.Time
	time.AfterFunc(50*time.Millisecond, func() { stopped = time.Now(); cancel() })
	rows, err := h.Query(ctx, "SELECT max(text) FROM variable_writes('counter')")
	took := time.Since(stopped)
	if err == nil {
		rows.Close()
		t.Fatal("500,000 writes were read and rendered in 50 ms")
	}
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	// 100 ms are wanted; this is for a machine that does other things as well.
	if took > 3*time.Second {
		t.Errorf("it went on for %v", took)
	}
	t.Logf("it went on for %v", took)
	// The connection can be used further.
	if out := run(t, h, "SELECT count(*) > 3 FROM variable_writes('counter') LIMIT 1", WriteOptions{Format: "csv"}); !strings.HasSuffix(out, "true\n") {
		t.Error(out)
	}
}

// TestFunctionsAreNotStored: other clients would not find what is behind them.
func TestFunctionsAreNotStored(t *testing.T) {
	h := installed(t)
	rows, err := h.strings(t.Context(), "SELECT function_name FROM duckdb_functions() WHERE database_name = 'history' AND macro_definition LIKE '%_variable_writes%'")
	if err != nil || len(rows) > 0 {
		t.Errorf("%v, %v", rows, err)
	}
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer connector.Close()
	for range 3 { // open and close, as a program does that asks many histories
		f, err := registerFunctions(t.Context(), connector)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.close(); err != nil {
			t.Fatal(err)
		}
	}
}
