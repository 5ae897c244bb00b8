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

// nameKey is what functions of two builds are matched by. Functions of one side
// that have the same key are counted together.
type nameKey struct {
	module, file, function string
}

// keyInfo is a row of _keys; its key is its index and 1.
type keyInfo struct {
	nameKey
	own   bool
	sides [2]bool // whether head and base have it
}

// sideFunction is a function of one history, or one that it has only inlined.
type sideFunction struct {
	id                uint32 // 0 where it exists only inlined
	name, rawModule   string
	file, frameModule string
	module            string // stable
	main              bool   // of the program's executable
	line              uint32 // of the definition; of one that exists only inlined, its first that ran; 0 for none
	key               uint32
}

// matcher finds what functions of two histories are the same.
type matcher struct {
	functions [2][]sideFunction
	program   string             // the name that the executables of both have
	withFiles map[[2]string]bool // (side, module) that has debug information
	keys      []keyInfo
	byKey     map[nameKey]uint32
	places    [2][]string // source files that instructions are from
	files     [2]map[string]string
}

// matchPair makes the tables that the views of pair/ are made of:
// in the main schema _keys and _paths, and in each side's _files, _function_keys,
// _inlined_keys and _stack_paths.
func (h *History) matchPair(ctx context.Context, sides []pairSide) error {
	m := &matcher{withFiles: map[[2]string]bool{}, byKey: map[nameKey]uint32{}}
	for i, s := range sides {
		if err := m.read(ctx, h, i, s.schema); err != nil {
			return err
		}
	}
	m.matchFiles()
	for i := range sides {
		m.assign(i)
	}
	m.unify()
	if err := h.storeKeys(ctx, m, sides); err != nil {
		return err
	}
	return h.matchPaths(ctx, m, sides)
}

func (m *matcher) read(ctx context.Context, h *History, side int, schema string) error {
	query := `
		SELECT f.function_id, f.name, m.path, coalesce(f.file, ''), coalesce(f.line, 0),
			m.path = (SELECT executable FROM S.processes ORDER BY process_id LIMIT 1)
		FROM S.functions f JOIN S.modules m USING (module_id) ORDER BY 1`
	err := h.each(ctx, strings.ReplaceAll(query, "S.", schema+"."), func(v []driver.Value) {
		f := sideFunction{id: v[0].(uint32), name: stableName(v[1].(string)), rawModule: v[2].(string),
			file: v[3].(string), line: v[4].(uint32), main: v[5] == true}
		m.add(side, f)
	})
	if err != nil {
		return err
	}
	query = `
		SELECT f.function, coalesce(f.module, ''), coalesce(f.file, ''),
			coalesce((SELECT first(m.path ORDER BY m.module_id) FROM S.modules m WHERE parse_filename(m.path) = f.module), ''),
			coalesce(f.module = (SELECT parse_filename(executable) FROM S.processes ORDER BY process_id LIMIT 1), false),
			coalesce(min(f.line), 0)
		FROM S.frames f WHERE f.function_id IS NULL AND f.function IS NOT NULL GROUP BY f.function, f.module, f.file ORDER BY ALL`
	err = h.each(ctx, strings.ReplaceAll(query, "S.", schema+"."), func(v []driver.Value) {
		f := sideFunction{name: v[0].(string), frameModule: v[1].(string), file: v[2].(string), rawModule: v[3].(string),
			main: v[4] == true, line: v[5].(uint32)}
		m.add(side, f)
	})
	if err != nil {
		return err
	}
	query = "SELECT file FROM S.frames WHERE file IS NOT NULL UNION SELECT file FROM S.lines ORDER BY 1"
	return h.each(ctx, strings.ReplaceAll(query, "S.", schema+"."), func(v []driver.Value) {
		m.places[side] = append(m.places[side], v[0].(string))
	})
}

func (m *matcher) add(side int, f sideFunction) {
	f.module = stableModule(f.rawModule)
	if f.main {
		if m.program == "" {
			m.program = f.module
		}
		f.module = m.program
	}
	if f.file != "" {
		m.withFiles[[2]string{fmt.Sprint(side), f.module}] = true
	}
	m.functions[side] = append(m.functions[side], f)
}

func (m *matcher) matchFiles() {
	var files [2][]string
	in := [2]map[string]map[string]bool{{}, {}} // functions of a file
	for side := range m.functions {
		for _, f := range m.functions[side] {
			if f.file == "" {
				continue
			}
			if in[side][f.file] == nil {
				in[side][f.file] = map[string]bool{}
				files[side] = append(files[side], f.file)
			}
			in[side][f.file][f.name] = true
		}
	}
	for side, list := range m.places {
		for _, file := range list {
			if in[side][file] == nil {
				in[side][file] = map[string]bool{}
				files[side] = append(files[side], file)
			}
		}
	}
	m.files = matchFiles(files[0], files[1], func(h, b string) int {
		n := 0
		for name := range in[0][h] {
			if in[1][b][name] {
				n++
			}
		}
		return n
	})
}

// assign gives the functions of a side their keys. One that exists only inlined
// has that of the function of its name in its file or, since a frame's file is
// that of the place, else of its name in its module.
func (m *matcher) assign(side int) {
	named := map[[2]string]uint32{}
	for i := range m.functions[side] {
		f := &m.functions[side][i]
		k := nameKey{f.module, m.files[side][f.file], stableName(f.name)}
		byName := [2]string{f.module, k.function}
		if f.id == 0 {
			if key, ok := named[byName]; ok && m.byKey[k] == 0 {
				f.key = key
				continue
			}
		}
		f.key = m.key(k)
		info := &m.keys[f.key-1]
		if !info.sides[0] && !info.sides[1] {
			info.own = m.own(side, f)
		}
		info.sides[side] = true
		if named[byName] == 0 {
			named[byName] = f.key
		}
	}
}

// own tells whether a function is the program's own: not the system's, and not
// of what a compiler links to every program, which has no debug information
// where the program has, or that of the compiler's own sources.
func (m *matcher) own(side int, f *sideFunction) bool {
	if systemModule(f.rawModule) {
		return false
	}
	if f.file == "" {
		return !m.withFiles[[2]string{fmt.Sprint(side), f.module}]
	}
	return !strings.HasPrefix(f.file, "/rustc/")
}

func (m *matcher) key(k nameKey) uint32 {
	key := m.byKey[k]
	if key == 0 {
		m.keys = append(m.keys, keyInfo{nameKey: k})
		key = uint32(len(m.keys))
		m.byKey[k] = key
	}
	return key
}

// unify matches functions that moved to another file, or whose file only one
// side knows: where of a name in a module each side has one left over, they are
// the same.
func (m *matcher) unify() {
	left := map[[2]string][2][]uint32{}
	for i, k := range m.keys {
		if k.sides[0] != k.sides[1] {
			name := [2]string{k.module, k.function}
			l := left[name]
			side := 0
			if k.sides[1] {
				side = 1
			}
			l[side] = append(l[side], uint32(i+1))
			left[name] = l
		}
	}
	same := map[uint32]uint32{}
	for _, l := range left {
		if len(l[0]) == 1 && len(l[1]) == 1 {
			same[l[1][0]] = l[0][0]
			m.keys[l[0][0]-1].sides[1] = true
		}
	}
	for i := range m.functions[1] {
		f := &m.functions[1][i]
		if key, ok := same[f.key]; ok {
			f.key = key
		}
	}
}

// storeKeys writes what was matched into the connection's memory.
func (h *History) storeKeys(ctx context.Context, m *matcher, sides []pairSide) error {
	err := h.exec(ctx, `CREATE TABLE memory.main._keys (function_key UINTEGER, module VARCHAR, file VARCHAR, function VARCHAR, own BOOLEAN)`)
	if err != nil {
		return err
	}
	err = h.load("main", "_keys", len(m.keys), func(i int) []driver.Value {
		k := m.keys[i]
		return []driver.Value{uint32(i + 1), k.module, orNull(k.file, k.file != ""), k.function, k.own}
	})
	if err != nil {
		return err
	}
	for side, s := range sides {
		if err := h.storeSide(ctx, m, side, s.schema); err != nil {
			return err
		}
	}
	return nil
}

func (h *History) storeSide(ctx context.Context, m *matcher, side int, schema string) error {
	for _, create := range []string{
		"_files (path VARCHAR, file VARCHAR)",
		"_function_keys (function_id UINTEGER, function_key UINTEGER, line UINTEGER)",
		"_inlined_keys (function VARCHAR, module VARCHAR, file VARCHAR, function_key UINTEGER, line UINTEGER)",
	} {
		if err := h.exec(ctx, "CREATE TABLE memory."+schema+"."+create); err != nil {
			return err
		}
	}
	var paths []string
	for path := range m.files[side] {
		paths = append(paths, path)
	}
	err := h.load(schema, "_files", len(paths), func(i int) []driver.Value {
		return []driver.Value{paths[i], m.files[side][paths[i]]}
	})
	var real, inlined []*sideFunction
	for i := range m.functions[side] {
		if f := &m.functions[side][i]; f.id != 0 {
			real = append(real, f)
		} else {
			inlined = append(inlined, f)
		}
	}
	err = errors.Join(err, h.load(schema, "_function_keys", len(real), func(i int) []driver.Value {
		f := real[i]
		return []driver.Value{f.id, f.key, orNull(f.line, f.line != 0)}
	}))
	return errors.Join(err, h.load(schema, "_inlined_keys", len(inlined), func(i int) []driver.Value {
		f := inlined[i]
		return []driver.Value{f.name, f.frameModule, f.file, f.key, orNull(f.line, f.line != 0)}
	}))
}

// load appends rows to a table of the connection's memory.
func (h *History) load(schema, table string, rows int, row func(i int) []driver.Value) error {
	a, err := duckdb.NewAppender(h.conn, memoryName, schema, table)
	if err != nil {
		return fmt.Errorf("fill %s.%s: %w", schema, table, err)
	}
	for i := range rows {
		if err := a.AppendRow(row(i)...); err != nil {
			return errors.Join(fmt.Errorf("fill %s.%s: %w", schema, table, err), a.Close())
		}
	}
	return a.Close()
}

// each calls row with the rows of a query; the values are valid in the call.
func (h *History) each(ctx context.Context, query string, row func(v []driver.Value)) error {
	rows, err := h.conn.QueryContext(ctx, query, nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	values := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(values); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		row(values)
	}
}
