package sqlext

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
)

// span is a range of addresses, hi excluded.
type span struct{ lo, hi uint64 }

const (
	// joinGap is the distance below which two mapped ranges are taken as one.
	joinGap = 16 << 20
	// maxSpans is how many ranges is_address compares with at most.
	maxSpans = 16
)

// addressSpans are the ranges of memory that a history's program had mapped.
func (h *History) addressSpans(ctx context.Context, schema string) ([]span, error) {
	query := `
		SELECT start_addr, end_addr FROM S.modules
		UNION ALL SELECT result::UBIGINT, result::UBIGINT + CASE name WHEN 'mmap' THEN arg1 ELSE arg2 END
			FROM S.syscalls WHERE name IN ('mmap', 'mremap') AND error IS NULL AND result > 0
		UNION ALL SELECT min(result)::UBIGINT, max(result)::UBIGINT FROM S.syscalls WHERE name = 'brk' AND result > 0 HAVING count(*) > 0
		UNION ALL SELECT greatest(min(cfa), 8388608) - 8388608, max(cfa) + 1048576 FROM S.calls HAVING count(*) > 0
		ORDER BY ALL`
	var spans []span
	err := h.each(ctx, strings.ReplaceAll(query, "S.", schema+"."), func(v []driver.Value) {
		lo, ok := v[0].(uint64)
		hi, also := v[1].(uint64)
		if ok && also && lo < hi {
			spans = append(spans, span{lo, hi})
		}
	})
	return joinSpans(spans), err
}

// joinSpans joins ranges that are close to one another.
func joinSpans(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	for gap := uint64(joinGap); ; gap *= 4 {
		var out []span
		for _, s := range spans {
			if n := len(out); n > 0 && (s.lo <= out[n-1].hi || s.lo-out[n-1].hi <= gap) {
				out[n-1].hi = max(out[n-1].hi, s.hi)
			} else {
				out = append(out, s)
			}
		}
		if len(out) <= maxSpans {
			return out
		}
		spans = out
	}
}

// addressMacro is the body of is_address.
func addressMacro(spans []span) string {
	tests := []string{"false"}
	for _, s := range spans {
		tests = append(tests, fmt.Sprintf("(value >= %d::UBIGINT AND value < %d::UBIGINT)", s.lo, s.hi))
	}
	return "(" + strings.Join(tests, " OR ") + ")"
}
