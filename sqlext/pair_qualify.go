package sqlext

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var createHead = regexp.MustCompile(`(?s)^CREATE OR REPLACE (?:MACRO \w+\([^)]*\) AS(?: TABLE)?|VIEW \w+(?:\s*\([^)]*\))? AS)\s+`)

// splitCreate cuts a statement of the library after its AS or AS TABLE.
func splitCreate(statement string) (head, body string, err error) {
	head = createHead.FindString(statement)
	if head == "" {
		return "", "", errors.New("the statement is no CREATE OR REPLACE MACRO or VIEW")
	}
	return head, strings.TrimSuffix(strings.TrimSpace(statement[len(head):]), ";"), nil
}

// qualify puts the schema that names has for it before each name that a query, or
// an expression, uses as a table or function without one. DuckDB's own parser
// finds the places.
func (h *History) qualify(ctx context.Context, body string, names map[string]string) (string, error) {
	// An expression is parsed as a query of one column.
	prefix := ""
	tree, err := h.parse(ctx, body)
	if err != nil {
		prefix = "SELECT "
		if tree, err = h.parse(ctx, prefix+body); err != nil {
			return "", err
		}
	}
	u := nameUses{names: names, local: map[string]bool{}, places: map[int]string{}}
	u.collectLocal(tree)
	u.walk(tree)
	var out strings.Builder
	from := 0
	for _, place := range slices.Sorted(maps.Keys(u.places)) {
		p := place - len(prefix)
		if p < from || p > len(body) {
			return "", fmt.Errorf("the parser reports a name at %d, outside of the statement", p)
		}
		out.WriteString(body[from:p] + u.places[place] + ".")
		from = p
	}
	return out.String() + body[from:], nil
}

// parse gives DuckDB's syntax tree of a query.
func (h *History) parse(ctx context.Context, query string) (any, error) {
	rows, err := h.strings(ctx, "SELECT CAST(json_serialize_sql(CAST(? AS VARCHAR)) AS VARCHAR)", query)
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := json.Unmarshal([]byte(rows[0][0]), &tree); err != nil {
		return nil, err
	}
	if failed, _ := tree["error"].(bool); failed {
		return nil, fmt.Errorf("%v", tree["error_message"])
	}
	return tree, nil
}

// nameUses finds where a syntax tree uses some names.
type nameUses struct {
	names  map[string]string // their schemas
	local  map[string]bool   // names that the query itself gives, by WITH
	places map[int]string    // the schema to put in, by byte offset
}

func (u *nameUses) collectLocal(node any) {
	switch n := node.(type) {
	case map[string]any:
		if ctes, ok := n["cte_map"].(map[string]any); ok {
			list, _ := ctes["map"].([]any)
			for _, e := range list {
				if entry, ok := e.(map[string]any); ok {
					name, _ := entry["key"].(string)
					u.local[strings.ToLower(name)] = true
				}
			}
		}
		for _, v := range n {
			u.collectLocal(v)
		}
	case []any:
		for _, v := range n {
			u.collectLocal(v)
		}
	}
}

func (u *nameUses) walk(node any) {
	switch n := node.(type) {
	case map[string]any:
		switch n["type"] {
		case "BASE_TABLE":
			u.use(n, "table_name", "schema_name")
		case "FUNCTION", "WINDOW":
			u.use(n, "function_name", "schema")
		}
		for _, v := range n {
			u.walk(v)
		}
	case []any:
		for _, v := range n {
			u.walk(v)
		}
	}
}

func (u *nameUses) use(node map[string]any, nameKey, schemaKey string) {
	name, _ := node[nameKey].(string)
	name = strings.ToLower(name)
	schema, _ := node[schemaKey].(string)
	at, ok := node["query_location"].(float64)
	if schema != "" || !ok || u.names[name] == "" || nameKey == "table_name" && u.local[name] {
		return
	}
	u.places[int(at)] = u.names[name]
}
