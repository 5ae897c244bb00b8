package sqlext

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// Argument is a value for a statement's parameter $name. It is bound, so it can
// never be taken for a part of the statement, whatever it holds. Value is what
// ParseValue gives, or another of bool, the sized integers, float64, string, a
// slice of these, nil for NULL.
type Argument struct {
	Name  string
	Value any
}

// Parameters lists the names of a statement's parameters ($name), each once, in
// their order. Those within quotes and comments are none.
func Parameters(statement string) []string {
	var names []string
	var s Splitter
	dollar := false
	for i := 0; i < len(statement); {
		code := s.state == inCode
		n, _ := s.step(statement[i:])
		token := statement[i : i+n]
		if dollar && code && isNameByte(token[0]) && !slices.Contains(names, token) {
			names = append(names, token)
		}
		dollar = code && token == "$"
		i += n
	}
	return names
}

// Positional tells whether a statement has parameters without a name: ? or $1.
func Positional(statement string) bool {
	var s Splitter
	for i := 0; i < len(statement); {
		code := s.state == inCode
		n, _ := s.step(statement[i:])
		if code && statement[i:i+n] == "?" {
			return true
		}
		i += n
	}
	return slices.ContainsFunc(Parameters(statement), func(name string) bool { return name[0] >= '0' && name[0] <= '9' })
}

// bindable gives the arguments that stmt takes, in its order. Those that it does
// not mention are left out; one that lacks is an error. The driver would take
// another's value for it.
func bindable(stmt *duckdb.Stmt, args []Argument) ([]driver.NamedValue, error) {
	out := make([]driver.NamedValue, 0, stmt.NumInput())
	for i := 1; i <= stmt.NumInput(); i++ {
		name, err := stmt.ParamName(i)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(args, func(a Argument) bool { return strings.EqualFold(a.Name, name) })
		if at < 0 {
			return nil, &Error{Message: fmt.Sprintf("the statement has the parameter $%s, for which there is no value", name)}
		}
		out = append(out, driver.NamedValue{Ordinal: i, Name: name, Value: args[at].Value})
	}
	return out, nil
}
