package tables

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"hindsight/internal/recording"
	"hindsight/replay"
)

const (
	// memoryBytes is how much of a program's first contents is kept in all.
	memoryBytes = 256 << 20
	// pieceBytes is how much one row holds.
	pieceBytes = 16 << 10
)

// contents are the first contents of memory: of files that were mapped, and of
// memory when it was moved.
type contents struct {
	rec     *recording.Recording
	code    map[string][]offsets // by object, what is mapped as code anywhere
	objects map[string]*recording.Object
	left    uint64 // of memoryBytes
	leftOut uint64 // bytes that were not kept
	buffer  []byte

	mu    sync.Mutex
	moves map[uint64][]piece // by event, what the replay noted
}

// offsets is a part of a file.
type offsets struct{ from, to uint64 }

func newContents(rec *recording.Recording, code map[string][]offsets) *contents {
	return &contents{rec: rec, code: code, left: memoryBytes, objects: map[string]*recording.Object{}, moves: map[uint64][]piece{}}
}

func (c *contents) close() error {
	var errs []error
	for _, o := range c.objects {
		errs = append(errs, o.File.Close())
	}
	c.objects = nil
	return errors.Join(errs...)
}

// take takes n bytes of what may be kept.
func (c *contents) take(n uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n > c.left {
		c.leftOut += n
		return false
	}
	c.left -= n
	return true
}

// note keeps what memory holds that is about to move. The replay calls it, ahead
// of the rows.
func (c *contents) note(e *recording.Event, m *recording.MapChange, read replay.ReadMemory) {
	const most = 1 << 30 // what is looked at, of which most may be zeros
	from, to, n := uint64(m.From), uint64(m.Addr), min(m.FromLength, m.Length)
	if n > most {
		c.keep(e.Index, piece{lo: to, hi: to + n, hidden: true})
		c.mu.Lock()
		c.leftOut += n
		c.mu.Unlock()
		return
	}
	buffer := make([]byte, pieceBytes)
	for at := uint64(0); at < n; at += pieceBytes {
		b := buffer[:min(pieceBytes, n-at)]
		clear(b)
		p := piece{lo: to + at, hi: to + at + uint64(len(b)), base: to + at}
		switch got := read(from+at, b); {
		case got < len(b):
			p.hidden = true
		case zero(b):
		case c.take(uint64(len(b))):
			p.first = bytes.Clone(b)
		default:
			p.hidden = true
		}
		c.keep(e.Index, p)
	}
}

func (c *contents) keep(event uint64, p piece) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moves[event] = append(c.moves[event], p)
}

// moved returns the pieces that an event brought to [lo, hi). What was not noted
// is not known.
func (c *contents) moved(event, lo, hi uint64) []piece {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out, rest []piece
	next := lo
	for _, p := range c.moves[event] {
		if p.lo < lo || hi < p.hi {
			rest = append(rest, p) // of another change of the same event
			continue
		}
		out = append(out, p)
		next = p.hi
	}
	c.moves[event] = rest
	if len(rest) == 0 {
		delete(c.moves, event)
	}
	if next < hi {
		out = append(out, piece{lo: next, hi: hi, hidden: true})
	}
	return out
}

// rows makes the rows of a piece, of which r has all but place and contents.
func (c *contents) rows(p *piece, r memoryRow, add func(r *memoryRow) error) error {
	for lo := p.lo; lo < p.hi; {
		r := r
		if err := c.row(p.part(lo, p.hi), &r); err != nil {
			return err
		}
		if err := add(&r); err != nil {
			return err
		}
		lo += r.size
	}
	return nil
}

// row completes the row of the beginning of a piece.
func (c *contents) row(p piece, r *memoryRow) error {
	r.addr, r.size = p.lo, p.hi-p.lo
	if !r.known || p.object == "" && p.first == nil {
		return nil
	}
	// Cut where addresses are multiples: pages then stay whole.
	piece := min(r.size, pieceBytes-p.lo%pieceBytes)
	if p.first != nil {
		r.size = piece
		r.bytes = p.first[p.lo-p.base:][:piece]
	} else {
		o, err := c.object(p.object)
		if err != nil {
			return err
		}
		if p.offset >= uint64(o.Size) {
			return nil // zeros, behind the file's end
		}
		var code bool
		if r.size, code = c.codeAhead(p.object, p.offset, r.size); code {
			r.known = false
			return nil
		}
		r.size = min(r.size, piece)
		if r.bytes, err = c.read(o, p.offset, r.size); err != nil {
			return fmt.Errorf("the stored contents of a mapped file (%s): %w", p.object, err)
		}
	}
	if zero(r.bytes) {
		r.bytes = nil
	} else if p.first == nil && !c.take(r.size) {
		r.bytes, r.known = nil, false
	}
	return nil
}

// object returns a stored file, which stays open until close.
func (c *contents) object(name string) (*recording.Object, error) {
	if o := c.objects[name]; o != nil {
		return o, nil
	}
	o, err := c.rec.OpenObjectFile(name)
	if err == nil {
		c.objects[name] = o
	}
	return o, err
}

// codeAhead tells whether a file's n bytes from offset on begin with code, and
// how many are like the first.
func (c *contents) codeAhead(object string, offset, n uint64) (uint64, bool) {
	for _, part := range c.code[object] {
		if part.from <= offset && offset < part.to {
			return min(n, part.to-offset), true
		}
		if offset < part.from && part.from < offset+n {
			n = part.from - offset
		}
	}
	return n, false
}

// read returns a file's bytes, zeros behind its end. They are valid until the
// next call.
func (c *contents) read(o *recording.Object, offset, n uint64) ([]byte, error) {
	if c.buffer == nil {
		c.buffer = make([]byte, pieceBytes)
	}
	b := c.buffer[:n]
	clear(b)
	there := b[:min(n, uint64(o.Size)-offset)]
	_, err := o.File.ReadAt(there, recording.ObjectOffset+int64(offset))
	return b, err
}

var zeros [pieceBytes]byte

func zero(b []byte) bool { return bytes.Equal(b, zeros[:len(b)]) }

// memoryRows is a buffer of _memory.
type memoryRows struct {
	addr, size, from, to []uint64
	known                []uint8
	offset, length       []uint32
	heap                 []byte
}

func (m *memoryRows) table() string       { return "_memory" }
func (m *memoryRows) addresses() []uint64 { return m.addr }
func (m *memoryRows) full() bool          { return len(m.addr) >= bufferRows || len(m.heap) >= wideBytes }

func (m *memoryRows) reset() {
	for _, c := range []*[]uint64{&m.addr, &m.size, &m.from, &m.to} {
		*c = (*c)[:0]
	}
	m.known, m.offset, m.length, m.heap = m.known[:0], m.offset[:0], m.length[:0], m.heap[:0]
}

func (m *memoryRows) add(r *memoryRow) {
	m.addr, m.size = append(m.addr, r.addr), append(m.size, r.size)
	m.from, m.to = append(m.from, r.from), append(m.to, r.to)
	known := uint8(0)
	if r.known {
		known = 1
	}
	m.known = append(m.known, known)
	m.offset, m.length = append(m.offset, uint32(len(m.heap))), append(m.length, uint32(len(r.bytes)))
	m.heap = append(m.heap, r.bytes...)
}

func (m *memoryRows) columns() ([]column, int) {
	return []column{
		fixed(m.addr), fixed(m.size), fixed(m.from).nullAt(beginning), fixed(m.to).nullAt(open),
		fixed(m.known), spans(m.heap, m.offset, m.length, 0),
	}, len(m.addr)
}
