package tables

// #include "bulk.h"
import "C"

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"runtime"
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

// bulkAppender appends columns to one table, without a call per value: about a
// third of what duckdb.Appender takes. Not safe for concurrent use.
type bulkAppender struct {
	table   string
	columns int
	handle  mapping.Appender
	chunk   mapping.DataChunk
	types   []mapping.LogicalType
}

// newBulkAppender begins to append to a table in the connection's current
// transaction. The caller closes it.
func newBulkAppender(conn driver.Conn, table string) (*bulkAppender, error) {
	raw, err := rawConnection(conn)
	if err != nil {
		return nil, err
	}
	a := &bulkAppender{table: table}
	if mapping.AppenderCreateExt(raw, "", "main", table, &a.handle) == mapping.StateError {
		err := a.failure("begin to append")
		mapping.AppenderDestroy(&a.handle)
		return nil, err
	}
	a.columns = int(mapping.AppenderColumnCount(a.handle))
	for i := range a.columns {
		a.types = append(a.types, mapping.AppenderColumnType(a.handle, mapping.IdxT(i)))
	}
	a.chunk = mapping.CreateDataChunk(a.types)
	return a, nil
}

// append appends rows rows of the columns, in table order; order, where not
// nil, gives the row numbers in the order in which to append them.
func (a *bulkAppender) append(columns []column, order []uint32, rows int) error {
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
	first := (*C.uint32_t)(unsafe.SliceData(order))
	if C.hs_append(a.handle.Ptr, a.chunk.Ptr, &raw[0], C.uint32_t(len(raw)), first, C.uint64_t(rows)) != 0 {
		return a.failure("append")
	}
	return nil
}

// flush hands over to the table what has been appended so far.
func (a *bulkAppender) flush() error {
	if mapping.AppenderFlush(a.handle) == mapping.StateError {
		return a.failure("append")
	}
	return nil
}

// close flushes and ends appending. A second close does nothing.
func (a *bulkAppender) close() error {
	if a.handle.Ptr == nil {
		return nil
	}
	var err error
	if mapping.AppenderClose(a.handle) == mapping.StateError {
		err = a.failure("append")
	}
	mapping.AppenderDestroy(&a.handle)
	mapping.DestroyDataChunk(&a.chunk)
	for i := range a.types {
		mapping.DestroyLogicalType(&a.types[i])
	}
	return err
}

func (a *bulkAppender) failure(doing string) error {
	data := mapping.AppenderErrorData(a.handle)
	defer mapping.DestroyErrorData(&data)
	return fmt.Errorf("%s to table %s: %s", doing, a.table, mapping.ErrorDataMessage(data))
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
