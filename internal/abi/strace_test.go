package abi

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shown collects the calls of a program as Format shows them from what a
// recording keeps: inputs at the entry and outputs at the exit.
type shown struct {
	call   Call
	before snapshot
	lines  []string
}

func (s *shown) entry(p tracee, nr uint64, args [6]uint64) int {
	s.call.Enter(p, nr, args)
	s.before = snapshot{}.keep(p, s.call.Inputs)
	if nr == 60 || nr == 231 {
		s.lines = append(s.lines, s.call.Syscall.Name+"("+s.call.Syscall.Format(s.before, args, 0)+")")
	}
	return 0
}

func (s *shown) exit(p tracee, nr uint64, args [6]uint64, result int64) {
	memory := snapshot{}.keep(p, s.call.Outputs(p, result, nil))
	text := s.call.Syscall.Format(recorded{s.before, memory}, args, result)
	s.lines = append(s.lines, s.call.Syscall.Name+"("+text+")")
}

var straceLine = regexp.MustCompile(`^(\w+\(.*\))\s+= .*$`)

// strace runs a program under strace(1) with the same environment and
// addresses and returns its lines without the results.
func strace(t *testing.T, argv ...string) []string {
	t.Helper()
	emptied(t)
	out := filepath.Join(t.TempDir(), "trace")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "setarch", append([]string{"-R", "strace", "-o", out}, argv...)...)
	cmd.Env = environment
	if err := cmd.Run(); err != nil {
		t.Logf("%v: %v", argv, err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range bytes.Split(b, []byte("\n")) {
		if m := straceLine.FindSubmatch(l); m != nil {
			// strace gives both names of a request that two drivers share.
			lines = append(lines, strings.Replace(string(m[1]), "SNDCTL_TMR_START or TCSETS", "TCSETS", 1))
		}
	}
	return lines[1:] // without the execve that starts it
}

// unlike are beginnings of lines that are shown otherwise than by strace, with the
// reason. A number as first argument is written #: which descriptor or address it is depends on
// what the test inherits and on the compiler.
var unlike = map[string]string{
	"fcntl(#, F_GET_RW_HINT":     "unknown to strace 6.1",
	"personality(":               "strace shows 0xffffffff, which only asks, as a number",
	"prctl(PR_GET_AUXV":          "unknown to strace 6.1",
	"arch_prctl(ARCH_CET_STATUS": "unknown to strace 6.1",
	"arch_prctl(ARCH_GET_XCOMP":  "strace adds the features' names",
	"futex(#, 0x63":              "an unknown operation: strace shows all arguments",
	"sched_setattr(":             "strace adds the size that the kernel left",
	"semctl(":                    "strace shows an argument that the command does not have",
	"msgrcv(":                    "strace shows the whole buffer, not only what was received",
	"syslog(":                    "strace decodes only the action",
	"sysfs(":                     "strace shows arguments that the option does not have",
	"modify_ldt(":                "strace shows no data",
	"clock_gettime(MAKE_PROCESS": "strace 6.1 does not take such clocks apart",
	"getsockopt(#, SOL_SOCKET, SO_RCVTIMEO_OLD": "strace shows data",
	"setsockopt(#, SOL_SOCKET, SO_SNDTIMEO_OLD": "strace shows data",
	"ioctl(#, SIOCGIF":                          "only the name of an interface is shown",
}

var firstNumber = regexp.MustCompile(`^(\w+)\((?:0x[0-9a-f]+|\d+), `)

func isUnlike(line string) bool {
	line = firstNumber.ReplaceAllString(line, "$1(#, ")
	for prefix := range unlike {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return false
}

// TestFormatEqualsStrace compares Format with strace's lines. Numbers are left out
// of the comparison where two runs differ in them (times, process numbers) or
// where they are the machine's.
func TestFormatEqualsStrace(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is not installed")
	}
	for _, argv := range allPrograms(t) {
		t.Run(argv[0], func(t *testing.T) {
			argv := command(t, argv)
			var differences []string
			for range attempts {
				var a, b shown
				trace(t, &a, argv...)
				trace(t, &b, argv...)
				differences = compareLines(t, [2][]string{a.lines, b.lines}, [2][]string{strace(t, argv...), strace(t, argv...)})
				if len(differences) == 0 {
					return
				}
			}
			t.Error(strings.Join(differences, "\n"))
		})
	}
}

var varying = regexp.MustCompile(`"[^"]*"|0x[0-9a-f]+|[0-9.]+`)

// machine are calls whose outputs are the time's or the machine's, and so differ
// even where two runs happen to agree.
var machine = map[string]bool{"sysinfo": true, "times": true, "time": true, "gettimeofday": true, "clock_gettime": true, "getrusage": true,
	"getitimer": true, "setitimer": true, "timer_gettime": true, "timerfd_gettime": true, "nanosleep": true, "clock_nanosleep": true, "statfs": true, "fstatfs": true,
	"adjtimex": true, "clock_adjtime": true, "select": true, "ppoll": true, "getdents64": true, "getcpu": true, "write": true}

var comments = regexp.MustCompile(` /\* [^*]* \*/`)

func masked(line string) string {
	return varying.ReplaceAllString(comments.ReplaceAllString(line, ""), "#")
}

// attempts is how often a program is compared before a difference counts: on a busy
// machine a signal or a timeout may come earlier or later than a call.
const attempts = 3

func compareLines(t *testing.T, ours, theirs [2][]string) (differences []string) {
	t.Helper()
	for i := range 2 {
		// A signal may come a call earlier or later.
		handled := func(line string) bool { return strings.HasPrefix(line, "rt_sigreturn(") }
		ours[i], theirs[i] = slices.DeleteFunc(ours[i], handled), slices.DeleteFunc(theirs[i], handled)
	}
	equal, loose := 0, 0
	for i := range min(len(ours[0]), len(ours[1]), len(theirs[0]), len(theirs[1])) {
		our, their := ours[0][i], theirs[0][i]
		name, _, _ := strings.Cut(their, "(")
		stable := our == ours[1][i] && their == theirs[1][i] && !machine[name]
		switch {
		case !strings.HasPrefix(our, name+"("):
			return append(differences, fmt.Sprintf("line %d: the runs part ways: %s / %s", i, our, their))
		case our == their:
			equal++
		case isUnlike(our), !stable && masked(our) == masked(their):
			loose++
		default:
			differences = append(differences, fmt.Sprintf("line %d:\n  ours   %s\n  strace %s", i, our, their))
		}
	}
	t.Logf("%d lines equal, %d but for numbers, %d differ", equal, loose, len(differences))
	return differences
}
