package symbols

import (
	"strconv"
	"strings"
)

// maxTypeName is where the name of a type is cut that has none of its own: so many
// bytes, or types in it.
const maxTypeName = 4096

// typeName is a type's name as its language writes it, "" for anonymous types.
func (m *merger) typeName(id int32) string {
	if id == 0 {
		return "void"
	}
	if m.names[id] != "" {
		return m.names[id]
	}
	r := m.all[m.kept[id]]
	if m.nameBytes <= 0 {
		return r.name
	}
	if !r.named {
		switch r.kind {
		case Struct, Class, Union, Enum, Variants, Typedef, Signed, Unsigned, Float, Bool, Char:
			return ""
		}
	}
	m.work = 0
	m.names[id] = m.declare(id, "", 0)
	m.nameBytes -= len(m.names[id])
	return m.names[id]
}

// declare writes a type around what is declared to have it, inner, as C does: "int (*)[3]"
// is what declare(int [3], "*") gives.
func (m *merger) declare(id int32, inner string, depth int) string {
	if m.work++; m.work > maxTypeName || len(inner) > maxTypeName || depth > maxDepth {
		return "..."
	}
	if id == 0 {
		return spaced("void", inner)
	}
	t := m.kept[id]
	r := m.all[t]
	if r.named {
		if depth > 0 && len(r.name) > maxTypeName {
			return spaced("...", inner)
		}
		return spaced(r.prefix+r.qualifier+r.name, inner)
	}
	target := m.id(r.target)
	language := m.units[m.unit[t]].u.language
	depth++
	switch r.kind {
	case Pointer:
		return m.declare(target, m.pointed(target, "*", inner), depth)
	case Reference:
		sign := "&"
		if r.rvalue {
			sign = "&&"
		}
		return m.declare(target, m.pointed(target, sign, inner), depth)
	case Const, Volatile:
		return m.qualify(r.kind.String(), target, inner, depth)
	case Array:
		if language == "Rust" || language == "Go" {
			return m.slice(language, target, r.count, depth)
		}
		count := ""
		if r.count != Unknown {
			count = strconv.FormatUint(r.count, 10)
		}
		return m.declare(target, inner+"["+count+"]", depth)
	case FunctionType:
		return m.declare(target, inner+m.parameters(t, depth), depth)
	case Unspecified:
		if r.member {
			class := m.declare(m.id(r.other), "", depth)
			return m.declare(target, m.pointed(target, class+"::*", inner), depth)
		}
	}
	return spaced(r.prefix+r.kind.String()+" {...}", inner)
}

func spaced(name, inner string) string {
	if inner == "" {
		return name
	}
	return name + " " + inner
}

// pointed puts a sign in front of inner, in parentheses where it would else belong to
// what is pointed to.
func (m *merger) pointed(target int32, sign, inner string) string {
	inner = sign + inner
	if target != 0 {
		if r := m.all[m.kept[target]]; !r.named && (r.kind == Array || r.kind == FunctionType) {
			return "(" + inner + ")"
		}
	}
	return inner
}

func (m *merger) qualify(word string, target int32, inner string, depth int) string {
	if target != 0 {
		r := m.all[m.kept[target]]
		if !r.named && (r.kind == Pointer || r.kind == Reference) {
			return m.declare(target, spaced(word, inner), depth)
		}
	}
	return word + " " + m.declare(target, inner, depth)
}

func (m *merger) slice(language string, target int32, count uint64, depth int) string {
	element := m.declare(target, "", depth)
	switch {
	case language == "Go":
		return "[" + strconv.FormatUint(count, 10) + "]" + element
	case count == Unknown:
		return "[" + element + "]"
	}
	return "[" + element + "; " + strconv.FormatUint(count, 10) + "]"
}

// parameters lists the types of a function type's parameters.
func (m *merger) parameters(t int32, depth int) string {
	list := m.members(t)
	switch {
	case len(list) == 0:
		return "(void)"
	case len(list) == 1 && list[0].name != "": // declared without a prototype
		return "()"
	}
	var b strings.Builder
	b.WriteByte('(')
	for i, e := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		if b.Len() > maxTypeName {
			b.WriteString("...")
			break
		}
		if e.name != "" { // "..."
			b.WriteString(e.name)
			continue
		}
		b.WriteString(m.declare(m.id(e.typ), "", depth+4))
	}
	b.WriteByte(')')
	return b.String()
}
