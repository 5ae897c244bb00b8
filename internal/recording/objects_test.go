package recording

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestObjects(t *testing.T) {
	w := create(t)
	big := make([]byte, 3<<20)
	for i := range big {
		big[i] = byte(rand.IntN(7))
	}
	r := &Recording{Dir: w.Dir}
	for _, data := range [][]byte{{}, []byte("hello"), big} {
		name, size, err := w.AddObject(bytes.NewReader(data))
		if err != nil || size != int64(len(data)) {
			t.Fatalf("size %d, %v", size, err)
		}
		again, _, err := w.AddObject(bytes.NewReader(data))
		if err != nil || again != name {
			t.Errorf("added again: %s, %v", again, err)
		}
		got, err := r.Object(name)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes: got %d, %v", len(data), len(got), err)
		}
	}
	if err := w.Abandon(testMeta()); err != nil {
		t.Fatal(err)
	}
}

func TestObjectsAreShared(t *testing.T) {
	t.Setenv("HINDSIGHT_DIR", t.TempDir())
	var names, dirs []string
	for range 2 {
		dir, err := NewDir("x")
		if err != nil {
			t.Fatal(err)
		}
		w, err := Create(dir, testMeta())
		if err != nil {
			t.Fatal(err)
		}
		name, _, err := w.AddObject(strings.NewReader("shared"))
		if err = errors.Join(err, w.Abandon(testMeta())); err != nil {
			t.Fatal(err)
		}
		names, dirs = append(names, name), append(dirs, dir)
	}
	if n := links(t, filepath.Join(dirs[0], objectsDir, names[0])); n != 3 {
		t.Errorf("%d links, want 3: two recordings and the store", n)
	}
	if err := Remove(dirs[0]); err != nil {
		t.Fatal(err)
	}
	if n := links(t, filepath.Join(dirs[1], objectsDir, names[1])); n != 2 {
		t.Errorf("%d links after one recording is gone, want 2", n)
	}
	if err := Remove(dirs[1]); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Join(os.Getenv("HINDSIGHT_DIR"), objectsDir))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func links(t *testing.T, path string) uint64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return uint64(info.Sys().(*syscall.Stat_t).Nlink)
}

func TestDamagedObjects(t *testing.T) {
	w := create(t)
	name, _, err := w.AddObject(bytes.NewReader(bytes.Repeat([]byte("abcdefgh"), 1000)))
	if err = errors.Join(err, w.Abandon(testMeta())); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(w.Dir, objectsDir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &Recording{Dir: w.Dir}
	for i := range data {
		for _, bad := range [][]byte{data[:i], flipped(data, i)} {
			if err := errors.Join(os.Remove(path), os.WriteFile(path, bad, 0o600)); err != nil {
				t.Fatal(err)
			}
			var damaged *DamagedError
			if got, err := r.Object(name); !errors.As(err, &damaged) && len(got) != 8000 {
				t.Fatalf("byte %d: %d bytes, %v", i, len(got), err)
			}
		}
	}
	for _, name := range []string{"../recording.json", "", strings.Repeat("A", 64), strings.Repeat("0", 64)} {
		if _, err := r.Object(name); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func flipped(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[i] ^= 0x20
	return b
}
