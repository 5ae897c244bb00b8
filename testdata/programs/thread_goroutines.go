// Go: goroutines over several threads, channels, locks, timers, and the collector.
// build: go build $FLAGS -o $OUT $SOURCE
// matrix: O2
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var failures atomic.Int64

func check(ok bool, what string) {
	if !ok {
		failures.Add(1)
		fmt.Println("FAILED", what)
	}
}

//go:noinline
func square(n int) int { return n * n }

// pool squares numbers in four goroutines.
func pool() {
	in, out := make(chan int), make(chan int, 4)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for n := range in {
				out <- square(n)
			}
		})
	}
	go func() {
		for i := range 100 {
			in <- i
		}
		close(in)
		all.Wait()
		close(out)
	}()
	sum := 0
	for n := range out {
		sum += n
	}
	check(sum == 328350, "pool")
}

func locks() {
	var lock sync.Mutex
	var shared sync.RWMutex
	var once sync.Once
	counts, made := map[int]int{}, 0
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			once.Do(func() { made++ })
			for j := range 50 {
				lock.Lock()
				counts[j] += i
				lock.Unlock()
				if j%20 == 0 {
					runtime.Gosched()
				}
				shared.RLock()
				_ = made
				shared.RUnlock()
			}
		})
	}
	all.Wait()
	check(len(counts) == 50 && counts[7] == 15 && made == 1, "locks")
}

// blocked makes threads wait in the kernel, each with an OS thread of its own.
func blocked() {
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		check(false, err.Error())
		return
	}
	var all sync.WaitGroup
	var got atomic.Int64
	for range 3 {
		all.Go(func() {
			runtime.LockOSThread()
			var b [1]byte
			n, err := syscall.Read(p[0], b[:])
			if err == nil && n == 1 {
				got.Add(int64(b[0]))
			}
		})
	}
	time.Sleep(2 * time.Millisecond)
	for i := range 3 {
		syscall.Write(p[1], []byte{byte(i + 1)})
	}
	all.Wait()
	check(got.Load() == 6, "blocked")
}

func deep(n int) int {
	if n == 0 {
		return 0
	}
	var room [64]int
	room[n%64] = n
	return deep(n-1) + room[n%64] - n + 1
}

// stacks grow and are moved while others run.
func stacks() {
	depths := make(chan int)
	for i := range 3 {
		go func() { depths <- deep(500 * (i + 1)) }()
	}
	check(<-depths+<-depths+<-depths == 3000, "stacks")
}

func timers() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Millisecond)
	defer cancel()
	<-ctx.Done()
	check(errors.Is(ctx.Err(), context.DeadlineExceeded), "timers")
	ticks := time.NewTicker(time.Millisecond)
	defer ticks.Stop()
	for range 3 {
		<-ticks.C
	}
}

func panics() (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		panic("in a goroutine")
	}()
	panic(<-done)
}

func main() {
	pool()
	locks()
	blocked()
	stacks()
	timers()
	check(panics() == "in a goroutine", "panics")
	garbage := make([][]byte, 100)
	for i := range garbage {
		garbage[i] = make([]byte, 10000)
	}
	runtime.GC()
	runtime.KeepAlive(garbage)
	if failures.Load() > 0 {
		fmt.Println("EXIT-FAILURE")
		os.Exit(1)
	}
	fmt.Println("EXIT-SUCCESS")
}
