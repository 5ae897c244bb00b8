package notebook

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed library/*.md
var library embed.FS

// Shipped lists the notebooks that come with the program, by name.
func Shipped() ([]*Notebook, error) {
	files, err := fs.Glob(library, "library/*.md")
	if err != nil {
		return nil, err
	}
	var all []*Notebook
	for _, f := range files {
		name := strings.TrimSuffix(path.Base(f), ".md")
		text, err := ShippedSource(name)
		if err != nil {
			return nil, err
		}
		n, err := Parse(name, text)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

// ShippedSource is the text of a notebook that comes with the program. The error
// of a name that there is none of is fs.ErrNotExist.
func ShippedSource(name string) ([]byte, error) {
	if !identifier.MatchString(name) {
		return nil, fmt.Errorf("notebook %s: %w", name, fs.ErrNotExist)
	}
	return library.ReadFile("library/" + name + ".md")
}
