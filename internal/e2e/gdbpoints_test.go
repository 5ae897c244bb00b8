package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hindsight/internal/fixture"
	"hindsight/internal/gdbtext"
)

// points are how many points of a run are compared with gdb.
const points = 100

// point is an execution of an instruction.
type point struct {
	t, pc    uint64 // pc without the load bias
	hits     int    // executions of pc since the point before, this one included
	function string // whose code it is
	frames   []string
	values   map[string]string
}

// TestValuesAndStacksEqualGdb lets gdb run the programs of testdata/truth to a
// hundred points that are chosen from the history, and compares the stack and the
// variables there. Both show the state before the instruction.
func TestValuesAndStacksEqualGdb(t *testing.T) {
	need(t, "gdb")
	forTruthPrograms(t, func(t *testing.T, p fixture.Program, binary string) {
		if strings.Contains(t.Name(), "O2") {
			t.Skip("TestStacksEqualGdb compares optimized code: gdb hides inlined functions at their first instruction")
		}
		recording, _ := record(t, command{args: []string{binary}})
		database := index(t, recording, "history")
		g := &gdbPoints{database: database, language: filepath.Ext(p.Source)}
		g.choose(t)
		g.askFrames(t)
		g.askValues(t)
		g.run(t, binary)
		if g.compared < 2*points {
			t.Errorf("only %d values were compared", g.compared)
		}
		t.Logf("%d values and %d stacks compared", g.compared, len(g.points))
	})
}

type gdbPoints struct {
	database, language string
	bias, end          uint64 // of the program in the recording
	mainAt             uint64 // without bias
	points             []point
	compared           int
}

const ownWrites = `WITH main AS (SELECT min_by(c, c.enter_t) AS c FROM calls c JOIN functions f USING (function_id) WHERE f.name = 'main'),
own AS (SELECT DISTINCT w.t, w.pc, w.call_id, w.stack_id FROM writes w, modules m, main
	WHERE m.module_id = 1 AND w.pc >= m.start_addr AND w.pc < m.end_addr AND w.source = 'instruction'
		AND w.t > main.c.enter_t + 1 AND w.t < main.c.exit_t),
chosen AS (SELECT o.*, f.name AS function FROM own o JOIN calls c USING (call_id) JOIN functions f USING (function_id) WHERE f.file IS NOT NULL
	AND (f.language <> 'Rust' OR f.file LIKE '%%/assignments.rs') AND o.pc >= f.entry_pc AND o.pc < f.end_pc ORDER BY hash(o.t), o.t LIMIT %d),
ordered AS (SELECT *, lag(t, 1, 0) OVER (ORDER BY t) AS since FROM chosen) `

// choose takes points among the writes of the program's own code.
func (g *gdbPoints) choose(t *testing.T) {
	t.Helper()
	row := ask(t, g.database, `SELECT m.load_bias, m.end_addr, f.entry_pc - m.load_bias FROM modules m JOIN functions f USING (module_id) WHERE module_id = 1 AND f.name = 'main'`)
	if len(row) != 1 {
		t.Fatalf("%d functions main", len(row))
	}
	g.bias, g.end, g.mainAt = number(t, row[0][0]), number(t, row[0][1]), number(t, row[0][2])
	rows := ask(t, g.database, fmt.Sprintf(ownWrites, points)+`SELECT o.t, o.pc, o.function,
			(SELECT count(*) FROM own h WHERE h.pc = o.pc AND h.t > o.since AND h.t <= o.t) FROM ordered o ORDER BY o.t`)
	if len(rows) != points {
		t.Fatalf("%d points, want %d", len(rows), points)
	}
	for _, r := range rows {
		g.points = append(g.points, point{t: number(t, r[0]), pc: number(t, r[1]) - g.bias, function: r[2], hits: int(number(t, r[3])), values: map[string]string{}})
	}
}

// askFrames asks for the stack at each point: the frames of the instruction,
// then those of the stack that have called.
func (g *gdbPoints) askFrames(t *testing.T) {
	t.Helper()
	rows := ask(t, g.database, fmt.Sprintf(ownWrites, points)+`SELECT * FROM (
		SELECT o.t, 0 AS part, f.level, f.function, f.file, f.line FROM ordered o JOIN frames f USING (pc)
		UNION ALL SELECT o.t, 1, s.level, s.function, s.file, s.line FROM ordered o JOIN stack_frames s USING (stack_id) WHERE s.pc IS NOT NULL)
		ORDER BY t, part, level`)
	at := map[string]int{}
	for i, p := range g.points {
		at[strconv.FormatUint(p.t, 10)] = i
	}
	for _, r := range rows {
		p := &g.points[at[r[0]]]
		p.frames = append(p.frames, frameText(r[3], r[4], r[5]))
	}
}

// frameText is a function's bare name and its place.
func frameText(function, file, line string) string {
	name := bareName(function)
	if name == "__uniq_ptr_data" { // an inherited constructor, which gdb calls by its base's name
		name = "__uniq_ptr_impl"
	}
	return name + " " + filepath.Base(file) + ":" + line
}

// bareName is a function's name without path, parameters and arguments of
// templates, which gdb writes in other ways.
func bareName(name string) string {
	var out strings.Builder
	depth := 0
	for _, c := range name {
		switch {
		case c == '<' || c == '(':
			depth++
		case (c == '>' || c == ')') && depth > 0:
			depth--
		case depth == 0:
			out.WriteRune(c)
		}
	}
	bare, _, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(out.String()), " const"), "[abi:")
	return bare[strings.LastIndexAny(bare, ": ")+1:]
}

// askValues asks what the variables held at the points: all globals and file
// statics, and of the function at a point those locals that it has written in
// this call, since what was there before differs between runs: with a write that
// is no larger, since a push that makes room for locals is no assignment.
func (g *gdbPoints) askValues(t *testing.T) {
	t.Helper()
	rows := ask(t, g.database, `SELECT name, scope, function, size FROM (
			SELECT v.*, f.name AS function, count(*) OVER (PARTITION BY v.name, coalesce(f.name, v.scope)) AS same
			FROM variables v LEFT JOIN functions f USING (function_id) WHERE v.module_id = 1)
		WHERE same = 1 AND lives = 'memory' AND size > 0 AND (kind IN ('global', 'static') AND function_id IS NULL AND size <= 200
				AND (scope IS NULL AND file IS NOT NULL OR scope = 'assignments')
			OR kind IN ('local', 'parameter') AND size <= 8 AND NOT regexp_matches(split_part(function, '(', 1), '[< ]') AND NOT contains(name, '{'))
		ORDER BY ALL`)
	running := map[string]bool{}
	for _, p := range g.points {
		running[p.function] = true
	}
	var parts []string
	for _, r := range rows {
		name, scope, function := r[0], r[1], r[2]
		if function == "" {
			parts = append(parts, fmt.Sprintf("SELECT t, %s AS name, value_at(%s, t) AS value FROM points", quote(name), quote(scope+"::"+name)))
			continue
		}
		if !running[function] {
			continue
		}
		bare, _, _ := strings.Cut(function, "(")
		path := quote(bare + "." + name)
		parts = append(parts, fmt.Sprintf(`SELECT p.t, %s, value_at(%s, p.t) FROM points p JOIN writes o ON o.t = p.t AND o.source = 'instruction'
			WHERE p.function = %s AND EXISTS (SELECT 1 FROM variable_writes(%s) w WHERE w.t < p.t AND w.call_id = o.call_id AND w.size <= %s)`,
			quote(name), path, quote(function), path, r[3]))
	}
	for _, r := range ask(t, g.database, g.list()+strings.Join(parts, "\nUNION ALL\n")+"\nORDER BY 1, 2") {
		for i := range g.points {
			if strconv.FormatUint(g.points[i].t, 10) == r[0] && r[2] != "" {
				g.points[i].values[r[1]] = r[2]
			}
		}
	}
}

// list is the points as a common table expression.
func (g *gdbPoints) list() string {
	var rows []string
	for _, p := range g.points {
		rows = append(rows, fmt.Sprintf("(%d::UBIGINT, %s)", p.t, quote(p.function)))
	}
	return "WITH points(t, function) AS (VALUES " + strings.Join(rows, ", ") + ")\n"
}

// run lets gdb go from point to point and compares.
func (g *gdbPoints) run(t *testing.T, binary string) {
	t.Helper()
	args := []string{"gdb", "-nx", "-batch"}
	add := func(lines ...string) {
		for _, line := range lines {
			args = append(args, "-ex", line)
		}
	}
	add("set startup-with-shell off", "set debuginfod enabled off", "set width 0", "set print null-stop on", "set print static-members off",
		"set language c", "break *main", "run", fmt.Sprintf("set $bias = (unsigned long)$pc - %d", g.mainAt), "set language auto", "delete",
		`printf "\n@@bias\n%lu\n", $bias`)
	for i, p := range g.points {
		add(fmt.Sprintf("tbreak *($bias+%d)", p.pc), fmt.Sprintf("ignore $bpnum %d", p.hits-1), "continue",
			fmt.Sprintf(`printf "\n@@%d pc\n%%lu\n", $pc-$bias`, i), fmt.Sprintf(`printf "\n@@%d stack\n"`, i), "bt -frame-arguments none")
		for name := range p.values {
			add(fmt.Sprintf(`printf "\n@@%d %s\n"`, i, name), "output "+name, `echo \n`)
		}
	}
	add("kill")
	r := run(t, command{args: append(args, binary)})
	said := map[string]string{}
	for _, part := range strings.Split(r.stdout, "\n@@")[1:] {
		key, text, _ := strings.Cut(part, "\n")
		if !strings.HasSuffix(key, "stack") {
			text, _, _ = strings.Cut(text, "\n") // what the program prints may follow
		}
		said[key] = text
	}
	if len(said) < points {
		t.Skipf("gdb does not work here: %s", strings.TrimSpace(tail(r.stderr)))
	}
	g.compare(t, said)
}

var gdbLocation = regexp.MustCompile(`(?m)^#\d+ +(?:0x[0-9a-f]+ in )?(.*) \([^()]*\) at (\S+):(\d+)$`)

func (g *gdbPoints) compare(t *testing.T, said map[string]string) {
	t.Helper()
	bias, err := strconv.ParseUint(said["bias"], 10, 64)
	if err != nil {
		t.Fatalf("gdb said nothing of where main is: %q", said["bias"])
	}
	for i, p := range g.points {
		prefix := strconv.Itoa(i) + " "
		if said[prefix+"pc"] != strconv.FormatUint(p.pc, 10) {
			t.Fatalf("point %d, t = %d: gdb is at %s, not at %d", i, p.t, said[prefix+"pc"], p.pc)
		}
		var stack []string
		for _, m := range gdbLocation.FindAllStringSubmatch(said[prefix+"stack"], -1) {
			stack = append(stack, frameText(m[1], m[2], m[3]))
		}
		// Of code that the line table gives line 0, none, gdb shows the line before.
		for k := range min(len(stack), len(p.frames)) {
			if strings.HasSuffix(p.frames[k], ":") && strings.HasPrefix(stack[k], p.frames[k]) {
				stack[k] = p.frames[k]
			}
		}
		if got, want := toMain(g.shown(p.frames)), toMain(g.shown(stack)); got != want || want == "" {
			t.Errorf("point %d, t = %d: the stack is\n%s\ngdb says\n%s\n%s", i, p.t, got, want, said[prefix+"stack"])
		}
		for name, got := range p.values {
			want, ok := said[prefix+name]
			if want = gdbtext.Rewrite(want); !ok || want == "" || !g.comparable(got, want) {
				continue // not in scope in this block, or shown in another way
			}
			if !strings.HasPrefix(got, "@") {
				want = referred.ReplaceAllString(want, "") // a reference stands for what it refers to
			}
			got, want = g.addresses(got, g.bias), g.addresses(want, bias)
			if !gdbtext.Same(got, want, 53) && !gdbtext.Same(got, want, 24) {
				t.Errorf("point %d, t = %d, in %s: %s is %s, gdb says %s", i, p.t, p.function, name, got, want)
			}
			g.compared++
		}
	}
}

// shown are the frames that both can show. Rust's library has only line tables,
// with which gdb shows no inlined functions.
func (g *gdbPoints) shown(frames []string) []string {
	if g.language != ".rs" {
		return frames
	}
	return slices.DeleteFunc(slices.Clone(frames), func(f string) bool { return !strings.Contains(f, " assignments.rs:") })
}

// toMain are the frames up to main, which gdb ends with.
func toMain(frames []string) string {
	for i, f := range frames {
		if strings.HasPrefix(f, "main ") {
			return strings.Join(frames[:i+1], "\n")
		}
	}
	return strings.Join(frames, "\n")
}

var decimalNumber = regexp.MustCompile(`^-?[0-9]+$`)

// comparable leaves out what gdb shows in another way, as docs/values.md says:
// library types of C++, and in Rust all but integers.
func (g *gdbPoints) comparable(got, want string) bool {
	switch g.language {
	case ".cc":
		return !strings.Contains(want, "{") && !strings.Contains(want, "::")
	case ".rs":
		return decimalNumber.MatchString(want) && !strings.Contains(got, ".")
	}
	return true
}

var referred = regexp.MustCompile(`^@0x[0-9a-f]+: `)

var anAddress = regexp.MustCompile(`0x[0-9a-f]{5,}`)

// addresses makes the program's own addresses relative to where it lies, and the
// others, which differ between runs, all the same.
func (g *gdbPoints) addresses(text string, bias uint64) string {
	return anAddress.ReplaceAllStringFunc(text, func(s string) string {
		n, err := strconv.ParseUint(s, 0, 64)
		if err == nil && n-bias < g.end-g.bias {
			return fmt.Sprintf("0x(program+%x)", n-bias)
		}
		return "0x(elsewhere)"
	})
}
