package variables

import (
	"context"
	"database/sql/driver"
	"slices"
	"strconv"
	"strings"
)

// addSource fills in the function, file and line of each row's instruction.
func (e *Engine) addSource(ctx context.Context, rows []Row) error {
	type at struct {
		pc      uint64
		process uint32
	}
	type source struct {
		function, file string
		line           uint32
	}
	var pcs []uint64
	for i := range rows {
		if i == 0 || rows[i].PC != rows[i-1].PC {
			pcs = append(pcs, rows[i].PC)
		}
	}
	slices.Sort(pcs)
	pcs = slices.Compact(pcs)
	if len(pcs) == 0 {
		return nil
	}
	list := make([]string, len(pcs))
	for i, pc := range pcs {
		list[i] = strconv.FormatUint(pc, 10)
	}
	known := map[at]source{}
	err := e.query(ctx, func(v []driver.Value) error {
		known[at{u64(v[0]), u32(v[1])}] = source{text(v[2]), text(v[3]), u32(v[4])}
		return nil
	}, `SELECT pc, process_id, function, file, line FROM @frames
		WHERE level = 0 AND pc IN (SELECT unnest([`+strings.Join(list, ",")+`]::UBIGINT[]))`)
	for i := range rows {
		r := &rows[i]
		s := known[at{r.PC, r.ProcessID}]
		r.Function, r.File, r.Line = s.function, s.file, s.line
	}
	return err
}
