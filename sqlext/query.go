package sqlext

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// Column is a column of a result.
type Column struct {
	Name string
	// Type is the SQL name of the type: UBIGINT, VARCHAR[], STRUCT(…).
	Type string
	// info has the nested types' details; nil where DuckDB gives none.
	info duckdb.TypeInfo
}

// ResultKind tells what a statement gives.
type ResultKind int

const (
	// RowsResult is a result set.
	RowsResult ResultKind = iota
	// CountResult is a number of changed or copied rows: one row, one column.
	CountResult
	// NoResult is nothing, as of SET.
	NoResult
)

// Rows is a statement's result. It must be closed before the next query.
type Rows struct {
	Columns []Column
	Kind    ResultKind

	ctx  context.Context
	rows driver.Rows
	vals []driver.Value
	// seen counts rows, to look at ctx now and then.
	seen uint
}

// Query runs one statement. Where ctx ends it is interrupted, within some 40
// ms; the error then is ctx's. Other errors are *Error. Integers may be written
// in hexadecimal (0x7ffe1000), as addresses are shown. Each parameter ($name) of
// the statement needs an argument of its name; further ones are ignored.
//
// The result is held by DuckDB, in memory or in a temporary file; an export of
// very many rows is better made with COPY (…) TO 'file'.
func (h *History) Query(ctx context.Context, statement string, args ...Argument) (*Rows, error) {
	text, err := expandHex(statement)
	if err != nil {
		return nil, err
	}
	if h.restricted {
		if err := checkText(text); err != nil {
			return nil, err
		}
	}
	prepared, err := h.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, queryError(ctx, err)
	}
	stmt := prepared.(*duckdb.Stmt)
	r := &Rows{ctx: ctx, Kind: resultKind(stmt)}
	infos := columnInfos(stmt)
	if h.restricted {
		if err := checkSafe(text, stmt); err != nil {
			return nil, errors.Join(err, stmt.Close())
		}
	}
	bound, err := bindable(stmt, args)
	if err != nil {
		return nil, errors.Join(err, stmt.Close())
	}
	// The driver closes a statement that it opened itself with its rows; this
	// one is ours.
	rows, err := stmt.QueryContext(ctx, bound)
	if err != nil {
		return nil, errors.Join(queryError(ctx, err), stmt.Close())
	}
	r.rows = &closingRows{Rows: rows, stmt: stmt}
	typed, _ := rows.(driver.RowsColumnTypeDatabaseTypeName)
	for i, name := range rows.Columns() {
		c := Column{Name: name}
		if typed != nil {
			c.Type = typed.ColumnTypeDatabaseTypeName(i)
		}
		if i < len(infos) {
			c.info = infos[i]
		}
		r.Columns = append(r.Columns, c)
	}
	r.vals = make([]driver.Value, len(r.Columns))
	return r, nil
}

// closingRows closes the statement after its rows.
type closingRows struct {
	driver.Rows
	stmt *duckdb.Stmt
}

func (c *closingRows) Close() error {
	return errors.Join(c.Rows.Close(), c.stmt.Close())
}

// Next gives the next row, io.EOF after the last. The row is valid until the
// next call.
func (r *Rows) Next() ([]driver.Value, error) {
	if r.seen++; r.seen%1024 == 0 && r.ctx.Err() != nil {
		return nil, r.ctx.Err()
	}
	if err := r.rows.Next(r.vals); errors.Is(err, io.EOF) {
		return nil, io.EOF
	} else if err != nil {
		return nil, queryError(r.ctx, err)
	}
	return r.vals, nil
}

// Close ends the result.
func (r *Rows) Close() error { return r.rows.Close() }

func resultKind(stmt *duckdb.Stmt) ResultKind {
	t, err := stmt.StatementType()
	if err != nil {
		return RowsResult
	}
	switch t {
	case duckdb.STATEMENT_TYPE_INSERT, duckdb.STATEMENT_TYPE_UPDATE, duckdb.STATEMENT_TYPE_DELETE,
		duckdb.STATEMENT_TYPE_COPY:
		// With RETURNING these give rows.
		if n, err := stmt.ColumnCount(); err == nil && n == 1 {
			if name, err := stmt.ColumnName(0); err == nil && name == "Count" {
				return CountResult
			}
		}
		return RowsResult
	case duckdb.STATEMENT_TYPE_CREATE, duckdb.STATEMENT_TYPE_PREPARE, duckdb.STATEMENT_TYPE_ALTER,
		duckdb.STATEMENT_TYPE_TRANSACTION, duckdb.STATEMENT_TYPE_ANALYZE, duckdb.STATEMENT_TYPE_VARIABLE_SET,
		duckdb.STATEMENT_TYPE_CREATE_FUNC, duckdb.STATEMENT_TYPE_DROP, duckdb.STATEMENT_TYPE_EXPORT,
		duckdb.STATEMENT_TYPE_VACUUM, duckdb.STATEMENT_TYPE_SET, duckdb.STATEMENT_TYPE_LOAD,
		duckdb.STATEMENT_TYPE_ATTACH, duckdb.STATEMENT_TYPE_DETACH:
		return NoResult
	case duckdb.STATEMENT_TYPE_SELECT:
		return RowsResult
	}
	if name, err := stmt.ColumnName(0); err == nil && name == "Success" {
		return NoResult
	}
	return RowsResult
}

// columnInfos gives the columns' types, as far as DuckDB knows them before it
// runs the statement.
func columnInfos(stmt *duckdb.Stmt) []duckdb.TypeInfo {
	n, err := stmt.ColumnCount()
	if err != nil {
		return nil
	}
	infos := make([]duckdb.TypeInfo, n)
	for i := range infos {
		if info, err := stmt.ColumnTypeInfo(i); err == nil {
			infos[i] = info
		}
	}
	return infos
}

// Error is a statement's failure.
type Error struct {
	// Message is one line.
	Message string
	// Line is the line within the statement, from 1; 0 where it is unknown.
	Line int
	// Excerpt shows that line and a mark under the place, or is empty.
	Excerpt string
}

func (e *Error) Error() string { return e.Message }

// wouldWrite tells whether DuckDB refused a statement because it would change
// the history; for views it has words of its own.
func wouldWrite(message string) bool {
	for _, part := range []string{"attached in read-only mode", "Can only update base table", "Can only delete from base table", " is not an table"} {
		if strings.Contains(message, part) {
			return true
		}
	}
	return false
}

// queryError makes DuckDB's message one line and says what to do where that is
// not obvious.
func queryError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	text := strings.TrimSpace(err.Error())
	text = strings.ReplaceAll(text, "database/sql/driver: API error: ", "") // of our functions' errors
	var e Error
	if i := strings.Index(text, "\n\nLINE "); i >= 0 {
		e.Excerpt = text[i+2:]
		fmt.Sscanf(e.Excerpt, "LINE %d:", &e.Line)
		text = text[:i]
	}
	e.Message = strings.Join(strings.Fields(text), " ")
	if wouldWrite(text) {
		e.Message = "a history is read-only, this statement would change it; " +
			"use CREATE TEMP TABLE, or COPY (…) TO 'file', to keep a result"
		e.Excerpt = ""
	}
	if strings.HasSuffix(text, "empty name") {
		e.Message = "a result with structs whose members have no names, as of row(…), cannot be printed: name them, {'a': …}, or cast it to VARCHAR"
	}
	return &e
}
