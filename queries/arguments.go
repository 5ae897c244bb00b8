package queries

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"hindsight/sqlext"
)

// UsageError is a wrong use of a query: a value that lacks, is of the wrong
// type or for no parameter.
type UsageError struct{ What string }

func (e *UsageError) Error() string { return e.What }

// Assignments reads texts of the form name=value.
func Assignments(texts []string) (map[string]string, error) {
	values := map[string]string{}
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, &UsageError{fmt.Sprintf("%q gives no parameter a value: write name=value", text)}
		}
		if _, twice := values[name]; twice {
			return nil, &UsageError{fmt.Sprintf("the parameter %s is given twice", name)}
		}
		values[name] = value
	}
	return values, nil
}

// Arguments gives each parameter of the query its value: the one of values, else
// its default. The error is a *UsageError.
func (q *Query) Arguments(values map[string]string) ([]sqlext.Argument, error) {
	args, err := Bind(q.Params, values)
	if err != nil {
		return nil, &UsageError{q.Name + ": " + err.Error()}
	}
	return args, nil
}

// Bind gives each declared parameter its value: the one of values, else its
// default. NULL is had only as a default. The error is a *UsageError.
func Bind(params []Param, values map[string]string) ([]sqlext.Argument, error) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.ContainsFunc(params, func(p Param) bool { return p.Name == name }) {
			return nil, &UsageError{fmt.Sprintf("there is no parameter %s; %s", name, paramList(params))}
		}
	}
	var args []sqlext.Argument
	for _, p := range params {
		text, given := values[p.Name]
		switch {
		case !given && p.Null:
			args = append(args, sqlext.Argument{Name: p.Name})
			continue
		case !given && !p.Optional:
			return nil, &UsageError{fmt.Sprintf("the parameter %s has no value: give %s=… (%s: %s)", p.Name, p.Name, p.Type, p.Meaning)}
		case !given:
			text = p.Default
		}
		v, err := sqlext.ParseValue(p.Type, text)
		if err != nil {
			return nil, &UsageError{fmt.Sprintf("the parameter %s: %v", p.Name, err)}
		}
		args = append(args, sqlext.Argument{Name: p.Name, Value: v})
	}
	return args, nil
}

func paramList(params []Param) string {
	if len(params) == 0 {
		return "it takes none"
	}
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.Name
	}
	return "it takes " + strings.Join(names, ", ")
}
