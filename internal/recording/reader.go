package recording

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Recording is an open recording. It is safe for concurrent use.
type Recording struct {
	Dir  string
	Meta Meta
	// Complete tells whether the recorder finished its work; otherwise the
	// events end somewhere before the program did.
	Complete bool
	events   string // the name of the events file
}

const maxMeta = 16 << 20

// Open opens the recording in dir. The error wraps ErrNotRecording, a
// *VersionError or a *DamagedError where it is one of those.
func Open(dir string) (*Recording, error) {
	r, err := open(dir)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	return r, nil
}

func open(dir string) (*Recording, error) {
	r := &Recording{Dir: dir, events: eventsFile}
	if err := r.readMeta(); err != nil {
		return nil, err
	}
	f, err := openInside(dir, eventsFile)
	if errors.Is(err, os.ErrNotExist) {
		r.events = partialFile
		f, err = openInside(dir, partialFile)
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, &DamagedError{File: eventsFile, What: "the file is missing"}
	}
	if err != nil {
		return nil, err
	}
	r.Complete = r.Meta.Complete && r.events == eventsFile
	return r, errors.Join(checkFileHeader(f, r.events), f.Close())
}

func (r *Recording) readMeta() error {
	f, err := openInside(r.Dir, metaFile)
	if errors.Is(err, os.ErrNotExist) {
		if _, e := os.Stat(r.Dir); e != nil {
			return fmt.Errorf("%w: there is no such folder", ErrNotRecording)
		}
		return r.withoutMeta()
	}
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%w: ask its owner for read permission", err)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotRecording, err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxMeta))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return decodeMeta(data, &r.Meta)
}

// withoutMeta tells a recording that was killed before it had a description from
// other folders.
func (r *Recording) withoutMeta() error {
	objects, err := os.ReadDir(filepath.Join(r.Dir, objectsDir))
	if err == nil && len(objects) == 0 {
		entries, err := os.ReadDir(r.Dir)
		begun := err == nil
		for _, e := range entries {
			begun = begun && (e.Name() == objectsDir || strings.HasPrefix(e.Name(), "."+metaFile+"-"))
		}
		if begun {
			return &DamagedError{File: metaFile, What: "the file is missing: the recorder was killed as it began"}
		}
	}
	return fmt.Errorf("%w: it has no %s", ErrNotRecording, metaFile)
}

func checkFileHeader(f io.Reader, name string) error {
	var h [fileHeaderSize]byte
	if _, err := io.ReadFull(f, h[:]); err != nil {
		return &DamagedError{File: name, What: "the file is cut off inside its header"}
	}
	if string(h[:8]) != fileMagic {
		return &DamagedError{File: name, What: "this is not an events file"}
	}
	switch v := binary.LittleEndian.Uint32(h[8:]); {
	case v > FormatVersion:
		return &VersionError{int(v)}
	case v < 1:
		return &DamagedError{File: name, What: "there is no format version 0"}
	}
	return nil
}

// EventReader reads a recording's events in order. Each has its own place in the file
// and is for one goroutine; any number of them can read the same recording.
type EventReader struct {
	file   *os.File
	chunks chunkReader
	codec  codec
	raw    []byte // events of the chunk that are still to come
	count  uint32 // how many
	index  uint64
	want   uint64 // events that a complete recording has, 0 for another
	err    error  // sticky
}

// Events starts reading at the first event.
func (r *Recording) Events() (*EventReader, error) {
	f, err := openInside(r.Dir, r.events)
	if err != nil {
		return nil, err
	}
	br := bufio.NewReaderSize(f, chunkTarget)
	if err := checkFileHeader(br, r.events); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	er, err := newEventReader(br)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	er.file = f
	if r.Complete {
		er.want = r.Meta.Events
	}
	return er, nil
}

func newEventReader(r io.Reader) (*EventReader, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxChunk))
	if err != nil {
		return nil, err
	}
	return &EventReader{chunks: chunkReader{r: r, dec: dec, offset: fileHeaderSize}}, nil
}

// Next reads the next event into e. At the end it returns io.EOF; where the
// recorder was stopped while it wrote an error that wraps ErrTruncated, after all
// whole events; where the file was altered, or cut though it was complete, a
// *DamagedError. What e refers to is valid until the next call.
func (er *EventReader) Next(e *Event) error {
	for er.count == 0 && er.err == nil {
		er.err = er.nextChunk()
	}
	if er.err != nil {
		return er.err
	}
	rest, err := er.codec.decode(er.raw, e)
	if err != nil {
		er.err = er.chunks.damaged(fmt.Sprintf("event %d, before this offset, is malformed", er.index))
		return er.err
	}
	e.Index = er.index
	er.index++
	er.count--
	er.raw = rest
	return nil
}

func (er *EventReader) nextChunk() error {
	if len(er.raw) != 0 {
		return er.chunks.damaged("the chunk before this offset has bytes behind its last event")
	}
	h, raw, err := er.chunks.next()
	if er.want > 0 && (err == io.EOF && er.index != er.want || errors.Is(err, ErrTruncated)) {
		return er.chunks.damaged(fmt.Sprintf(
			"the file was complete and now has %d of %d events (named %s, they could be used)", er.index, er.want, partialFile))
	}
	if err != nil {
		return err
	}
	if h.first != er.index {
		return er.chunks.damaged(fmt.Sprintf("the chunk before this offset begins with event %d, not %d", h.first, er.index))
	}
	er.raw, er.count, er.codec = raw, h.count, codec{}
	return nil
}

// Close frees what the reader holds.
func (er *EventReader) Close() error {
	er.chunks.dec.Close()
	if er.file == nil {
		return nil
	}
	return er.file.Close()
}
