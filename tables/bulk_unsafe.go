package tables

// #include "bulk.h"
// #include <stdlib.h>
import "C"

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// column is a column of rows in memory, to be given to bulkAppender.append.
// The slices that it was made from must not change until append has returned.
type column struct {
	c     C.hs_column
	slice [4]unsafe.Pointer // what c points to, to be pinned
}

func fixed[T uint8 | uint16 | uint32 | uint64](values []T) column {
	var zero T
	p := unsafe.Pointer(unsafe.SliceData(values))
	return column{
		c:     C.hs_column{kind: C.HS_FIXED, data: p, width: C.uint8_t(unsafe.Sizeof(zero))},
		slice: [4]unsafe.Pointer{p},
	}
}

// constant is a column with the same value in every row.
func constant[T uint8 | uint16 | uint32 | uint64](value T) column {
	return column{c: C.hs_column{kind: C.HS_CONSTANT, value: C.uint64_t(value), width: C.uint8_t(unsafe.Sizeof(value))}}
}

// missing is a column that is NULL in every row, of a type of width bytes.
func missing(width int) column {
	return column{c: C.hs_column{kind: C.HS_CONSTANT, nulls: C.HS_ALWAYS, width: C.uint8_t(width)}}
}

// spans is a column of strings: row i is heap[offsets[i]:][:sizes[i]], and NULL
// where sizes[i] <= short.
func spans(heap []byte, offsets, sizes []uint32, short uint32) column {
	o, s := unsafe.Pointer(unsafe.SliceData(offsets)), unsafe.Pointer(unsafe.SliceData(sizes))
	h := unsafe.Pointer(unsafe.SliceData(heap))
	return column{
		c: C.hs_column{
			kind: C.HS_SPANS, nulls: C.HS_IF_SHORT, width: 16, data: o,
			sizes: (*C.uint32_t)(s), heap: (*C.uint8_t)(h), null_value: C.uint64_t(short),
		},
		slice: [4]unsafe.Pointer{o, s, h},
	}
}

// nullAt makes rows that hold value NULL.
func (c column) nullAt(value uint64) column {
	c.c.nulls, c.c.null_value = C.HS_IF_VALUE, C.uint64_t(value)
	return c
}

// nullIf makes rows NULL whose flags have one of the bits of flag.
func (c column) nullIf(flags []uint8, flag uint8) column {
	p := unsafe.Pointer(unsafe.SliceData(flags))
	c.c.nulls, c.c.flags, c.c.flag = C.HS_IF_FLAG, (*C.uint8_t)(p), C.uint8_t(flag)
	c.slice[3] = p
	return c
}

// bulkAppender appends columns to one table, without a call per value and
// without a copy on the way: the columns are a table function, and the rows are
// inserted from it. Not safe for concurrent use.
type bulkAppender struct {
	table   string
	columns int
	conn    *duckdb.Conn
	insert  string
	source  *C.hs_source // the database's
}

// sources counts table functions, which need different names.
var sources atomic.Uint64

// newBulkAppender prepares to append to a table on a connection, in whatever
// transaction it is in. There is nothing to close.
func newBulkAppender(conn *duckdb.Conn, table string) (*bulkAppender, error) {
	raw, err := rawConnection(conn)
	if err != nil {
		return nil, err
	}
	types, err := columnTypes(raw, table)
	if err != nil {
		return nil, err
	}
	function := fmt.Sprintf("hindsight_rows_%d", sources.Add(1))
	name := C.CString(function)
	defer C.free(unsafe.Pointer(name))
	a := &bulkAppender{table: table, columns: len(types), conn: conn}
	a.insert = fmt.Sprintf("INSERT INTO %s SELECT * FROM %s()", quoteName(table), function)
	if a.source = C.hs_source_register(raw.Ptr, name, &types[0], C.uint32_t(len(types))); a.source == nil {
		return nil, fmt.Errorf("append to table %s: DuckDB refuses the function that brings the rows", table)
	}
	return a, nil
}

// columnTypes returns the types (duckdb_logical_type) of a table's columns. The
// caller destroys them.
func columnTypes(raw mapping.Connection, table string) ([]unsafe.Pointer, error) {
	var description mapping.TableDescription
	defer mapping.TableDescriptionDestroy(&description)
	if mapping.TableDescriptionCreateExt(raw, "", "main", table, &description) == mapping.StateError {
		return nil, fmt.Errorf("append to table %s: %s", table, mapping.TableDescriptionError(description))
	}
	types := make([]unsafe.Pointer, mapping.TableDescriptionGetColumnCount(description))
	for i := range types {
		types[i] = mapping.TableDescriptionGetColumnType(description, mapping.IdxT(i)).Ptr
	}
	return types, nil
}

// append appends rows rows of the columns, in table order; order, where not
// nil, gives the row numbers in the order in which to append them.
func (a *bulkAppender) append(ctx context.Context, columns []column, order []uint32, rows int) error {
	if len(columns) != a.columns {
		return fmt.Errorf("append to %s: %d columns given, the table has %d", a.table, len(columns), a.columns)
	}
	if rows == 0 {
		return nil
	}
	var pinner runtime.Pinner
	defer pinner.Unpin()
	raw := make([]C.hs_column, len(columns))
	for i := range columns {
		raw[i] = columns[i].c
		for _, p := range columns[i].slice {
			if p != nil {
				pinner.Pin(p)
			}
		}
	}
	first := unsafe.SliceData(order)
	if first != nil {
		pinner.Pin(first)
	}
	C.hs_source_set(a.source, &raw[0], (*C.uint32_t)(first), C.uint64_t(rows))
	if _, err := a.conn.ExecContext(ctx, a.insert, nil); err != nil {
		return fmt.Errorf("append to table %s: %w", a.table, err)
	}
	return nil
}

var errDriver = errors.New("this build's DuckDB driver is laid out differently: use the version of github.com/duckdb/duckdb-go/v2 that go.mod names")

// rawConnection returns the C connection inside a driver connection. The driver
// keeps it private, so that this depends on its layout, which is checked.
func rawConnection(conn driver.Conn) (mapping.Connection, error) {
	c, ok := conn.(*duckdb.Conn)
	if !ok {
		return mapping.Connection{}, fmt.Errorf("%T is no connection to DuckDB", conn)
	}
	field := reflect.TypeFor[duckdb.Conn]().Field(0)
	if field.Name != "conn" || field.Offset != 0 || field.Type != reflect.TypeFor[mapping.Connection]() {
		return mapping.Connection{}, errDriver
	}
	return *(*mapping.Connection)(unsafe.Pointer(c)), nil
}
