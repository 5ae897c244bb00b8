package tables

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
)

// The program says where its variables lie in each call; the tables must say the same.
func TestVariablePlaces(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	rec := record(t, "variable_places")
	for _, from := range []string{"the file", "the cache"} {
		db, _ := indexed(t, rec, Options{})
		said := map[string][]string{}
		order := []string{}
		rows, err := db.Query("SELECT text FROM output ORDER BY t")
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			text.WriteString(s)
		}
		for line := range strings.Lines(text.String()) {
			f := strings.Fields(line)
			if line == "EXIT-SUCCESS\n" {
				continue
			}
			if len(f) != 3 {
				t.Fatalf("the program printed %q", line)
			}
			key := f[0] + " " + f[1]
			if said[key] == nil {
				order = append(order, key)
			}
			said[key] = append(said[key], f[2])
		}
		if len(order) != 12 {
			t.Fatalf("the program printed %d variables: %v", len(order), order)
		}
		for _, key := range order {
			function, name, _ := strings.Cut(key, " ")
			got := places(t, db, function, name)
			want := said[key]
			if len(got) == 1 { // has one place for all calls
				got = strings.Split(strings.Repeat(got[0]+" ", len(want)), " ")[:len(want)]
			}
			if name == "next" { // the innermost call does not get so far
				got = got[:len(want)]
			}
			if strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("from %s: %s lies at %v, the program says %v", from, key, got, want)
			}
		}
	}
}

// places returns where a variable lies in each call of its function.
func places(t *testing.T, db *sql.DB, function, name string) []string {
	t.Helper()
	query := fmt.Sprintf(`SELECT DISTINCT coalesce(c.call_id, 0), (CASE WHEN l.base = 'cfa' THEN c.cfa::HUGEINT ELSE 0 END + l."offset")::UBIGINT
		FROM variables v JOIN modules m USING (module_id) JOIN _locations l USING (variable_id)
		LEFT JOIN calls c ON c.function_id = v.function_id AND l.base = 'cfa'
		WHERE v.name = '%s' AND coalesce(v.scope, '-') = '%s' AND m.path LIKE '%%variable_places%%' ORDER BY ALL`, name, function)
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var call, addr uint64
		if err := rows.Scan(&call, &addr); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%#x", addr))
	}
	return out
}

// Tables that were not asked for stay empty.
func TestVariablesLeftOut(t *testing.T) {
	rec := record(t, "variable_places")
	for _, c := range []struct {
		tables           []string
		types, variables bool
	}{{[]string{"calls"}, false, false}, {[]string{"types"}, true, false}, {[]string{"variables"}, false, true}} {
		db, _ := indexed(t, rec, Options{Tables: c.tables})
		for table, want := range map[string]bool{"types": c.types, "variables": c.variables, "_locations": c.variables} {
			var n int
			if err := db.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n > 0 != want {
				t.Errorf("--tables %v: %s has %d rows", c.tables, table, n)
			}
		}
	}
}

// Everything that refers to a type or variable finds it, and types are there once.
func TestTypesAreSound(t *testing.T) {
	db, _ := indexed(t, record(t, "cpp_objects"), Options{})
	for what, query := range map[string]string{
		"targets without a type":          `SELECT count(*) FROM types t WHERE target_type_id NOT IN (SELECT type_id FROM types)`,
		"members without a type":          `SELECT count(*) FROM (SELECT unnest(members) AS m FROM types) WHERE m.type_id NOT IN (SELECT type_id FROM types)`,
		"variables without a type":        `SELECT count(*) FROM variables WHERE type_id NOT IN (SELECT type_id FROM types)`,
		"places without a variable":       `SELECT count(*) FROM _locations WHERE variable_id NOT IN (SELECT variable_id FROM variables)`,
		"functions that are missing":      `SELECT count(*) FROM variables WHERE function_id NOT IN (SELECT function_id FROM functions)`,
		"locals outside their function":   `SELECT count(*) FROM _locations l JOIN variables v USING (variable_id) JOIN functions f USING (function_id) WHERE v.kind = 'local' AND f.module_id <> v.module_id`,
		"structs twice":                   `SELECT count(*) FROM (SELECT name, module_id, members FROM types WHERE kind = 'struct' AND name IS NOT NULL AND size IS NOT NULL GROUP BY ALL HAVING count(*) > 1 AND module_id = 1)`,
		"numbers that are not in a row":   `SELECT (max(type_id) - count(*)) + (SELECT max(variable_id) - count(*) FROM variables) FROM types`,
		"wrong sizes of arrays":           `SELECT count(*) FROM types a JOIN types e ON e.type_id = a.target_type_id WHERE a.kind = 'array' AND a.size <> a.count * e.size`,
		"members outside of their struct": `SELECT count(*) FROM (SELECT size AS whole, unnest(members) AS m FROM types WHERE kind = 'struct') WHERE m."offset" + m.size > whole AND m.bit_size IS NULL AND NOT m.base`,
	} {
		var n int
		if err := db.QueryRow(query).Scan(&n); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM types WHERE module_id = 1 AND kind IN ('struct', 'class')").Scan(&n); err != nil || n == 0 {
		t.Errorf("%d structs, %v", n, err)
	}
}

// A variable of a library that was copied into the program lies there.
func TestCopiedVariable(t *testing.T) {
	db, _ := indexed(t, record(t, "copied_variable"), Options{})
	var said string
	if err := db.QueryRow("SELECT split_part(string_agg(text, '' ORDER BY t), chr(10), 1) FROM output").Scan(&said); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(`SELECT addr FROM variables v WHERE name IN ('environ', '__environ') AND kind = 'global' AND addr IS NOT NULL`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var addr uint64
		if err := rows.Scan(&addr); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%#x", addr); got != said {
			t.Errorf("environ lies at %s, the program says %s", got, said)
		}
	}
	if n == 0 {
		t.Skip("the C library has no debug information here")
	}
}
