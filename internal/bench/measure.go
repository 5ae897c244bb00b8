package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"hindsight/internal/recording"
	"hindsight/replay"
)

// cost is what a command took: the best of several runs.
type cost struct {
	cpu, wall time.Duration
	peak      int64 // bytes of memory
	output    string
}

// workload is a program with its arguments.
type workload struct {
	name string
	dir  string
	args []string
}

// cost runs a command as often as asked and keeps the least times. CPU time is
// the command's and its children's.
func (b *bench) cost(runs int, dir string, args ...string) (cost, error) {
	var best cost
	for i := range runs {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = dir
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		began := time.Now()
		if err := cmd.Run(); err != nil {
			return cost{}, fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, lastLine(stderr.String()))
		}
		wall := time.Since(began)
		usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		if i == 0 || cpu < best.cpu {
			best.cpu = cpu
		}
		if i == 0 || wall < best.wall {
			best.wall = wall
		}
		best.peak = max(best.peak, usage.Maxrss*1024)
		best.output = stdout.String()
	}
	return best, nil
}

// pinned is the command on one CPU.
func pinned(args []string) []string { return append([]string{"taskset", "-c", "1"}, args...) }

// record records a workload into a folder of its name and returns it.
func (b *bench) record(w workload) (string, error) {
	dir, _, err := b.recordCost(w)
	return dir, err
}

// recordCost is record, and tells what that took.
func (b *bench) recordCost(w workload) (string, cost, error) {
	dir := filepath.Join(b.work, "recordings", w.name)
	if err := os.RemoveAll(dir); err != nil {
		return "", cost{}, err
	}
	c, err := b.cost(1, w.dir, append([]string{b.hindsight, "record", "-o", dir, "--"}, w.args...)...)
	return dir, c, err
}

// replay replays a recording in this process, as often as asked, and returns the
// result whose host needed the least time.
func (b *bench) replay(dir string, runs int, opt replay.Options) (*replay.Result, error) {
	var best *replay.Result
	for range runs {
		rec, err := recording.Open(dir)
		if err != nil {
			return nil, err
		}
		r, err := replay.Run(context.Background(), rec, opt)
		if err != nil {
			return nil, fmt.Errorf("replay %s: %s", filepath.Base(dir), firstLine(err.Error()))
		}
		if best == nil || hostCPU(r) < hostCPU(best) {
			best = r
		}
	}
	return best, nil
}

func hostCPU(r *replay.Result) time.Duration {
	return time.Duration(r.Stats.HostUserNS + r.Stats.HostSystemNS)
}

// nothing is a consumer that takes rows and drops them.
type nothing struct{}

func (nothing) Consume(*replay.Batch) error { return nil }

func ratio(a, b time.Duration) string { return fmt.Sprintf("%.2f", float64(a)/float64(b)) }

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// have tells whether a tool is installed.
func have(tool string) bool {
	_, err := exec.LookPath(tool)
	return err == nil
}
