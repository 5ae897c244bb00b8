package symbols

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// bigProgram returns a large program with debug information: $SYMBOLS_BENCH, else the Go
// command built anew.
func bigProgram(b *testing.B) string {
	if p := os.Getenv("SYMBOLS_BENCH"); p != "" {
		return p
	}
	out := filepath.Join(b.TempDir(), "go")
	if text, err := exec.Command("go", "build", "-o", out, "cmd/go").CombinedOutput(); err != nil {
		b.Skipf("no large program: %v %s", err, text)
	}
	return out
}

// BenchmarkLoad measures the function table with all names, and then every unit's
// inlined calls and lines, in MB of file and of debug information a second.
func BenchmarkLoad(b *testing.B) {
	data, err := os.ReadFile(bigProgram(b))
	if err != nil {
		b.Fatal(err)
	}
	var table, units time.Duration
	var debug int
	before := cpu()
	for b.Loop() {
		start := time.Now()
		f, err := Parse(data, Options{})
		if err != nil {
			b.Fatal(err)
		}
		fns := f.Functions()
		table += time.Since(start)
		start = time.Now()
		for i := range fns {
			f.Frames(fns[i].Entry, nil)
		}
		units += time.Since(start)
		if d := f.dwarf; d != nil {
			debug = len(d.info) + len(d.line) + len(d.abbrev) + len(d.str) + len(d.ranges) + len(d.rnglists)
		}
	}
	n := float64(b.N)
	b.ReportMetric((cpu()-before).Seconds()*1000/n, "cpu-ms")
	b.ReportMetric(float64(len(data))/1e6*n/table.Seconds(), "file-MB/s")
	b.ReportMetric(float64(debug)/1e6*n/table.Seconds(), "debug-MB/s")
	b.ReportMetric(table.Seconds()*1000/n, "table-ms")
	b.ReportMetric(units.Seconds()*1000/n, "units-ms")
}

// cpu is the processor time used so far, which other load does not change much.
func cpu() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkReadelf is the peer of BenchmarkLoad: binutils decoding the line table alone.
func BenchmarkReadelf(b *testing.B) {
	path := bigProgram(b)
	for b.Loop() {
		if err := exec.Command("readelf", "--debug-dump=decodedline", path).Run(); err != nil {
			b.Skip(err)
		}
	}
}

func benchmarkLookup(b *testing.B, step func(f *File, pc uint64)) {
	data, err := os.ReadFile(bigProgram(b))
	if err != nil {
		b.Fatal(err)
	}
	f, err := Parse(data, Options{})
	if err != nil {
		b.Fatal(err)
	}
	fns := f.Functions()
	for i := range fns {
		f.Frames(fns[i].Entry, nil)
	}
	i := 0
	for b.Loop() {
		i = (i + 7919) % len(fns)
		step(f, fns[i].Entry+uint64(i&15))
	}
}

func BenchmarkIsEntry(b *testing.B) {
	benchmarkLookup(b, func(f *File, pc uint64) { f.IsEntry(pc) })
}

func BenchmarkFrames(b *testing.B) {
	var frames []Frame
	benchmarkLookup(b, func(f *File, pc uint64) { frames = f.Frames(pc, frames[:0]) })
}

// BenchmarkData measures types and variables, once the functions are known.
func BenchmarkData(b *testing.B) {
	path := bigProgram(b)
	var took, used time.Duration
	var debug, types, variables int
	for b.Loop() {
		f, err := Open(path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		f.Functions()
		start, before := time.Now(), cpu()
		data := f.Data()
		took, used = took+time.Since(start), used+cpu()-before
		types, variables = len(data.Types), len(data.Variables)
		if d := f.dwarf; d != nil {
			debug = len(d.info) + len(d.abbrev) + len(d.str) + len(d.loc) + len(d.loclists) + len(d.ranges) + len(d.rnglists)
		}
	}
	n := float64(b.N)
	b.ReportMetric(used.Seconds()*1000/n, "cpu-ms")
	b.ReportMetric(took.Seconds()*1000/n, "data-ms")
	b.ReportMetric(float64(debug)/1e6*n/took.Seconds(), "debug-MB/s")
	b.ReportMetric(float64(types), "types")
	b.ReportMetric(float64(variables), "variables")
}
