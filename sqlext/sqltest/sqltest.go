// Package sqltest makes small histories for tests.
package sqltest

import (
	"database/sql"
	_ "embed"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2" // the driver

	"hindsight/tables"
)

//go:embed history.sql
var history string

// Create makes the database file of history.sql: a program whose main calls
// bump, into which add is inlined, with five writes.
func Create(t testing.TB, file string) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}()
	// One connection: USE holds for one only.
	db.SetMaxOpenConns(1)
	statements := []string{"ATTACH '" + strings.ReplaceAll(file, "'", "''") + "' AS history", "USE history"}
	for _, table := range tables.Schema() {
		statements = append(statements, table.DDL()...)
	}
	for _, s := range append(statements, history, "USE memory", "DETACH history") {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}
