package sqlext

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// View is a view that is stored in every history, so that every DuckDB client
// of a history has it. It is a file of views/, whose header is its
// documentation. A name that begins with "_" is a helper of other views and
// macros, which users need not know.
//
// Views use tables and other views but no macros: a name in a view means
// what it means in the view's own file, a name in a macro what it means to the
// connection, which may have attached several histories.
type View struct {
	Name    string
	Summary string // what a row is
	Doc     string // the lines between the first and the example
	Text    string // Doc without the list of columns
	Example string // "" for a helper
	Columns []Described
	SQL     string
}

// Helper tells whether the view is no part of the interface.
func (v View) Helper() bool { return strings.HasPrefix(v.Name, "_") }

//go:embed views/*.sql
var viewFiles embed.FS

var loadViews = sync.OnceValues(func() ([]View, error) {
	names, err := fs.Glob(viewFiles, "views/*.sql")
	if err != nil {
		return nil, err
	}
	var out []View
	for _, name := range names {
		data, err := viewFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		v, err := parseView(string(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if name != "views/"+v.Name+".sql" {
			return nil, fmt.Errorf("%s: defines %s", name, v.Name)
		}
		out = append(out, v)
	}
	return inOrder(out), nil
})

// Views are all views, each after those that it uses. The files are part of
// the program and a test reads them, so there is no error to return.
func Views() []View {
	v, err := loadViews()
	if err != nil {
		panic(err)
	}
	return v
}

var viewCreate = regexp.MustCompile(`^CREATE OR REPLACE VIEW (\w+) AS\b`)

func parseView(file string) (View, error) {
	h, statement, err := readHeader(file)
	if err != nil {
		return View{}, err
	}
	create := viewCreate.FindStringSubmatch(statement)
	if create == nil || create[1] != h.title {
		return View{}, fmt.Errorf("the statement does not begin with CREATE OR REPLACE VIEW %s AS", h.title)
	}
	return View{
		Name: h.title, Summary: h.summary, Doc: h.doc, Text: h.text, Example: h.example,
		Columns: h.items, SQL: statement,
	}, nil
}

// inOrder sorts views so that each follows those that its statement names.
func inOrder(views []View) []View {
	byName := map[string]View{}
	for _, v := range views {
		byName[v.Name] = v
	}
	var out []View
	placed := map[string]bool{}
	var place func(v View)
	place = func(v View) {
		if placed[v.Name] {
			return
		}
		placed[v.Name] = true
		for _, word := range strings.FieldsFunc(v.SQL, func(r rune) bool {
			return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		}) {
			if used, ok := byName[word]; ok {
				place(used)
			}
		}
		out = append(out, v)
	}
	for _, v := range views {
		place(v)
	}
	return slices.Clip(out)
}

// statements creates the view in the database that is in use, or (temporary)
// for the connection.
func (v View) statements(temporary bool) []string {
	create, name := v.SQL, v.Name
	if temporary {
		create = strings.Replace(create, "CREATE OR REPLACE VIEW", "CREATE OR REPLACE TEMP VIEW", 1)
		name = "temp.main." + name
	}
	out := []string{create, "COMMENT ON VIEW " + name + " IS " + quote(v.comment())}
	for _, c := range v.Columns {
		out = append(out, "COMMENT ON COLUMN "+name+`."`+c.Name+`" IS `+quote(c.Meaning))
	}
	return out
}

// comment is what the database says of the view.
func (v View) comment() string {
	text := strings.ToUpper(v.Summary[:1]) + v.Summary[1:] + "."
	if v.Text != "" {
		text += " " + strings.ReplaceAll(v.Text, "\n", " ")
	}
	return text
}

// addMissingViews creates, for this connection, the views that the history does
// not have.
func (h *History) addMissingViews(ctx context.Context) error {
	have, err := h.names(ctx, "SELECT view_name FROM duckdb_views() WHERE database_name = ?")
	if err != nil {
		return fmt.Errorf("read the views of %s: %w", h.path, err)
	}
	for _, v := range Views() {
		if have[v.Name] {
			continue
		}
		for _, s := range v.statements(true) {
			if err := h.exec(ctx, s); err != nil {
				return fmt.Errorf("create the view %s: %w", v.Name, err)
			}
		}
	}
	return nil
}
