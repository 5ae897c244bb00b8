package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"hindsight/tables"
)

// progressBar shows how far indexing is, on a terminal only.
type progressBar struct {
	w       io.Writer
	writer  progress.Writer
	tracker *progress.Tracker
	done    chan struct{}

	mu     sync.Mutex
	stage  string
	began  time.Time // of the stage
	before uint64    // instructions when the stage began
	last   time.Time // when the message was last changed
}

// newProgress begins a bar where w is a terminal.
func newProgress(w io.Writer) *progressBar {
	b := &progressBar{w: w}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return b
	}
	b.tracker = &progress.Tracker{Message: "reading the recording", AutoStopDisabled: true}
	b.writer = progress.NewWriter()
	b.writer.SetOutputWriter(w)
	b.writer.SetAutoStop(false)
	b.writer.SetUpdateFrequency(100 * time.Millisecond)
	b.writer.SetTrackerLength(20)
	// A line that wraps could not be drawn over.
	b.writer.SetTerminalWidth(max(terminalWidth(f)-1, 1))
	style := progress.StyleBlocks
	style.Visibility.ETA = true
	style.Visibility.Value = false
	style.Options.ETAString = "left"
	style.Options.TimeInProgressPrecision = time.Second
	b.writer.SetStyle(style)
	b.writer.AppendTracker(b.tracker)
	b.done = make(chan struct{})
	go func() {
		b.writer.Render()
		close(b.done)
	}()
	return b
}

// update shows p. It is cheap and safe for concurrent use.
func (b *progressBar) update(p tables.Progress) {
	if b.tracker == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if p.Stage != b.stage {
		b.stage, b.began, b.last, b.before = p.Stage, now, time.Time{}, p.Instructions
		b.tracker.Reset()
	}
	if now.Sub(b.last) < 100*time.Millisecond {
		return
	}
	b.last = now
	b.tracker.UpdateTotal(int64(p.Total))
	b.tracker.SetValue(int64(min(p.Events, p.Total)))
	message := p.Stage
	if p.Instructions > 0 {
		message += fmt.Sprintf(": %s instructions", countText(float64(p.Instructions)))
	}
	if done := p.Instructions - b.before; done > 0 {
		message += fmt.Sprintf(", %s/s", countText(float64(done)/max(now.Sub(b.began).Seconds(), 0.1)))
	}
	b.tracker.UpdateMessage(message)
}

// print writes a line above the bar, or simply a line.
func (b *progressBar) print(line string) {
	if b.tracker == nil {
		fmt.Fprintln(b.w, line)
		return
	}
	b.writer.Log(line)
}

// stop removes the bar from the screen.
func (b *progressBar) stop() {
	if b.tracker == nil {
		return
	}
	b.tracker.MarkAsDone()
	b.writer.Stop()
	<-b.done
	// The writer could remove a finished tracker itself, but would not draw over
	// one that is to be removed.
	// The terminal may have echoed a ^C, hence the return.
	fmt.Fprint(b.w, "\r"+text.CursorUp.Sprint()+text.EraseLine.Sprint())
}

// countText is a count with three digits and a unit.
func countText(n float64) string {
	for _, unit := range []string{"", "k", "M", "G", "T"} {
		if n < 999.5 {
			if unit == "" {
				return fmt.Sprintf("%.0f", n)
			}
			return fmt.Sprintf("%.3g%s", n, unit)
		}
		n /= 1000
	}
	return fmt.Sprintf("%.3gP", n)
}
