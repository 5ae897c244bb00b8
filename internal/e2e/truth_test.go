package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// truth is a line "truth KIND SUBJECT WANT…" that a program printed about
// itself; testdata/programs/truth.h lists the kinds.
type truth struct {
	line    string
	kind    string
	subject string
	words   []string
}

// variable is where a program says that a variable lies.
type variable struct{ addr, size uint64 }

// function matches the program's own functions (not its libraries') by name.
// Demangled names may carry their parameters.
const functionTable = `
CREATE TEMP TABLE own AS
	SELECT f.function_id, f.name, f.linkage_name FROM functions f JOIN modules m USING (module_id) WHERE m.path = %s;
`

// checkTruth asks a history for all that the program said about itself.
func checkTruth(t *testing.T, database, executable, output string) {
	t.Helper()
	truths, variables := parseTruth(t, output)
	if len(truths) == 0 {
		return
	}
	var parts []string
	var wants []string
	for i, tr := range truths {
		sql, want, err := tr.question(variables)
		if err != nil {
			t.Errorf("%q: %v", tr.line, err)
			continue
		}
		parts = append(parts, fmt.Sprintf("SELECT %d AS i, coalesce((%s)::VARCHAR, 'NULL') AS answer", i, sql))
		wants = append(wants, want)
	}
	script := fmt.Sprintf(functionTable, quote(executable)) + strings.Join(parts, "\nUNION ALL\n") + "\nORDER BY i"
	answers := ask(t, database, script)
	if len(answers) != len(wants) {
		t.Fatalf("%d answers to %d truths", len(answers), len(wants))
	}
	for i, a := range answers {
		if a[1] != wants[i] {
			t.Errorf("%q: SQL says %s, want %s", truths[i].line, a[1], wants[i])
		}
	}
}

func parseTruth(t *testing.T, output string) ([]truth, map[string]variable) {
	t.Helper()
	var truths []truth
	variables := map[string]variable{}
	for line := range strings.Lines(output) {
		words, ok := strings.CutPrefix(strings.TrimSpace(line), "truth ")
		if !ok {
			continue
		}
		tr, err := parseLine(words)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if tr.kind != "variable" {
			truths = append(truths, tr)
			continue
		}
		addr, err1 := strconv.ParseUint(tr.words[0], 0, 64)
		size, err2 := strconv.ParseUint(tr.words[1], 0, 64)
		if err1 != nil || err2 != nil {
			t.Fatalf("%q has no address and size", line)
		}
		variables[tr.subject] = variable{addr, size}
	}
	return truths, variables
}

// parseLine splits a truth. The subject of calls may contain spaces: C++ names.
func parseLine(text string) (truth, error) {
	kind, rest, _ := strings.Cut(text, " ")
	words := strings.Fields(rest)
	if kind == "threads" && len(words) == 1 {
		return truth{line: text, kind: kind, words: words}, nil
	}
	if len(words) < 2 {
		return truth{}, fmt.Errorf("too short")
	}
	tr := truth{line: text, kind: kind, subject: words[0], words: words[1:]}
	if kind == "calls" {
		tr.subject = strings.Join(words[:len(words)-1], " ")
		tr.words = words[len(words)-1:]
	}
	return tr, nil
}

// question is the SQL whose one value must equal want.
func (tr truth) question(variables map[string]variable) (sql, want string, err error) {
	want = strings.Join(tr.words, " ")
	ofFunction := fmt.Sprintf("FROM calls c JOIN own f USING (function_id) WHERE %s", named("f", tr.subject))
	switch tr.kind {
	case "calls":
		return "SELECT count(*) " + ofFunction, want, nil
	case "unfinished":
		return "SELECT count(*) " + ofFunction + " AND c.exit_t IS NULL", want, nil
	case "called-by":
		return fmt.Sprintf(`SELECT count(*) FROM calls c JOIN own f USING (function_id)
			JOIN calls p ON p.call_id = c.parent_call_id JOIN own g ON g.function_id = p.function_id
			WHERE %s AND %s`, named("f", tr.subject), named("g", tr.words[0])), tr.words[1], nil
	case "arguments":
		return "SELECT string_agg(c.arg0::VARCHAR, ' ' ORDER BY c.call_id) " + ofFunction, decimal(tr.words), nil
	case "returns":
		return "SELECT string_agg(c.return_value::VARCHAR, ' ' ORDER BY c.call_id) " + ofFunction, decimal(tr.words), nil
	case "nesting":
		return fmt.Sprintf(`SELECT max(open) FROM (SELECT sum(step) OVER (ORDER BY t, step) AS open FROM (
			SELECT c.enter_t AS t, 1 AS step %s UNION ALL SELECT c.exit_t, -1 %s AND c.exit_t IS NOT NULL))`, ofFunction, ofFunction), want, nil
	case "signals":
		return "SELECT count(*) FROM signals WHERE number = " + tr.subject, want, nil
	case "syscalls":
		return "SELECT count(*) FROM syscalls WHERE name = " + quote(tr.subject), want, nil
	case "threads":
		return "SELECT count(*) FROM threads", want, nil
	case "callers":
		return "SELECT count(DISTINCT c.thread_id) " + ofFunction, want, nil
	case "named":
		return "SELECT name FROM threads WHERE os_tid = " + tr.subject, want, nil
	case "pointer":
		return "SELECT thread_pointer FROM threads WHERE os_tid = " + tr.subject, decimal(tr.words), nil
	case "variable-writes", "own-writes":
		order := "w.t"
		if tr.kind == "own-writes" {
			order = "w.thread_id, w.t"
		}
		return fmt.Sprintf(`SELECT string_agg(th.os_tid || ':' || w.text, ' ' ORDER BY %s) FROM variable_writes(%s) w JOIN threads th USING (thread_id)
			JOIN calls c USING (call_id) JOIN own f USING (function_id)`, order, quote(tr.subject)), want, nil
	case "writes", "values", "writer", "assigned", "handed-over", "futex-waits", "futex-wakes":
		v, ok := variables[tr.subject]
		if !ok {
			return "", "", fmt.Errorf("no line says where %s lies", tr.subject)
		}
		return tr.aboutWrites(v)
	}
	return "", "", fmt.Errorf("no such kind of truth: %s", tr.kind)
}

func (tr truth) aboutWrites(v variable) (sql, want string, err error) {
	touching := fmt.Sprintf(`w.source = 'instruction' AND w.addr < %d::UBIGINT AND w.addr >= %d::UBIGINT AND w.addr + w.size > %d::UBIGINT`,
		v.addr+v.size, v.addr-4096, v.addr)
	want = strings.Join(tr.words, " ")
	switch tr.kind {
	case "writes":
		return "SELECT count(*) FROM writes w WHERE " + touching, want, nil
	case "values":
		return "SELECT string_agg(w.value::VARCHAR, ' ' ORDER BY w.t) FROM writes w WHERE " + touching, decimal(tr.words), nil
	case "assigned":
		return `SELECT string_agg(th.os_tid || ':' || w.value, ' ' ORDER BY w.t) FROM writes w JOIN threads th USING (thread_id) WHERE ` + touching, want, nil
	case "handed-over":
		return `SELECT count(*) FROM (SELECT thread_id <> lag(thread_id) OVER (ORDER BY t) AS other FROM writes w WHERE ` + touching + `) WHERE other`, want, nil
	case "futex-waits":
		return fmt.Sprintf("SELECT count(*) FROM syscalls WHERE name = 'futex' AND arg0 = %d AND arg1 & 127 = 0", v.addr), want, nil
	case "futex-wakes":
		return fmt.Sprintf("SELECT count(*) FROM syscalls WHERE name = 'futex' AND arg0 = %d AND arg1 & 127 = 1", v.addr), want, nil
	}
	return fmt.Sprintf(`SELECT count(*) FROM writes w JOIN frames f ON f.pc = w.pc AND f.process_id = w.process_id AND f.level = 0
		WHERE %s AND (f.function = %s OR ends_with(f.function, %s))`, touching, quote(tr.words[0]), quote("::"+tr.words[0])), tr.words[1], nil
}

// named compares a function's name; a demangled one may show its parameters.
func named(alias, name string) string {
	return fmt.Sprintf("(%s.name = %s OR %s.linkage_name = %s)", alias, quote(name), alias, quote(name))
}

// decimal writes numbers as SQL prints them.
func decimal(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w
		if n, err := strconv.ParseUint(w, 0, 64); err == nil {
			out[i] = strconv.FormatUint(n, 10)
		}
	}
	return strings.Join(out, " ")
}
