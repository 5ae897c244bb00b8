package tables

import (
	"fmt"
	"strings"
)

// SchemaVersion is the version of the tables that this build writes. It rises
// when a column changes its meaning or disappears, or where older builds wrote
// wrong rows; a database of another version is to be indexed again.
const SchemaVersion = 3

// Column is a column of a table. Every column has a Doc: it becomes the
// COMMENT ON COLUMN and a row of docs/schema.md.
type Column struct {
	Name     string
	Type     string // a DuckDB type
	Doc      string
	Nullable bool
}

// Table is a table or, where Query is set, a view. Names that begin with "_"
// are helpers that users need not know.
type Table struct {
	Name string
	// Row says what one row is.
	Row string
	// Doc is what else a reader should know, "" for nothing.
	Doc     string
	Columns []Column
	// Query makes it a view: its SELECT, with the columns in order.
	Query string
}

// SQL types that the declarations use. tPacked spares DuckDB the search for a
// compression, where rows are many.
const (
	tBool   = "BOOLEAN"
	tU32    = "UINTEGER"
	tU64    = "UBIGINT"
	tI32    = "INTEGER"
	tI64    = "BIGINT"
	tText   = "VARCHAR"
	tTexts  = "VARCHAR[]"
	tBlob   = "BLOB"
	tSource = "ENUM('instruction', 'syscall', 'signal')"
	tPacked = "UBIGINT USING COMPRESSION bitpacking"
)

// Values of the source column's ENUM, by position.
const (
	sourceInstruction = iota
	sourceSyscall
	sourceSignal
)

// col declares a column that is never NULL, opt one that may be.
func col(name, typ, doc string) Column { return Column{Name: name, Type: typ, Doc: doc} }
func opt(name, typ, doc string) Column {
	return Column{Name: name, Type: typ, Doc: doc, Nullable: true}
}

// Helper tells whether the table is for Hindsight's own use.
func (t *Table) Helper() bool { return strings.HasPrefix(t.Name, "_") }

// View tells whether the table is a view.
func (t *Table) View() bool { return t.Query != "" }

// Schema returns all tables and views, in the order in which they are created.
func Schema() []Table {
	var all []Table
	for _, group := range [][]Table{identityTables, codeTables, variableTables, historyTables, summaryTables, helperTables, variableHelpers, views} {
		all = append(all, group...)
	}
	return all
}

// DDL returns the statements that create the table and its comments.
func (t *Table) DDL() []string {
	statements := []string{t.create()}
	kind := "TABLE"
	if t.View() {
		kind = "VIEW"
	}
	statements = append(statements, fmt.Sprintf("COMMENT ON %s %s IS %s", kind, quoteName(t.Name), quoteText(t.comment())))
	for _, c := range t.Columns {
		statements = append(statements,
			fmt.Sprintf("COMMENT ON COLUMN %s.%s IS %s", quoteName(t.Name), quoteName(c.Name), quoteText(c.Doc)))
	}
	return statements
}

func (t *Table) create() string {
	var b strings.Builder
	if t.View() {
		names := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			names[i] = quoteName(c.Name)
		}
		fmt.Fprintf(&b, "CREATE VIEW %s AS SELECT * FROM (%s) AS v(%s)", quoteName(t.Name), t.Query, strings.Join(names, ", "))
		return b.String()
	}
	fmt.Fprintf(&b, "CREATE TABLE %s (", quoteName(t.Name))
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %s", quoteName(c.Name), c.Type)
		if !c.Nullable && !t.Helper() {
			b.WriteString(" NOT NULL")
		}
	}
	b.WriteString(")")
	return b.String()
}

func (t *Table) comment() string {
	text := "One row per " + t.Row + "."
	if t.Doc != "" {
		text += " " + t.Doc
	}
	return text
}

// quoteName quotes an identifier, quoteText a string literal.
func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
