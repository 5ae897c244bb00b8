package sqlext

import (
	"context"

	"github.com/duckdb/duckdb-go/v2"

	"hindsight/sqlext/variables"
)

// variableColumns are the columns of variable_writes.
var variableColumns = []struct {
	name string
	typ  duckdb.Type
	get  func(r *variables.Row) any
}{
	{"t", duckdb.TYPE_UBIGINT, func(r *variables.Row) any { return r.T }},
	{"thread_id", duckdb.TYPE_UINTEGER, func(r *variables.Row) any { return r.ThreadID }},
	{"call_id", duckdb.TYPE_UBIGINT, func(r *variables.Row) any { return r.CallID }},
	{"stack_id", duckdb.TYPE_UINTEGER, func(r *variables.Row) any { return r.StackID }},
	{"pc", duckdb.TYPE_UBIGINT, func(r *variables.Row) any { return r.PC }},
	{"addr", duckdb.TYPE_UBIGINT, func(r *variables.Row) any { return r.Addr }},
	{"size", duckdb.TYPE_UINTEGER, func(r *variables.Row) any { return r.Size }},
	{"value", duckdb.TYPE_UBIGINT, func(r *variables.Row) any { return r.Value }},
	{textColumn, duckdb.TYPE_VARCHAR, func(r *variables.Row) any { return orNull(r.Text, r.HasText) }},
	{"function", duckdb.TYPE_VARCHAR, func(r *variables.Row) any { return orNull(r.Function, r.Function != "") }},
	{"file", duckdb.TYPE_VARCHAR, func(r *variables.Row) any { return orNull(r.File, r.File != "") }},
	{"line", duckdb.TYPE_UINTEGER, func(r *variables.Row) any { return orNull(r.Line, r.Line != 0) }},
	{"process_id", duckdb.TYPE_UINTEGER, func(r *variables.Row) any { return r.ProcessID }},
	{"owner_call_id", duckdb.TYPE_UBIGINT, func(r *variables.Row) any { return orNull(r.Owner, r.Owner != 0) }},
	{"part", duckdb.TYPE_VARCHAR, func(r *variables.Row) any { return orNull(r.Part, r.Part != "") }},
	{"source", duckdb.TYPE_VARCHAR, func(r *variables.Row) any { return r.Source }},
}

const textColumn = "text"

func orNull(v any, ok bool) any {
	if !ok {
		return nil
	}
	return v
}

func variableColumnInfos() ([]duckdb.ColumnInfo, error) {
	var out []duckdb.ColumnInfo
	for _, c := range variableColumns {
		t, err := duckdb.NewTypeInfo(c.typ)
		if err != nil {
			return nil, err
		}
		out = append(out, duckdb.ColumnInfo{Name: c.name, T: t})
	}
	return out, nil
}

// writeSource gives the rows of _variable_writes(database, name). The name is
// checked when the query is bound; the writes are read when the first row is
// asked for, so that EXPLAIN and PREPARE cost nothing.
type writeSource struct {
	ctx     context.Context
	engine  *variables.Engine
	name    string
	columns []duckdb.ColumnInfo

	begun     bool
	rows      []variables.Row
	next      int
	projected []bool
}

func (f *functions) variableWrites(ctx context.Context, database, name string, columns []duckdb.ColumnInfo) (*writeSource, error) {
	own, done := detached(ctx)
	defer done()
	e, err := f.engine(own, database)
	if err == nil && name != "" {
		err = e.Check(own, name)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return &writeSource{ctx: ctx, engine: e, name: name, columns: columns}, nil
}

// ColumnInfos gives the columns.
func (s *writeSource) ColumnInfos() []duckdb.ColumnInfo { return s.columns }

// Cardinality says that there are few rows: what they are joined with has many.
func (s *writeSource) Cardinality() *duckdb.CardinalityInfo {
	return &duckdb.CardinalityInfo{Cardinality: 1000}
}

// Init begins a scan.
func (s *writeSource) Init() { s.begun, s.rows, s.next = false, nil, 0 }

// FillRow gives the next row.
func (s *writeSource) FillRow(row duckdb.Row) (bool, error) {
	if !s.begun {
		if err := s.begin(row); err != nil {
			return false, err
		}
	}
	if s.next >= len(s.rows) {
		s.rows = nil
		return false, nil
	}
	r := &s.rows[s.next]
	s.next++
	for i, c := range variableColumns {
		if !s.projected[i] {
			continue
		}
		if err := row.SetRowValue(i, c.get(r)); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (s *writeSource) begin(row duckdb.Row) error {
	s.begun = true
	var want variables.Wanted
	s.projected = make([]bool, len(variableColumns))
	for i, c := range variableColumns {
		s.projected[i] = row.IsProjected(i)
		switch c.name {
		case textColumn:
			want.Text = s.projected[i]
		case "function", "file", "line":
			want.Source = want.Source || s.projected[i]
		}
	}
	if s.name == "" { // NULL
		return nil
	}
	own, done := detached(s.ctx)
	defer done()
	var err error
	s.rows, err = s.engine.Writes(own, s.name, want)
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	return err
}
