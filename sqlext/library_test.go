package sqlext

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// installed opens a history that has the library, stored twice as a second
// indexing of the same file would.
func installed(t *testing.T) *History {
	t.Helper()
	file := newHistory(t)
	for range 2 {
		if err := Install(t.Context(), file); err != nil {
			t.Fatal(err)
		}
	}
	return openHistory(t, file)
}

// example runs a documented example.
func example(t *testing.T, h *History, name, statement string) {
	t.Helper()
	if statement == "" {
		t.Errorf("%s: no example", name)
		return
	}
	if out := run(t, h, statement, WriteOptions{}); strings.HasPrefix(out, "error") {
		t.Errorf("%s: %s: %s", name, statement, out)
	}
	if !strings.Contains(statement, name) {
		t.Errorf("%s: the example does not use it: %s", name, statement)
	}
}

// sameColumns wants every column to be documented, in order, and none else.
func sameColumns(t *testing.T, h *History, name, query string, documented []Described) {
	t.Helper()
	types, err := h.resultTypes(t.Context(), query)
	if err != nil {
		t.Error(err)
		return
	}
	var are, say []string
	for _, c := range types {
		are = append(are, c.Name)
	}
	for _, c := range documented {
		say = append(say, c.Name)
	}
	if !slices.Equal(are, say) {
		t.Errorf("%s has the columns %v, its header %v", name, are, say)
	}
}

// TestMacros holds every macro to its form of documentation and runs its
// example.
func TestMacros(t *testing.T) {
	h := installed(t)
	macros, err := loadMacros()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range macros {
		var names []string
		for _, p := range m.Params {
			names = append(names, p.Name)
		}
		if want := m.Name + "(" + strings.Join(names, ", ") + ")"; want != m.Signature {
			t.Errorf("%s documents the parameters %v", m.Signature, names)
		}
		switch {
		case !m.Table && (m.Columns != nil || m.ColumnsOf != ""):
			t.Errorf("%s gives no rows", m.Name)
		case m.ColumnsOf != "":
			rows, err := h.resultTypes(t.Context(), "FROM "+m.ColumnsOf)
			if err != nil {
				t.Error(err)
			}
			var columns []Described
			for _, c := range rows {
				columns = append(columns, Described{Name: c.Name})
			}
			sameColumns(t, h, m.Name, "FROM "+m.call(), columns)
		case m.Table:
			sameColumns(t, h, m.Name, "FROM "+m.call(), m.Columns)
		}
		example(t, h, m.Name, m.Example)
	}
	comments, err := h.strings(t.Context(), "SELECT comment FROM duckdb_functions() WHERE database_name = 'history' AND comment IS NOT NULL")
	stored := 0
	for _, m := range macros {
		if !m.Live {
			stored++
		}
	}
	if err != nil || len(comments) != stored {
		t.Errorf("%d of %d macros have a comment (%v)", len(comments), stored, err)
	}
}

// TestViews holds every view to its form of documentation and runs its example.
func TestViews(t *testing.T) {
	h := installed(t)
	views, err := loadViews()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		sameColumns(t, h, v.Name, "FROM "+v.Name, v.Columns)
		if !v.Helper() {
			example(t, h, v.Name, v.Example)
		}
		rows, err := h.strings(t.Context(), `
			SELECT column_name, comment FROM duckdb_columns() WHERE table_name = ? AND database_name = 'history' ORDER BY column_index`, v.Name)
		if err != nil || len(rows) != len(v.Columns) {
			t.Errorf("%s: %d columns are stored (%v)", v.Name, len(rows), err)
			continue
		}
		for i, c := range v.Columns {
			if rows[i][1] != c.Meaning {
				t.Errorf("%s.%s: the comment is %q", v.Name, c.Name, rows[i][1])
			}
		}
		for _, m := range Macros() {
			if strings.Contains(v.SQL, " "+m.Name+"(") {
				t.Errorf("%s uses the macro %s: a view of one file would find that of another", v.Name, m.Name)
			}
		}
	}
}

// TestOlderFile: what a history lacks exists for the connection, with its
// documentation.
func TestOlderFile(t *testing.T) {
	h := openHistory(t, newHistory(t))
	tables, err := h.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range Views() {
		i := slices.IndexFunc(tables, func(table TableInfo) bool { return table.Name == v.Name })
		if v.Helper() != (i < 0) {
			t.Errorf("%s: listed %v", v.Name, i >= 0)
		}
		if i >= 0 && (tables[i].Comment != v.comment() || tables[i].Columns[0].Comment == "") {
			t.Errorf("%+v", tables[i])
		}
		if out := run(t, h, "FROM "+v.Name, WriteOptions{}); strings.HasPrefix(out, "error") {
			t.Errorf("%s: %s", v.Name, out)
		}
	}
	for _, m := range Macros() {
		if d, err := h.Describe(t.Context(), m.Name); err != nil || len(d) != 1 || d[0].Macro == nil {
			t.Errorf("%s: %v, %v", m.Name, d, err)
		}
	}
}

func TestBrokenHeaders(t *testing.T) {
	for _, file := range []string{
		"",
		"CREATE OR REPLACE VIEW v AS SELECT 1",
		"-- no title\nCREATE OR REPLACE VIEW v AS SELECT 1",
		"-- v: a row\nCREATE OR REPLACE VIEW w AS SELECT 1",
		"-- v: a row\nDROP TABLE w",
	} {
		if v, err := parseView(file); err == nil {
			t.Errorf("%q: %+v", file, v)
		}
	}
	for _, file := range []string{
		"",
		"-- m: a row\nCREATE OR REPLACE MACRO m() AS 1",
		"-- m(a): a row\nCREATE OR REPLACE MACRO m(b) AS 1",
	} {
		if m, err := parseMacro(file); err == nil {
			t.Errorf("%q: %+v", file, m)
		}
	}
}

// TestSQLPage finds docs/sql.md stale.
func TestSQLPage(t *testing.T) {
	const page = "../docs/sql.md"
	want, err := libraryPage(t.Context(), installed(t))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil || string(got) != want {
		t.Errorf("docs/sql.md is stale (%v): run make generate", err)
	}
}
