package tables

import (
	"fmt"
	"strings"
)

const pageIntro = `# The tables

Generated from the declarations in package tables: do not edit, run ` + "`go test ./tables -run TestSchemaPage -update`" + `.

Schema version %d. Every recording's database is a plain DuckDB file with these tables and views; the comments are in it as well
(` + "`SELECT table_name, comment FROM duckdb_tables()`, `duckdb_views()`, `duckdb_columns()`" + `).

Time: ` + "`t`" + ` is the number of instructions that the recorded threads had retired before the instruction in question. It orders
everything, and is the same in every replay. Columns that end in ` + "`_ns`" + ` are wall-clock times in nanoseconds. Addresses are UBIGINT.
What is unknown or unfinished is NULL. Names that begin with ` + "`_`" + ` are Hindsight's own and may change.
`

// SchemaPage returns docs/schema.md.
func SchemaPage() string {
	var b strings.Builder
	fmt.Fprintf(&b, pageIntro, SchemaVersion)
	for _, t := range Schema() {
		if t.Helper() {
			continue
		}
		kind := ""
		if t.View() {
			kind = " (view)"
		}
		fmt.Fprintf(&b, "\n## %s%s\n\n%s\n\n| column | type | NULL | meaning |\n|---|---|---|---|\n", t.Name, kind, t.comment())
		for _, c := range t.Columns {
			null := ""
			if c.Nullable {
				null = "yes"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.Name, c.Type, null, strings.ReplaceAll(c.Doc, "|", "\\|"))
		}
	}
	return b.String()
}
