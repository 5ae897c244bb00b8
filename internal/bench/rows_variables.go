package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// variableQuestion is who wrote the counter, with every function that was on the
// stack.
const variableQuestion = `SELECT w.t, w.text AS value, f.function, f.file, f.line
FROM variable_writes('counter') w JOIN stack_frames f USING (stack_id) ORDER BY w.t, f.level`

// writesOfCounter records and indexes counted_writes, where one of period writes
// is to the counter.
func (b *bench) writesOfCounter(writes, period int) (w workload, database string, took time.Duration, err error) {
	if w, err = b.compiled("counted_writes", strconv.Itoa(writes), strconv.Itoa(period)); err != nil {
		return w, "", 0, err
	}
	w.name = fmt.Sprintf("counted_writes-%d", writes)
	began := time.Now()
	dir, err := b.record(w)
	if err != nil {
		return w, "", 0, err
	}
	database, _, err = b.index(dir)
	return w, database, time.Since(began), err
}

// timed asks a question several times in one process and returns the least time
// that the shell shows. The rows are printed, and thrown away.
func (b *bench) timed(database, question string, times int) (time.Duration, error) {
	path := filepath.Join(b.work, "question.sql")
	if err := os.WriteFile(path, []byte(".timer on\n"+strings.Repeat(question+";\n", times)), 0o644); err != nil {
		return 0, err
	}
	c, err := b.cost(1, b.work, "bash", "-c", `"$@" 2>&1 >/dev/null`, "bash", b.hindsight, "sql", "--db", database, "--format", "csv", "-f", path)
	if err != nil {
		return 0, err
	}
	return time.ParseDuration(leastTime(c.output))
}

func measureVariables(b *bench) ([]string, error) {
	_, database, took, err := b.writesOfCounter(100_000_000, 20_000)
	if err != nil {
		return nil, err
	}
	var counts [3]uint64
	for i, sql := range []string{
		"SELECT count(*) FROM writes",
		"SELECT count(*) FROM variable_writes('counter')",
		"SELECT count(*) FROM (" + variableQuestion + ")",
	} {
		if counts[i], err = b.number(database, sql); err != nil {
			return nil, err
		}
	}
	warm, err := b.timed(database, variableQuestion, 5)
	if err != nil {
		return nil, err
	}
	line := fmt.Sprintf("%v (%d of %d writes, %d rows with their frames; recorded and indexed in %v)", round(warm), counts[1], counts[0], counts[2], round(took))
	// What memory was, at the end, from the same tables.
	at, err := b.timed(database, "SELECT hex(memory_at(addr, 64, instructions)) FROM variables, recordings WHERE name = 'counter'", 5)
	if err != nil {
		return nil, err
	}
	addr, err := b.number(database, "SELECT addr FROM variables WHERE name = 'counter'")
	if err != nil {
		return nil, err
	}
	constant, err := b.timed(database, fmt.Sprintf("SELECT hex(memory_at(%d, 64, %d))", addr, uint64(1)<<40), 5)
	if err != nil {
		return nil, err
	}
	last, err := b.timed(database, fmt.Sprintf("SELECT t, value FROM last_write(%d, %d)", addr, uint64(1)<<40), 5)
	if err != nil {
		return nil, err
	}
	return []string{line, fmt.Sprintf("memory_at of 64 bytes %v (of an address from a table %v), last_write %v", round(constant), round(at), round(last))}, nil
}

// watchScript asks gdb for the stack at each write to the counter. gdb shows
// those that change it; these all do.
const watchScript = `set pagination off
set confirm off
break main
run %d %d
delete
watch counter
commands
silent
print counter
bt
continue
end
continue
`

func measureWatchpoint(b *bench) ([]string, error) {
	if !have("gdb") {
		return []string{"gdb is not installed"}, nil
	}
	const writes, period = 100_000, 10
	w, database, took, err := b.writesOfCounter(writes, period)
	if err != nil {
		return nil, err
	}
	n, err := b.number(database, "SELECT count(*) FROM variable_writes('counter')")
	if err != nil {
		return nil, err
	}
	query, err := b.timed(database, variableQuestion, 5)
	if err != nil {
		return nil, err
	}
	script := filepath.Join(b.work, "watch.gdb")
	if err := os.WriteFile(script, fmt.Appendf(nil, watchScript, writes, period), 0o644); err != nil {
		return nil, err
	}
	gdb, err := b.cost(1, b.work, "gdb", "-q", "-nx", "-batch", "-x", script, w.args[0])
	if err != nil {
		return nil, err
	}
	stops := strings.Count(gdb.output, "#0 ")
	kind := "software"
	if strings.Contains(gdb.output, "Hardware watchpoint") {
		kind = "hardware"
	}
	if uint64(stops) != n {
		return nil, fmt.Errorf("gdb stopped %d times, variable_writes has %d rows", stops, n)
	}
	return []string{fmt.Sprintf("gdb %v (%s watchpoint, %d stops); recorded, indexed and asked %v: %s times faster; asked again %v: %s times",
		round(gdb.wall), kind, stops, round(took+query), ratio(gdb.wall, took+query), round(query), ratio(gdb.wall, query))}, nil
}

func measurePrompt(b *bench) ([]string, error) {
	w, err := b.installed("python3")
	if err != nil {
		return nil, err
	}
	dir, err := b.record(w)
	if err != nil {
		return nil, err
	}
	database, _, err := b.index(dir)
	if err != nil {
		return nil, err
	}
	bytes, err := size(database)
	if err != nil {
		return nil, err
	}
	took, err := b.firstPrompt("hindsight> ", b.hindsight, "sql", "--db", database)
	if err != nil {
		return nil, err
	}
	line := fmt.Sprintf("%v (a run of python3, %.1f GB)", round(took), float64(bytes)/1e9)
	for _, peer := range []struct {
		prompt string
		args   []string
	}{
		{"(gdb) ", []string{"gdb", "-q", "-nx", w.args[0]}},
		{"sqlite> ", []string{"sqlite3"}},
	} {
		if !have(peer.args[0]) {
			line += ", " + peer.args[0] + " is not installed"
			continue
		}
		other, err := b.firstPrompt(peer.prompt, peer.args...)
		if err != nil {
			return nil, err
		}
		line += fmt.Sprintf(", %s %v: %s", peer.args[0], round(other), ratio(took, other))
	}
	return []string{line}, nil
}
