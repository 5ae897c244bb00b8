package e2e

import (
	"encoding/csv"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// ask runs SQL on a database and returns its rows without the header.
func ask(t *testing.T, database, sql string) [][]string {
	t.Helper()
	r := run(t, command{args: []string{binary, "sql", "--db", database, "--format", "csv", "-f", "-"}, stdin: sql + ";\n"})
	if r.status != 0 {
		t.Fatalf("hindsight sql: exit status %d\n%s\n%s", r.status, tail(r.stderr), tail(sql))
	}
	rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
	if err != nil {
		t.Fatalf("hindsight sql --format csv printed no CSV: %v\n%s", err, tail(r.stdout))
	}
	if len(rows) == 0 {
		return nil
	}
	return rows[1:]
}

// askOne runs SQL that has one row of one column.
func askOne(t *testing.T, database, sql string) string {
	t.Helper()
	rows := ask(t, database, sql)
	if len(rows) != 1 || len(rows[0]) != 1 {
		t.Fatalf("want one value, got %v for\n%s", rows, sql)
	}
	return rows[0][0]
}

// quote makes a string literal.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// index indexes a recording into a database of its own.
func index(t *testing.T, recording, name string) string {
	t.Helper()
	database := filepath.Join(t.TempDir(), name+".duckdb")
	hindsight(t, "index", "--db", database, recording)
	return database
}

// sameTables compares two databases of the same recording: the rows of each
// table, by number and by the sum of their hashes.
func sameTables(t *testing.T, a, b string) {
	t.Helper()
	columns := ask(t, a, `SELECT table_name, string_agg('"' || column_name || '"', ', ' ORDER BY column_index)
		FROM duckdb_columns() WHERE NOT internal AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE NOT internal)
		GROUP BY ALL ORDER BY ALL`)
	var parts []string
	for _, c := range columns {
		parts = append(parts, fmt.Sprintf(`SELECT %s AS name, count(*) AS rows, coalesce(sum(hash(%s)::HUGEINT), 0) AS digest FROM "%s"`,
			quote(c[0]), c[1], c[0]))
	}
	if len(parts) < 10 {
		t.Errorf("%s has only %d tables", a, len(parts))
	}
	sql := strings.Join(parts, "\nUNION ALL\n")
	first, second := ask(t, a, sql), ask(t, b, sql)
	for i, row := range first {
		if i >= len(second) || strings.Join(row, " ") != strings.Join(second[i], " ") {
			t.Errorf("two indexings differ in table %s: %v and %v rows with digests", row[0], row[1:], second[i][1:])
		}
	}
}
