package variables

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// variable is a row of variables, with what names it.
type variable struct {
	id                uint32
	name, kind, scope string
	function          uint32
	functionName      string
	typ               uint32
	size              uint64
	file              string
	line              uint32
	lives             string
	module            uint32
}

// resolver resolves one path.
type resolver struct {
	e    *Engine
	ctx  context.Context
	path string
}

// resolve finds what a path stands for.
func (e *Engine) resolve(ctx context.Context, path string) (operand, error) {
	n, err := parsePath(path)
	if err != nil {
		return operand{}, err
	}
	o, err := (&resolver{e: e, ctx: ctx, path: path}).operand(n)
	if err != nil {
		return operand{}, err
	}
	o = o.throughReferences()
	if o.isNumber {
		return o, fmt.Errorf("%s is a number and lies nowhere: write what is there, as in *(struct node *)0x5555", path)
	}
	if o.size == 0 {
		return o, fmt.Errorf("the debug information does not tell the size of %s (%s)", path, typeName(o.types, o.typ))
	}
	return o, nil
}

// written gives a node as a user would write it.
func written(n *node) string {
	switch n.op {
	case opName:
		return n.name.text
	case opNumber:
		return "0x" + strconv.FormatUint(uint64(n.number), 16)
	case opField:
		return written(n.x) + "." + n.text
	case opIndex:
		return written(n.x) + "[" + strconv.FormatInt(n.number, 10) + "]"
	case opDeref:
		return "*" + written(n.x)
	}
	return "(" + n.text + ")" + written(n.x)
}

func (r *resolver) operand(n *node) (operand, error) {
	switch n.op {
	case opName:
		return r.name(n.name)
	case opNumber:
		types, err := r.programTypes()
		o := operand{path: written(n), types: types, number: uint64(n.number), isNumber: true, size: 8}
		return o, err
	}
	x, err := r.operand(n.x)
	if err != nil {
		return operand{}, err
	}
	switch n.op {
	case opField:
		return x.field(n.text, written(n))
	case opIndex:
		return x.index(n.number, written(n))
	case opDeref:
		return x.pointee(written(n))
	}
	return x.cast(n.text, written(n))
}

// name finds the variable of a name, with the members that follow it.
func (r *resolver) name(ref nameRef) (operand, error) {
	candidates, err := r.candidates(ref)
	if err != nil {
		return operand{}, err
	}
	var found []candidate
	var failed error // of the candidate that took most of the name
	for _, c := range candidates {
		o, err := r.follow(c, ref)
		switch {
		case errors.As(err, new(*memberError)):
			// That a library has a variable called like the function is no news.
			if c.parts > 1 || c.vars[0].module == 1 {
				failed = err
			}
		case err != nil:
			return operand{}, err
		default:
			c.operand = o
			found = append(found, c)
		}
	}
	switch {
	case len(found) == 1:
		return found[0].operand, r.haveMemory(found[0])
	case len(found) > 1:
		return operand{}, r.ambiguous(ref, found)
	case failed != nil:
		return operand{}, failed
	}
	return operand{}, r.unknown(ref)
}

// memberError is that a variable was found, but not its member.
type memberError struct{ err error }

func (e *memberError) Error() string { return e.err.Error() }

// candidate is a variable that a name may mean, with the rows that it has in
// the debug information.
type candidate struct {
	vars    []variable
	parts   int // how many parts of the name it took
	operand operand
}

func (r *resolver) follow(c candidate, ref nameRef) (operand, error) {
	v := c.vars[0]
	types, err := r.e.loadTypes(r.ctx, v.module)
	if err != nil {
		return operand{}, err
	}
	path := strings.Join(ref.parts[:c.parts], ".")
	o := operand{vars: c.vars, types: types, offsets: []int64{0}}.with(v.typ, path)
	if o.size == 0 {
		o.size = v.size
	}
	for _, field := range ref.parts[c.parts:] {
		path += "." + field
		if field == "" {
			return operand{}, fmt.Errorf("a name is missing in %s", ref.text)
		}
		if o, err = o.field(field, path); err != nil {
			return operand{}, &memberError{err}
		}
	}
	return o, nil
}

// haveMemory makes sure that a variable lies in memory somewhere.
func (r *resolver) haveMemory(c candidate) error {
	ids := make([]string, len(c.vars))
	for i, v := range c.vars {
		ids[i] = strconv.FormatUint(uint64(v.id), 10)
	}
	any := false
	err := r.e.query(r.ctx, func([]driver.Value) error { any = true; return nil },
		`SELECT 1 FROM @_locations WHERE variable_id IN (`+strings.Join(ids, ",")+`) LIMIT 1`)
	if err != nil || any {
		return err
	}
	v := c.vars[0]
	where := ""
	if f := v.function0(); f != "" {
		where = " of " + f
	}
	switch v.lives {
	case "constant":
		return fmt.Errorf("%s%s is a constant of the compiler and lies nowhere in memory, so nothing writes to it", v.name, where)
	case "optimized out":
		if v.function == 0 {
			return fmt.Errorf("the debug information does not say where %s lies: it was optimized out, or is only declared there", v.name)
		}
		return fmt.Errorf("%s%s was optimized out: compile with -O0 or -Og and record again to see it", v.name, where)
	}
	return fmt.Errorf("%s%s lives in registers only, whose changes are not recorded: compile with -O0, or make it volatile, and record again to see it", v.name, where)
}

// function0 is the function that a local is declared in, "" for none.
func (v variable) function0() string {
	if v.function == 0 {
		return ""
	}
	if v.scope != "" {
		return v.scope
	}
	return v.functionName
}
