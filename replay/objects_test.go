package replay

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// storeObjects makes a recording that holds these contents and nothing else.
func storeObjects(t *testing.T, parent string, contents ...[]byte) (*recording.Recording, []string) {
	t.Helper()
	t.Setenv("HINDSIGHT_DIR", t.TempDir())
	dir := filepath.Join(parent, "r")
	meta := &recording.Meta{Format: recording.FormatVersion}
	w, err := recording.Create(dir, meta)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range contents {
		name, _, err := w.AddObject(bytes.NewReader(c))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := w.Abandon(meta); err != nil {
		t.Fatal(err)
	}
	rec, err := recording.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return rec, names
}

// Objects are found in their own files, and those beyond what the host can have
// as descriptors in the common one.
func TestObjectsAreFound(t *testing.T) {
	contents := [][]byte{bytes.Repeat([]byte("one"), 5000), bytes.Repeat([]byte("two"), 3000), bytes.Repeat([]byte("three"), 4000)}
	rec, names := storeObjects(t, t.TempDir(), contents...)
	const first = 20
	o, err := openObjects(rec, names[:1], first)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = o.close() }() // only read from
	for i, name := range names {
		fd, offset, length, err := o.find(&recording.MapChange{Object: name, FileOffset: pageSize})
		if err != nil {
			t.Fatal(err)
		}
		f := o.rest
		if want := i == 0; (fd == first) != want {
			t.Errorf("object %d: descriptor %d", i, fd)
		}
		if fd == first {
			f = o.open[0].File
		}
		if want := pageUp(uint64(len(contents[i]))) - pageSize; length != want || offset%pageSize != 0 {
			t.Errorf("object %d: %d bytes at %#x, want %d", i, length, offset, want)
		}
		got := make([]byte, len(contents[i])-pageSize)
		if _, err := f.ReadAt(got, int64(offset)); err != nil || !bytes.Equal(got, contents[i][pageSize:]) {
			t.Errorf("object %d holds something else (%v)", i, err)
		}
	}
	if _, _, length, err := o.find(&recording.MapChange{Object: names[0], FileOffset: 1 << 20}); length != 0 || err != nil {
		t.Errorf("behind the end there are %d bytes, %v", length, err)
	}
}

func TestObjectsAreVerified(t *testing.T) {
	rec, names := storeObjects(t, t.TempDir(), []byte("whole"), bytes.Repeat([]byte("altered"), 5000))
	path := filepath.Join(rec.Dir, "objects", names[1])
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[recording.ObjectOffset+20000] ^= 1
	if err := errors.Join(os.Remove(path), os.WriteFile(path, data, 0o600)); err != nil {
		t.Fatal(err)
	}
	for n, damaged := range []bool{false, false, true} {
		o, err := openObjects(rec, names[:n], firstExtraFD)
		if err != nil {
			t.Fatal(err)
		}
		o.verify(context.Background())
		var d *recording.DamagedError
		for range 2 { // it can be asked again
			if err := o.verified(); errors.As(err, &d) != damaged || damaged != (err != nil) {
				t.Errorf("%d objects: %v", n, err)
			}
		}
		if err := o.close(); err != nil {
			t.Error(err)
		}
	}
}

// Code cannot be mapped from a file system that is mounted noexec.
func TestObjectsWhereNothingMayBeExecuted(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOEXEC, "size=1m"); err != nil {
		t.Skip("it takes a file system of its own, which only root can mount:", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	rec, names := storeObjects(t, dir, []byte("code"))
	o, err := openObjects(rec, names, firstExtraFD)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = o.close() }() // only read from
	fd, offset, _, err := o.find(&recording.MapChange{Object: names[0]})
	if err != nil || fd != restFD {
		t.Fatalf("descriptor %d, %v", fd, err)
	}
	got := make([]byte, 4)
	if _, err := o.rest.ReadAt(got, int64(offset)); err != nil || string(got) != "code" {
		t.Errorf("%q, %v", got, err)
	}
}
