package sqlext

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// PairEntry is a view or macro that a pair of histories has besides those of
// every history. Its file's header is its documentation, as a View's is. A name
// that begins with "_" is a helper.
type PairEntry struct {
	Name      string
	Signature string // the name, and the parameters of a macro
	Summary   string
	Columns   []Described // of a view; the parameters of a macro
	Gives     []Described // columns of a macro that gives rows
	Text      string      // what the header says below
	Example   string
	Both      bool // it compares head and base, and is not in each of them
	SQL       string
}

//go:embed pair/each/*.sql pair/compare/*.sql
var pairFiles embed.FS

// PairLibrary lists what pairs have, those in each history first. Files are part
// of the program and a test reads them, so there is no error to return.
func PairLibrary() []PairEntry {
	var out []PairEntry
	for _, folder := range []string{"pair/each", "pair/compare"} {
		names, err := fs.Glob(pairFiles, folder+"/*.sql")
		if err != nil {
			panic(err)
		}
		for _, name := range names {
			data, err := pairFiles.ReadFile(name)
			if err != nil {
				panic(err)
			}
			e, err := parsePairEntry(string(data))
			if err == nil && path.Base(name) != e.Name+".sql" {
				err = fmt.Errorf("defines %s", e.Name)
			}
			if err != nil {
				panic(fmt.Errorf("%s: %w", name, err))
			}
			e.Both = folder == "pair/compare"
			out = append(out, e)
		}
	}
	return out
}

func parsePairEntry(file string) (PairEntry, error) {
	h, statement, err := readHeader(file)
	name, _, _ := strings.Cut(h.title, "(")
	return PairEntry{
		Name: name, Signature: h.title, Summary: h.summary, Text: h.text, Example: h.example, Columns: h.items, Gives: h.gives, SQL: statement,
	}, err
}

// addPairLibrary creates the views of pair/.
func (h *History) addPairLibrary(ctx context.Context, sides []pairSide) error {
	library := PairLibrary()
	for _, s := range sides {
		spans, err := h.addressSpans(ctx, s.schema)
		if err != nil {
			return queryError(ctx, err)
		}
		if err := h.exec(ctx, "CREATE MACRO "+memoryName+"."+s.schema+".is_address(value) AS "+addressMacro(spans)); err != nil {
			return err
		}
		names, err := h.namesIn(ctx, s.schema)
		if err != nil {
			return err
		}
		for _, e := range library {
			if e.Both {
				continue
			}
			if err := h.createIn(ctx, s.schema, e.SQL, names); err != nil {
				return fmt.Errorf("%s: %w", e.Name, queryError(ctx, err))
			}
			names[e.Name] = true
		}
	}
	if len(sides) < 2 {
		return nil
	}
	// Macros first: the views use them.
	for _, kind := range []string{" MACRO ", " VIEW "} {
		for _, e := range library {
			if !e.Both || !strings.Contains(e.SQL[:min(len(e.SQL), 30)], kind) {
				continue
			}
			if err := h.exec(ctx, strings.Replace(e.SQL, kind, kind+memoryName+".main.", 1)); err != nil {
				return fmt.Errorf("%s: %w", e.Name, queryError(ctx, err))
			}
		}
	}
	return nil
}

// namesIn are the tables, views and macros of a schema of the connection's memory.
func (h *History) namesIn(ctx context.Context, schema string) (map[string]bool, error) {
	rows, err := h.strings(ctx, `
		SELECT table_name FROM duckdb_tables() WHERE database_name = $1 AND schema_name = $2
		UNION SELECT view_name FROM duckdb_views() WHERE database_name = $1 AND schema_name = $2
		UNION SELECT function_name FROM duckdb_functions() WHERE database_name = $1 AND schema_name = $2`, memoryName, schema)
	if err != nil {
		return nil, queryError(ctx, err)
	}
	names := map[string]bool{}
	for _, r := range rows {
		names[r[0]] = true
	}
	return names, nil
}
