package tables

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"hindsight/internal/debuginfo"
	"hindsight/internal/symbols"
	"hindsight/replay"
)

// readData begins to read the types and variables of all modules, beside the replay:
// which of them run is not known yet, but nearly all do.
func (x *indexer) readData() {
	if !x.fillsVariables() {
		return
	}
	x.data = map[*symbols.File]func() *symbols.Data{}
	var all []func() *symbols.Data
	cache := debuginfo.User()
	for i := range x.code.modules {
		file := x.code.modules[i].file
		if file == nil || x.data[file] != nil {
			continue
		}
		x.data[file] = sync.OnceValue(func() *symbols.Data { return cache.Data(file) })
		all = append(all, x.data[file])
	}
	go func() {
		for _, read := range all {
			read()
		}
	}()
}

func (x *indexer) fillsVariables() bool { return x.fills["types"] || x.fills["variables"] }

// addVariables fills the tables types, variables and _locations. Locals and
// parameters are listed of the functions that ran: others never lay anywhere.
func (x *indexer) addVariables(ctx context.Context, ran []bool, blocks []replay.Block) error {
	if !x.fillsVariables() {
		return nil
	}
	functions := map[uint32]bool{}
	for _, b := range blocks {
		functions[x.code.find(b.PC).function] = true
	}
	l := &variableLoader{x: x, ctx: ctx, ran: functions}
	if err := l.begin(); err != nil {
		return err
	}
	base := uint32(0)
	for i := range x.code.modules {
		if !ran[i] || x.code.modules[i].file == nil {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		data := x.data[x.code.modules[i].file]()
		if err := l.addTypes(i, base, data.Types); err != nil {
			return err
		}
		if err := l.addVariables(i, base, data); err != nil {
			return err
		}
		base += uint32(len(data.Types) - 1)
	}
	if err := l.finish(); err != nil {
		return err
	}
	x.noteUnseen(l.unseen)
	return nil
}

// variableLoader brings types and variables into tables of their own, flat and fast to load,
// from which SQL makes the public ones.
type variableLoader struct {
	x      *indexer
	ctx    context.Context
	ran    map[uint32]bool // functions with a block that was executed
	types  flatTypes
	member flatMembers
	vars   flatVariables
	places flatPlaces
	last   uint32 // variable
	unseen []unseenVariable
	append map[string]*bulkAppender
}

// unseenVariable is a local whose writes cannot all be seen in memory.
type unseenVariable struct {
	module   int
	function uint32
	name     string
	lives    symbols.Lives
}

// flatTables are the tables that are loaded into, temporary ones.
var flatTables = []string{
	`CREATE TEMP TABLE new_types (type_id UINTEGER, name VARCHAR, kind UTINYINT, size UBIGINT, target UINTEGER, count UBIGINT,
		discriminant_offset UBIGINT, discriminant_size UBIGINT, language VARCHAR, module_id UINTEGER)`,
	`CREATE TEMP TABLE new_members (type_id UINTEGER, n UINTEGER, name VARCHAR, "offset" UBIGINT, size UBIGINT, member_type UINTEGER,
		bit_offset UINTEGER, bit_size UINTEGER, value UBIGINT, base UTINYINT)`,
	`CREATE TEMP TABLE new_variables (variable_id UINTEGER, name VARCHAR, kind UTINYINT, scope VARCHAR, function_id UINTEGER, type_id UINTEGER,
		size UBIGINT, addr UBIGINT, file VARCHAR, line UINTEGER, lives UTINYINT, module_id UINTEGER)`,
	`CREATE TEMP TABLE new_places (variable_id UINTEGER, lo_pc UBIGINT, hi_pc UBIGINT, base UTINYINT, "offset" UBIGINT, deref_offset UBIGINT,
		part_offset UBIGINT, part_size UBIGINT)`,
}

// signed makes a BIGINT of a UBIGINT with the same bits.
func signed(column string) string {
	return fmt.Sprintf("(CASE WHEN %[1]s >= 9223372036854775808 THEN -((18446744073709551615 - %[1]s)::BIGINT) - 1 ELSE %[1]s::BIGINT END)", column)
}

// chosen is the text that a number from 0 stands for.
func chosen[T fmt.Stringer](column string, n int, at func(i int) T) string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = quoteText(at(i).String())
	}
	return "[" + strings.Join(texts, ", ") + "][" + column + "::INTEGER + 1]"
}

func (l *variableLoader) begin() error {
	if err := l.x.db.exec(l.ctx, flatTables...); err != nil {
		return err
	}
	l.append = map[string]*bulkAppender{}
	for _, name := range []string{"new_types", "new_members", "new_variables", "new_places"} {
		a, err := newBulkAppender(l.x.db.conn, name)
		if err != nil {
			return err
		}
		l.append[name] = a
	}
	return nil
}

// finish makes the public tables.
func (l *variableLoader) finish() error {
	if err := l.flush(0); err != nil {
		return err
	}
	var statements []string
	if l.x.fills["types"] {
		statements = append(statements, `INSERT INTO types SELECT type_id, name, `+
			chosen("kind", int(symbols.FunctionType)+1, func(i int) symbols.TypeKind { return symbols.TypeKind(i) })+`, size, members, target, count,
			discriminant_offset, discriminant_size, language, module_id
			FROM new_types LEFT JOIN (SELECT type_id, list({'name': name, 'offset': "offset", 'size': size, 'type_id': member_type,
				'bit_offset': bit_offset, 'bit_size': bit_size, 'value': `+signed("value")+`, 'base': base = 1} ORDER BY n) AS members
				FROM new_members GROUP BY type_id) USING (type_id) ORDER BY type_id`)
	}
	if l.x.fills["variables"] {
		statements = append(statements, `INSERT INTO variables SELECT variable_id, name, ['global', 'static', 'local', 'parameter'][kind::INTEGER + 1], scope,
			function_id, type_id, size, addr, file, line, `+
			chosen("lives", int(symbols.OptimizedOut)+1, func(i int) symbols.Lives { return symbols.Lives(i) })+`, module_id
			FROM new_variables ORDER BY variable_id`,
			`INSERT INTO _locations SELECT variable_id, lo_pc, hi_pc, ['address', 'cfa', 'tls'][base::INTEGER + 1], `+signed(`"offset"`)+`, `+
				signed("deref_offset")+`, part_offset, part_size FROM new_places`)
	}
	for _, name := range []string{"new_types", "new_members", "new_variables", "new_places"} {
		statements = append(statements, "DROP TABLE temp."+name)
	}
	return l.x.db.exec(l.ctx, statements...)
}

// flush loads the buffers that have more than so many rows.
func (l *variableLoader) flush(more int) error {
	for _, b := range []buffer{&l.types, &l.member, &l.vars, &l.places} {
		columns, rows := b.columns()
		if rows <= more {
			continue
		}
		if err := l.append[b.table()].append(l.ctx, columns, nil, rows); err != nil {
			return err
		}
		b.reset()
	}
	return nil
}

func (l *variableLoader) addTypes(module int, base uint32, types []symbols.Type) error {
	id := func(t int32) uint32 {
		if t == 0 {
			return 0
		}
		return base + uint32(t)
	}
	for i := 1; i < len(types); i++ {
		t := &types[i]
		l.types.add(id(int32(i)), id(t.Target), uint32(module+1), t)
		for n := range t.Members {
			l.member.add(id(int32(i)), uint32(n), id(t.Members[n].Type), &t.Members[n])
		}
		if i%flushEvery == 0 {
			if err := l.flush(bufferRows); err != nil {
				return err
			}
		}
	}
	return nil
}

// flushEvery is after how many types or variables it is looked whether a buffer is full.
const flushEvery = 1024

func (l *variableLoader) addVariables(module int, base uint32, data *symbols.Data) error {
	m := &l.x.code.modules[module]
	types := data.Types
	for i := range data.Variables {
		v := &data.Variables[i]
		function := uint32(0)
		if v.Function >= 0 {
			function = l.x.code.first[module] + uint32(v.Function)
		}
		if isLocal := v.Kind == symbols.Local || v.Kind == symbols.Parameter; isLocal {
			if !l.ran[function] || function == 0 {
				continue
			}
			if v.Lives != symbols.InMemory {
				l.unseen = append(l.unseen, unseenVariable{module, function, v.Name, v.Lives})
			}
		}
		l.last++
		size := symbols.Unknown
		typ := uint32(0)
		if v.Type != 0 {
			size, typ = types[v.Type].Size, base+uint32(v.Type)
		}
		l.vars.add(l.last, function, typ, size, uint32(module+1), m.bias, v)
		for k := range v.Places {
			l.places.add(l.last, m.bias, &v.Places[k])
		}
		if l.last%flushEvery == 0 {
			if err := l.flush(bufferRows); err != nil {
				return err
			}
		}
	}
	return nil
}
