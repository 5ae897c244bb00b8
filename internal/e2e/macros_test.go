package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// macroPoints are places and times of a history: around random writes, large ones
// among them, and random times that no signal has.
const macroPoints = `CREATE TEMP TABLE points AS
	SELECT row_number() OVER (ORDER BY hash(w.t), w.t, w.addr, w.size)::INTEGER AS i, w.addr + hash(w.t, 1) % w.size AS a, w.addr - hash(w.t) % 80 AS lo, w.addr + 1 + hash(w.t, 2) % 90 AS hi,
		(hash(w.t, w.addr) % (SELECT instructions + 1 FROM recordings)) AS t
	FROM (SELECT * FROM writes WHERE size > 64 ORDER BY hash(t), addr LIMIT 15) w
	UNION ALL
	SELECT 100 + row_number() OVER (ORDER BY hash(w.t), w.t, w.addr, w.size), w.addr + hash(w.t, 1) % w.size, w.addr - hash(w.t) % 80, w.addr + 1 + hash(w.t, 2) % 90,
		greatest(w.t + hash(w.addr) % 1000, 1)
	FROM (SELECT * FROM writes ORDER BY hash(t), addr LIMIT 60) w;
DELETE FROM points WHERE t IN (SELECT t FROM signals);
-- Every write to a byte that counts at a time: not before its memory was mapped.
CREATE TEMP TABLE covering AS
	SELECT p.i, w.t, w.rowid AS row, CASE WHEN w.size <= 8 THEN (w.value >> (8 * (p.a - w.addr))::BIGINT) & 255
		ELSE ('0x' || substr(hex(w.bytes), (2 * (p.a - w.addr) + 1)::BIGINT, 2))::UBIGINT END AS byte
	FROM points p
	JOIN _memory m ON m.addr <= p.a AND p.a < m.addr + m.size AND coalesce(m.from_t < p.t, true) AND coalesce(m.to_t >= p.t, true)
	JOIN (SELECT row_number() OVER () AS rowid, * FROM writes) w ON w.addr <= p.a AND p.a < w.addr + w.size AND w.t < p.t AND w.t >= coalesce(m.from_t, 0);
`

// macroQuestions have no rows where a macro agrees with another formulation of it
// over the tables alone, which looks at every row.
var macroQuestions = map[string]string{
	"writes_to": `SELECT * FROM (SELECT p.i, w.* FROM points p, writes_to(p.lo, p.hi) w) x FULL JOIN
		(SELECT p.i, w.* FROM points p JOIN writes w ON w.addr < p.hi AND w.addr + w.size > p.lo) y
		ON x.i = y.i AND x.t = y.t AND x.addr = y.addr AND x.size = y.size AND x.pc = y.pc AND x.value = y.value AND x.source = y.source
			AND x.call_id = y.call_id AND x.stack_id = y.stack_id AND x.bytes IS NOT DISTINCT FROM y.bytes
		WHERE x.i IS NULL OR y.i IS NULL ORDER BY ALL`,
	"last_write": `SELECT p.i, h(p.a), p.t, w.t, c.t FROM points p LEFT JOIN (SELECT p.i, w.t FROM points p, last_write(p.a, p.t) w) w USING (i)
		LEFT JOIN (SELECT i, max(t) AS t FROM covering GROUP BY i) c USING (i) WHERE w.t IS DISTINCT FROM c.t ORDER BY ALL`,
	// Where one instruction or system call wrote a byte twice, the order is not in the rows.
	"bytes_at": `SELECT p.i, h(p.a), p.t, b.byte, c.byte FROM points p JOIN (SELECT p.i, b.byte, b.written_t FROM points p, bytes_at(p.a, 1, p.t) b) b USING (i)
		JOIN (SELECT i, t, any_value(byte) AS byte FROM covering SEMI JOIN (SELECT i, max(t) AS t FROM covering GROUP BY i) n USING (i, t) GROUP BY i, t HAVING count(*) = 1) c USING (i)
		WHERE b.byte IS DISTINCT FROM c.byte OR b.written_t IS DISTINCT FROM c.t ORDER BY ALL`,
	"stack": `WITH RECURSIVE up(id, here, level) AS (
			SELECT stack_id, stack_id, 0 FROM stacks UNION ALL
			SELECT u.id, s.parent_stack_id, u.level + 1 FROM up u JOIN stacks s ON s.stack_id = u.here WHERE s.parent_stack_id IS NOT NULL),
		line AS (
			SELECT u.id, 0 AS level, 0 AS inner_level, coalesce(f.name || coalesce(' at ' || f.file || ':' || f.line, ' in ' || parse_filename(m.path), ''), '?') AS text
			FROM up u JOIN stacks s ON s.stack_id = u.here LEFT JOIN functions f USING (function_id) LEFT JOIN modules m USING (module_id) WHERE u.level = 0
			UNION ALL
			SELECT u.id, u.level + 1, f.level, coalesce(f.function, h(s.call_pc)) || coalesce(' at ' || f.file || ':' || f.line, ' in ' || f.module, '')
			FROM up u JOIN stacks s ON s.stack_id = u.here JOIN frames f ON f.pc = s.call_pc)
		SELECT * FROM (SELECT id, string_agg(text, chr(10) ORDER BY level, inner_level) AS text, stack(id) AS said FROM line GROUP BY id)
		WHERE text IS DISTINCT FROM said ORDER BY ALL`,
	"call_tree": `WITH RECURSIVE chosen AS (SELECT call_id AS root FROM calls ORDER BY exit_t IS NULL DESC, hash(call_id), call_id LIMIT 12),
		tree(root, call_id, depth) AS (SELECT root, root, 0 FROM chosen UNION ALL
			SELECT t.root, c.call_id, t.depth + 1 FROM tree t JOIN calls c ON c.parent_call_id = t.call_id),
		spent AS (SELECT call_id, parent_call_id, coalesce(exit_t, (SELECT instructions - 1 FROM recordings)) - enter_t + (call_pc IS NULL)::INTEGER AS n FROM calls),
		want AS (SELECT t.root, t.call_id, t.depth, s.n AS total, s.n - coalesce((SELECT sum(n) FROM spent i WHERE i.parent_call_id = t.call_id), 0) AS self
			FROM tree t JOIN spent s USING (call_id)),
		got AS (SELECT c.root, t.* FROM chosen c, call_tree(c.root) t)
		SELECT * FROM want w FULL JOIN got g USING (root, call_id)
		WHERE w.total IS DISTINCT FROM g.total OR w.self IS DISTINCT FROM g.self OR w.depth IS DISTINCT FROM g.depth ORDER BY ALL`,
	"callers": groupedCalls("callers('*')", "g.name", "f.function", "f.module"),
	"callees": groupedCalls("callees('*')", "f.function", "g.name", "parse_filename(m.path)"),
}

// groupedCalls compares callers or callees with all calls by their place: what is
// inside an earlier call of the same place counts there.
func groupedCalls(macro, function, other, module string) string {
	column := map[bool]string{true: "caller", false: "callee"}[strings.HasPrefix(macro, "callers")]
	join := map[bool]string{true: "JOIN functions g USING (function_id) LEFT JOIN frames f", false: "LEFT JOIN functions g USING (function_id) JOIN frames f"}[column == "caller"]
	return fmt.Sprintf(`WITH call AS (
			SELECT hash(%s, %s, %s, f.file, f.line) AS place, %s AS function, %s AS other, f.file, f.line, c.call_id, c.enter_t, coalesce(c.exit_t, (SELECT instructions - 1 FROM recordings)) AS exit_t,
				CASE WHEN '%s' = 'caller' AND c.call_pc IS NULL THEN 1 ELSE 0 END AS more, c.exit_t IS NULL AS endless
			FROM calls c %s ON f.pc = c.call_pc AND f.level = 0 LEFT JOIN modules m ON m.module_id = g.module_id),
		want AS (SELECT function, other, file, line, count(*) AS calls, sum(CASE WHEN EXISTS (
				FROM call o WHERE o.place = call.place AND o.call_id < call.call_id AND (o.exit_t > call.enter_t OR o.endless)) THEN 0 ELSE exit_t - enter_t + more END) AS total
			FROM call GROUP BY function, other, file, line)
		SELECT * FROM want w FULL JOIN (SELECT function, %s AS other, file, line, sum(calls) AS calls, sum(total) AS total FROM %s GROUP BY ALL) g
			ON w.function IS NOT DISTINCT FROM g.function AND w.other IS NOT DISTINCT FROM g.other AND w.file IS NOT DISTINCT FROM g.file AND w.line IS NOT DISTINCT FROM g.line
		WHERE w.calls IS DISTINCT FROM g.calls OR w.total IS DISTINCT FROM g.total ORDER BY ALL`,
		function, other, module, function, other, column, join, column, macro)
}

// TestMacrosEqualBruteForce asks recorded programs' histories.
func TestMacrosEqualBruteForce(t *testing.T) {
	for _, program := range []string{"memory_moves", "signal_nested"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			recording, _ := record(t, command{args: []string{variant(t, program, "O2")}})
			database := index(t, recording, "history")
			parts := []string{"SELECT 'points' AS macro, count(*) AS n FROM covering"}
			for macro, question := range macroQuestions {
				parts = append(parts, fmt.Sprintf("SELECT %s, count(*) FROM (%s)", quote(macro), question))
			}
			for _, r := range ask(t, database, macroPoints+strings.Join(parts, "\nUNION ALL\n")+"\nORDER BY macro") {
				if n := number(t, r[1]); r[0] == "points" && n < 100 {
					t.Errorf("only %d writes touch the points", n)
				} else if r[0] != "points" && n > 0 {
					t.Errorf("%s: %d rows differ: %v", r[0], n, ask(t, database, macroPoints+macroQuestions[r[0]])[0])
				}
			}
		})
	}
}

var symbolized = regexp.MustCompile(`^(\S+?)(?:\+0x[0-9a-f]+| \(in \S+\)) (\S+):(\d+)$`)

// TestSymbolizeEqualsAddr2line compares the function and line of every instruction
// of a program that its history mentions.
func TestSymbolizeEqualsAddr2line(t *testing.T) {
	need(t, "addr2line")
	for program, flags := range map[string]string{"calls_and_returns": "O0", "inlined_functions": "O2"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			path := variant(t, program, flags)
			recording, _ := record(t, command{args: []string{path}})
			database := index(t, recording, "history")
			rows := ask(t, database, `SELECT h(f.pc - m.load_bias), symbolize(f.pc) FROM frames f JOIN modules m ON m.module_id = 1 AND f.pc >= m.start_addr AND f.pc < m.end_addr
				WHERE f.level = 0 AND f.line IS NOT NULL ORDER BY f.pc`)
			args := []string{"addr2line", "-f", "-e", path}
			for _, r := range rows {
				args = append(args, r[0])
			}
			said := strings.Split(run(t, command{args: args}).stdout, "\n")
			if len(rows) < 20 || len(said) < 2*len(rows) {
				t.Fatalf("%d addresses, %d lines of addr2line", len(rows), len(said))
			}
			for i, r := range rows {
				m := symbolized.FindStringSubmatch(r[1])
				line, _, _ := strings.Cut(said[2*i+1], " ") // "(discriminator 3)" may follow
				if m == nil || m[1] != said[2*i] || filepath.Base(m[2])+":"+m[3] != filepath.Base(line) {
					t.Errorf("%s: symbolize is %q, addr2line says %s %s", r[0], r[1], said[2*i], said[2*i+1])
				}
			}
		})
	}
}
