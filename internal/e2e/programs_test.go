package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// realProgram is a program as Debian ships it, at work.
type realProgram struct {
	name    string
	path    string   // absolute, or a name to look up
	args    []string // relative paths are in a folder of the test's own
	stdin   string
	prepare func(t *testing.T, dir string) // makes its input
	after   func(dir string) string        // what else it made, to be compared; nil: nothing
}

var realPrograms = []realProgram{
	{name: "gzip", path: "gzip", args: []string{"-9", "-n", "-c", "text"}, prepare: makeText},
	{name: "xz", path: "xz", args: []string{"-1", "-T1", "-c", "text"}, prepare: makeText},
	{name: "sqlite3", path: "/usr/bin/sqlite3", args: []string{"new.db"}, stdin: sqliteScript},
	{name: "python3", path: "/usr/bin/python3", args: []string{"-S", "-E", "work.py"}, prepare: file("work.py", pythonScript)},
	{name: "python3 threads", path: "/usr/bin/python3", args: []string{"-S", "-E", "work.py"}, prepare: file("work.py", threadedPythonScript)},
	{name: "xz threads", path: "xz", args: []string{"-1", "-T3", "--block-size=30000", "-c", "text"}, prepare: makeText},
	{name: "git threads", path: "/usr/bin/git", args: []string{"--no-pager", "grep", "-n", "--threads", "3", "line 1[0-9] of 2"}, prepare: makeRepository},
	{name: "perl", path: "/usr/bin/perl", args: []string{"work.pl"}, prepare: file("work.pl", perlScript)},
	{name: "git", path: "/usr/bin/git", args: []string{"--no-pager", "log", "--stat", "-p"}, prepare: makeRepository},
	{name: "cc1", path: "", args: []string{"-quiet", "-O2", "work.c", "-o", "work.s"}, prepare: file("work.c", cSource), after: contents("work.s")},
	{name: "jq", path: "jq", args: []string{"-S", "[.[] | select(.id % 3 == 0) | {id, name: (.name | ascii_upcase)}]", "data.json"}, prepare: makeJSON},
	{name: "find", path: "find", args: []string{"tree", "-name", "*7*", "-size", "-2k"}, prepare: makeTree},
	{name: "sort", path: "sort", args: []string{"--parallel=1", "-S", "64M", "lines"}, prepare: makeLines},
	{name: "tar", path: "tar", args: []string{"--sort=name", "--mtime=@0", "--owner=0", "--group=0", "-cf", "-", "tree"}, prepare: makeTree},
}

// TestRealPrograms takes programs that people use through everything.
func TestRealPrograms(t *testing.T) {
	for _, p := range realPrograms {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			checkReal(t, p)
		})
	}
}

func checkReal(t *testing.T, p realProgram) {
	path := lookUp(t, p)
	once := func(recorded bool) (result, string, string) {
		dir := t.TempDir()
		if p.prepare != nil {
			p.prepare(t, dir)
		}
		c := command{args: append([]string{path}, p.args...), dir: dir, stdin: p.stdin}
		var r result
		var recording string
		if recorded {
			recording, r = record(t, c)
		} else {
			r = run(t, c)
		}
		made := ""
		if p.after != nil {
			made = p.after(dir)
		}
		return r, made, recording
	}
	plain, plainMade, _ := once(false)
	recorded, recordedMade, recording := once(true)
	if recorded.status != plain.status {
		t.Fatalf("exit status %d, unrecorded %d\n%s", recorded.status, plain.status, tail(recorded.stderr))
	}
	sameText(t, "recorded output", recorded.stdout, plain.stdout)
	sameText(t, "made by the recorded run", recordedMade, plainMade)
	checkReplay(t, recording, recorded.stdout)
	first, second := index(t, recording, "first"), index(t, recording, "second")
	sameTables(t, first, second)
	if p.after == nil {
		checkOutput(t, first, recorded.stdout)
	}
	checkWhole(t, first)
}

// wholeness is what must hold in every complete history: each of these is 0.
var wholeness = []struct{ what, sql string }{
	{"a recording that is not complete", "SELECT count(*) FROM recordings WHERE NOT complete"},
	{"writes without a call or stack", "SELECT count(*) FROM writes WHERE source = 'instruction' AND (call_id IS NULL OR stack_id IS NULL)"},
	{"writes of calls that do not exist", "SELECT count(*) FROM writes w ANTI JOIN calls c USING (call_id) WHERE w.call_id IS NOT NULL"},
	{"calls that end before they begin", "SELECT count(*) FROM calls WHERE exit_t < enter_t"},
	{"calls outside of their parents", "SELECT count(*) FROM calls c JOIN calls p ON c.parent_call_id = p.call_id WHERE c.enter_t < p.enter_t OR c.exit_t > p.exit_t"},
	{"calls deeper than parent plus one", "SELECT count(*) FROM calls c JOIN calls p ON c.parent_call_id = p.call_id WHERE c.depth <> p.depth + 1"},
	{"calls of another thread than their parents", "SELECT count(*) FROM calls c JOIN calls p ON c.parent_call_id = p.call_id WHERE c.thread_id <> p.thread_id"},
	{"writes of another thread than their calls", "SELECT count(*) FROM writes w JOIN calls c USING (call_id) WHERE w.thread_id <> c.thread_id"},
	{"times after the end", "SELECT count(*) FROM writes WHERE t > (SELECT instructions FROM recordings)"},
	{"code that nothing names", "SELECT count(*) FROM (SELECT DISTINCT process_id, pc FROM writes WHERE source = 'instruction') w ANTI JOIN frames f USING (process_id, pc)"},
	{"instructions not in any block", "SELECT (SELECT sum(instructions * executions) FROM blocks) - (SELECT instructions FROM recordings)"},
	{"instructions not in any call", "SELECT (SELECT sum(instructions) FROM calls WHERE parent_call_id IS NULL) - (SELECT instructions FROM recordings)"},
	{"stacks whose parents are missing", "SELECT count(*) FROM stacks s ANTI JOIN stacks p ON s.parent_stack_id = p.stack_id WHERE s.parent_stack_id IS NOT NULL"},
	{"threads without a beginning call", "SELECT count(*) FROM threads t ANTI JOIN (SELECT * FROM calls WHERE depth = 0) c ON c.thread_id = t.thread_id AND c.enter_t = t.start_t"},
	{"switches from a thread that did not run", "SELECT count(*) FROM (SELECT from_thread_id <> lag(to_thread_id) OVER (ORDER BY t) OR from_thread_id = to_thread_id AS wrong FROM switches) WHERE wrong"},
	{"steps of a thread that did not run", `SELECT count(*) FROM (SELECT t, thread_id FROM writes WHERE source = 'instruction' UNION ALL SELECT t, thread_id FROM syscalls
		UNION ALL SELECT enter_t, thread_id FROM calls WHERE call_pc IS NOT NULL) e ASOF JOIN switches s ON e.t >= s.t WHERE e.thread_id <> s.to_thread_id`},
	{"steps outside of their thread's life", `SELECT count(*) FROM (SELECT t, thread_id FROM writes WHERE source = 'instruction' UNION ALL SELECT t, thread_id FROM syscalls) e
		JOIN threads h USING (thread_id) WHERE e.t < h.start_t OR e.t >= h.end_t`},
}

// checkWhole asks for what must hold in every complete history.
func checkWhole(t *testing.T, database string) {
	t.Helper()
	var parts []string
	for i, w := range wholeness {
		parts = append(parts, fmt.Sprintf("SELECT %d AS i, (%s)::VARCHAR AS answer", i, w.sql))
	}
	for i, row := range ask(t, database, strings.Join(parts, "\nUNION ALL\n")+"\nORDER BY i") {
		if row[1] != "0" {
			t.Errorf("%s: %s, want 0\n%s", wholeness[i].what, row[1], wholeness[i].sql)
		}
	}
}

func lookUp(t *testing.T, p realProgram) string {
	t.Helper()
	path := p.path
	if p.name == "cc1" {
		out, err := exec.Command("gcc", "-print-prog-name=cc1").Output()
		if err != nil {
			t.Skip("gcc is not installed")
		}
		path = strings.TrimSpace(string(out))
	}
	found, err := exec.LookPath(path)
	if err != nil {
		t.Skipf("%s is not installed", p.name)
	}
	return found
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func file(name, text string) func(*testing.T, string) {
	return func(t *testing.T, dir string) { write(t, filepath.Join(dir, name), text) }
}

func contents(name string) func(string) string {
	return func(dir string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
}

// pseudo is a small reproducible generator.
type pseudo uint64

func (p *pseudo) next(n int) int {
	*p = *p*6364136223846793005 + 1442695040888963407
	return int(uint64(*p)>>33) % n
}

var wordList = strings.Fields("time history replay write call stack memory register signal table query column block kernel event input output page")

func makeText(t *testing.T, dir string) {
	var b strings.Builder
	seed := pseudo(1)
	for b.Len() < 120_000 {
		b.WriteString(wordList[seed.next(len(wordList))])
		b.WriteString(" ,.\n"[seed.next(4):][:1])
		if seed.next(9) == 0 {
			fmt.Fprintf(&b, "%d", seed.next(100000))
		}
	}
	write(t, filepath.Join(dir, "text"), b.String())
}

func makeLines(t *testing.T, dir string) {
	var b strings.Builder
	seed := pseudo(2)
	for range 100_000 {
		fmt.Fprintf(&b, "%s %08d\n", wordList[seed.next(len(wordList))], seed.next(100_000_000))
	}
	write(t, filepath.Join(dir, "lines"), b.String())
}

func makeJSON(t *testing.T, dir string) {
	var b strings.Builder
	seed := pseudo(3)
	for i := range 800 {
		fmt.Fprintf(&b, `%c{"id": %d, "name": "%s %s", "x": [%d, null, 1.5e3]}`, "[,"[min(i, 1)], i,
			wordList[seed.next(len(wordList))], wordList[seed.next(len(wordList))], seed.next(1000))
	}
	write(t, filepath.Join(dir, "data.json"), b.String()+"]\n")
}

func makeTree(t *testing.T, dir string) {
	for i := range 300 {
		write(t, filepath.Join(dir, "tree", fmt.Sprint("folder", i%17), fmt.Sprint("deeper", i%3), fmt.Sprint("file", i)),
			strings.Repeat("content\n", i*3))
	}
}

func makeRepository(t *testing.T, dir string) {
	script := `git init -q -b main . && for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		for f in a b c; do for l in $(seq $((i * 7))); do echo "$f line $l of $((l % i))"; done > $f$((i % 4)); done
		git add -A && git -c user.name=Test -c user.email=test@example.invalid commit -q -m "Change $i" --date "@$((1700000000 + i))"
	done`
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_COMMITTER_DATE=@1700000000 +0000", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make a repository: %v\n%s", err, out)
	}
}

const sqliteScript = `
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
INSERT INTO person SELECT i, 'person ' || (i * 7919 % 1500), i * 31 % 90 FROM n;
COMMIT;
CREATE INDEX by_age ON person (age);
SELECT age, count(*), min(name), max(name) FROM person GROUP BY age HAVING count(*) > 16 ORDER BY age;
SELECT count(*) FROM person a JOIN person b ON a.age = b.age AND a.id < b.id;
UPDATE person SET name = upper(name) WHERE age < 10;
DELETE FROM person WHERE id % 7 = 0;
SELECT count(*), sum(length(name)) FROM person;
PRAGMA integrity_check;
`

const pythonScript = `
import collections, json, re, zlib
words = ("time history replay write call stack memory register " * 40).split()
counts = collections.Counter(w[::-1] for w in words)
print(sorted(counts.items()))
class Node:
    def __init__(self, depth):
        self.children = [Node(depth - 1) for _ in range(3)] if depth else []
    def count(self):
        return 1 + sum(c.count() for c in self.children)
print(Node(5).count())
text = json.dumps({"n": list(range(200)), "s": "x" * 50, "nested": [{"a": i / 7} for i in range(30)]})
print(len(text), zlib.crc32(text.encode()), json.loads(text)["nested"][3])
print(re.sub(r"(\d+)\.(\d)", r"<\2>", text)[-60:])
print(2 ** 500 % 1000007, sum(i * i for i in range(3000)))
try:
    raise ValueError("expected")
except ValueError as e:
    print("caught", e)
`

const threadedPythonScript = `
import queue, threading, time
lock, total = threading.Lock(), 0
def add(n):
    global total
    for i in range(n):
        with lock:
            total += i
tasks, squares = queue.Queue(3), queue.Queue()
def square():
    while (item := tasks.get()) is not None:
        squares.put(item * item)
def run(threads):
    for t in threads: t.start()
    return threads
threads = run([threading.Thread(target=add, args=(n,)) for n in (50, 100, 150)] + [threading.Thread(target=square) for _ in range(2)])
for i in range(20): tasks.put(i)
for _ in range(2): tasks.put(None)
for t in threads: t.join()
print(total, sorted(squares.queue))
event = threading.Event()
run([threading.Timer(0.005, event.set)])
print(event.wait(10))
local, barrier = threading.local(), threading.Barrier(2)
local.x = 1
def meet():
    barrier.wait()
    time.sleep(0.001)
    print(hasattr(local, "x"), flush=True)
for t in run([threading.Thread(target=meet) for _ in range(2)]): t.join()
def fail(): raise ValueError("in a thread")
threading.excepthook = lambda a: print("caught", a.exc_value)
run([threading.Thread(target=fail)])[0].join()
`

const perlScript = `
use strict;
my %count;
my $text = join ' ', map { "word" . ($_ * 7919 % 97) } 1 .. 3000;
$count{$1}++ while $text =~ /(word\d+)/g;
for my $w (sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count) {
    printf "%-8s %d\n", $w, $count{$w} if $count{$w} > 31;
}
sub fib { my $n = shift; $n < 2 ? $n : fib($n - 1) + fib($n - 2) }
print fib(14), "\n";
my @sorted = sort { $a <=> $b } map { ($_ * 48271) % 65537 } 1 .. 2000;
print join(',', @sorted[0 .. 9]), "\n";
(my $t = substr $text, 0, 200) =~ tr/a-z/A-Z/;
print "$t\n";
eval { die "expected\n" };
print "caught $@";
`

const cSource = `
#include <stddef.h>
typedef struct node { struct node *next; int key; double value; } node;
static node *table[256];
static unsigned hash(int key) { return (unsigned)key * 2654435761u >> 24; }
node *find(int key) {
	for (node *n = table[hash(key)]; n != NULL; n = n->next)
		if (n->key == key)
			return n;
	return NULL;
}
double sum(const double *v, size_t n) {
	double s = 0;
	for (size_t i = 0; i < n; i++)
		s += v[i] * v[i];
	return s;
}
int classify(int c) {
	switch (c) {
	case 'a': case 'e': case 'i': case 'o': case 'u': return 1;
	case '0' ... '9': return 2;
	case ' ': case '\t': case '\n': return 3;
	default: return c > 127 ? 4 : 0;
	}
}
void sort(int *v, int n) {
	for (int gap = n / 2; gap > 0; gap /= 2)
		for (int i = gap; i < n; i++) {
			int x = v[i], j = i;
			for (; j >= gap && v[j - gap] > x; j -= gap)
				v[j] = v[j - gap];
			v[j] = x;
		}
}
`
