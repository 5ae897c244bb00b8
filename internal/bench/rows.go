package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"hindsight/replay"
)

// rows is the table, in the order of the page.
var rows = []row{
	{"record", "record, CPU against the program pinned to one CPU", "≤ 1.15",
		"ptrace alone: 1.0 to 1.4", measureRecord},
	{"threads", "recording programs with threads, CPU against the program pinned to one CPU; interruptions, and how often replay compared memory to find one", "spinners ≤ 1.5; ≤ 3 comparisons; the rest is reported",
		"strace -f 1.3 to 18", measureThreads},
	{"log", "replay with the full log discarded (blocks, writes, calls), CPU of the host process against native",
		"≤ 1.3 gzip, ≤ 2.3 C -O2, ≤ 3.0 sqlite3, perl, python3", "valgrind --tool=none and qemu-user, which log nothing", measureLog},
	{"native", "native replay (the check alone), wall against native", "≤ 1.1 and 25 µs a system call", "", measureNative},
	{"syscalls", "60,000 system calls and little else, replayed with the full log, wall against native", "≤ 6",
		"a stop for each: 77", measureSyscalls},
	{"cold", "cold translation", "≤ 4 µs a block; cc1 with the full log, the first time, ≤ 12", "the prototype: 6.5 µs, 24", measureCold},
	{"decode", "decoding the log to rows", "≤ 6 ns a row", "", measureDecode},
	{"load", "loading writes into DuckDB", "≤ 170 ns CPU and ≤ 13 bytes a row", "AppendRow: 339 ns, 18 bytes", measureLoad},
	{"index", "hindsight index of everything, wall, against valgrind --tool=lackey --trace-mem=yes", "≥ 10 times faster",
		"lackey only prints", measureIndex},
	{"query", "all writes to one 8-byte address, of 10^8 rows, warm", "≤ 20 ms", "290 ms in time order", measureQuery},
	{"debuginfo", "types and variables of large programs, all units, wall; the peers' factor in parentheses", "reported",
		"gdb expanding all its symbols; readelf printing the entries", measureDebugInfo},
	{"variables", "variable_writes joined with stack_frames, 5,000 writes of 10^8, warm", "≤ 0.5 s", "", measureVariables},
	{"watchpoint", "the same question about 10,000 writes, beside a watchpoint of gdb with a backtrace at each", "reported", "gdb -batch, the program run once", measureWatchpoint},
	{"prompt", "from the start of hindsight sql to its first prompt", "≤ 0.3 s", "gdb of the program, and sqlite3 without a file", measurePrompt},
	{"long", "a run of 10^9 instructions of gzip, from record to the first answer; memory of the indexer", "≤ 1.5 GiB; the rest is reported", "", measureLong},
}

func measureRecord(b *bench) ([]string, error) {
	var lines []string
	for _, name := range []string{"gzip", "xz", "cc1"} {
		w, err := b.installed(name)
		if err != nil {
			return lines, err
		}
		native, err := b.cost(b.runs, w.dir, pinned(w.args)...)
		if err != nil {
			return lines, err
		}
		var best cost
		for i := range b.runs {
			dir, c, err := b.recordCost(w)
			if err != nil {
				return lines, err
			}
			if i == 0 || c.cpu < best.cpu {
				best = c
			}
			if err := os.RemoveAll(dir); err != nil {
				return lines, err
			}
		}
		lines = append(lines, fmt.Sprintf("%s %s (%v against %v)", name, ratio(best.cpu, native.cpu), round(best.cpu), round(native.cpu)))
	}
	return lines, nil
}

func measureLog(b *bench) ([]string, error) {
	var lines []string
	for _, name := range []string{"gzip", "sort_recursion", "sqlite3", "perl", "python3"} {
		line, err := b.logRow(name)
		if err != nil {
			line = fmt.Sprintf("%s: could not be measured: %s", name, firstLine(err.Error()))
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// workload is a program of testdata/bench, or of the system.
func (b *bench) workload(name string) (workload, error) {
	if _, err := os.Stat(filepath.Join(b.root, "testdata/bench", name+".c")); err == nil {
		return b.compiled(name)
	}
	return b.installed(name)
}

func (b *bench) logRow(name string) (string, error) {
	w, err := b.workload(name)
	if err != nil {
		return "", err
	}
	native, err := b.cost(b.runs, w.dir, pinned(w.args)...)
	if err != nil {
		return "", err
	}
	dir, err := b.record(w)
	if err != nil {
		return "", err
	}
	r, err := b.replay(dir, b.runs, replay.Options{Engine: replay.Translated, Discard: true})
	if err != nil {
		return "", err
	}
	line := fmt.Sprintf("%s %s (%v against %v, %d MB of log)", name, ratio(hostCPU(r), native.cpu),
		round(hostCPU(r)), round(native.cpu), r.Stats.LogBytes>>20)
	for _, peer := range [][]string{{"valgrind", "--tool=none", "-q"}, {"qemu-x86_64"}} {
		line += ", " + b.peer(w, native, peer)
	}
	return line, nil
}

// peer runs a workload under another tool.
func (b *bench) peer(w workload, native cost, tool []string) string {
	if !have(tool[0]) {
		return tool[0] + " is not installed"
	}
	c, err := b.cost(1, w.dir, pinned(append(tool, w.args...))...)
	if err != nil {
		return tool[0] + " fails"
	}
	return tool[0] + " " + ratio(c.cpu, native.cpu)
}

func measureNative(b *bench) ([]string, error) {
	var lines []string
	for _, name := range []string{"gzip", "sqlite3", "python3", "system_calls"} {
		w, err := b.workload(name)
		if err != nil {
			return lines, err
		}
		native, err := b.cost(b.runs, w.dir, w.args...)
		if err != nil {
			return lines, err
		}
		dir, err := b.record(w)
		if err != nil {
			return lines, err
		}
		r, err := b.replay(dir, b.runs, replay.Options{Engine: replay.Native})
		if err != nil {
			return lines, err
		}
		wall := time.Duration(r.Stats.WallNS)
		line := fmt.Sprintf("%s %s (%v against %v, %d system calls", name, ratio(wall, native.wall), round(wall), round(native.wall), r.Syscalls)
		if r.Syscalls > 10000 {
			line += fmt.Sprintf(": %.1f µs each", float64(wall-native.wall)/1000/float64(r.Syscalls))
		}
		lines = append(lines, line+")")
	}
	return lines, nil
}

func measureSyscalls(b *bench) ([]string, error) {
	w, err := b.compiled("system_calls")
	if err != nil {
		return nil, err
	}
	native, err := b.cost(b.runs, w.dir, pinned(w.args)...)
	if err != nil {
		return nil, err
	}
	dir, err := b.record(w)
	if err != nil {
		return nil, err
	}
	r, err := b.replay(dir, b.runs, replay.Options{Engine: replay.Translated, Discard: true})
	if err != nil {
		return nil, err
	}
	wall := time.Duration(r.Stats.WallNS)
	return []string{fmt.Sprintf("%s (%v against %v; %d of %d system calls without a stop)", ratio(wall, native.wall), round(wall),
		round(native.wall), r.Stats.InCache, r.Syscalls)}, nil
}

func measureCold(b *bench) ([]string, error) {
	w, err := b.installed("cc1")
	if err != nil {
		return nil, err
	}
	native, err := b.cost(b.runs, w.dir, pinned(w.args)...)
	if err != nil {
		return nil, err
	}
	dir, err := b.record(w)
	if err != nil {
		return nil, err
	}
	r, err := b.replay(dir, 1, replay.Options{Engine: replay.Translated, Discard: true})
	if err != nil {
		return nil, err
	}
	wall := time.Duration(r.Stats.WallNS)
	return []string{fmt.Sprintf("%.2f µs a block (%d blocks); cc1 %s (%v against %v)",
		float64(r.Stats.TranslateNS)/1000/float64(r.Stats.Translations), r.Stats.Translations, ratio(wall, native.wall), round(wall), round(native.wall))}, nil
}

func measureDecode(b *bench) ([]string, error) {
	var lines []string
	for _, name := range []string{"gzip", "sort_recursion", "perl", "sqlite3"} {
		w, err := b.workload(name)
		if err != nil {
			return lines, err
		}
		dir, err := b.record(w)
		if err != nil {
			return lines, err
		}
		r, err := b.replay(dir, 1, replay.Options{Engine: replay.Translated, Consumer: nothing{}})
		if err != nil {
			return lines, err
		}
		s := &r.Stats
		lines = append(lines, fmt.Sprintf("%s %.1f ns a row (%d blocks, %d writes, %d calls and other controls; %.1f ns a write if all is put on those)", name,
			float64(s.ConsumerNS)/float64(s.Executions+s.Writes+s.Controls), s.Executions, s.Writes, s.Controls,
			float64(s.ConsumerNS)/float64(s.Writes)))
	}
	return lines, nil
}
