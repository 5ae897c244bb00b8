package recording

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// An object file is a page that begins with objectMagic and the contents' length
// (8 bytes, little endian), and the contents, page-aligned and as they are, so
// that replay maps them from there without copying any. Its name is their
// SHA-256.
const (
	objectMagic = "HSOBJRAW"
	// ObjectOffset is where the contents begin in an object file.
	ObjectOffset = 4096
)

// objectStore adds objects to one recording.
type objectStore struct {
	dir    string // the recording's own objects folder
	shared string // the folder shared by recordings, "" for none

	mu    sync.Mutex
	known map[string]int64 // lengths of objects that the recording has
}

// add stores the contents of r and returns their hash and length. Contents that
// the shared folder has are only linked.
func (s *objectStore) add(r io.ReaderAt) (string, int64, error) {
	sum := sha256.New()
	size, err := io.Copy(sum, io.NewSectionReader(r, 0, 1<<62))
	if err != nil {
		return "", 0, fmt.Errorf("read the contents of a mapped file: %w", err)
	}
	name := hex.EncodeToString(sum.Sum(nil))
	if s.have(name, size) {
		return name, size, nil
	}
	// A file that changes meanwhile is stored under the hash of what was packed.
	name, size, err = s.pack(r)
	if err != nil {
		return "", 0, fmt.Errorf("store the contents of a mapped file: %w", err)
	}
	return name, size, nil
}

// have tells whether the recording holds the object, after linking it from the
// shared folder where that has it.
func (s *objectStore) have(name string, size int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.known[name]; ok {
		return known == size
	}
	if s.shared == "" || objectLength(s.shared, name) != size {
		return false
	}
	if os.Link(filepath.Join(s.shared, name), filepath.Join(s.dir, name)) != nil {
		return false
	}
	s.note(name, size)
	return true
}

// note remembers that the recording has the object. The caller holds mu.
func (s *objectStore) note(name string, size int64) {
	if s.known == nil {
		s.known = map[string]int64{}
	}
	s.known[name] = size
}

// objectLength reads an object's length, -1 where there is none.
func objectLength(dir, name string) int64 {
	f, err := openInside(dir, name)
	if err != nil {
		return -1
	}
	defer func() { _ = f.Close() }() // only read from
	size, err := readObjectHeader(f)
	if err != nil {
		return -1
	}
	return size
}

// readObjectHeader returns the contents' length, of which the file has all.
func readObjectHeader(f *os.File) (int64, error) {
	var h [16]byte
	if _, err := f.ReadAt(h[:], 0); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	size := int64(binary.LittleEndian.Uint64(h[8:]))
	if string(h[:8]) != objectMagic || size < 0 || info.Size()-ObjectOffset != size {
		return 0, errors.New("no object of this length")
	}
	return size, nil
}

func (s *objectStore) pack(r io.ReaderAt) (name string, size int64, err error) {
	f, err := os.CreateTemp(s.dir, ".object-*")
	if err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	name, size, err = packObject(f, r)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", 0, err
	}
	own := filepath.Join(s.dir, name)
	if err = os.Link(f.Name(), own); err != nil && !errors.Is(err, os.ErrExist) {
		return "", 0, err
	}
	if s.shared != "" {
		s.share(own, name, size)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(name, size)
	return name, size, nil
}

// share gives the object to other recordings. It only saves work for the next
// one: on another file system the recording simply keeps its own copy.
func (s *objectStore) share(own, name string, size int64) {
	shared := filepath.Join(s.shared, name)
	err := os.Link(own, shared)
	if errors.Is(err, os.ErrExist) && objectLength(s.shared, name) != size {
		_ = os.Remove(shared) // it is damaged: nobody takes it
		_ = os.Link(own, shared)
	}
}

func packObject(f *os.File, r io.ReaderAt) (string, int64, error) {
	if _, err := f.Seek(ObjectOffset, io.SeekStart); err != nil {
		return "", 0, err
	}
	sum := sha256.New()
	// The wrapper hides ReaderFrom, which would bring a small buffer of its own.
	to := struct{ io.Writer }{io.MultiWriter(f, sum)}
	size, err := io.CopyBuffer(to, struct{ io.Reader }{io.NewSectionReader(r, 0, 1<<62)}, make([]byte, CopyBuffer))
	if err != nil {
		return "", 0, err
	}
	header := append([]byte(objectMagic), make([]byte, ObjectOffset-len(objectMagic))...)
	binary.LittleEndian.PutUint64(header[8:], uint64(size))
	if _, err := f.WriteAt(header, 0); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(sum.Sum(nil)), size, f.Sync()
}

// Object is an open object file. Contents are mapped or read from File, Size
// bytes from ObjectOffset on; they are what its name promises once Verify has
// found so.
type Object struct {
	File *os.File
	Size int64
	name string
}

// CopyBuffer is a good length for a buffer to read an object through.
const CopyBuffer = 256 << 10

// Verify reads the contents, through the buffer, and compares them with the
// object's name. It returns a *DamagedError where they differ.
func (o *Object) Verify(buffer []byte) error {
	r := o.reader()
	for {
		if _, err := r.Read(buffer); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (o *Object) damaged(what string) error {
	return &DamagedError{File: "objects/" + o.name, What: what}
}

// objectReader yields an object's contents and reports at their end where they
// are not what its name promises.
type objectReader struct {
	*Object
	contents *io.SectionReader
	sum      hash.Hash
	left     int64
}

func (o *Object) reader() *objectReader {
	return &objectReader{Object: o, contents: io.NewSectionReader(o.File, ObjectOffset, o.Size), sum: sha256.New(), left: o.Size}
}

func (o *objectReader) Read(b []byte) (int, error) {
	n, err := o.contents.Read(b)
	o.left -= int64(n)
	o.sum.Write(b[:n])
	switch {
	case err == io.EOF && o.left > 0:
		return n, o.damaged("it is cut off")
	case err == io.EOF && hex.EncodeToString(o.sum.Sum(nil)) != o.name:
		return n, o.damaged("its contents do not match its name")
	case err != nil && err != io.EOF:
		return n, o.damaged(err.Error())
	}
	return n, err
}

func (o *objectReader) Close() error { return o.File.Close() }

// OpenObjectFile opens a stored file by its hash. The caller closes File.
func (r *Recording) OpenObjectFile(name string) (*Object, error) {
	if !validHash(name) {
		return nil, &DamagedError{File: "events", What: fmt.Sprintf("%q is not the name of an object", name)}
	}
	f, err := openInside(r.Dir, "objects/"+name)
	if err != nil {
		return nil, fmt.Errorf("damaged: the recording lacks a stored file: %w", err)
	}
	o := &Object{File: f, name: name}
	if o.Size, err = readObjectHeader(f); err != nil {
		return nil, errors.Join(o.damaged("it is cut off or has no header"), f.Close())
	}
	return o, nil
}

// OpenObject opens a stored file by its hash and returns its length. Reading
// to the end verifies the contents.
func (r *Recording) OpenObject(name string) (io.ReadCloser, int64, error) {
	o, err := r.OpenObjectFile(name)
	if err != nil {
		return nil, 0, err
	}
	return o.reader(), o.Size, nil
}

// Object reads a stored file whole and verifies it.
func (r *Recording) Object(name string) (data []byte, err error) {
	o, size, err := r.OpenObject(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	const trusted = 64 << 20 // beyond it the memory grows with what really comes
	data = make([]byte, 0, min(size, trusted)+1)
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := o.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
