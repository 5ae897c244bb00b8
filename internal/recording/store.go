package recording

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Root is the folder in which recordings live when no other place is given:
// $HINDSIGHT_DIR, else $XDG_DATA_HOME/hindsight, else ~/.local/share/hindsight.
// It need not exist.
func Root() (string, error) {
	if dir := os.Getenv("HINDSIGHT_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "hindsight"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil || home == "" {
		return "", errors.New("no place for recordings is known: set HINDSIGHT_DIR to a folder")
	}
	return filepath.Join(home, ".local", "share", "hindsight"), nil
}

// NewDir makes an empty folder under Root for a recording of command, named
// like "gzip-20261123-074200-1".
func NewDir(command string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return "", fmt.Errorf("make a place for recordings: %w; set HINDSIGHT_DIR to a folder that you can write", err)
	}
	stem := filepath.Join(root, cleanName(command)+time.Now().Format("-20060102-150405"))
	for i := 1; ; i++ {
		dir := fmt.Sprintf("%s-%d", stem, i)
		err := os.Mkdir(dir, 0o700)
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, os.ErrExist) {
			return "", fmt.Errorf("make a place for the recording: %w; set HINDSIGHT_DIR to a folder that you can write", err)
		}
	}
}

// cleanName makes a file name of a command that needs no quoting in a shell.
func cleanName(command string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '+' || r == '-' {
			return r
		}
		return '_'
	}, filepath.Base(command))
	name = strings.TrimLeft(name, ".-")
	if len(name) > 64 {
		name = name[:64]
	}
	if name == "" || name == objectsDir {
		name = "program"
	}
	return name
}

// Entry is a recording in the store.
type Entry struct {
	Name string // its name under Root
	Dir  string
	// Recording is nil where the folder could not be opened; Err says why.
	Recording *Recording
	Err       error
}

// List returns the recordings under Root, oldest first.
func List() ([]Entry, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	names, err := os.ReadDir(root)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list recordings: %w; set HINDSIGHT_DIR to a folder that you can read", err)
	}
	var list []Entry
	for _, n := range names {
		if !n.IsDir() || n.Name() == objectsDir || strings.HasPrefix(n.Name(), ".") {
			continue
		}
		e := Entry{Name: n.Name(), Dir: filepath.Join(root, n.Name())}
		e.Recording, e.Err = Open(e.Dir)
		if errors.Is(e.Err, ErrNotRecording) {
			continue
		}
		list = append(list, e)
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].started().Before(list[j].started()) })
	return list, nil
}

// started orders the recordings. A damaged one is taken to be as old as its
// folder, so that an older one does not pass for the newest.
func (e *Entry) started() time.Time {
	if e.Recording != nil {
		return e.Recording.Meta.StartedAt
	}
	info, err := os.Stat(e.Dir)
	if err != nil || errors.Is(e.Err, os.ErrPermission) {
		return time.Time{}
	}
	return info.ModTime()
}

// Latest is the folder of the recording that was begun last.
func Latest() (string, error) {
	list, err := List()
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		root, err := Root()
		if err != nil {
			return "", err
		}
		return "", fmt.Errorf("there is no recording in %s yet: make one with \"hindsight record PROGRAM\"", root)
	}
	if newest := list[len(list)-1]; newest.Err != nil {
		return "", fmt.Errorf("%w; \"hindsight list\" shows the other recordings", newest.Err)
	}
	return list[len(list)-1].Dir, nil
}

// Resolve finds the folder of a recording by its name under Root or by its
// path; "" is the latest.
func Resolve(nameOrPath string) (string, error) {
	if nameOrPath == "" {
		return Latest()
	}
	if !strings.Contains(nameOrPath, "/") && nameOrPath != "." && nameOrPath != ".." {
		root, err := Root()
		if err != nil {
			return "", err
		}
		dir := filepath.Join(root, nameOrPath)
		if info, err := os.Lstat(dir); err == nil && info.IsDir() && nameOrPath != objectsDir {
			return dir, nil
		}
	}
	info, err := os.Stat(nameOrPath)
	if err == nil && !info.IsDir() {
		return "", fmt.Errorf("%s is a file, and a recording is a folder: \"hindsight list\" shows the recordings", nameOrPath)
	}
	if err != nil {
		return "", fmt.Errorf("there is no recording %q: \"hindsight list\" shows the recordings", nameOrPath)
	}
	return filepath.Abs(nameOrPath)
}

// Remove deletes the recording in dir, with all that is in its folder and those
// shared objects that no other recording has. It refuses a folder that is not a
// recording; a damaged recording can be removed.
func Remove(dir string) error {
	var version *VersionError
	var damaged *DamagedError
	if _, err := Open(dir); err != nil && !errors.As(err, &version) && !errors.As(err, &damaged) {
		return fmt.Errorf("remove: %w", err)
	}
	// Not half of it.
	for _, folder := range []string{filepath.Dir(filepath.Clean(dir)), dir, filepath.Join(dir, objectsDir)} {
		if err := unix.Access(folder, unix.W_OK|unix.X_OK); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("remove %s: %s: %w; nothing was removed", dir, folder, err)
		}
	}
	var names []string
	if entries, err := os.ReadDir(filepath.Join(dir, objectsDir)); err == nil {
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return removeUnused(names)
}

func removeUnused(names []string) error {
	root, err := Root()
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		path := filepath.Join(root, objectsDir, name)
		info, err := os.Lstat(path)
		if err != nil || !validHash(name) {
			continue // not shared
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Nlink == 1 {
			errs = append(errs, os.Remove(path))
		}
	}
	return errors.Join(errs...)
}
