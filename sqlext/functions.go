package sqlext

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/duckdb/duckdb-go/v2"

	"hindsight/sqlext/variables"
)

// functions are the SQL functions that Go code stands behind. They run their
// queries on connections of their own: one that runs a query cannot run another.
type functions struct {
	db *sql.DB

	mu      sync.Mutex
	engines map[string]*variables.Engine
}

// keptOpen is a connector that a sql.DB must not close.
type keptOpen struct{ driver.Connector }

// registerFunctions makes the functions known to the connector's database.
func registerFunctions(ctx context.Context, connector *duckdb.Connector) (_ *functions, err error) {
	f := &functions{db: sql.OpenDB(keptOpen{connector}), engines: map[string]*variables.Engine{}}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("register the functions: %w", err), f.close())
		}
	}()
	c, err := f.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	text, err := duckdb.NewTypeInfo(duckdb.TYPE_VARCHAR)
	if err != nil {
		return nil, err
	}
	time, err := duckdb.NewTypeInfo(duckdb.TYPE_UBIGINT)
	if err != nil {
		return nil, err
	}
	columns, err := variableColumnInfos()
	if err != nil {
		return nil, err
	}
	err = duckdb.RegisterTableUDF(c, "_variable_writes", duckdb.RowTableFunction{
		Config: duckdb.TableFunctionConfig{Arguments: []duckdb.TypeInfo{text, text}},
		BindArgumentsContext: func(ctx context.Context, _ map[string]any, args ...any) (duckdb.RowTableSource, error) {
			return f.variableWrites(ctx, args[0].(string), args[1].(string), columns)
		},
	})
	if err != nil {
		return nil, err
	}
	return f, duckdb.RegisterScalarUDF(c, "_value_at", &valueAt{f: f, text: text, time: time})
}

func (f *functions) close() error { return f.db.Close() }

// engine returns the engine of an attached database.
func (f *functions) engine(ctx context.Context, database string) (*variables.Engine, error) {
	c, err := f.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	// The name may since have been given to another file.
	name, _, _ := strings.Cut(database, ".")
	var file string
	row := c.QueryRowContext(ctx, "SELECT coalesce(path, '') FROM duckdb_databases() WHERE database_name = ?", name)
	if err := row.Scan(&file); errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("there is no database %q: ATTACH it first", name)
	} else if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	key := database + "\x00" + file
	if f.engines[key] == nil {
		f.engines[key] = variables.New(f.db, database)
	}
	return f.engines[key], nil
}

// detached is a context of its own that ends with ctx: what the driver keeps in
// the context of a running query must not reach a second connection's.
func detached(ctx context.Context) (context.Context, func()) {
	own, cancel := context.WithCancel(context.Background())
	stop := context.AfterFunc(ctx, cancel)
	return own, func() { stop(); cancel() }
}

// valueAt is the scalar function _value_at(database, name, t).
type valueAt struct {
	f          *functions
	text, time duckdb.TypeInfo
}

// Config tells DuckDB the types.
func (v *valueAt) Config() duckdb.ScalarFuncConfig {
	return duckdb.ScalarFuncConfig{InputTypeInfos: []duckdb.TypeInfo{v.text, v.text, v.time}, ResultTypeInfo: v.text}
}

// Executor tells DuckDB what to call. It is asked for each chunk of rows, most of
// which ask about the same variable.
func (v *valueAt) Executor() duckdb.ScalarFuncExecutor {
	var database, name string
	var value *variables.Value
	return duckdb.ScalarFuncExecutor{RowContextExecutor: func(ctx context.Context, args []driver.Value) (any, error) {
		own, done := detached(ctx)
		defer done()
		if value == nil || database != args[0].(string) || name != args[1].(string) {
			e, err := v.f.engine(own, args[0].(string))
			if err != nil {
				return nil, err
			}
			value, err = e.CachedValue(own, args[1].(string))
			if err != nil {
				return nil, err
			}
			database, name = args[0].(string), args[1].(string)
		}
		text, ok, err := value.At(own, args[2].(uint64))
		if !ok || err != nil {
			return nil, err
		}
		return text, nil
	}}
}
