package replay

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// The log is written by translated code into buffers (see cache) and decoded on
// a goroutine of its own, on the other CPU, while the program goes on.

// logChunk is a span of whole records that is ready to be decoded.
type logChunk struct {
	buffer int
	bytes  []byte
	// done, where not nil, is closed when this and all before are decoded.
	done chan struct{}
}

// logDecoder turns chunks into batches for the consumer.
type logDecoder struct {
	columns  *columns
	consumer Consumer
	events   *recording.EventReader
	chunks   chan logChunk
	free     chan int // buffers that may be written again
	finished chan struct{}

	ring     []*savedEvent // events of the batch, and more for reuse
	used     int
	attached []*recording.Event // events of the batch's controls, in order

	thread uint32                  // the running one
	others map[uint32]segmentBases // of the others, as they were left

	failed  atomic.Pointer[error] // what the consumer, or the decoder, returned
	retired atomic.Uint64         // instructions decoded so far
	busy    time.Duration
	writes  uint64
	flow    uint64 // controls
	bytes   uint64
}

// segmentBases are what addresses relative to fs and gs count from, which belong
// to a thread.
type segmentBases struct{ fs, gs uint64 }

func basesOf(r *recording.Regs) segmentBases { return segmentBases{r.Fs_base, r.Gs_base} }

// eventsPerBatch bounds how many events a batch refers to.
const eventsPerBatch = 256

func newLogDecoder(t *templates, rec *recording.Recording, consumer Consumer) (*logDecoder, error) {
	k, err := newColumns(t)
	if err != nil {
		return nil, err
	}
	r, err := rec.Events()
	if err != nil {
		return nil, errors.Join(err, k.close())
	}
	d := &logDecoder{columns: k, consumer: consumer, events: r, thread: 1,
		chunks: make(chan logChunk, logBuffers), free: make(chan int, logBuffers), finished: make(chan struct{}),
	}
	for i := 1; i < logBuffers; i++ {
		d.free <- i
	}
	go d.run()
	return d, nil
}

// run decodes chunks until there are no more. After a failure it only returns
// the buffers, so that the program's side never waits for ever.
func (d *logDecoder) run() {
	defer close(d.finished)
	runtime.LockOSThread() // threadCPU is the goroutine's then
	defer runtime.UnlockOSThread()
	for c := range d.chunks {
		began := threadCPU()
		d.bytes += uint64(len(c.bytes))
		if d.failed.Load() == nil {
			if err := d.decode(c.bytes); err != nil {
				d.failed.Store(&err)
			}
		}
		d.busy += threadCPU() - began
		if c.buffer >= 0 {
			d.free <- c.buffer
		}
		if c.done != nil {
			close(c.done)
		}
	}
	if d.failed.Load() == nil {
		if err := d.flush(); err != nil {
			d.failed.Store(&err)
		}
	}
}

// threadCPU is the CPU time that the calling thread has used.
func threadCPU() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

func (d *logDecoder) err() error {
	if e := d.failed.Load(); e != nil {
		return *e
	}
	return nil
}

// close ends the decoding; all chunks were sent.
func (d *logDecoder) close() error {
	close(d.chunks)
	<-d.finished
	return errors.Join(d.err(), d.events.Close(), d.columns.close())
}

func (d *logDecoder) decode(b []byte) error {
	k := d.columns
	for {
		n, why := k.decode(b)
		b = b[n:]
		d.retired.Store(k.instructions())
		switch why {
		case decodedAll:
			return nil
		case decodedEvent:
			if err := d.attach(); err != nil {
				return err
			}
		case decodedBroken:
			return fmt.Errorf("the log is damaged after %d instructions: a bug in the translator", k.instructions())
		case decodedFull:
			if err := d.makeRoom(); err != nil {
				return err
			}
		}
	}
}

// makeRoom empties the columns, and grows them where one record is too large.
func (d *logDecoder) makeRoom() error {
	before := d.columns.empty()
	if err := d.flush(); err != nil {
		return err
	}
	if before || d.columns.continues() {
		return d.columns.growData(2*d.columns.needed() + batchData)
	}
	return nil
}

// attach takes the event of the control decoded last from the recording. A system
// call's is a Wait where the recording has one.
func (d *logDecoder) attach() error {
	c := d.columns.lastControl()
	if c.Kind == Switch {
		d.turn(c.Thread)
		return nil
	}
	e, err := d.nextEvent()
	if err != nil {
		return err
	}
	var ok bool
	switch c.Kind {
	case Syscall:
		if instruction := c.PC != 0; instruction && e.Kind == recording.KindWait {
			c.Kind, ok = Wait, true
			break
		}
		ok = e.Kind == recording.KindSyscall
		d.columns.setBases(basesOf(&e.After))
	case Begin:
		ok = e.Kind == recording.KindThread
		d.columns.setBases(basesOf(&e.After))
	case Signal:
		ok = e.Kind == recording.KindSignal
	default:
		ok = e.Kind == recording.KindTSC || e.Kind == recording.KindXSave
	}
	if !ok || e.Thread != d.thread {
		return fmt.Errorf("event %d is a %v of thread %d where the log has control kind %d of thread %d: a bug in the translator",
			e.Index, e.Kind, e.Thread, c.Kind, d.thread)
	}
	d.attached = append(d.attached, e)
	// The end of the program's code that waits for this control's target comes
	// with the next record: do not flush in between.
	if d.used >= eventsPerBatch && !d.columns.waiting() {
		return d.flush()
	}
	return nil
}

// turn goes over to another thread.
func (d *logDecoder) turn(thread uint32) {
	if d.others == nil {
		d.others = map[uint32]segmentBases{}
	}
	d.others[d.thread] = d.columns.bases()
	d.thread = thread
	d.columns.setBases(d.others[thread])
}

// nextEvent takes the next event that has a control.
func (d *logDecoder) nextEvent() (*recording.Event, error) {
	for {
		var e recording.Event
		switch err := d.events.Next(&e); {
		case err == io.EOF || errors.Is(err, recording.ErrTruncated):
			return nil, errors.New("the log has more events than the recording: a bug in the translator")
		case err != nil:
			return nil, err
		}
		switch e.Kind {
		case recording.KindStart:
			d.columns.setBases(basesOf(&e.After))
			continue
		case recording.KindCheckpoint, recording.KindPreempt, recording.KindExit:
			continue
		}
		if d.used == len(d.ring) {
			d.ring = append(d.ring, &savedEvent{})
		}
		s := d.ring[d.used]
		d.used++
		s.save(&e)
		return &s.event, nil
	}
}

// flush hands the batch to the consumer.
func (d *logDecoder) flush() error {
	k := d.columns
	if k.empty() {
		return nil
	}
	b := k.view()
	next := 0
	for i := range b.Controls {
		c := &b.Controls[i]
		if c.Kind < Syscall || c.Kind == Switch {
			c.Event = nil
			continue
		}
		if next == len(d.attached) {
			return errors.New("a control of the log has no event: a bug in the translator")
		}
		c.Event = d.attached[next]
		next++
		if c.PC == 0 {
			c.PC = eventPC(c.Event)
		}
	}
	d.writes += uint64(len(b.T))
	d.flow += uint64(len(b.Controls))
	var err error
	if d.consumer != nil {
		err = d.consumer.Consume(b)
	}
	k.clear()
	d.used, d.attached = 0, d.attached[:0]
	return err
}
