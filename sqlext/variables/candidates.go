package variables

import (
	"database/sql/driver"
	"fmt"
	"path"
	"strconv"
	"strings"

	"hindsight/sqlext/render"
)

// splitQualified takes the last component off a qualified name.
func splitQualified(name string) (scope, last string) {
	parts := splitOutside(name, "::")
	last = parts[len(parts)-1]
	return strings.TrimSuffix(name, last), last
}

// candidates finds the variables that a name may mean: those whose name the
// first part is, and those of the function that it names.
func (r *resolver) candidates(ref nameRef) ([]candidate, error) {
	scope, name := splitQualified(ref.parts[0])
	rows, err := r.named(name, ref)
	if err != nil {
		return nil, err
	}
	out := group(best(rows, strings.TrimSuffix(scope, "::"), scope == "::"), 1)
	if len(ref.parts) < 2 {
		return out, nil
	}
	rows, err = r.named(ref.parts[1], ref)
	if err != nil {
		return nil, err
	}
	// Those of the function itself are meant rather than those that were inlined
	// into it, which can be named by their own function.
	var own, inlined []variable
	for _, v := range rows {
		switch {
		case v.scope == ref.parts[0] || withoutParameters(v.scope) == ref.parts[0]:
			own = append(own, v)
		case inScope(v, ref.parts[0]):
			inlined = append(inlined, v)
		}
	}
	if len(own) == 0 {
		own = inlined
	}
	return append(out, group(preferProgram(own), 2)...), nil
}

// named reads the variables of a name in the module, file and line that the
// path demands.
func (r *resolver) named(name string, ref nameRef) ([]variable, error) {
	if name == "" {
		return nil, nil
	}
	modules, err := r.e.loadModules(r.ctx)
	if err != nil {
		return nil, err
	}
	paths := map[uint32]string{}
	for _, m := range modules {
		paths[m.id] = m.path
	}
	var out []variable
	err = r.e.query(r.ctx, func(row []driver.Value) error {
		v := variable{
			id: u32(row[0]), name: text(row[1]), kind: text(row[2]), scope: text(row[3]), function: u32(row[4]), functionName: text(row[5]),
			typ: u32(row[6]), size: u64(row[7]), file: text(row[8]), line: u32(row[9]), lives: text(row[10]), module: u32(row[11]),
		}
		if ref.module != "" && !endsWithPath(paths[v.module], ref.module) ||
			ref.file != "" && !endsWithPath(v.file, ref.file) || ref.line != 0 && v.line != ref.line {
			return nil
		}
		out = append(out, v)
		return nil
	}, `SELECT v.variable_id, v.name, v.kind::VARCHAR, v.scope, v.function_id, f.name, v.type_id, v.size, v.file, v.line, v.lives, v.module_id
		FROM @variables v LEFT JOIN @functions f USING (function_id) WHERE v.name = ? ORDER BY v.variable_id`, name)
	return out, err
}

// endsWithPath tells whether a path is, or ends with, what a user wrote of it.
func endsWithPath(whole, end string) bool {
	return whole == end || strings.HasSuffix(whole, "/"+end) || path.Base(whole) == end
}

// best keeps of the variables of a name those that are meant: in the scope, in
// the program rather than in a library, and those that are seen everywhere
// rather than those of functions, the unqualified ones first.
func best(rows []variable, scope string, global bool) []variable {
	var tiers [3][]variable
	for _, v := range rows {
		tier := 2
		switch {
		case v.function == 0 && v.scope == "" && scope == "":
			tier = 0
		case global:
			continue
		case scope != "" && !inScope(v, scope):
			continue
		case v.function == 0 && v.scope == scope:
			tier = 0
		case v.function == 0:
			tier = 1
		}
		tiers[tier] = append(tiers[tier], v)
	}
	for _, tier := range tiers {
		if len(tier) > 0 {
			return preferProgram(tier)
		}
	}
	return nil
}

// preferProgram keeps the variables of the first module that has one: modules
// are numbered in the order of their mapping, the program first.
func preferProgram(rows []variable) []variable {
	if len(rows) == 0 {
		return nil
	}
	first := rows[0].module
	for _, v := range rows {
		first = min(first, v.module)
	}
	if first != 1 {
		return rows
	}
	var out []variable
	for _, v := range rows {
		if v.module == first {
			out = append(out, v)
		}
	}
	return out
}

// inScope tells whether a variable is in the function, namespace or class that
// a user wrote.
func inScope(v variable, scope string) bool {
	for _, have := range []string{v.scope, v.functionName} {
		if have == "" || have == v.functionName && v.function == 0 {
			continue
		}
		for _, have := range []string{have, withoutParameters(have)} {
			if have == scope || strings.HasSuffix(have, "::"+strings.TrimPrefix(scope, "::")) {
				return true
			}
		}
	}
	return false
}

// withoutParameters cuts the parameter list off a function's name.
func withoutParameters(name string) string {
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '<', '{':
			if end := closing(name, i); end > 0 {
				i = end
			}
		case '(':
			if i > 0 && !strings.HasPrefix(name[i:], "(anonymous") {
				return name[:i]
			}
		}
	}
	return name
}

// group joins the rows that are one variable in the source: of a function that
// was inlined or cloned, or declared in several compilation units.
func group(rows []variable, parts int) []candidate {
	type key struct {
		name, kind, scope, file string
		line, module            uint32
		typ                     uint32
	}
	var out []candidate
	at := map[key]int{}
	for _, v := range rows {
		k := key{v.name, "", v.scope, v.file, v.line, v.module, 0}
		if v.line == 0 { // nothing tells that they are one
			k.kind, k.typ = fmt.Sprint(v.id), v.id
		}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, candidate{parts: parts})
		}
		out[i].vars = append(out[i].vars, v)
	}
	return out
}

// ambiguous lists what a name may mean, each as it is chosen.
func (r *resolver) ambiguous(ref nameRef, found []candidate) error {
	modules, err := r.e.loadModules(r.ctx)
	if err != nil {
		return err
	}
	forms := make([][]string, len(found))
	count := map[string]int{}
	for i, c := range found {
		forms[i] = r.choosers(c, ref, modules)
		seen := map[string]bool{}
		for _, f := range forms[i] {
			if !seen[f] {
				seen[f] = true
				count[f]++
			}
		}
	}
	var lines []string
	for i, c := range found {
		form := forms[i][len(forms[i])-1]
		for _, f := range forms[i] {
			if count[f] == 1 {
				form = f
				break
			}
		}
		v := c.vars[0]
		what := v.kind
		if f := v.function0(); f != "" {
			what += " of " + f
		}
		place := ""
		if v.file != "" {
			place = fmt.Sprintf(", %s:%d", path.Base(v.file), v.line)
		}
		lines = append(lines, fmt.Sprintf("'%s' (%s%s)", form, what, place))
	}
	return fmt.Errorf("%q may mean %d variables: %s; name one of them so", ref.text, len(found), some(lines, 12))
}

// choosers are paths that choose a variable, the shortest first.
func (r *resolver) choosers(c candidate, ref nameRef, modules []module) []string {
	v := c.vars[0]
	members := ""
	if rest := ref.parts[c.parts:]; len(rest) > 0 {
		members = "." + strings.Join(rest, ".")
	}
	name := v.name
	switch f := v.function0(); {
	case f != "":
		name = f + "." + v.name
	case v.scope != "":
		name = v.scope + "::" + v.name
	default:
		name = "::" + v.name
	}
	var out []string
	add := func(prefix string) { out = append(out, prefix+name+members) }
	if name != "::"+v.name {
		add("")
	} else if v.file != "" {
		out = append(out, path.Base(v.file)+":"+v.name+members)
	} else {
		add("")
	}
	module := ""
	for _, m := range modules {
		if m.id == v.module {
			module = m.baseName + "!"
		}
	}
	if v.file != "" {
		add(path.Base(v.file) + ":")
		add(v.file + ":")
		line := strconv.FormatUint(uint64(v.line), 10)
		add(path.Base(v.file) + ":" + line + ":")
		add(module + v.file + ":" + line + ":")
		return out
	}
	add(module)
	return out
}

// unknown says that there is no such variable, and what to do about it.
func (r *resolver) unknown(ref nameRef) error {
	missing, err := r.missingTables("variables")
	if err != nil {
		return err
	}
	if missing {
		return fmt.Errorf("there is no variable %q: this index has no table variables; make one that has: hindsight index --force", ref.text)
	}
	modules, err := r.e.loadModules(r.ctx)
	if err != nil {
		return err
	}
	var bare []string
	for _, m := range modules {
		if !m.hasFunctions || m.hasVariables {
			continue
		}
		switch {
		case m.isTheProgram:
			return fmt.Errorf("there is no variable %q: %s has no debug information; compile it with -g, or install its debug package, and record again", ref.text, m.path)
		case ref.module != "" && endsWithPath(m.path, ref.module):
			return fmt.Errorf("there is no variable %q: %s has no debug information; compile it with -g, or install its debug package, and index again", ref.text, m.path)
		}
		bare = append(bare, m.baseName)
	}
	near, err := r.near(ref)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("there is no variable %q", ref.text)
	if len(near) > 0 {
		text += "; near to it are " + strings.Join(near, ", ")
	}
	if len(bare) > 0 {
		text += fmt.Sprintf(" (%s came without debug information)", some(bare, 4))
	}
	return fmt.Errorf("%s; SELECT name, kind, scope FROM variables lists all", text)
}

// near gives names that are close to one that does not exist.
func (r *resolver) near(ref nameRef) ([]string, error) {
	var out []string
	last := ref.parts[len(ref.parts)-1]
	_, last = splitQualified(last)
	names := []string{last}
	if len(ref.parts) > 1 {
		_, first := splitQualified(ref.parts[0])
		names = append(names, first)
	}
	err := r.e.query(r.ctx, func(v []driver.Value) error {
		out = append(out, text(v[0]))
		return nil
	}, `SELECT form FROM (
			SELECT CASE WHEN function_id IS NOT NULL AND scope IS NOT NULL THEN scope || '.' || name
				WHEN scope IS NOT NULL THEN scope || '::' || name ELSE name END AS form,
				min(module_id) AS module,
				min(least(damerau_levenshtein(lower(name), lower(?)), damerau_levenshtein(lower(name), lower(?)))) AS distance
			FROM @variables GROUP BY form, name
			HAVING distance <= 1 + length(name) // 4)
		ORDER BY module != 1, distance, form LIMIT 5`, names[0], names[len(names)-1])
	return out, err
}

// missingTables tells whether the index was made without a table.
func (r *resolver) missingTables(table string) (bool, error) {
	facts, err := r.e.facts(r.ctx)
	return facts.lacks(table), err
}

// programTypes are the types of the program itself, or of the first module that
// has some.
func (r *resolver) programTypes() (render.Types, error) {
	modules, err := r.e.loadModules(r.ctx)
	if err != nil {
		return nil, err
	}
	for _, program := range []bool{true, false} {
		for _, m := range modules {
			if m.hasVariables && m.isTheProgram == program {
				return r.e.loadTypes(r.ctx, m.id)
			}
		}
	}
	return render.Types{}, nil
}
