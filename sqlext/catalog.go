package sqlext

import (
	"context"
	"strconv"
	"strings"
)

// TableInfo is a table or view of a history.
type TableInfo struct {
	Name    string
	Comment string
	View    bool
	// Rows is the number of rows, -1 for a view that would have to be computed.
	Rows    int64
	Columns []ColumnInfo
}

// ColumnInfo is a column of a table.
type ColumnInfo struct {
	Name, Type, Comment string
}

// Tables lists the history's tables and views, and the connection's temporary
// ones, by name, without those meant for internal use.
func (h *History) Tables(ctx context.Context) ([]TableInfo, error) {
	rows, err := h.strings(ctx, `
		SELECT table_name, comment, false, estimated_size FROM duckdb_tables()
		WHERE database_name IN (?, 'temp') AND NOT internal AND table_name NOT LIKE '\_%' ESCAPE '\'
		UNION ALL
		SELECT view_name, comment, true, -1 FROM duckdb_views()
		WHERE database_name IN (?, 'temp') AND NOT internal AND view_name NOT LIKE '\_%' ESCAPE '\'
		ORDER BY 1`, databaseName, databaseName)
	if err != nil {
		return nil, err
	}
	columns, err := h.columns(ctx)
	if err != nil {
		return nil, err
	}
	var out []TableInfo
	for _, r := range rows {
		t := TableInfo{Name: r[0], Comment: r[1], View: r[2] == "true", Columns: columns[r[0]]}
		if t.Rows, err = strconv.ParseInt(r[3], 10, 64); err != nil {
			return nil, err
		}
		if _, stored := columns["_"+t.Name]; t.View && stored {
			if t.Rows, err = h.count(ctx, t.Name); err != nil {
				return nil, err
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// count counts the rows of a view over the helper table of its name, which
// takes no time worth mentioning.
func (h *History) count(ctx context.Context, view string) (int64, error) {
	rows, err := h.strings(ctx, `SELECT count(*) FROM "`+strings.ReplaceAll(view, `"`, `""`)+`"`)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(rows[0][0], 10, 64)
}

func (h *History) columns(ctx context.Context) (map[string][]ColumnInfo, error) {
	rows, err := h.strings(ctx, `
		SELECT table_name, column_name, data_type, comment FROM duckdb_columns()
		WHERE database_name IN (?, 'temp') AND NOT internal ORDER BY table_oid, column_index`, databaseName)
	if err != nil {
		return nil, err
	}
	out := map[string][]ColumnInfo{}
	for _, r := range rows {
		out[r[0]] = append(out[r[0]], ColumnInfo{Name: r[1], Type: r[2], Comment: r[3]})
	}
	return out, nil
}

// Warnings is how many diagnostics of the history are more than information: of
// what it lacks, for instance.
func (h *History) Warnings(ctx context.Context) (int64, error) {
	rows, err := h.strings(ctx, "SELECT count(*) FROM diagnostics WHERE severity <> 'info'")
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(rows[0][0], 10, 64)
}

// Function is a function that a statement can call.
type Function struct {
	Name      string
	Signature string
	Summary   string
	Example   string
	Macro     *Macro // where it is one of ours
}

// FunctionNames lists the names of all functions, Hindsight's and DuckDB's.
func (h *History) FunctionNames(ctx context.Context) ([]string, error) {
	rows, err := h.strings(ctx, `
		SELECT DISTINCT function_name FROM duckdb_functions()
		WHERE regexp_full_match(function_name, '[a-z][a-z0-9_]*') ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r[0]
	}
	return out, nil
}

// Describe finds the functions of a name, one for each signature.
func (h *History) Describe(ctx context.Context, name string) ([]Function, error) {
	for _, m := range Macros() {
		if strings.EqualFold(m.Name, name) {
			return []Function{{Name: m.Name, Signature: m.Signature, Summary: m.Summary, Example: m.Example, Macro: &m}}, nil
		}
	}
	rows, err := h.strings(ctx, `
		SELECT DISTINCT function_name, array_to_string(parameters, ', '), coalesce(description, ''),
			coalesce(examples[1], '')
		FROM duckdb_functions() WHERE function_name = lower(?) ORDER BY ALL`, name)
	if err != nil {
		return nil, err
	}
	var out []Function
	for _, r := range rows {
		out = append(out, Function{Name: r[0], Signature: r[0] + "(" + r[1] + ")", Summary: r[2], Example: r[3]})
	}
	return out, nil
}

// Keywords lists SQL's keywords, in capitals.
func (h *History) Keywords(ctx context.Context) ([]string, error) {
	rows, err := h.strings(ctx, `
		SELECT upper(keyword_name) FROM duckdb_keywords()
		WHERE keyword_category IN ('reserved', 'type_function') OR keyword_name IN
			('by', 'with', 'values', 'between', 'exists', 'over', 'partition', 'first', 'last', 'nulls', 'filter')
		ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r[0]
	}
	return out, nil
}
