package replay

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// objectFile holds the contents of the mapped files, page-aligned one after
// another in a memfd that the host maps from. An object is unpacked when it is
// first mapped.
type objectFile struct {
	rec    *recording.Recording
	file   *os.File
	end    uint64
	places map[string]objectPlace
	buffer []byte
}

type objectPlace struct{ offset, size uint64 }

func newObjectFile(rec *recording.Recording) (*objectFile, error) {
	fd, err := unix.MemfdCreate("hindsight-objects", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	return &objectFile{rec: rec, file: os.NewFile(uintptr(fd), "objects"), places: map[string]objectPlace{}}, nil
}

// find returns the place in the memfd where the change's contents begin, and how
// many bytes there are of them, a multiple of the page size; 0 for anonymous
// memory.
func (o *objectFile) find(m *recording.MapChange) (offset, length uint64, err error) {
	if m.Object == "" {
		return 0, 0, nil
	}
	p, ok := o.places[m.Object]
	if !ok {
		if p, err = o.unpack(m.Object); err != nil {
			return 0, 0, fmt.Errorf("contents of %s: %w", m.Path, err)
		}
		o.places[m.Object] = p
	}
	size := pageUp(p.size)
	if m.FileOffset >= size {
		return 0, 0, nil
	}
	return p.offset + m.FileOffset, size - m.FileOffset, nil
}

func (o *objectFile) unpack(name string) (objectPlace, error) {
	r, _, err := o.rec.OpenObject(name)
	if err != nil {
		return objectPlace{}, err
	}
	if o.buffer == nil {
		o.buffer = make([]byte, 256<<10)
	}
	// The wrapper hides WriterTo and ReaderFrom, which would allocate.
	n, err := io.CopyBuffer(struct{ io.Writer }{io.NewOffsetWriter(o.file, int64(o.end))}, struct{ io.Reader }{r}, o.buffer)
	if err = errors.Join(err, r.Close()); err != nil {
		return objectPlace{}, err
	}
	p := objectPlace{offset: o.end, size: uint64(n)}
	o.end += pageUp(p.size)
	return p, o.file.Truncate(int64(o.end))
}

func (o *objectFile) close() error { return o.file.Close() }
