package tables

import (
	"fmt"
	"path/filepath"

	"hindsight/internal/symbols"
)

// codeMap is the code of a program: its modules, and a number for each of their
// functions. Numbers follow the order of the modules and of the functions in
// them.
type codeMap struct {
	modules []module
	space   *symbols.Space
	// first is the number of a module's first function.
	first []uint32
	cache []cachedPlace
	depth map[uint64]uint32 // levels by address, as far as asked for
	frame []symbols.Frame   // scratch
}

type cachedPlace struct {
	pc uint64
	place
}

func newCodeMap(modules []module) *codeMap {
	c := &codeMap{modules: modules, cache: make([]cachedPlace, 1<<14), depth: map[uint64]uint32{}}
	mapped := make([]symbols.Module, len(modules))
	next := uint32(1)
	for i := range modules {
		m := &modules[i]
		mapped[i] = symbols.Module{ID: i, Path: m.path, Start: m.start, End: m.end, Bias: m.bias, File: m.file}
		c.first = append(c.first, next)
		if m.file != nil {
			next += uint32(len(m.file.Functions()))
		}
	}
	c.first = append(c.first, next)
	c.space = symbols.NewSpace(mapped)
	return c
}

// at tells what lies at pc. It is for one goroutine.
func (c *codeMap) at(pc uint64) place {
	slot := &c.cache[(pc*0x9e3779b97f4a7c15)>>50]
	if slot.pc == pc {
		return slot.place
	}
	*slot = cachedPlace{pc, c.find(pc)}
	return slot.place
}

func (c *codeMap) find(pc uint64) place {
	m, f, ok := c.space.FunctionAt(pc)
	if !ok {
		return place{}
	}
	return place{
		function: c.first[m] + uint32(f),
		entry:    c.space.IsEntry(pc),
		stub:     c.modules[m].file.Functions()[f].PLT,
	}
}

// levels is for one goroutine.
func (c *codeMap) levels(pc uint64) uint32 {
	n, ok := c.depth[pc]
	if !ok {
		c.frame = c.frames(pc, c.frame[:0])
		n = uint32(len(c.frame))
		c.depth[pc] = n
	}
	return n
}

// frames appends what is at pc to dst, innermost first: at least one frame.
func (c *codeMap) frames(pc uint64, dst []symbols.Frame) []symbols.Frame {
	n := len(dst)
	if dst = c.space.Frames(pc, dst); len(dst) == n {
		dst = append(dst, symbols.Frame{Index: -1})
	}
	return dst
}

// isEntry tells whether a function begins at pc. It is safe for concurrent use.
func (c *codeMap) isEntry(pc uint64) bool { return c.space.IsEntry(pc) }

// each calls f with every function of a module and its number.
func (c *codeMap) each(module int, f func(id uint32, fn *symbols.Function) error) error {
	if c.modules[module].file == nil {
		return nil
	}
	functions := c.modules[module].file.Functions()
	for i := range functions {
		if err := f(c.first[module]+uint32(i), &functions[i]); err != nil {
			return err
		}
	}
	return nil
}

// functionName is the name that tables show: functions that only the unwind
// tables know have none of their own.
func functionName(fn *symbols.Function) string {
	if fn.Name == "" {
		return fmt.Sprintf("sub_%x", fn.Entry)
	}
	return fn.Name
}

// matching returns, by function number, which functions a pattern matches; nil
// where the pattern is "", which is all of them.
func (c *codeMap) matching(pattern string) ([]bool, error) {
	if pattern == "" {
		return nil, nil
	}
	match := make([]bool, c.first[len(c.modules)])
	found := false
	for m := range c.modules {
		err := c.each(m, func(id uint32, fn *symbols.Function) error {
			if !fn.PLT && (globMatch(pattern, functionName(fn)) || globMatch(pattern, fn.LinkageName)) {
				match[id], found = true, true
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if !found {
		return nil, fmt.Errorf("no function matches %q: * stands for any characters, ? for one, and C++ names have their parameters", pattern)
	}
	return match, nil
}

// globMatch tells whether name matches pattern, in which * stands for any
// characters and ? for one.
func globMatch(pattern, name string) bool {
	star, retry := -1, 0
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, retry = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			retry++
			p, n = star+1, retry
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// moduleName is the short name of a module.
func moduleName(path string) string { return filepath.Base(path) }
