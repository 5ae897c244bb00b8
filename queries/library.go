package queries

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Source is where a query comes from.
type Source string

// The sources, each of which comes before those above it: its queries take the
// place of theirs.
const (
	Program Source = "program" // part of hindsight
	User    Source = "user"    // $XDG_CONFIG_HOME/hindsight/queries
	Project Source = "project" // .hindsight/queries of the working directory
)

// Entry is a query of a library.
type Entry struct {
	Name   string
	Source Source
	// Path is the file's, "library/…" for one that is part of the program.
	Path string
	// Query is nil where the file cannot be used; Err says why.
	Query *Query
	Err   error
}

// Library is all queries that can be run by name, by name. Of two with one name
// it has the one of the later source, also where that one is broken: to run
// another query than the one that was written would be worse than an error.
type Library struct {
	Entries []Entry
}

//go:embed library/*.sql
var library embed.FS

// Folder is a folder of queries.
type Folder struct {
	Path   string
	Source Source
}

// Folders are the folders that Load looks into where it is given no others.
func Folders() []Folder {
	var folders []Folder
	config := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		config = ""
		if home, err := os.UserHomeDir(); err == nil {
			config = filepath.Join(home, ".config")
		}
	}
	if config != "" {
		folders = append(folders, Folder{filepath.Join(config, "hindsight", "queries"), User})
	}
	return append(folders, Folder{filepath.Join(".hindsight", "queries"), Project})
}

// Load reads the program's own queries and those of the folders. What cannot be
// read becomes an entry with its error; a folder that is not there has none.
func Load(folders ...Folder) *Library {
	entries := map[string]Entry{}
	own, err := fs.ReadDir(library, "library")
	if err != nil {
		panic(err) // it is part of the program
	}
	for _, e := range own {
		name := path.Join("library", e.Name())
		text, err := library.ReadFile(name)
		entry := newEntry(name, Program, string(text), err)
		entries[entry.Name] = entry
	}
	for _, f := range folders {
		for _, entry := range readFolder(f) {
			entries[entry.Name] = entry
		}
	}
	var l Library
	for _, e := range entries {
		l.Entries = append(l.Entries, e)
	}
	slices.SortFunc(l.Entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return &l
}

func newEntry(file string, source Source, text string, err error) Entry {
	e := Entry{Name: strings.TrimSuffix(filepath.Base(file), ".sql"), Source: source, Path: file, Err: err}
	if err == nil {
		e.Query, e.Err = Parse(file, text)
	}
	if e.Err != nil {
		e.Query = nil
	}
	return e
}

func readFolder(f Folder) []Entry {
	files, err := os.ReadDir(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return []Entry{{Name: f.Path, Source: f.Source, Path: f.Path, Err: err}}
	}
	var entries []Entry
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".sql") || strings.HasPrefix(file.Name(), ".") {
			continue // an editor's backup, a README
		}
		name := filepath.Join(f.Path, file.Name())
		text, err := readFile(name)
		entries = append(entries, newEntry(name, f.Source, text, err))
	}
	return entries
}

// maxFile is more than anybody writes.
const maxFile = 1 << 20

// readFile reads a file, or what a symbolic link to one leads to, and nothing
// that may block or never end.
func readFile(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", err
	}
	if len(text) > maxFile {
		return "", fmt.Errorf("%s is larger than 1 MiB, which is no query", name)
	}
	return string(text), nil
}

// Find gives the query of a name. A name that is not there is a *UsageError,
// which names others that were perhaps meant.
func (l *Library) Find(name string) (*Query, error) {
	for _, e := range l.Entries {
		if e.Name != name {
			continue
		}
		if e.Err != nil {
			return nil, fmt.Errorf("the query %s cannot be used: %w", name, e.Err)
		}
		return e.Query, nil
	}
	text := fmt.Sprintf("there is no query %q", name)
	if near := l.near(name); len(near) > 0 {
		text += ", did you mean " + strings.Join(near, " or ") + "?"
	}
	return nil, &UsageError{text + `; "hindsight query list" shows them`}
}

// near are up to three names that have a word in common with name.
func (l *Library) near(name string) []string {
	var out []string
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '_' || r == '-' || r == ' ' })
	for _, e := range l.Entries {
		if e.Err == nil && len(out) < 3 && slices.ContainsFunc(words, func(w string) bool { return len(w) > 2 && strings.Contains(e.Name, w) }) {
			out = append(out, e.Name)
		}
	}
	return out
}

// Tags are the words of the query's lines "tags: a, b".
func (q *Query) Tags() []string {
	var out []string
	for _, line := range q.Values("tags") {
		for tag := range strings.SplitSeq(line, ",") {
			if tag = strings.TrimSpace(tag); tag != "" {
				out = append(out, tag)
			}
		}
	}
	return out
}
