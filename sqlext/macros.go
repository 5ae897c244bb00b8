package sqlext

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync"
)

// Macro is a function that SQL itself expresses, so that every DuckDB client
// of a history has it. It is a file of macros/, whose header comment is its
// documentation:
//
//	-- name(parameters): what it gives
//	--   parameter  what it is, one line each
//	-- more, if there is more to say
//	-- Example: one statement
type Macro struct {
	Name      string
	Signature string // name(parameters)
	Summary   string
	Doc       string // the lines between the signature and the example
	Example   string
	Table     bool // it gives rows
	SQL       string
}

//go:embed macros/*.sql
var macroFiles embed.FS

var loadMacros = sync.OnceValues(func() ([]Macro, error) {
	names, err := fs.Glob(macroFiles, "macros/*.sql")
	if err != nil {
		return nil, err
	}
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
		if name != "macros/"+m.Name+".sql" {
			return nil, fmt.Errorf("%s: defines %s", name, m.Name)
		}
		out = append(out, m)
	}
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
	macroHeader = regexp.MustCompile(`^((\w+)\([\w, ]*\)): (.+)$`)
	macroCreate = regexp.MustCompile(`(?m)^CREATE OR REPLACE MACRO (\w+\([\w, ]*\)) AS( TABLE)?`)
)

func parseMacro(file string) (Macro, error) {
	var m Macro
	var doc []string
	rest := file
	for strings.HasPrefix(rest, "--") {
		line, after, _ := strings.Cut(rest, "\n")
		rest = after
		line = strings.TrimPrefix(strings.TrimPrefix(line, "--"), " ")
		switch {
		case m.Name == "":
			h := macroHeader.FindStringSubmatch(line)
			if h == nil {
				return m, fmt.Errorf("the first line %q is not '-- name(parameters): summary'", line)
			}
			m.Signature, m.Name, m.Summary = h[1], h[2], h[3]
		case strings.HasPrefix(line, "Example: "):
			m.Example = strings.TrimPrefix(line, "Example: ")
		default:
			doc = append(doc, line)
		}
	}
	m.Doc = strings.Join(doc, "\n")
	m.SQL = strings.TrimSpace(rest)
	create := macroCreate.FindStringSubmatch(m.SQL)
	if create == nil || create[1] != m.Signature {
		return m, fmt.Errorf("the statement does not begin with CREATE OR REPLACE MACRO %s AS", m.Signature)
	}
	m.Table = create[2] != ""
	return m, nil
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

// Install stores all macros in the history in file, all or none.
func Install(ctx context.Context, file string) (err error) {
	h, err := connect(ctx, file, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	statements := []string{"BEGIN"}
	for _, m := range Macros() {
		statements = append(statements, m.statements()...)
	}
	for _, s := range append(statements, "COMMIT", "CHECKPOINT") {
		if err := h.exec(ctx, s); err != nil {
			return fmt.Errorf("store the macros in %s: %w", file, queryError(ctx, err))
		}
	}
	return nil
}

// addMissingMacros creates, for this connection, the macros that the history
// does not have.
func (h *History) addMissingMacros(ctx context.Context) error {
	rows, err := h.strings(ctx, "SELECT DISTINCT function_name FROM duckdb_functions() WHERE database_name = ?", databaseName)
	if err != nil {
		return fmt.Errorf("read the macros of %s: %w", h.path, err)
	}
	have := map[string]bool{}
	for _, r := range rows {
		have[r[0]] = true
	}
	for _, m := range Macros() {
		if have[m.Name] {
			continue
		}
		create := strings.Replace(m.SQL, "CREATE OR REPLACE MACRO", "CREATE OR REPLACE TEMP MACRO", 1)
		if err := h.exec(ctx, create); err != nil {
			return fmt.Errorf("create the macro %s: %w", m.Name, err)
		}
	}
	return nil
}
