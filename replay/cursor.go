package replay

import (
	"context"
	"errors"
	"fmt"
	"io"

	"hindsight/internal/recording"
)

// cursor walks the events of a recording with a look-ahead of two. An event that
// it returned stays valid until next has been called twice more; cloneEvent
// keeps one for longer.
type cursor struct {
	reader *recording.EventReader
	ring   [4]savedEvent
	taken  int // events that next returned
	loaded int // how many of the events to come the ring holds, from ring[taken%4] on
	// err is why there are no more events: nil at the proper end, else
	// recording.ErrTruncated or what the reader reported.
	err   error
	ended bool
}

// newCursor starts at the first event.
func newCursor(rec *recording.Recording) (*cursor, error) {
	r, err := rec.Events()
	if err != nil {
		return nil, err
	}
	return &cursor{reader: r}, nil
}

// peek returns the event to come, nil where there is none.
func (c *cursor) peek() *recording.Event { return c.ahead(0) }

// peekSecond returns the event after the one to come, nil where there is none.
func (c *cursor) peekSecond() *recording.Event { return c.ahead(1) }

func (c *cursor) ahead(n int) *recording.Event {
	for c.loaded <= n && !c.ended {
		var e recording.Event
		switch err := c.reader.Next(&e); {
		case err == nil:
			c.ring[(c.taken+c.loaded)%len(c.ring)].save(&e)
			c.loaded++
		case err == io.EOF:
			c.ended = true
		default:
			c.ended, c.err = true, err
		}
	}
	if c.loaded <= n {
		return nil
	}
	return &c.ring[(c.taken+n)%len(c.ring)].event
}

// next takes the event to come, nil where there is none.
func (c *cursor) next() *recording.Event {
	e := c.peek()
	if e != nil {
		c.taken++
		c.loaded--
	}
	return e
}

func (c *cursor) close() error { return c.reader.Close() }

// savedEvent is an event with everything that it refers to.
type savedEvent struct {
	event recording.Event
	bytes []byte
	lists struct {
		memory []recording.MemoryWrite
		input  []recording.MemoryWrite
		maps   []recording.MapChange
		hashes []recording.MemoryHash
		signal recording.Signal
	}
}

// save copies e deeply, into the memory of the event that was saved before.
func (s *savedEvent) save(e *recording.Event) {
	need := len(e.XSave)
	for i := range e.Memory {
		need += len(e.Memory[i].Data)
	}
	for i := range e.Input {
		need += len(e.Input[i].Data)
	}
	if e.Signal != nil {
		need += len(e.Signal.Info)
	}
	if cap(s.bytes) < need {
		s.bytes = make([]byte, 0, need+need/2)
	}
	s.bytes = s.bytes[:0]
	s.event = *e
	out := &s.event
	out.XSave = s.keep(e.XSave)
	s.lists.memory = s.keepWrites(s.lists.memory[:0], e.Memory)
	s.lists.input = s.keepWrites(s.lists.input[:0], e.Input)
	s.lists.maps = append(s.lists.maps[:0], e.Maps...)
	s.lists.hashes = append(s.lists.hashes[:0], e.Hashes...)
	out.Memory, out.Input, out.Maps, out.Hashes = s.lists.memory, s.lists.input, s.lists.maps, s.lists.hashes
	for i := range out.Maps {
		out.Maps[i].Patches = clonePatches(e.Maps[i].Patches)
	}
	if e.Signal != nil {
		s.lists.signal = *e.Signal
		s.lists.signal.Info = s.keep(e.Signal.Info)
		out.Signal = &s.lists.signal
	}
}

func (s *savedEvent) keep(b []byte) []byte {
	n := len(s.bytes)
	s.bytes = append(s.bytes, b...) // never grows: save made room
	return s.bytes[n:len(s.bytes):len(s.bytes)]
}

func (s *savedEvent) keepWrites(dst, src []recording.MemoryWrite) []recording.MemoryWrite {
	for i := range src {
		dst = append(dst, recording.MemoryWrite{Addr: src[i].Addr, Data: s.keep(src[i].Data)})
	}
	return dst
}

func clonePatches(src []recording.Patch) []recording.Patch {
	var dst []recording.Patch
	for _, p := range src {
		dst = append(dst, recording.Patch{Addr: p.Addr, Original: append([]byte(nil), p.Original...)})
	}
	return dst
}

// cloneEvent returns a copy of e that stays valid.
func cloneEvent(e *recording.Event) *recording.Event {
	s := &savedEvent{}
	s.save(e)
	return &s.event
}

// overview is what must be known of a recording before its replay begins.
type overview struct {
	layout  *layout
	start   *recording.Event
	objects []string // the mapped files' contents, in order of their first use
	// interrupted: a thread is interrupted somewhere in user code.
	interrupted bool
}

// scan reads all events once. That the recording is cut off is no error.
func scan(ctx context.Context, rec *recording.Recording) (found overview, err error) {
	r, err := rec.Events()
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var mapped, faulted []span
	raising := map[uint64]bool{}
	known := map[string]bool{"": true}
	var e recording.Event
	for {
		err := r.Next(&e)
		if err == io.EOF || errors.Is(err, recording.ErrTruncated) {
			break
		}
		if err != nil {
			return found, err
		}
		if found.start == nil {
			found.start = cloneEvent(&e)
		}
		found.interrupted = found.interrupted || e.Kind == recording.KindPreempt
		for i := range e.Maps {
			m := &e.Maps[i]
			mapped = noteMapped(mapped, m)
			if !known[m.Object] {
				known[m.Object] = true
				found.objects = append(found.objects, m.Object)
			}
		}
		if e.Signal != nil && e.Signal.Sync {
			faulted = noteFault(faulted, &e)
			raising[e.Regs.Rip] = true
		}
		if err := ctx.Err(); err != nil {
			return found, err
		}
	}
	if found.start == nil || found.start.Kind != recording.KindStart {
		return found, fmt.Errorf("%s holds no start of a program: the recorder was killed too early; record again", rec.Dir)
	}
	found.layout = newLayout(mapped, faulted)
	found.layout.raising = raising
	return found, nil
}
