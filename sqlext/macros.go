package sqlext

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Macro is a function that SQL itself expresses, so that every DuckDB client
// of a history has it, or that Go functions stand behind (Live). It is a file of
// macros/ or macros/live/, whose header is its documentation.
type Macro struct {
	Name      string
	Signature string // name(parameters)
	Summary   string
	Doc       string // the lines between the signature and the example
	Text      string // Doc without the lists of parameters and columns
	Example   string
	Params    []Described
	// Columns are those of a macro that gives rows; where ColumnsOf is not "", it
	// names a table or view that has the same.
	Columns   []Described
	ColumnsOf string
	Table     bool // it gives rows
	SQL       string
	// Live tells that it needs functions of this program, and so is not stored in
	// a history.
	Live bool
}

//go:embed macros/*.sql macros/live/*.sql
var macroFiles embed.FS

var loadMacros = sync.OnceValues(func() ([]Macro, error) {
	names, err := fs.Glob(macroFiles, "macros/*.sql")
	if err != nil {
		return nil, err
	}
	live, err := fs.Glob(macroFiles, "macros/live/*.sql")
	if err != nil {
		return nil, err
	}
	names = append(names, live...)
	var out []Macro
	for _, name := range names {
		data, err := macroFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		m, err := parseMacro(string(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if path.Base(name) != m.Name+".sql" {
			return nil, fmt.Errorf("%s: defines %s", name, m.Name)
		}
		m.Live = strings.HasPrefix(name, "macros/live/")
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Macro) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
})

// Macros are all macros, by name. The files are part of the program and a test
// reads them, so there is no error to return.
func Macros() []Macro {
	m, err := loadMacros()
	if err != nil {
		panic(err)
	}
	return m
}

var (
	macroTitle  = regexp.MustCompile(`^(\w+)\([\w, ]*\)$`)
	macroCreate = regexp.MustCompile(`(?m)^CREATE OR REPLACE MACRO (\w+\([\w, ]*\)) AS( TABLE)?`)
)

func parseMacro(file string) (Macro, error) {
	h, statement, err := readHeader(file)
	if err != nil {
		return Macro{}, err
	}
	title := macroTitle.FindStringSubmatch(h.title)
	if title == nil {
		return Macro{}, fmt.Errorf("the first line begins with %q, not with name(parameters)", h.title)
	}
	create := macroCreate.FindStringSubmatch(statement)
	if create == nil || create[1] != h.title {
		return Macro{}, fmt.Errorf("the statement does not begin with CREATE OR REPLACE MACRO %s AS", h.title)
	}
	return Macro{
		Name: title[1], Signature: h.title, Summary: h.summary, Doc: h.doc, Text: h.text, Example: h.example,
		Params: h.items, Columns: h.gives, ColumnsOf: h.givesOf, Table: create[2] != "", SQL: statement,
	}, nil
}

// statements creates the macro in the database that is in use.
func (m Macro) statements() []string {
	kind := "MACRO"
	if m.Table {
		kind = "MACRO TABLE"
	}
	comment := m.Signature + ": " + m.Summary
	return []string{
		m.SQL,
		"COMMENT ON " + kind + " " + m.Name + " IS " + quote(comment),
	}
}

// addMissingMacros creates, for this connection, the macros that the history
// does not have.
func (h *History) addMissingMacros(ctx context.Context) error {
	have, err := h.names(ctx, "SELECT DISTINCT function_name FROM duckdb_functions() WHERE database_name = ?")
	if err != nil {
		return fmt.Errorf("read the macros of %s: %w", h.path, err)
	}
	for _, m := range Macros() {
		if have[m.Name] && !m.Live {
			continue
		}
		create := strings.Replace(m.SQL, "CREATE OR REPLACE MACRO", "CREATE OR REPLACE TEMP MACRO", 1)
		if err := h.exec(ctx, create); err != nil {
			return fmt.Errorf("create the macro %s: %w", m.Name, err)
		}
	}
	return nil
}

// names runs a query for names in the history's database.
func (h *History) names(ctx context.Context, query string) (map[string]bool, error) {
	rows, err := h.strings(ctx, query, databaseName)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, r := range rows {
		names[r[0]] = true
	}
	return names, nil
}
