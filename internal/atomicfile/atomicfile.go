// Package atomicfile replaces files so that nobody ever sees a part of one: the
// contents are written beside the file's place and take it by one rename.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write replaces the file path by one with these contents and this mode. With
// sync it waits until the contents are on the disk. A link at path is replaced,
// not followed. On failure what was at path stays.
func Write(path string, data []byte, mode fs.FileMode, sync bool) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err == nil && sync {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Replace writes a file that the user named. One that exists keeps its mode, and
// a link is followed, so that what it names is replaced; a new one is the user's
// alone, since it holds a program's data.
func Replace(path string, data []byte) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is no file that could be replaced", path)
		}
		mode = info.Mode().Perm()
	}
	return Write(path, data, mode, false)
}
