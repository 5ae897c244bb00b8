package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"hindsight/internal/fixture"
)

// compiled is a program of testdata/bench.
func (b *bench) compiled(name string, args ...string) (workload, error) {
	p, err := fixture.Read(filepath.Join(b.root, "testdata/bench", name+".c"))
	if err != nil {
		return workload{}, err
	}
	for _, v := range fixture.Variants {
		if p.In(v) {
			path, err := p.Binary(v)
			return workload{name: name, dir: b.work, args: append([]string{path}, args...)}, err
		}
	}
	return workload{}, fmt.Errorf("%s is built in no variant", name)
}

// installed is a program of the system; its input is made here.
func (b *bench) installed(name string) (workload, error) {
	w := workload{name: name, dir: b.work}
	var err error
	switch name {
	case "gzip":
		err = b.text("text", 3<<20)
		w.args = []string{"gzip", "-9", "-n", "-k", "-f", "text"}
	case "gzip-long":
		err = b.text("long", 3<<20)
		w.args = []string{"gzip", "-9", "-n", "-k", "-f", "long"}
	case "xz":
		err = b.text("text", 3<<20)
		w.args = []string{"xz", "-6", "-T1", "-k", "-f", "text"}
	case "sqlite3":
		err = b.file("work.sql", sqlScript)
		w.args = []string{"/usr/bin/sqlite3", ":memory:", ".read work.sql"}
	case "perl":
		err = b.file("work.pl", perlScript)
		w.args = []string{"/usr/bin/perl", "work.pl"}
	case "python3":
		err = b.file("work.py", pythonScript)
		w.args = []string{"/usr/bin/python3", "-S", "-E", "work.py"}
	case "cc1":
		err = b.file("work.c", cSource())
		out, cc1Err := exec.Command("gcc", "-print-prog-name=cc1").Output()
		if cc1Err != nil {
			return w, cc1Err
		}
		w.args = []string{strings.TrimSpace(string(out)), "-quiet", "-O2", "work.c", "-o", "work.s"}
	}
	if err != nil {
		return w, err
	}
	path, err := exec.LookPath(w.args[0])
	w.args[0] = path
	return w, err
}

func (b *bench) file(name, text string) error {
	return os.WriteFile(filepath.Join(b.work, name), []byte(text), 0o644)
}

// text makes a file of English-like text.
func (b *bench) text(name string, size int) error {
	words := strings.Fields("time history replay write call stack memory register signal table query column block kernel event input output page the of and to in is that for it as was with")
	var t strings.Builder
	seed := uint64(1)
	for t.Len() < size {
		seed = seed*6364136223846793005 + 1442695040888963407
		t.WriteString(words[seed>>33%uint64(len(words))])
		if seed>>50%11 == 0 {
			fmt.Fprintf(&t, " %d\n", seed>>40)
		} else {
			t.WriteByte(' ')
		}
	}
	return b.file(name, t.String())
}

// cSource is a small file to compile.
func cSource() string {
	var t strings.Builder
	t.WriteString("#include <stddef.h>\n")
	for i := range 12 {
		fmt.Fprintf(&t, `
struct n%[1]d { struct n%[1]d *next; int key; double value; };
static struct n%[1]d *table%[1]d[256];
struct n%[1]d *find%[1]d(int key) {
	for (struct n%[1]d *n = table%[1]d[(unsigned)key %% 256]; n != NULL; n = n->next)
		if (n->key == key) return n;
	return NULL;
}
double sum%[1]d(const double *v, size_t n) {
	double s = %[1]d;
	for (size_t i = 0; i < n; i++) s += v[i] * v[i] + (double)find%[1]d((int)i)->value;
	return s;
}
`, i)
	}
	return t.String()
}

const sqlScript = `
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
INSERT INTO person SELECT i, 'person ' || (i * 7919 % 60000), i * 31 % 90 FROM n;
COMMIT;
CREATE INDEX by_age ON person (age);
SELECT age, count(*), min(name), max(name) FROM person GROUP BY age ORDER BY age;
UPDATE person SET name = upper(name) WHERE age < 40;
SELECT count(*), sum(length(name)) FROM person WHERE name LIKE '%99%';
`

const perlScript = `
my %count;
for my $i (1 .. 150000) { $count{"word" . ($i * 7919 % 9973)} += length "x$i" }
my @top = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
print "@top[0 .. 9]\n";
my $text = join ' ', @top;
my $n = 0;
$n++ while $text =~ /(\d)\1/g;
print "$n\n";
sub fib { my $n = shift; $n < 2 ? $n : fib($n - 1) + fib($n - 2) }
print fib(19), "\n";
`

const pythonScript = `
import collections, json
c = collections.Counter()
for i in range(150000):
    c["word%d" % (i * 7919 % 9973)] += i & 7
print(c.most_common(5))
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(20))
text = json.dumps([{"id": i, "name": "n%d" % i} for i in range(15000)])
print(len(json.loads(text)), len(text))
`
