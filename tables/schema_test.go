package tables

import (
	"context"
	"database/sql"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated pages anew")

func TestSchemaPage(t *testing.T) {
	const page = "../docs/schema.md"
	if *update {
		if err := os.WriteFile(page, []byte(SchemaPage()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil || string(got) != SchemaPage() {
		t.Errorf("docs/schema.md is stale (%v): run go test ./tables -run TestSchemaPage -update", err)
	}
}

// The database has the declared columns, in order, with their comments.
func TestSchemaInDatabase(t *testing.T) {
	pool := emptyDatabase(t)
	for _, table := range Schema() {
		rows, err := pool.Query(`SELECT column_name, data_type, comment FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index`, table.Name)
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for ; rows.Next(); i++ {
			var name, kind string
			var comment sql.NullString
			if err := rows.Scan(&name, &kind, &comment); err != nil {
				t.Fatal(err)
			}
			c := table.Columns[i]
			if c.Type == "TIMESTAMPTZ" {
				c.Type = "TIMESTAMP WITH TIME ZONE"
			}
			declared, _, _ := strings.Cut(c.Type, " USING")
			if name != c.Name || kind != declared || comment.String != c.Doc {
				t.Errorf("%s.%s: is %s %s %q, declared %s %s", table.Name, c.Name, name, kind, comment.String, c.Name, declared)
			}
		}
		if i != len(table.Columns) {
			t.Errorf("%s: %d columns, declared %d", table.Name, i, len(table.Columns))
		}
	}
}

func TestEveryThingIsDocumented(t *testing.T) {
	for _, table := range Schema() {
		if table.Row == "" {
			t.Errorf("%s: no description of a row", table.Name)
		}
		for _, c := range table.Columns {
			if c.Doc == "" {
				t.Errorf("%s.%s: no description", table.Name, c.Name)
			}
		}
	}
}

// emptyDatabase writes a database without rows and opens it.
func emptyDatabase(t *testing.T) *sql.DB {
	t.Helper()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "history.duckdb")
	db, err := createDatabase(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.commit(ctx, nil); err != nil {
		t.Fatal(err)
	}
	return openDatabase(t, path)
}

func openDatabase(t *testing.T, path string) *sql.DB {
	t.Helper()
	pool, err := sql.Open("duckdb", path+"?access_mode=read_only")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}
