// Package debuginfo keeps what symbols.File.Data makes of a file's debug information in the
// user's cache, by build id: libc's, which every program has, takes longer to read than
// a short program to replay.
//
// A cached file is used only where all of it fits: its version, the file's functions and
// its checksum; else it is made again. Nothing depends on the cache: where it cannot be
// read or written, the debug information is read each time.
package debuginfo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"hindsight/internal/symbols"
)

// version is that of the format and of what symbols reads: it rises with either.
const version = 1

const (
	// worthwhile is how many types and variables are kept; fewer are read as fast.
	worthwhile = 4000
	// maxFile bounds one cached file, maxTotal all of them.
	maxFile  = 256 << 20
	maxTotal = 512 << 20
)

// Cache is a folder with the data of files. The zero value keeps nothing.
type Cache struct{ dir string }

// User is the user's cache: $XDG_CACHE_HOME/hindsight/debuginfo.
func User() Cache {
	dir, err := os.UserCacheDir()
	if err != nil {
		return Cache{}
	}
	return Cache{filepath.Join(dir, "hindsight", "debuginfo")}
}

// At is a cache in a folder.
func At(dir string) Cache { return Cache{dir} }

// Data returns f.Data(), from the cache where it is there, and keeps it where it is
// large. The caller must not change it.
func (c Cache) Data(f *symbols.File) *symbols.Data {
	path := c.path(f)
	if path == "" {
		return f.Data()
	}
	key := functionsKey(f)
	if b, err := readOwn(path); err == nil {
		if d, err := decode(b, key); err == nil {
			now := time.Now()
			_ = os.Chtimes(path, now, now) // only says that it was used
			return d
		}
	}
	d := f.Data()
	if len(d.Types)+len(d.Variables) >= worthwhile {
		// Without the cache the next one only takes longer.
		_ = c.write(path, encode(d, key))
	}
	return d
}

// path is where a file's data is kept, "" where it is not.
func (c Cache) path(f *symbols.File) string {
	id := f.BuildID()
	if c.dir == "" || len(id) < 16 || len(id) > 128 || !f.HasDebugInformation() {
		return ""
	}
	return filepath.Join(c.dir, id+"-"+strconv.Itoa(version))
}

// functionsKey is of the functions, which data refers to by number: a stripped copy of a
// file, or one whose debug file is elsewhere, has others.
func functionsKey(f *symbols.File) uint64 {
	h := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	fns := f.Functions()
	b := make([]byte, 0, 16*len(fns))
	for i := range fns {
		b = binary.LittleEndian.AppendUint64(b, fns[i].Entry)
		b = binary.LittleEndian.AppendUint64(b, fns[i].End)
	}
	_, _ = h.Write(b) // never fails
	return uint64(len(fns))<<32 | uint64(h.Sum32())
}

var errForeign = errors.New("not a file of this user's")

// readOwn reads a file that is the user's own.
func readOwn(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() || info.Size() > maxFile || int(st.Uid) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
		return nil, errForeign
	}
	b := make([]byte, info.Size())
	_, err = io.ReadFull(f, b)
	return b, err
}

// write puts a file in its place by one rename.
func (c Cache) write(path string, b []byte) error {
	if len(b) > maxFile {
		return nil
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return err
	}
	if err := c.makeRoom(int64(len(b)), maxTotal); err != nil {
		return err
	}
	f, err := os.CreateTemp(c.dir, partial+"*") // 0600
	if err != nil {
		return err
	}
	_, err = io.Copy(f, bytes.NewReader(b))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("keep debug information: %w", err), os.Remove(f.Name()))
	}
	return nil
}

const partial = "partial-"

// makeRoom removes what was not used for longest, so that n bytes more are within a limit,
// and what a killed process left.
func (c Cache) makeRoom(n, limit int64) error {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return err
	}
	var files []os.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if strings.HasPrefix(e.Name(), partial) && time.Since(info.ModTime()) > time.Hour {
			if err := os.Remove(filepath.Join(c.dir, e.Name())); err != nil {
				return err
			}
			continue
		}
		files = append(files, info)
		n += info.Size()
	}
	slices.SortFunc(files, func(a, b os.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, f := range files {
		if n <= limit {
			break
		}
		if err := os.Remove(filepath.Join(c.dir, f.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		n -= f.Size()
	}
	return nil
}
