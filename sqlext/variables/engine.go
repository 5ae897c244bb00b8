package variables

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"hindsight/sqlext/render"
)

// Engine answers questions about the variables of one history. It keeps what it
// has read of the debug information, which a history never changes. It can be
// used by several goroutines.
type Engine struct {
	db     *sql.DB
	prefix string // of the names of tables: the quoted name of the database and a dot

	mu      sync.Mutex
	types   map[uint32]render.Types // by module
	stacks  *stackTrie
	things  *thingCache
	modules []module
	symbols *symbolNames
}

// New returns an engine for the history that db knows by the name of database.
// The connections that the engine takes from db must see it.
func New(db *sql.DB, database string) *Engine {
	prefix := ""
	for part := range strings.SplitSeq(database, ".") {
		prefix += `"` + strings.ReplaceAll(part, `"`, `""`) + `".`
	}
	return &Engine{db: db, prefix: prefix, types: map[uint32]render.Types{}, things: newThingCache()}
}

// query runs a query and gives each row to each. vals are valid until it
// returns. In the text, "@" before a table's name stands for the database.
func (e *Engine) query(ctx context.Context, each func(vals []driver.Value) error, query string, args ...any) error {
	// A context that a running query of another connection made is marked so that
	// the driver would not interrupt this one.
	own, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { cancel(ctx.Err()) })()
	conn, err := e.db.Conn(own)
	if err != nil {
		return err
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error { return scan(own, c, each, strings.ReplaceAll(query, "@", e.prefix), args) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func scan(ctx context.Context, conn any, each func(vals []driver.Value) error, query string, args []any) (err error) {
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	q, ok := conn.(driver.QueryerContext)
	if !ok {
		return fmt.Errorf("the driver's connection %T runs no queries", conn)
	}
	rows, err := q.QueryContext(ctx, query, named)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	vals := make([]driver.Value, len(rows.Columns()))
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := rows.Next(vals); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := each(vals); err != nil {
			return err
		}
	}
}

// Values of a row, with what stands for NULL.

func u64(v driver.Value) uint64 {
	x, _ := v.(uint64)
	return x
}

func u32(v driver.Value) uint32 {
	x, _ := v.(uint32)
	return x
}

func i64(v driver.Value) int64 {
	x, _ := v.(int64)
	return x
}

func text(v driver.Value) string {
	x, _ := v.(string)
	return x
}

func optional[T any](v driver.Value) *T {
	if x, ok := v.(T); ok {
		return &x
	}
	return nil
}

// open stands for the end of time in to_t, unmapped_t and exit_t.
const open = ^uint64(0)

func orOpen(v driver.Value) uint64 {
	if v == nil {
		return open
	}
	return u64(v)
}

// module is a row of modules.
type module struct {
	id           uint32
	path         string
	start, end   uint64
	mapped       uint64
	unmapped     uint64
	hasFunctions bool
	hasVariables bool
	isTheProgram bool
	processID    uint32
	baseName     string
}

// loadModules reads the modules once.
func (e *Engine) loadModules(ctx context.Context) ([]module, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.modules != nil {
		return e.modules, nil
	}
	var out []module
	err := e.query(ctx, func(v []driver.Value) error {
		m := module{id: u32(v[0]), path: text(v[1]), start: u64(v[2]), end: u64(v[3]), mapped: u64(v[4]), unmapped: orOpen(v[5]), processID: u32(v[9])}
		m.hasFunctions, _ = v[6].(bool)
		m.hasVariables, _ = v[7].(bool)
		m.isTheProgram, _ = v[8].(bool)
		m.baseName = m.path[strings.LastIndexByte(m.path, '/')+1:]
		out = append(out, m)
		return nil
	}, `SELECT m.module_id, m.path, m.start_addr, m.end_addr, m.mapped_t, m.unmapped_t,
		m.module_id IN (SELECT module_id FROM @functions), m.module_id IN (SELECT module_id FROM @variables),
		coalesce(m.path = (SELECT executable FROM @processes p WHERE p.process_id = m.process_id LIMIT 1), false), m.process_id
		FROM @modules m ORDER BY m.module_id`)
	if err != nil {
		return nil, err
	}
	e.modules = out
	return out, nil
}
