package check

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

// DefaultDir is where a project's checks are.
const DefaultDir = ".hindsight/checks"

// builtinPrefix begins the name of a check of the program's own.
const builtinPrefix = "builtin:"

// maxFile is how large the file of a check may be.
const maxFile = 1 << 20

//go:embed builtin/*.sql
var builtinFiles embed.FS

func isBuiltin(name string) bool { return strings.HasPrefix(name, builtinPrefix) }

// Builtin are the checks that the program brings, by name.
func Builtin() []Check {
	names, err := fs.Glob(builtinFiles, "builtin/*.sql")
	if err != nil {
		panic(err) // the pattern is constant
	}
	var out []Check
	for _, name := range names {
		data, err := builtinFiles.ReadFile(name)
		if err != nil {
			panic(err) // it is part of the program
		}
		out = append(out, New(builtinPrefix+strings.TrimSuffix(path.Base(name), ".sql"), name, string(data)))
	}
	return out
}

// Find reads the checks that places name: files, folders, which are searched for
// *.sql, "builtin:NAME" for one that the program brings and "builtin" for all of
// them. Without places, DefaultDir is searched. Checks come in the order of the
// places, those of a folder sorted; one that is named twice is run once. What
// cannot be read is a check with an Err.
func Find(places []string) []Check {
	if len(places) == 0 {
		if _, err := os.Stat(DefaultDir); errors.Is(err, os.ErrNotExist) {
			return []Check{{Name: DefaultDir, Err: errors.New("there are no checks: name files or a folder, or \"builtin\" for those that the program brings")}}
		}
		places = []string{DefaultDir}
	}
	var out []Check
	seen := map[string]bool{}
	for _, place := range places {
		for _, c := range findIn(place) {
			if !seen[c.Name] {
				seen[c.Name] = true
				out = append(out, c)
			}
		}
	}
	return out
}

func findIn(place string) []Check {
	if place == "builtin" {
		return Builtin()
	}
	if isBuiltin(place) {
		return []Check{findBuiltin(place)}
	}
	info, err := os.Stat(place)
	if err != nil {
		return []Check{{Name: place, Err: err}}
	}
	if !info.IsDir() {
		return []Check{read(filepath.Clean(place))}
	}
	return search(place)
}

func findBuiltin(name string) Check {
	var names []string
	for _, c := range Builtin() {
		if c.Name == name {
			return c
		}
		names = append(names, c.Name)
	}
	return Check{Name: name, Err: fmt.Errorf("the program brings no check of this name: there are %s", strings.Join(names, ", "))}
}

// search reads the checks of a folder. Links to folders within it are not
// followed, so that none is searched twice.
func search(dir string) []Check {
	var out []Check
	// A folder that is a link is followed where its name ends with a separator.
	root := filepath.Clean(dir) + string(filepath.Separator)
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		p = filepath.Clean(p)
		switch {
		case err != nil:
			out = append(out, Check{Name: p, Err: err})
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
		case !d.IsDir() && filepath.Ext(p) == ".sql":
			out = append(out, read(p))
		}
		return nil
	})
	if err != nil {
		out = append(out, Check{Name: dir, Err: err})
	}
	if len(out) == 0 {
		out = append(out, Check{Name: dir, Err: errors.New("there are no checks, files that end in .sql, in this folder")})
	}
	slices.SortStableFunc(out, func(a, b Check) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// read reads a check's file.
func read(file string) Check {
	fail := func(err error) Check { return Check{Name: file, Err: err} }
	info, err := os.Stat(file)
	if err != nil {
		return fail(err)
	}
	// A pipe would wait for a writer.
	if !info.Mode().IsRegular() {
		return fail(fmt.Errorf("%s is not a file", file))
	}
	f, err := os.Open(file)
	if err != nil {
		return fail(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return fail(err)
	}
	if len(data) > maxFile {
		return fail(fmt.Errorf("%s is larger than %d bytes: that is no check", file, maxFile))
	}
	return New(file, file, string(data))
}
