package variables

import (
	"context"
	"database/sql/driver"
	"slices"
	"strings"

	"hindsight/sqlext/render"
)

// loadTypes reads the types of a module once.
func (e *Engine) loadTypes(ctx context.Context, module uint32) (render.Types, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if types, ok := e.types[module]; ok {
		return types, nil
	}
	types := render.Types{}
	err := e.query(ctx, func(v []driver.Value) error {
		t := &render.Type{
			ID: u32(v[0]), Name: text(v[1]), Kind: render.Kind(text(v[2])), Size: optional[uint64](v[3]),
			Target: u32(v[4]), Count: optional[uint64](v[5]), DiscriminantOffset: optional[uint64](v[6]),
			DiscriminantSize: optional[uint64](v[7]), Language: text(v[8]), Module: module,
		}
		types[t.ID] = t
		return nil
	}, `SELECT type_id, name, kind, size, target_type_id, count, discriminant_offset, discriminant_size, language
		FROM @types WHERE module_id = ?`, module)
	if err != nil {
		return nil, err
	}
	// Members are read as rows: lists of structs come as maps, which are slow.
	err = e.query(ctx, func(v []driver.Value) error {
		t := types[u32(v[0])]
		base, _ := v[8].(bool)
		t.Members = append(t.Members, render.Member{
			Name: text(v[1]), Offset: u64(v[2]), Size: optional[uint64](v[3]), Type: u32(v[4]),
			BitOffset: u32(v[5]), BitSize: u32(v[6]), Value: optional[int64](v[7]), Base: base,
		})
		return nil
	}, `SELECT type_id, m.name, m."offset", m.size, m.type_id, m.bit_offset, m.bit_size, m."value", m.base FROM (
			SELECT type_id, unnest(members) AS m, generate_subscripts(members, 1) AS number FROM @types WHERE module_id = ? AND members IS NOT NULL)
		ORDER BY type_id, number`, module)
	if err != nil {
		return nil, err
	}
	e.types[module] = types
	return types, nil
}

// member is a member that was found, with its offset in the whole.
type member struct {
	offset uint64
	m      *render.Member
}

// findMember finds a member by name in a struct, its base classes and its
// members without names; nil where it has none.
func findMember(types render.Types, t *render.Type, name string, depth int) *member {
	if t == nil || depth > 32 {
		return nil
	}
	for i := range t.Members {
		if m := &t.Members[i]; m.Name == name && !m.Base {
			return &member{m.Offset, m}
		}
	}
	for i := range t.Members {
		m := &t.Members[i]
		if !m.Base && m.Name != "" {
			continue
		}
		if found := findMember(types, types.Strip(m.Type), name, depth+1); found != nil {
			return &member{m.Offset + found.offset, found.m}
		}
	}
	return nil
}

// memberNames lists the members that findMember finds.
func memberNames(types render.Types, t *render.Type, depth int) []string {
	var names []string
	if t == nil || depth > 32 {
		return nil
	}
	for i := range t.Members {
		switch m := &t.Members[i]; {
		case m.Base || m.Name == "":
			names = append(names, memberNames(types, types.Strip(m.Type), depth+1)...)
		default:
			names = append(names, m.Name)
		}
	}
	return names
}

func isAggregate(t *render.Type) bool {
	switch t.Kind {
	case render.Struct, render.Class, render.Union, render.Variants:
		return true
	}
	return false
}

// typeName names a type for an error.
func typeName(types render.Types, id uint32) string {
	t := types[id]
	switch {
	case t == nil:
		return "void"
	case t.Name != "":
		return t.Name
	case t.Kind == render.Pointer && t.Target != id:
		return strings.TrimSuffix(typeName(types, t.Target), " ") + " *"
	case t.Kind == render.Const || t.Kind == render.Volatile:
		return string(t.Kind) + " " + typeName(types, t.Target)
	}
	return "a " + string(t.Kind) + " without a name"
}

// normalType makes spellings of a type's name equal: "const char*" and
// "char const *".
func normalType(name string) string {
	name = strings.NewReplacer("*", " * ", "&", " & ", "<", " < ", ">", " > ", ",", " , ").Replace(name)
	var words, marks []string
	for _, w := range strings.Fields(name) {
		switch w {
		case "const", "volatile", "struct", "class", "union", "enum":
		case "*":
			marks = append(marks, w)
		default:
			words = append(words, w)
		}
	}
	return strings.Join(append(integerName(words), marks...), " ")
}

// integerName makes the spellings of C's integer types one: "unsigned long" and
// "long unsigned int".
func integerName(words []string) []string {
	var kept []string
	for _, w := range words {
		switch w {
		case "unsigned", "long", "short", "char":
			kept = append(kept, w)
		case "signed", "int":
		default:
			return words
		}
	}
	if len(kept) == 0 || len(kept) == 1 && kept[0] == "unsigned" {
		kept = append(kept, "int")
	}
	slices.Sort(kept)
	return kept
}

// findType finds the type that a cast names. Pointers to a type that has none
// of its own are made, with numbers that are in no table. void is type 0.
func findType(types render.Types, name string) (id uint32, ok bool) {
	want := normalType(name)
	base := strings.TrimRight(want, "* ")
	stars := strings.Count(want[len(base):], "*")
	if base == "void" {
		ok = true
	} else if id, ok = namedType(types, base); !ok {
		return 0, false
	}
	for range stars {
		id = pointerTo(types, id)
	}
	return id, true
}

func namedType(types render.Types, name string) (uint32, bool) {
	name = normalType(name)
	best := uint32(0)
	for id, t := range types {
		switch {
		case t.Name == "" || t.Kind == render.Const || t.Kind == render.Volatile:
		case t.Name != name && normalType(t.Name) != name:
		case best == 0 || better(types, t, types[best]):
			best = id
		}
	}
	return best, best != 0
}

// better tells whether a is rather meant than b where both have the name: a
// definition, not a declaration, and of two the first.
func better(types render.Types, a, b *render.Type) bool {
	_, sizeA := types.Size(a.ID)
	_, sizeB := types.Size(b.ID)
	if sizeA != sizeB {
		return sizeA
	}
	return a.ID < b.ID
}

// madeTypes is the first number of types that are in no table.
const madeTypes = 1 << 31

func pointerTo(types render.Types, target uint32) uint32 {
	best := uint32(0)
	for id, t := range types {
		if t.Kind == render.Pointer && t.Target == target && (best == 0 || id < best) {
			best = id
		}
	}
	if best != 0 {
		return best
	}
	size := uint64(8)
	id := uint32(madeTypes)
	for types[id] != nil {
		id++
	}
	types[id] = &render.Type{ID: id, Kind: render.Pointer, Size: &size, Target: target}
	return id
}
