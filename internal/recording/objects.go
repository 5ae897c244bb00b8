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

	"github.com/klauspost/compress/zstd"
)

// An object file is objectMagic, the contents' length (8 bytes, little endian)
// and the contents as zstd; its name is their SHA-256.
const (
	objectMagic      = "HSOBJECT"
	objectHeaderSize = 16
)

// objectStore adds objects to one recording.
type objectStore struct {
	dir    string // the recording's own objects folder
	shared string // the folder shared by recordings, "" for none
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
	name, size, err = s.pack(r, size)
	if err != nil {
		return "", 0, fmt.Errorf("store the contents of a mapped file: %w", err)
	}
	return name, size, nil
}

// have tells whether the recording holds the object, after linking it from the
// shared folder where that has it.
func (s *objectStore) have(name string, size int64) bool {
	if objectLength(s.dir, name) == size {
		return true
	}
	if s.shared == "" || objectLength(s.shared, name) != size {
		return false
	}
	return os.Link(filepath.Join(s.shared, name), filepath.Join(s.dir, name)) == nil
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

func readObjectHeader(f io.Reader) (int64, error) {
	var h [objectHeaderSize]byte
	if _, err := io.ReadFull(f, h[:]); err != nil {
		return 0, err
	}
	size := int64(binary.LittleEndian.Uint64(h[8:]))
	if string(h[:8]) != objectMagic || size < 0 {
		return 0, errors.New("no object header")
	}
	return size, nil
}

func (s *objectStore) pack(r io.ReaderAt, size int64) (name string, got int64, err error) {
	f, err := os.CreateTemp(s.dir, ".object-*")
	if err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	name, got, err = packObject(f, r)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", 0, err
	}
	own := filepath.Join(s.dir, name)
	if err = os.Link(f.Name(), own); err != nil && !errors.Is(err, os.ErrExist) {
		return "", 0, err
	}
	if s.shared != "" {
		// Only saves work for the next recording: on another file system the
		// recording simply keeps its own copy.
		_ = os.Link(own, filepath.Join(s.shared, name))
	}
	return name, got, nil
}

func packObject(f *os.File, r io.ReaderAt) (string, int64, error) {
	header := append([]byte(objectMagic), make([]byte, 8)...)
	if _, err := f.Write(header); err != nil {
		return "", 0, err
	}
	enc, err := zstd.NewWriter(f, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return "", 0, err
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(enc, sum), io.NewSectionReader(r, 0, 1<<62))
	// A failed write is the encoder's error from then on.
	if e := enc.Close(); err == nil {
		err = e
	}
	if err != nil {
		return "", 0, err
	}
	binary.LittleEndian.PutUint64(header[8:], uint64(size))
	if _, err := f.WriteAt(header, 0); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(sum.Sum(nil)), size, f.Sync()
}

// objectReader yields an object's contents and reports at their end where they
// are not what its name promises.
type objectReader struct {
	f    *os.File
	dec  *zstd.Decoder
	sum  hash.Hash
	name string
	left int64
}

func (o *objectReader) Read(b []byte) (int, error) {
	if int64(len(b)) > o.left+1 {
		b = b[:o.left+1] // one more, to find contents that are too long
	}
	n, err := o.dec.Read(b)
	o.left -= int64(n)
	if o.left < 0 {
		return 0, o.damaged("its contents are longer than its header says")
	}
	o.sum.Write(b[:n])
	switch {
	case err == io.EOF && o.left > 0:
		return n, o.damaged("its contents are shorter than its header says")
	case err == io.EOF && hex.EncodeToString(o.sum.Sum(nil)) != o.name:
		return n, o.damaged("its contents do not match its name")
	case err != nil && err != io.EOF:
		return n, o.damaged(err.Error())
	}
	return n, err
}

func (o *objectReader) damaged(what string) error {
	return &DamagedError{File: "objects/" + o.name, What: what}
}

func (o *objectReader) Close() error {
	o.dec.Close()
	return o.f.Close()
}

// OpenObject opens a stored file by its hash and returns its length. Reading
// to the end verifies the contents.
func (r *Recording) OpenObject(name string) (io.ReadCloser, int64, error) {
	if !validHash(name) {
		return nil, 0, &DamagedError{File: "events", What: fmt.Sprintf("%q is not the name of an object", name)}
	}
	f, err := openInside(r.Dir, "objects/"+name)
	if err != nil {
		return nil, 0, fmt.Errorf("damaged: the recording lacks a stored file: %w", err)
	}
	size, err := readObjectHeader(f)
	if err != nil {
		return nil, 0, errors.Join(&DamagedError{File: "objects/" + name, What: "it is cut off or has no header"}, f.Close())
	}
	dec, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return &objectReader{f: f, dec: dec, sum: sha256.New(), name: name, left: size}, size, nil
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
