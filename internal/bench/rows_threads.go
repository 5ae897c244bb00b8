package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"hindsight/replay"
)

// pythonThreads counts words in four threads, which share the interpreter's lock.
const pythonThreads = `
import threading, queue
q, done = queue.Queue(), []
def work():
    n = 0
    while (i := q.get()) is not None:
        n += sum(ord(c) for c in "word%d" % i)
    done.append(n)
threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads: t.start()
for i in range(20000): q.put(i)
for t in threads: q.put(None)
for t in threads: t.join()
print(sum(done))
`

// goChannels passes numbers through a chain of goroutines.
const goChannels = `package main

import "fmt"

func main() {
	in := make(chan int)
	out := in
	for range 8 {
		next := make(chan int)
		go func(from, to chan int) {
			for v := range from {
				for k := range 2000 {
					v = v*31 + k
				}
				to <- v & 0xffff
			}
			close(to)
		}(out, next)
		out = next
	}
	go func() {
		for i := range 5000 {
			in <- i
		}
		close(in)
	}()
	sum := 0
	for v := range out {
		sum += v
	}
	fmt.Println(sum)
}
`

// threaded is a workload with threads.
func (b *bench) threaded(name string) (workload, error) {
	switch name {
	case "python threads":
		return workload{name: "python-threads", dir: b.work, args: []string{"/usr/bin/python3", "-S", "-E", "threads.py"}}, b.file("threads.py", pythonThreads)
	case "Go channels":
		dir := filepath.Join(b.work, "_channels") // of a name in which the go command sees no package
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return workload{}, err
		}
		if err := os.WriteFile(filepath.Join(dir, "channels.go"), []byte(goChannels), 0o644); err != nil {
			return workload{}, err
		}
		_, err := b.cost(1, dir, "go", "build", "-o", "channels", "channels.go")
		return workload{name: "go-channels", dir: b.work, args: []string{filepath.Join(dir, "channels")}}, err
	}
	return b.compiled(name)
}

func measureThreads(b *bench) ([]string, error) {
	var lines []string
	for _, name := range []string{"threads_mutex", "threads_spin", "threads_compute", "python threads", "Go channels"} {
		line, err := b.threadsRow(name)
		if err != nil {
			line = fmt.Sprintf("%s: could not be measured: %s", name, firstLine(err.Error()))
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func (b *bench) threadsRow(name string) (string, error) {
	w, err := b.threaded(name)
	if err != nil {
		return "", err
	}
	native, err := b.cost(b.runs, w.dir, pinned(w.args)...)
	if err != nil {
		return "", err
	}
	dir, recorded, err := b.recordCost(w)
	if err != nil {
		return "", err
	}
	r, err := b.replay(dir, 1, replay.Options{Engine: replay.Native})
	if err != nil {
		return "", err
	}
	s := &r.Stats
	checks := "no thread interrupted"
	if s.Interruptions > 0 {
		checks = fmt.Sprintf("%d times interrupted, %.2f comparisons of memory each", s.Interruptions, float64(s.PlaceChecks)/float64(s.Interruptions))
	}
	return fmt.Sprintf("%s %s (%v against %v, %d system calls, %s; replay %v)", name, ratio(recorded.cpu, native.cpu),
		round(recorded.cpu), round(native.cpu), r.Syscalls, checks, round(time.Duration(s.WallNS))), nil
}
