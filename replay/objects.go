package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// objectFiles are the contents of the mapped files, which the host maps from the
// recording's own object files. That they are what the recording promises is
// verified meanwhile, on another goroutine: see verified.
type objectFiles struct {
	rec    *recording.Recording
	open   []*recording.Object // the host has them as descriptors, in this order
	first  int                 // the first of these descriptors
	places map[string]objectPlace
	// rest takes the contents of all others, as they are mapped.
	rest   *os.File
	end    uint64 // of what it holds
	damage chan error
}

// objectPlace is where the host finds an object's contents.
type objectPlace struct {
	fd           int
	offset, size uint64
}

// mostObjects bounds the descriptors that the host gets.
const mostObjects = 256

// openObjects opens the named objects, of which the host will have the first
// mostObjects as descriptors from first on. Where the recording lies on a file
// system that forbids to execute, and so to map code, it has none.
func openObjects(rec *recording.Recording, names []string, first int) (*objectFiles, error) {
	o := &objectFiles{rec: rec, first: first, places: map[string]objectPlace{}, damage: make(chan error, 1)}
	var fs unix.Statfs_t
	if err := unix.Statfs(rec.Dir, &fs); err != nil {
		return nil, fmt.Errorf("statfs %s: %w", rec.Dir, err)
	}
	if fs.Flags&unix.MS_NOEXEC != 0 {
		names = nil
	}
	for i, name := range names[:min(len(names), mostObjects)] {
		object, err := rec.OpenObjectFile(name)
		if err != nil {
			return nil, errors.Join(err, o.close())
		}
		o.open = append(o.open, object)
		o.places[name] = objectPlace{fd: first + i, offset: recording.ObjectOffset, size: uint64(object.Size)}
	}
	fd, err := unix.MemfdCreate("hindsight-objects", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("memfd_create: %w", err), o.close())
	}
	o.rest = os.NewFile(uintptr(fd), "objects")
	return o, nil
}

// verify begins to compare the open objects with their names.
func (o *objectFiles) verify(ctx context.Context) {
	go func() {
		var err error
		buffer := make([]byte, recording.CopyBuffer)
		for _, object := range o.open {
			if err = errors.Join(ctx.Err(), err); err != nil {
				break
			}
			err = object.Verify(buffer)
		}
		o.damage <- err
	}()
}

// verified waits for verify's result, which is kept.
func (o *objectFiles) verified() error {
	err := <-o.damage
	o.damage <- err
	return err
}

// find returns where the change's contents begin, and how many bytes there are of
// them, a multiple of the page size; 0 for anonymous memory.
func (o *objectFiles) find(m *recording.MapChange) (fd int, offset, length uint64, err error) {
	if m.Object == "" {
		return 0, 0, 0, nil
	}
	p, ok := o.places[m.Object]
	if !ok {
		if p, err = o.copy(m.Object); err != nil {
			return 0, 0, 0, fmt.Errorf("contents of %s: %w", m.Path, err)
		}
		o.places[m.Object] = p
	}
	size := pageUp(p.size)
	if m.FileOffset >= size {
		return 0, 0, 0, nil
	}
	return p.fd, p.offset + m.FileOffset, size - m.FileOffset, nil
}

// copy puts an object into rest.
func (o *objectFiles) copy(name string) (objectPlace, error) {
	r, _, err := o.rec.OpenObject(name)
	if err != nil {
		return objectPlace{}, err
	}
	n, err := io.Copy(io.NewOffsetWriter(o.rest, int64(o.end)), r)
	if err = errors.Join(err, r.Close()); err != nil {
		return objectPlace{}, err
	}
	p := objectPlace{fd: restFD, offset: o.end, size: uint64(n)}
	o.end += pageUp(p.size)
	return p, o.rest.Truncate(int64(o.end))
}

func (o *objectFiles) close() error {
	var errs []error
	for _, object := range o.open {
		errs = append(errs, object.File.Close())
	}
	if o.rest != nil {
		errs = append(errs, o.rest.Close())
	}
	return errors.Join(errs...)
}
