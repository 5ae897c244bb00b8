package sqlext

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strings"
)

// The two sides of a pair, which are schemas in its connection.
const (
	Head = "head"
	Base = "base"
)

// memoryName is the database in memory that a pair's schemas are in; DuckDB
// gives it this name.
const memoryName = "memory"

// pairSide is one history of a pair.
type pairSide struct {
	schema  string // Head or Base
	catalog string // the attached file
	file    string
}

// OpenPair opens the histories of two runs side by side: schema head has the
// tables, views and macros of the one, schema base those of the other, and names
// without a schema mean head. Each schema has in addition the views of
// pair/each, in which things are named so that they can be found again in the
// other history, and the main schema those of pair/compare, which put the two
// beside each other. base may be "": then there is only head.
func OpenPair(ctx context.Context, head, base string) (*History, error) {
	sides := []pairSide{{Head, databaseName, head}}
	if base != "" {
		sides = append(sides, pairSide{Base, databaseName + "_base", base})
		// DuckDB does not attach a file twice.
		if sameFile(head, base) {
			sides[1].catalog = databaseName
		}
	}
	for _, s := range sides {
		if err := checkFile(s.file); err != nil {
			return nil, err
		}
	}
	h, err := connectMemory(ctx, head)
	if err != nil {
		return nil, err
	}
	if h.functions, err = registerFunctions(ctx, h.connector); err == nil {
		err = h.addPair(ctx, sides)
	}
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// addPair attaches the histories and makes the schemas.
func (h *History) addPair(ctx context.Context, sides []pairSide) error {
	for i, s := range sides {
		if i == 0 || s.catalog != sides[0].catalog {
			if err := h.attach(ctx, s.file, s.catalog, true); err != nil {
				return fmt.Errorf("open history %s: %w", s.file, err)
			}
		}
		if err := h.checkSide(ctx, s); err != nil {
			return err
		}
	}
	for _, s := range sides {
		if err := h.addSchema(ctx, s); err != nil {
			return fmt.Errorf("open history %s: %w", s.file, queryError(ctx, err))
		}
	}
	if err := h.exec(ctx, "SET search_path = '"+memoryName+"."+Head+","+memoryName+".main'"); err != nil {
		return err
	}
	if err := h.matchPair(ctx, sides); err != nil {
		return fmt.Errorf("match the histories: %w", queryError(ctx, err))
	}
	return h.addPairLibrary(ctx, sides)
}

// checkSide makes sure that the attached file is a history of this version.
func (h *History) checkSide(ctx context.Context, s pairSide) error {
	if err := h.exec(ctx, "USE "+s.catalog); err != nil {
		return err
	}
	named := &History{path: s.file, conn: h.conn}
	err := named.checkVersion(ctx)
	return errors.Join(err, h.exec(ctx, "USE "+memoryName))
}

// addSchema makes a side's schema: a view of each table and view of the file,
// and the library's macros. A macro that is stored in the file cannot be used:
// the names in it would mean those of the connection's search path.
func (h *History) addSchema(ctx context.Context, s pairSide) error {
	if err := h.exec(ctx, "CREATE SCHEMA "+s.schema); err != nil {
		return err
	}
	rows, err := h.strings(ctx, `
		SELECT table_name FROM duckdb_tables() WHERE database_name = $1 AND schema_name = 'main'
		UNION SELECT view_name FROM duckdb_views() WHERE database_name = $1 AND schema_name = 'main' AND NOT internal
		ORDER BY 1`, s.catalog)
	if err != nil {
		return err
	}
	// The library's macros use the file's tables themselves, which have a rowid.
	own, names := memoryName+"."+s.schema, map[string]string{}
	for _, r := range rows {
		names[r[0]] = s.catalog + ".main"
		create := fmt.Sprintf(`CREATE VIEW %s.%s AS FROM %s.main.%s`, s.schema, quoteName(r[0]), s.catalog, quoteName(r[0]))
		if err := h.exec(ctx, create); err != nil {
			return err
		}
	}
	for _, m := range Macros() {
		names[m.Name] = own
	}
	for _, v := range Views() {
		if names[v.Name] != "" {
			continue // the file has it
		}
		if err := h.createIn(ctx, s.schema, v.SQL, names); err != nil {
			return fmt.Errorf("%s: %w", v.Name, err)
		}
		names[v.Name] = own
	}
	for _, m := range Macros() {
		if m.Live {
			// The Go functions are told the database, and look into no other.
			m.SQL = strings.ReplaceAll(m.SQL, quote(databaseName), quote(s.catalog))
		}
		if err := h.createIn(ctx, s.schema, m.SQL, names); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return nil
}

// createIn runs a CREATE OR REPLACE MACRO or VIEW of the library in a schema. The
// tables, views and macros that it uses, which are those of names, get the
// database and schema that names has for them, so that it means the same wherever
// it is used from.
func (h *History) createIn(ctx context.Context, schema, statement string, names map[string]string) error {
	head, body, err := splitCreate(statement)
	if err != nil {
		return err
	}
	body, err = h.qualify(ctx, body, names)
	if err != nil {
		return err
	}
	head = strings.Replace(head, " MACRO ", " MACRO "+memoryName+"."+schema+".", 1)
	head = strings.Replace(head, " VIEW ", " VIEW "+memoryName+"."+schema+".", 1)
	return h.exec(ctx, head+body)
}

// quoteName makes an SQL name.
func quoteName(s string) string {
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// SideFacts are facts about a history of a pair.
type SideFacts struct {
	Program  string // file name of the executable
	Warnings uint64 // diagnostics that are more than information
	// Symbols tells that most of the program's own instructions were executed in
	// functions that have a name, Lines that some have a source line.
	Symbols, Lines bool
}

// Side tells facts about Head or Base.
func (h *History) Side(ctx context.Context, side string) (SideFacts, error) {
	var f SideFacts
	err := h.each(ctx, fmt.Sprintf(`
		WITH program AS (SELECT executable AS path FROM %[1]s.processes ORDER BY process_id LIMIT 1),
		own AS (
			SELECT b.instructions * b.executions AS n, coalesce(NOT regexp_matches(f.name, '^sub_[0-9a-f]+$'), false) AS named
			FROM %[1]s.blocks b JOIN %[1]s.modules m ON m.process_id = b.process_id AND m.start_addr <= b.pc AND b.pc < m.end_addr
			LEFT JOIN %[1]s.functions f ON f.function_id = b.function_id
			WHERE m.path = (SELECT path FROM program))
		SELECT coalesce((SELECT parse_filename(path) FROM program), ''),
			(SELECT count(*) FROM %[1]s.diagnostics WHERE severity <> 'info')::UBIGINT,
			coalesce((SELECT 2 * sum(n) FILTER (named) >= sum(n) FROM own), (SELECT count(*) = 0 FROM own)),
			EXISTS (FROM %[1]s.frames WHERE line IS NOT NULL AND module = (SELECT parse_filename(path) FROM program))`, side), func(v []driver.Value) {
		f.Program, f.Warnings, f.Symbols, f.Lines = v[0].(string), v[1].(uint64), v[2].(bool), v[3].(bool)
	})
	if err != nil {
		return f, queryError(ctx, err)
	}
	return f, nil
}
