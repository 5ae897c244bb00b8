package sqlext

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
)

// pathNode is a call path: functions from the outermost, main where it is on
// the stack, to the innermost. Its number is its index.
type pathNode struct {
	parent, key uint32
	depth       uint32 // functions on it
	recursive   bool   // its innermost function is on it twice
	thread      bool   // it begins where a thread does that is not the first
	underMain   bool   // main is on it, or in another thread a function of the program's own
	// first is the longest beginning of the path, itself included, whose innermost
	// function is not on it twice: has looks at few nodes of a deep recursion.
	first uint32
}

// pathStep is a path and a function that it calls.
type pathStep struct{ path, key uint32 }

// pathMaker numbers the call paths of two histories alike.
type pathMaker struct {
	nodes []pathNode // node 0 is the empty path
	found map[pathStep]uint32
	main  uint32 // the key of the program's main; 0 for none
	keys  []keyInfo
}

// pathNames is how many functions a path's text has at most, the innermost ones.
// The number of a path, by which paths are matched, is that of the whole path.
const pathNames = 64

// matchPaths makes _paths, and for each side _stack_paths. Inlined functions are
// not on a path, since compilers inline in one build and not in the other.
func (h *History) matchPaths(ctx context.Context, m *matcher, sides []pairSide) error {
	p := &pathMaker{nodes: make([]pathNode, 1), found: map[pathStep]uint32{}, main: m.mainKey(), keys: m.keys}
	if err := h.exec(ctx, "CREATE TABLE memory.main._paths (path_id UINTEGER, parent_path_id UINTEGER, function_key UINTEGER, depth UINTEGER, recursive BOOLEAN, under_main BOOLEAN, path VARCHAR)"); err != nil {
		return err
	}
	for _, s := range sides {
		if err := h.sidePaths(ctx, p, s.schema); err != nil {
			return err
		}
	}
	names := make([]string, len(m.keys)+1)
	names[0] = unnamed
	for i, k := range m.keys {
		names[i+1] = k.function
	}
	return h.load("main", "_paths", len(p.nodes)-1, func(i int) []driver.Value {
		n := p.nodes[i+1]
		var parent, key driver.Value
		if n.parent != 0 {
			parent = n.parent
		}
		if n.key != 0 {
			key = n.key
		}
		return []driver.Value{uint32(i + 1), parent, key, n.depth, n.recursive, n.underMain, p.text(uint32(i+1), names)}
	})
}

// mainKey finds the program's main.
func (m *matcher) mainKey() uint32 {
	for i, k := range m.keys {
		if k.module == m.program && m.program != "" && k.function == "main" {
			return uint32(i + 1)
		}
	}
	return 0
}

func (h *History) sidePaths(ctx context.Context, p *pathMaker, schema string) error {
	if err := h.exec(ctx, "CREATE TABLE memory."+schema+"._stack_paths (stack_id UINTEGER, path_id UINTEGER)"); err != nil {
		return err
	}
	// A parent's number is smaller than its children's.
	query := fmt.Sprintf(`
		SELECT s.stack_id, coalesce(s.parent_stack_id, 0), coalesce(k.function_key, 0), s.parent_stack_id IS NULL AND s.stack_id IN (
			SELECT c.stack_id FROM %[1]s.calls c JOIN %[1]s.threads h USING (thread_id)
			WHERE c.parent_call_id IS NULL AND h.parent_thread_id IS NOT NULL AND c.stack_id IS NOT NULL)
		FROM %[1]s.stacks s LEFT JOIN %[1]s._function_keys k USING (function_id) ORDER BY 1`, schema)
	pathOf := map[uint32]uint32{}
	var stacks []uint32
	err := h.each(ctx, query, func(v []driver.Value) {
		id, parent, key := v[0].(uint32), v[1].(uint32), v[2].(uint32)
		stacks = append(stacks, id)
		pathOf[id] = p.step(pathOf[parent], key, v[3] == true)
	})
	if err != nil {
		return err
	}
	return h.load(schema, "_stack_paths", len(stacks), func(i int) []driver.Value {
		return []driver.Value{stacks[i], pathOf[stacks[i]]}
	})
}

// step is the path of a call of function key from path parent. What is before the
// program's main is left out, and in another thread what is before the first
// function of the program's own. begins tells that such a thread begins with the
// call.
func (p *pathMaker) step(parent, key uint32, begins bool) uint32 {
	from := &p.nodes[parent]
	thread, underMain := begins || from.thread, from.underMain
	switch {
	case key == 0:
	case key == p.main && !p.has(parent, key), thread && !underMain && p.keys[key-1].own:
		parent, underMain = 0, true
	}
	s := pathStep{parent, key}
	if id, ok := p.found[s]; ok {
		return id
	}
	n := pathNode{parent: parent, key: key, depth: p.nodes[parent].depth + 1, recursive: p.has(parent, key), thread: thread, underMain: underMain}
	id := uint32(len(p.nodes))
	n.first = id
	if n.recursive {
		n.first = p.nodes[parent].first
	}
	p.nodes = append(p.nodes, n)
	p.found[s] = id
	return id
}

// has tells whether a function is on a path.
func (p *pathMaker) has(path, key uint32) bool {
	for first := p.nodes[path].first; first != 0; first = p.nodes[p.nodes[first].parent].first {
		if p.nodes[first].key == key {
			return true
		}
	}
	return false
}

// text is 'main;parse;next', cut at the front where it is long.
func (p *pathMaker) text(path uint32, names []string) string {
	var list []string
	for ; path != 0 && len(list) < pathNames; path = p.nodes[path].parent {
		list = append(list, names[p.nodes[path].key])
	}
	var out strings.Builder
	if path != 0 {
		out.WriteString("…;")
	}
	for i := len(list) - 1; i >= 0; i-- {
		out.WriteString(list[i])
		if i > 0 {
			out.WriteByte(';')
		}
	}
	return out.String()
}
