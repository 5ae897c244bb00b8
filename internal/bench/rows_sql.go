package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"hindsight/replay"
)

// index indexes a recording and returns the database and what that took.
func (b *bench) index(recording string, flags ...string) (string, cost, error) {
	database := filepath.Join(b.work, filepath.Base(recording)+".duckdb")
	if err := os.RemoveAll(database); err != nil {
		return "", cost{}, err
	}
	args := append([]string{b.hindsight, "index", "--db", database, "--max-rows", "2000000000"}, flags...)
	c, err := b.cost(1, b.work, append(args, recording)...)
	return database, c, err
}

// ask returns the one value of a question.
func (b *bench) ask(database, sql string) (string, error) {
	c, err := b.cost(1, b.work, b.hindsight, "sql", "--db", database, "--format", "csv", "-c", sql)
	if err != nil {
		return "", err
	}
	return lastLine(c.output), nil
}

func (b *bench) number(database, sql string) (uint64, error) {
	text, err := b.ask(database, sql)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(text, 10, 64)
}

func size(path string) (uint64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return uint64(info.Size()), nil
}

func measureLoad(b *bench) ([]string, error) {
	w, err := b.compiled("sort_recursion")
	if err != nil {
		return nil, err
	}
	dir, err := b.record(w)
	if err != nil {
		return nil, err
	}
	// The same replay with decoding alone is taken off.
	r, err := b.replay(dir, 1, replay.Options{Engine: replay.Translated, Consumer: nothing{}})
	if err != nil {
		return nil, err
	}
	database, c, err := b.index(dir, "--tables", "writes")
	if err != nil {
		return nil, err
	}
	n, err := b.number(database, "SELECT count(*) FROM writes")
	if err != nil {
		return nil, err
	}
	bytes, err := size(database)
	if err != nil {
		return nil, err
	}
	load := c.cpu - hostCPU(r) - time.Duration(r.Stats.ConsumerNS) - time.Duration(r.Stats.TranslateNS)
	return []string{fmt.Sprintf("%.0f ns CPU a row and %.1f bytes a row (%d rows of sort_recursion, indexed in %v with %v of CPU; less %v of replay and decoding)",
		float64(load)/float64(n), float64(bytes)/float64(n), n, round(c.wall), round(c.cpu), round(c.cpu-load))}, nil
}

const lackey = `valgrind --tool=lackey --trace-mem=yes --log-fd=2 "$@" 2>&1 >/dev/null | tail -n 1`

func measureIndex(b *bench) ([]string, error) {
	var lines []string
	for _, name := range []string{"sort_recursion", "perl"} {
		w, err := b.workload(name)
		if err != nil {
			return lines, err
		}
		dir, err := b.record(w)
		if err != nil {
			return lines, err
		}
		database, c, err := b.index(dir)
		if err != nil {
			return lines, err
		}
		n, err := b.number(database, "SELECT count(*) FROM writes")
		if err != nil {
			return lines, err
		}
		line := fmt.Sprintf("%s %v for %d writes", name, round(c.wall), n)
		if !have("valgrind") {
			lines = append(lines, line+" (valgrind is not installed)")
			continue
		}
		// Its output goes through a pipe: a file of it would not fit on a disk.
		trace, err := b.cost(1, w.dir, append([]string{"bash", "-c", lackey, "bash"}, w.args...)...)
		if err != nil {
			return lines, err
		}
		lines = append(lines, fmt.Sprintf("%s; lackey %v: %s times faster", line, round(trace.wall), ratio(trace.wall, c.wall)))
	}
	return lines, nil
}

func measureQuery(b *bench) ([]string, error) {
	w, err := b.compiled("memory_writes")
	if err != nil {
		return nil, err
	}
	dir, err := b.record(w)
	if err != nil {
		return nil, err
	}
	database, c, err := b.index(dir)
	if err != nil {
		return nil, err
	}
	n, err := b.number(database, "SELECT count(*) FROM writes")
	if err != nil {
		return nil, err
	}
	watched, err := b.number(database, "SELECT mode(addr) FROM (SELECT addr FROM writes WHERE source = 'instruction' AND value % 1000003 = 0 AND value > 1000003)")
	if err != nil {
		return nil, err
	}
	took, rows, err := b.warmQuery(database, watched)
	if err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("%v (%d of %d rows; the index took %v)", took, rows, n, round(c.wall))}, nil
}

// warmQuery asks the same thing several times in one process and returns the
// least time that its shell shows.
func (b *bench) warmQuery(database string, addr uint64) (string, int, error) {
	query := fmt.Sprintf("SELECT t, value FROM writes WHERE addr = %d::UBIGINT;\n", addr)
	script := ".timer on\n" + strings.Repeat(query, 10)
	path := filepath.Join(b.work, "query.sql")
	if err := os.WriteFile(path, []byte(script), 0o644); err != nil {
		return "", 0, err
	}
	c, err := b.cost(1, b.work, "bash", "-c", `"$@" 2>&1`, "bash", b.hindsight, "sql", "--db", database, "--format", "csv", "-f", path)
	if err != nil {
		return "", 0, err
	}
	n, err := b.number(database, fmt.Sprintf("SELECT count(*) FROM writes WHERE addr = %d::UBIGINT", addr))
	return leastTime(c.output), int(n), err
}

var shownTime = regexp.MustCompile(`([0-9.]+) ?(ns|µs|ms|s)\b`)

// leastTime is the smallest duration that a text mentions.
func leastTime(text string) string {
	var best time.Duration
	for _, m := range shownTime.FindAllStringSubmatch(text, -1) {
		d, err := time.ParseDuration(m[1] + m[2])
		if err == nil && d > 0 && (best == 0 || d < best) {
			best = d
		}
	}
	if best == 0 {
		return "no time shown"
	}
	return best.String()
}

func measureLong(b *bench) ([]string, error) {
	w, err := b.installed("gzip-long")
	if err != nil {
		return nil, err
	}
	native, err := b.cost(1, w.dir, w.args...)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	dir, err := b.record(w)
	if err != nil {
		return nil, err
	}
	recorded := time.Since(began)
	database, c, err := b.index(dir)
	if err != nil {
		return nil, err
	}
	answerBegan := time.Now()
	n, err := b.number(database, "SELECT count(*) FROM writes")
	if err != nil {
		return nil, err
	}
	answer := time.Since(answerBegan)
	instructions, err := b.number(database, "SELECT instructions FROM recordings")
	if err != nil {
		return nil, err
	}
	bytes, err := size(database)
	if err != nil {
		return nil, err
	}
	return []string{
		fmt.Sprintf("%d instructions, %d writes; native %v, record %v, index %v (%v CPU), first answer %v", instructions, n, round(native.wall),
			round(recorded), round(c.wall), round(c.cpu), round(answer)),
		fmt.Sprintf("the indexer's memory: at most %.2f GiB; the database: %.2f GB", float64(c.peak)/(1<<30), float64(bytes)/1e9),
	}, nil
}

func round(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(10 * time.Millisecond)
}
