package sqlext

import (
	"context"
	"fmt"
	"strings"
)

const pageIntro = `# The SQL library

Generated from the files in sqlext/views and sqlext/macros: do not edit, run ` + "`make generate`" + `.

Every history has these views and functions beside its [tables](schema.md). They are stored in its file, so any DuckDB client that opens it has them as well.
The shell shows what is here with ` + "`.help NAME`" + `; ` + "`.functions` and `.tables`" + ` list what there is.
`

// libraryPage returns docs/sql.md; the types are those of a history that has the
// library.
func libraryPage(ctx context.Context, h *History) (string, error) {
	var b strings.Builder
	b.WriteString(pageIntro)
	b.WriteString("\n# Views\n")
	for _, v := range Views() {
		if v.Helper() {
			continue
		}
		types, err := h.resultTypes(ctx, "FROM "+v.Name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", v.Name, v.comment())
		columnTable(&b, v.Columns, types)
		writeExample(&b, v.Example)
	}
	b.WriteString("\n# Functions\n")
	for _, m := range Macros() {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n", m.Signature, strings.ToUpper(m.Summary[:1])+m.Summary[1:])
		if m.Text != "" {
			b.WriteString("\n" + m.Text + "\n")
		}
		b.WriteString("\n| parameter | meaning |\n|---|---|\n")
		for _, p := range m.Params {
			fmt.Fprintf(&b, "| %s | %s |\n", p.Name, cell(p.Meaning))
		}
		if len(m.Columns) > 0 {
			types, err := h.resultTypes(ctx, "FROM "+m.call())
			if err != nil {
				return "", err
			}
			columnTable(&b, m.Columns, types)
		}
		writeExample(&b, m.Example)
	}
	return b.String(), nil
}

// call is a call of the macro that serves to see its columns.
func (m Macro) call() string {
	return m.Name + "(" + strings.TrimPrefix(strings.Repeat(", NULL", len(m.Params)), ", ") + ")"
}

// resultTypes are the columns of a query and their types.
func (h *History) resultTypes(ctx context.Context, query string) ([]ColumnInfo, error) {
	rows, err := h.strings(ctx, "SELECT column_name, column_type FROM (DESCRIBE "+query+")")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, queryError(ctx, err))
	}
	var out []ColumnInfo
	for _, r := range rows {
		out = append(out, ColumnInfo{Name: r[0], Type: r[1]})
	}
	return out, nil
}

// columnTable expects the columns in the order of their types; a test holds it.
func columnTable(b *strings.Builder, columns []Described, types []ColumnInfo) {
	b.WriteString("\n| column | type | meaning |\n|---|---|---|\n")
	for i, c := range columns {
		if i < len(types) {
			fmt.Fprintf(b, "| %s | %s | %s |\n", c.Name, types[i].Type, cell(c.Meaning))
		}
	}
}

func writeExample(b *strings.Builder, example string) {
	if example != "" {
		fmt.Fprintf(b, "\n```sql\n%s;\n```\n", example)
	}
}

// cell makes text fit into a Markdown table.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }
