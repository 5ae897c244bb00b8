package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"hindsight/internal/fixture"
)

// bruteVariables lists the variables of C that the question below can ask about:
// those that lie at a fixed address or in their call's frame, in one piece. A row
// has what names one of them and no other.
const bruteVariables = `
WITH elsewhere AS (
	SELECT variable_id FROM _locations l JOIN variables v USING (variable_id)
	WHERE base = 'tls' OR base = 'address' AND v.kind IN ('local', 'parameter') OR deref_offset IS NOT NULL OR part_offset IS NOT NULL)
SELECT v.module_id, parse_filename(any_value(m.path)), v.file, v.line, CASE WHEN v.function_id IS NOT NULL THEN v.scope END AS function, v.name
FROM variables v JOIN modules m USING (module_id)
WHERE v.lives IN ('memory', 'memory and register') AND v.size BETWEEN 1 AND 4096 AND v.line IS NOT NULL
	AND (v.scope IS NULL OR v.function_id IS NOT NULL)
	AND v.type_id NOT IN (SELECT type_id FROM types WHERE kind = 'reference' OR language NOT LIKE 'C%')
	AND v.variable_id IN (SELECT variable_id FROM _locations)
GROUP BY v.module_id, v.file, v.line, function, v.name, v.kind IN ('global', 'static')
HAVING NOT bool_or(v.variable_id IN (FROM elsewhere))
QUALIFY count(*) OVER (PARTITION BY v.module_id, v.file, v.line, function, v.name) = 1
ORDER BY ALL`

// bruteWrites is the definition of variable_writes, as plain as it can be said: the
// writes that touch where the variable lies, while it does. Of a local, that is
// while its call is open and in the code in which its location holds; of a
// parameter that the caller pushed, also what had set each byte last before.
const bruteWrites = `
own AS (
	SELECT c.i, v.* FROM chosen c JOIN variables v ON v.module_id = c.module_id AND v.file = c.file AND v.line = c.line AND v.name = c.name
		AND (c.function = '' AND v.function_id IS NULL OR c.function <> '' AND v.scope = c.function)),
spots AS (
	SELECT o.i, o.function_id, o.module_id, l.base, l."offset", any_value(o.size) AS size, any_value(o.kind) AS kind,
		bool_or(l.lo_pc IS NULL OR l.lo_pc <= f.entry_pc AND f.end_pc <= l.hi_pc) AS anywhere,
		list({'lo': l.lo_pc - CASE WHEN o.lives = 'memory' THEN 0 ELSE 15 END, 'hi': l.hi_pc}) AS code
	FROM own o JOIN _locations l USING (variable_id) LEFT JOIN functions f ON f.function_id = o.function_id GROUP BY ALL),
lay AS (
	SELECT i, s."offset"::UBIGINT AS lo, s."offset"::UBIGINT + s.size AS hi, m.mapped_t AS since, m.unmapped_t AS until,
		NULL::UBIGINT AS call_id, true AS anywhere, s.code, false AS given, NULL::UBIGINT AS caller_t
	FROM spots s JOIN modules m USING (module_id) WHERE s.base = 'address'
	UNION ALL
	SELECT i, (c.cfa::HUGEINT + s."offset")::UBIGINT AS lo, (c.cfa::HUGEINT + s."offset")::UBIGINT + s.size, c.enter_t, c.exit_t,
		c.call_id, s.anywhere, s.code, s.kind = 'parameter' AND s."offset" >= 0, coalesce(p.enter_t, 0)
	FROM spots s JOIN calls c USING (function_id) LEFT JOIN calls p ON p.call_id = c.parent_call_id WHERE s.base = 'cfa'),
made AS ( -- the calls that are not tail calls, whose call_pc is elsewhere
	FROM calls d ANTI JOIN calls e ON e.parent_call_id = d.parent_call_id AND e.exit_t = d.enter_t),
touching AS (
	SELECT l.*, w.t, w.addr, w.size, w.value,
		CASE WHEN w.call_id = l.call_id THEN w.pc
			ELSE (SELECT max_by(d.call_pc, d.enter_t) FROM made d WHERE d.parent_call_id = l.call_id AND d.enter_t <= w.t) END AS owner_pc
	FROM lay l JOIN writes w ON w.addr < l.hi AND w.addr + w.size > l.lo),
brute AS (
	SELECT i, t, addr, size, value FROM touching
	WHERE t > since AND (until IS NULL OR t < until)
		AND (anywhere OR owner_pc IS NULL OR list_bool_or([c.lo <= owner_pc AND owner_pc < c.hi FOR c IN code]))
	UNION ALL
	SELECT DISTINCT i, t, addr, size, value FROM (
		SELECT * FROM touching x, range(lo::BIGINT, hi::BIGINT) b(byte)
		WHERE given AND t <= since AND t > caller_t AND addr <= byte AND byte < addr + size
		QUALIFY row_number() OVER (PARTITION BY i, call_id, lo, byte ORDER BY t DESC) = 1))`

// TestVariableWritesByBruteForce: for random variables, of the program and of the
// optimized C library, variable_writes gives what the definition gives.
func TestVariableWritesByBruteForce(t *testing.T) {
	programs, err := fixture.In("testdata/truth")
	if err != nil {
		t.Fatal(err)
	}
	lives, err := fixture.In("testdata/lives")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(programs, lives...) {
		if !strings.HasSuffix(p.Source, ".c") {
			continue
		}
		for _, v := range fixture.Variants[:2] {
			t.Run(p.Name+" "+v.Name, func(t *testing.T) {
				path, err := p.Binary(v)
				if err != nil {
					t.Fatal(err)
				}
				recording, _ := record(t, command{args: []string{path}})
				database := index(t, recording, "history")
				bruteForce(t, database)
				if p.Name == "assignments" {
					brutePointers(t, database, v.Name == "O0")
				}
			})
		}
	}
}

// mostBrute is how many variables are asked about.
const mostBrute = 150

func bruteForce(t *testing.T, database string) {
	t.Helper()
	variables := ask(t, database, bruteVariables)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	random.Shuffle(len(variables), func(i, j int) { variables[i], variables[j] = variables[j], variables[i] })
	variables = variables[:min(len(variables), mostBrute)]
	var chosen, parts, paths []string
	for i, v := range variables {
		chosen = append(chosen, fmt.Sprintf("(%d, %s, %s, %s, %s, %s)", i, v[0], quote(v[2]), v[3], quote(v[4]), quote(v[5])))
		path := fmt.Sprintf("%s!%s:%s:", v[1], v[2], v[3])
		if v[4] != "" {
			path += v[4] + "."
		}
		paths = append(paths, path+v[5])
		parts = append(parts, fmt.Sprintf("SELECT %d AS i, t, addr, size, value FROM variable_writes(%s)", i, quote(path+v[5])))
	}
	rows := ask(t, database, "WITH chosen(i, module_id, file, line, function, name) AS (VALUES "+strings.Join(chosen, ", ")+"),"+bruteWrites+
		",\nengine AS ("+strings.Join(parts, "\nUNION ALL\n")+`)
		SELECT i, t, addr, size, value, count(*) FILTER (who = 'engine'), count(*) FILTER (who = 'brute'), count(*) OVER () FROM (
			SELECT *, 'engine' AS who FROM engine UNION ALL SELECT *, 'brute' FROM brute) GROUP BY ALL ORDER BY i, t`)
	differ := 0
	for _, r := range rows {
		if r[5] == r[6] {
			continue
		}
		if differ++; differ <= 10 {
			n := 0
			fmt.Sscan(r[0], &n)
			t.Errorf("%s: the write at t = %s, %s bytes at %s: %s times by variable_writes, %s by its definition (seed %d)", paths[n], r[1], r[3], r[2], r[5], r[6], seed)
		}
	}
	if t.Logf("%d variables, %d writes, %d differ", len(variables), len(rows), differ); len(rows) < 100 {
		t.Errorf("there are %d writes only", len(rows))
	}
}

// brutePointers asks about what pointers lead to: from the instruction after each
// write to a pointer to the next such write, the variable is where it points to.
func brutePointers(t *testing.T, database string, locals bool) {
	t.Helper()
	paths := [][3]string{{"head", "head->value", "0 4"}, {"head", "head->next", "8 8"}, {"head", "*head", "0 16"}, {"text", "*text", "0 1"}, {"cfg.label", "*cfg.label", "0 1"}}
	if locals {
		paths = append(paths, [3]string{"locals.reach", "*locals.reach", "0 8"})
	}
	for _, p := range paths {
		var offset, size int
		fmt.Sscan(p[2], &offset, &size)
		rows := ask(t, database, fmt.Sprintf(`
WITH steps AS (
	SELECT p.t, p.value + %[3]d AS lo, p.value + %[4]d AS hi, lead(p.t) OVER (PARTITION BY p.owner_call_id ORDER BY p.t) AS next_t, c.exit_t
	FROM variable_writes(%[1]s) p LEFT JOIN calls c ON c.call_id = p.owner_call_id),
brute AS (
	SELECT w.t, w.addr, w.size, w.value FROM steps s JOIN writes w ON w.addr < s.hi AND w.addr + w.size > s.lo AND w.t > s.t
		AND (next_t IS NULL OR w.t <= next_t) AND (exit_t IS NULL OR w.t < exit_t)
	WHERE lo >= 4096)
SELECT t, addr, count(*) FILTER (who = 1), count(*) FILTER (who = 2) FROM (
	SELECT t, addr, size, value, 1 AS who FROM variable_writes(%[2]s) UNION ALL SELECT *, 2 FROM brute) GROUP BY ALL ORDER BY t`,
			quote(p[0]), quote(p[1]), offset, offset+size))
		for _, r := range rows {
			if r[2] != r[3] {
				t.Errorf("%s: the write at t = %s to %s: %s times by variable_writes, %s by its definition", p[1], r[0], r[1], r[2], r[3])
			}
		}
		if (p[1] == "head->value" || p[1] == "*head") && len(rows) < 8 {
			t.Errorf("%s: %d writes only", p[1], len(rows))
		}
	}
}
