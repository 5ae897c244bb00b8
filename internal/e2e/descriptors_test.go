package e2e

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestFilesEqualStrace compares the view files with the lives of descriptors that
// follow from strace's log of another run.
func TestFilesEqualStrace(t *testing.T) {
	need(t, "strace")
	for name, args := range map[string][]string{
		"O0":     {witnessProgram(t, "descriptors", "O0")},
		"static": {witnessProgram(t, "descriptors", "static")},
		"tar":    {"tar", "-cf", "-", "-C", "/usr/share", "common-licenses"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			need(t, args[0])
			log := filepath.Join(t.TempDir(), "strace")
			if r := run(t, command{args: append([]string{"strace", "-X", "raw", "-s", "4096", "-o", log, "--"}, args...)}); r.status != 0 {
				t.Skipf("strace does not work here: %s", strings.TrimSpace(r.stderr))
			}
			recording, _ := record(t, command{args: args})
			var got []string
			for _, row := range ask(t, index(t, recording, "history"), `SELECT fd, kind, coalesce(path, '-'), bytes_read, bytes_written, calls, closed_t IS NOT NULL
				FROM files ORDER BY opened_t NULLS FIRST, fd`) {
				got = append(got, strings.Join(row, " "))
			}
			want := straceLives(t, log)
			if len(want) < 5 {
				t.Errorf("only %d descriptors", len(want))
			}
			sameText(t, "descriptors", strings.Join(got, "\n"), strings.Join(want, "\n"))
			t.Logf("%d lives of descriptors", len(want))
		})
	}
}

// life is a descriptor from its opening to its closing.
type life struct {
	fd, opened        int // opened is the number of the call, 0 for inherited ones
	kind, path        string
	taken, put, calls int
	closed            bool
}

// descriptors follows a program's descriptors through its system calls.
type descriptors struct {
	open map[int]*life
	all  []*life
	call int
}

func (d *descriptors) add(fd int, kind, path string, opened int) *life {
	l := &life{fd: fd, kind: kind, path: path, opened: opened}
	d.open[fd], d.all = l, append(d.all, l)
	return l
}

func (d *descriptors) drop(fd int) {
	if l := d.open[fd]; l != nil {
		l.closed = true
		delete(d.open, fd)
	}
}

// use counts a call on a descriptor; one that nothing opened was inherited.
func (d *descriptors) use(argument string, taken, put int) *life {
	fd, err := strconv.Atoi(argument)
	if err != nil || fd < 0 {
		return nil
	}
	l := d.open[fd]
	if l == nil {
		l = d.add(fd, "inherited", "-", 0)
	}
	l.calls++
	l.taken, l.put = l.taken+max(taken, 0), l.put+max(put, 0)
	return l
}

var straceWhole = regexp.MustCompile(`^(\w+)\((.*)\)\s+= (-?\d+)(?: (E[A-Z]+))?`)

func straceLives(t *testing.T, log string) []string {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	d := &descriptors{open: map[int]*life{}}
	for line := range strings.Lines(string(text)) {
		m := straceWhole.FindStringSubmatch(line)
		if m == nil || m[4] == "EBADF" {
			continue
		}
		result, err := strconv.Atoi(m[3])
		if err != nil {
			t.Fatal(err)
		}
		d.call++
		d.step(m[1], splitArguments(m[2]), result)
	}
	slices.SortStableFunc(d.all, func(a, b *life) int { return cmp.Or(cmp.Compare(a.opened, b.opened), cmp.Compare(a.fd, b.fd)) })
	var lines []string
	for _, l := range d.all {
		lines = append(lines, fmt.Sprint(l.fd, " ", l.kind, " ", l.path, " ", l.taken, " ", l.put, " ", l.calls, " ", l.closed))
	}
	return lines
}

func (d *descriptors) step(name string, args []string, result int) {
	switch name {
	case "read", "pread64", "readv", "recvfrom", "recvmsg":
		d.use(args[0], result, 0)
	case "write", "pwrite64", "writev", "sendto", "sendmsg":
		d.use(args[0], 0, result)
	case "sendfile":
		d.use(args[1], result, 0)
		d.use(args[0], 0, result)
	case "splice", "copy_file_range":
		d.use(args[0], result, 0)
		d.use(args[2], 0, result)
	case "lseek", "fstat", "newfstatat", "ioctl", "getdents64", "fadvise64", "fchdir", "fcntl", "dup", "dup2", "dup3", "openat", "readlinkat", "statx", "connect",
		"unlinkat", "utimensat", "faccessat2", "getsockopt", "setsockopt":
		from := d.use(args[0], 0, 0)
		d.opening(name, args, result, from)
	case "mmap":
		d.use(args[4], 0, 0)
	case "memfd_create":
		d.add(result, name, strings.Trim(args[0], `"`), d.call)
	case "pipe2", "pipe", "socketpair":
		for _, fd := range strings.Split(strings.Trim(args[len(args)-1-map[string]int{"pipe2": 1}[name]], "[]"), ", ") {
			n, _ := strconv.Atoi(fd)
			d.add(n, name, "-", d.call)
		}
	case "socket":
		if result >= 0 {
			d.add(result, name, "-", d.call)
		}
	case "close":
		fd, _ := strconv.Atoi(args[0])
		if d.open[fd] == nil {
			d.add(fd, "inherited", "-", 0)
		}
		d.drop(fd)
	}
}

// opening is what calls that take a descriptor and may make one do.
func (d *descriptors) opening(name string, args []string, result int, from *life) {
	switch {
	case result < 0:
	case name == "openat":
		d.add(result, name, strings.TrimSuffix(strings.TrimPrefix(args[1], `"`), `"`), d.call)
	case name == "fcntl" && (args[1] == "0" || args[1] == "0x406"), name == "dup", (name == "dup2" || name == "dup3") && args[0] != args[1]:
		d.drop(result)
		d.add(result, name, from.path, d.call)
	}
}

// splitArguments splits at commas outside of strings, brackets and braces.
func splitArguments(text string) (args []string) {
	depth, quoted, start := 0, false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case strings.IndexByte("[{(", c) >= 0:
			depth++
		case strings.IndexByte("]})", c) >= 0:
			depth--
		case c == ',' && depth == 0:
			args = append(args, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	return append(args, strings.TrimSpace(text[start:]))
}
