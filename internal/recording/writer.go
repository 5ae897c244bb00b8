package recording

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"

	"hindsight/internal/atomicfile"
)

const (
	metaFile    = "recording.json"
	eventsFile  = "events"
	partialFile = "events.partial"
	objectsDir  = "objects"

	// flushAfter bounds what a killed recorder loses.
	flushAfter = 200 * time.Millisecond
)

// Writer writes a recording. Events reach the file at the latest 200 ms after
// Append, in whole chunks, so whatever happens to the process the file opens up
// to a recent event. It is safe for concurrent use.
//
// Complete or Abandon must be called exactly once, and nothing after.
type Writer struct {
	Dir     string
	objects objectStore

	mu     sync.Mutex
	file   *os.File
	enc    *zstd.Encoder
	codec  codec
	raw    []byte // encoded events that are not yet in the file
	packed []byte
	count  uint32 // events in raw
	first  uint64 // index of the first of them
	index  uint64 // of the next event
	last   Kind
	timer  *time.Timer
	err    error // of an earlier write: the recording ends before it
}

// Create begins a recording in dir, which must not exist or be empty. Only its
// owner can read it. Without meta it is none yet: UpdateMeta has to come before
// the first event.
func Create(dir string, meta *Meta) (*Writer, error) {
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	w := &Writer{Dir: dir, objects: objectStore{dir: filepath.Join(dir, objectsDir), shared: sharedObjects()}}
	if err := os.Mkdir(w.objects.dir, 0o700); err != nil {
		return nil, fmt.Errorf("create a recording: %w", err)
	}
	if meta != nil {
		if err := w.UpdateMeta(meta); err != nil {
			return nil, err
		}
	}
	var err error
	w.file, err = os.OpenFile(filepath.Join(dir, partialFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create a recording: %w", err)
	}
	if _, err = w.file.Write(fileHeader(FormatVersion)); err == nil {
		w.enc, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(chunkTarget)) // larger ones only cost memory: a chunk is rarely longer
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create a recording in %s: %w", dir, err), w.file.Close())
	}
	w.raw = make([]byte, 0, chunkTarget+chunkTarget/4) // growing there would cost several times as much
	w.timer = time.AfterFunc(time.Hour, w.flushLate)
	w.timer.Stop()
	return w, nil
}

func makeDir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, os.ErrNotExist) {
		err = os.MkdirAll(dir, 0o700)
	}
	if errors.Is(err, os.ErrExist) {
		var entries []os.DirEntry
		if entries, err = os.ReadDir(dir); err == nil && len(entries) > 0 {
			return fmt.Errorf("create a recording: %s exists and is not empty: choose another place or remove it", dir)
		}
	}
	if errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("create a recording: %s, or what leads to it, is a file: choose another place", dir)
	}
	if err != nil {
		return fmt.Errorf("create a recording: %w; choose a place that you can write", err)
	}
	return nil
}

// sharedObjects is the folder of objects shared by recordings, "" where there
// can be none.
func sharedObjects() string {
	root, err := Root()
	if err != nil {
		return ""
	}
	dir := filepath.Join(root, objectsDir)
	if os.MkdirAll(dir, 0o700) != nil {
		return ""
	}
	return dir
}

func fileHeader(version uint32) []byte {
	h := append([]byte(fileMagic), make([]byte, fileHeaderSize-len(fileMagic))...)
	binary.LittleEndian.PutUint32(h[8:], version)
	return h
}

// UpdateMeta replaces what Create was given, so that an interrupted recording
// knows it too.
func (w *Writer) UpdateMeta(meta *Meta) error {
	return w.writeMeta(meta, false) // it outlives the recorder; the disk can wait
}

func (w *Writer) writeMeta(meta *Meta, sync bool) error {
	data, err := encodeMeta(meta)
	if err == nil {
		err = atomicfile.Write(filepath.Join(w.Dir, metaFile), data, 0o600, sync)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", metaFile, err)
	}
	return nil
}

// Append adds an event, which it does not keep, and sets its Index and, where it
// is 0, its Thread.
func (w *Writer) Append(e *Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	e.Index, e.Thread = w.index, max(e.Thread, 1)
	before := len(w.raw)
	w.raw = w.codec.encode(w.raw, e)
	if size := len(w.raw) - before; size > maxChunk/2 {
		w.err = fmt.Errorf("event %d holds %d bytes, more than a recording can take in one event", e.Index, size)
		w.raw = w.raw[:before]
		return w.err
	}
	if w.count == 0 {
		w.timer.Reset(flushAfter)
	}
	w.index++
	w.count++
	w.last = e.Kind
	if len(w.raw) >= chunkTarget {
		w.flush()
	}
	return w.err
}

// AddObject stores the contents of r, usually a file, and returns the name by
// which MapChange.Object refers to them, and their length.
func (w *Writer) AddObject(r io.ReaderAt) (name string, size int64, err error) {
	return w.objects.add(r)
}

// HasObject tells whether the recording has the object of this name and length,
// after taking it from the objects that recordings share where it is there.
func (w *Writer) HasObject(name string, size int64) bool {
	return validHash(name) && w.objects.have(name, size)
}

// Events is the number of events so far.
func (w *Writer) Events() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.index
}

// Flush writes all events so far to the file.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flush()
	return w.err
}

func (w *Writer) flushLate() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flush()
}

func (w *Writer) flush() {
	if w.count == 0 || w.err != nil {
		return
	}
	w.timer.Stop()
	w.packed = packChunk(w.packed[:0], w.enc, w.raw, w.count, w.first)
	if _, err := w.file.Write(w.packed); err != nil {
		w.err = fmt.Errorf("write the recording: %w", err)
		return
	}
	w.first, w.count, w.codec = w.index, 0, codec{}
	w.raw = w.raw[:0]
	const keep = 16 * chunkTarget
	if cap(w.raw) > keep {
		w.raw, w.packed = nil, nil
	}
}

// Complete ends a recording whose last event is a KindExit and makes it
// complete: from the last rename on it is one, before it is one that was
// interrupted. It fills in meta's Complete and Events.
func (w *Writer) Complete(meta *Meta) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last != KindExit {
		panic("recording: Complete without an exit event")
	}
	if err := w.close(); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(w.Dir, partialFile), filepath.Join(w.Dir, eventsFile)); err != nil {
		return fmt.Errorf("complete the recording: %w", err)
	}
	meta.Complete, meta.Events = true, w.index
	if err := w.writeMeta(meta, true); err != nil {
		return err
	}
	return syncDir(w.Dir)
}

// Abandon ends a recording that stops before the program did. What was
// recorded stays and opens, as incomplete.
func (w *Writer) Abandon(meta *Meta) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	meta.Complete, meta.Events = false, w.index
	return errors.Join(w.close(), w.writeMeta(meta, true))
}

func (w *Writer) close() error {
	w.timer.Stop()
	w.flush()
	err := w.err
	if err == nil {
		if err = w.file.Sync(); err != nil {
			err = fmt.Errorf("write the recording: %w", err)
		}
	}
	return errors.Join(err, w.file.Close(), w.enc.Close())
}
