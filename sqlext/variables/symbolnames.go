package variables

import (
	"context"
	"database/sql/driver"
	"sort"
)

// symbolNames names addresses: functions and variables with a fixed address.
type symbolNames struct {
	lo, hi []uint64
	name   []string
}

// names reads the names, when the first address is to be named.
func (e *Engine) names(ctx context.Context) (*symbolNames, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.symbols != nil {
		return e.symbols, nil
	}
	s := &symbolNames{}
	err := e.query(ctx, func(v []driver.Value) error {
		s.lo, s.hi, s.name = append(s.lo, u64(v[0])), append(s.hi, u64(v[1])), append(s.name, text(v[2]))
		return nil
	}, `SELECT lo, max(hi), min_by(name, length(name)) FROM (
			SELECT entry_pc AS lo, coalesce(end_pc, entry_pc + 1) AS hi, name FROM @functions
			UNION ALL SELECT addr, addr + size, name FROM @variables WHERE addr IS NOT NULL AND size > 0)
		GROUP BY lo ORDER BY lo`)
	if err != nil {
		return nil, err
	}
	e.symbols = s
	return s, nil
}

// lazySymbols is a renderer's Symbols: it reads the names when one is asked for.
type lazySymbols struct {
	e   *Engine
	ctx context.Context
	s   *symbolNames
	err error
}

// Symbol names what lies at an address.
func (l *lazySymbols) Symbol(addr, _ uint64) (name string, offset uint64, ok bool) {
	if l.s == nil && l.err == nil {
		l.s, l.err = l.e.names(l.ctx)
	}
	if l.err != nil {
		return "", 0, false
	}
	i := sort.Search(len(l.s.lo), func(i int) bool { return l.s.lo[i] > addr }) - 1
	if i < 0 || addr >= l.s.hi[i] {
		return "", 0, false
	}
	return l.s.name[i], addr - l.s.lo[i], true
}
