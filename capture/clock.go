package capture

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// clock ends turns that last too long: it sends the thread a SIGSTOP, which stops
// it for its tracer and is then dropped. It ticks on a goroutine of its own, while
// the recorder's thread waits for the program.
type clock struct {
	mu    sync.Mutex
	tid   int       // the thread that is to be stopped, 0 for none
	due   time.Time // when
	sent  int       // the thread that was sent a signal which it did not take yet
	begun bool
	quit  chan struct{}
}

const tick = 2 * time.Millisecond

// begin starts the ticking, once.
func (c *clock) begin(pid int) {
	if c.begun {
		return
	}
	c.begun, c.quit = true, make(chan struct{})
	go func() {
		t := time.NewTicker(tick)
		defer t.Stop()
		for {
			select {
			case now := <-t.C:
				c.check(pid, now)
			case <-c.quit:
				return
			}
		}
	}()
}

func (c *clock) end() {
	if c.begun {
		close(c.quit)
	}
}

func (c *clock) check(pid int, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tid == 0 || now.Before(c.due) {
		return
	}
	if unix.Tgkill(pid, c.tid, unix.SIGSTOP) == nil {
		c.sent = c.tid
	}
	c.tid = 0
}

// arm has the thread tid, about to be resumed, stopped after so long; 0: never.
func (c *clock) arm(tid int, after time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tid = 0
	if after > 0 {
		c.tid, c.due = tid, time.Now().Add(after)
	}
}

// disarm is to be called when a thread has stopped. It tells whether the thread was
// sent a signal that it has not taken yet.
func (c *clock) disarm(tid int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tid = 0
	return c.sent == tid
}

// taken notes that the signal has arrived.
func (c *clock) taken() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = 0
}
