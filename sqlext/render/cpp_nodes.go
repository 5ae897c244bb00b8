package render

// Containers of libstdc++ whose elements lie in nodes of their own. A node is a
// few pointers, and behind them the element: its type is known from names only.

// up rounds n up to a multiple of align.
func up(n, align uint64) uint64 { return (n + align - 1) / align * align }

// nodes writes n elements, which lie offset behind the nodes that next walks.
// next is given 0 for the first; ok is false where the way is not known.
func (p *printer) nodes(n, offset uint64, next func(node uint64) (uint64, bool), show func(addr uint64)) {
	p.items("{", "}", func(yield func(func()) bool) {
		node := uint64(0)
		for range n {
			var ok bool
			if node, ok = next(node); !ok || node == 0 {
				yield(func() { p.write(unknown) })
				return
			}
			if !yield(func() { show(node + offset) }) {
				return
			}
		}
	})
}

// showAt writes an element of a container that has only values.
func (p *printer) showAt(id uint32) func(uint64) {
	return func(addr uint64) { p.print(p.load(id, addr)) }
}

// showPair writes a key and its value.
func (p *printer) showPair(id uint32) func(uint64) {
	return func(addr uint64) {
		v := p.load(id, addr)
		key, ok1 := p.member(v, "first")
		value, ok2 := p.member(v, "second")
		if !ok1 || !ok2 {
			p.print(v)
			return
		}
		p.write("[")
		p.print(key)
		p.write("] = ")
		p.print(value)
	}
}

func (p *printer) cppList(v val) bool {
	head, ok := p.path(v, "_M_impl", "_M_node")
	if !ok {
		return false
	}
	first, ok1 := p.number(head, "_M_next")
	n, ok2 := p.number(head, "_M_size")
	id, ok3 := p.named(argument(v.typ.Name, 0), v.typ.Module)
	if !ok1 || !ok2 || !ok3 {
		return false
	}
	p.nodes(n, up(16, p.r.Types.align(id, 0)), func(node uint64) (uint64, bool) {
		if node == 0 {
			return first, true
		}
		return p.word(node)
	}, p.showAt(id))
	return true
}

// cppTree writes a map or set: a red-black tree, in order.
func (p *printer) cppTree(v val) bool {
	tree, ok := p.member(v, "_M_t")
	if !ok || tree.typ == nil {
		return false
	}
	first, ok1 := p.number(tree, "_M_impl", "_M_header", "_M_left")
	n, ok2 := p.number(tree, "_M_impl", "_M_node_count")
	id, ok3 := p.named(argument(tree.typ.Name, 1), v.typ.Module)
	if !ok1 || !ok2 || !ok3 {
		return false
	}
	show := p.showAt(id)
	if name := templateName(v.typ.Name); name == "std::map" || name == "std::multimap" {
		show = p.showPair(id)
	}
	p.nodes(n, up(32, p.r.Types.align(id, 0)), func(node uint64) (uint64, bool) {
		if node == 0 {
			return first, true
		}
		return p.successor(node)
	}, show)
	return true
}

// Where a tree's node has its links.
const (
	treeParent = 8
	treeLeft   = 16
	treeRight  = 24
)

// successor is the next node of a tree, in order.
func (p *printer) successor(node uint64) (uint64, bool) {
	right, ok := p.word(node + treeRight)
	if ok && right != 0 {
		for ok && p.spend() {
			node = right
			if right, ok = p.word(node + treeLeft); ok && right == 0 {
				return node, true
			}
		}
		return 0, false
	}
	for ok && p.spend() {
		var parent, back uint64
		if parent, ok = p.word(node + treeParent); !ok || parent == 0 {
			return 0, false
		}
		if back, ok = p.word(parent + treeRight); ok && back != node {
			return parent, true
		}
		node = parent
	}
	return 0, false
}

// cppHash writes an unordered map or set, in the order of its list of nodes.
func (p *printer) cppHash(v val) bool {
	table, ok := p.member(v, "_M_h")
	if !ok || table.typ == nil {
		return false
	}
	first, ok1 := p.number(table, "_M_before_begin", "_M_nxt")
	n, ok2 := p.number(table, "_M_element_count")
	id, ok3 := p.named(argument(table.typ.Name, 1), v.typ.Module)
	if !ok1 || !ok2 || !ok3 {
		return false
	}
	show := p.showAt(id)
	if name := templateName(v.typ.Name); name == "std::unordered_map" || name == "std::unordered_multimap" {
		show = p.showPair(id)
	}
	p.nodes(n, up(8, p.r.Types.align(id, 0)), func(node uint64) (uint64, bool) {
		if node == 0 {
			return first, true
		}
		return p.word(node)
	}, show)
	return true
}

// cppDeque writes a std::deque: blocks of elements, and a map of the blocks.
func (p *printer) cppDeque(v val) bool {
	cur, ok := p.path(v, "_M_impl", "_M_start", "_M_cur")
	if !ok || !cur.is(Pointer) {
		return false
	}
	var at [6]uint64
	for i, name := range []string{"_M_cur", "_M_first", "_M_last", "_M_node"} {
		if at[i], ok = p.number(v, "_M_impl", "_M_start", name); !ok {
			return false
		}
	}
	first, last, node := at[1], at[2], at[3]
	for i, name := range []string{"_M_cur", "_M_node"} {
		if at[4+i], ok = p.number(v, "_M_impl", "_M_finish", name); !ok {
			return false
		}
	}
	finishFirst, ok := p.number(v, "_M_impl", "_M_finish", "_M_first")
	size, ok2 := p.r.Types.Size(cur.typ.Target)
	if !ok || !ok2 || size == 0 || last <= first || at[0] < first || at[5] < node || at[4] < finishFirst {
		return false
	}
	block := (last - first) / size
	skip := (at[0] - first) / size
	count := (at[5]-node)/8*block + (at[4]-finishFirst)/size
	if block == 0 || count < skip {
		return false
	}
	p.sequence(count-skip, cur.typ.Target, false, func(i uint64) []byte {
		i += skip
		start, ok := p.word(node + i/block*8)
		if !ok {
			return nil
		}
		return p.read(start+i%block*size, size)
	})
	return true
}
