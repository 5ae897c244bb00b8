package variables

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// write is a row of writes, with those of its bytes that matter.
type write struct {
	t, call, pc, addr, value uint64
	size                     uint32
	process, thread, stack   uint32
	source                   string
	data                     []chunk // none where value has all
}

// chunk is a part of a wide write's bytes.
type chunk struct {
	at    uint64
	bytes []byte
}

// byteAt gives the write's byte for an address that it covers; ok is false
// where it is not known.
func (w *write) byteAt(addr uint64) (b byte, ok bool) {
	if off := addr - w.addr; off < 8 {
		return byte(w.value >> (8 * off)), true
	}
	for _, c := range w.data {
		if i := addr - c.at; i < uint64(len(c.bytes)) {
			return c.bytes[i], true
		}
	}
	return 0, false
}

// mergeSpans sorts ranges of addresses and joins those that touch or are not
// further apart than gap.
func mergeSpans(spans []span, gap uint64) []span {
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Compare(a.lo, b.lo)
	})
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.lo-min(s.lo, out[n-1].hi) <= gap {
			out[n-1].hi = max(out[n-1].hi, s.hi)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// clusters joins the nearest of sorted spans until at most n are left.
func clusters(spans []span, n int) []span {
	if len(spans) <= n {
		return spans
	}
	gaps := make([]uint64, 0, len(spans))
	for i := 1; i < len(spans); i++ {
		gaps = append(gaps, spans[i].lo-spans[i-1].hi)
	}
	slices.Sort(gaps)
	return mergeSpans(slices.Clone(spans), gaps[len(spans)-n-1])
}

const (
	// mostScans is how many ranges of addresses are looked up by a scan each,
	// which DuckDB restricts to the row groups that can have them.
	mostScans = 12
	// mostListed is how many blocks of addresses a query may list.
	mostListed = 100_000
	listShift  = 6 // a block is 64 bytes
)

// fetch reads the writes that touch any of sorted, disjoint ranges, in order of
// t.
func (e *Engine) fetch(ctx context.Context, spans []span, from, to uint64) ([]write, error) {
	if len(spans) == 0 {
		return nil, nil
	}
	var out []write
	touches := func(addr uint64, size uint32) bool {
		i, _ := slices.BinarySearchFunc(spans, addr, func(s span, a uint64) int {
			if s.hi <= a {
				return -1
			}
			return 1
		})
		return i < len(spans) && spans[i].lo < addr+uint64(size)
	}
	// A narrow write touches two scans only where they are close: there are none.
	scans := clusters(mergeSpans(slices.Clone(spans), 8), mostScans)
	for _, s := range scans {
		condition := fmt.Sprintf("t >= %d AND t < %d AND addr < %d::UBIGINT", from, to, s.hi)
		narrow := condition + fmt.Sprintf(" AND addr >= %d::UBIGINT", s.lo-min(s.lo, 7)) + listed(spans, s)
		err := e.query(ctx, func(v []driver.Value) error {
			who := u64(v[5])
			w := write{t: u64(v[0]), call: u64(v[1]), pc: u64(v[2]), addr: u64(v[3]), value: u64(v[4]),
				size: uint32(who & 15), process: uint32(who >> 52), thread: uint32(who >> 36 & 65535), stack: uint32(who >> 4), source: "instruction"}
			if touches(w.addr, w.size) {
				out = append(out, w)
			}
			return nil
		}, "SELECT t, call_id, pc, addr, value, who FROM @_writes WHERE "+narrow)
		if err != nil {
			return nil, err
		}
		// Of the bytes, only those in the range: a system call may have read megabytes.
		err = e.query(ctx, func(v []driver.Value) error {
			w := write{t: u64(v[0]), call: u64(v[1]), pc: u64(v[2]), addr: u64(v[3]), value: u64(v[4]), size: u32(v[5]),
				process: u32(v[6]), thread: u32(v[7]), stack: u32(v[8]), source: text(v[9])}
			if b, ok := v[10].([]byte); ok {
				w.data = []chunk{{u64(v[11]), slices.Clone(b)}}
			}
			if touches(w.addr, w.size) {
				out = append(out, w)
			}
			return nil
		}, fmt.Sprintf(`SELECT t, call_id, pc, addr, value, size, process_id, thread_id, stack_id, source::VARCHAR,
				array_slice(bytes, (greatest(addr, %[2]d::UBIGINT) - addr + 1)::BIGINT, (%[3]d::UBIGINT - addr)::BIGINT), greatest(addr, %[2]d::UBIGINT)
			FROM @_wide_writes WHERE %[1]s AND addr + size > %[2]d::UBIGINT`, condition, s.lo, s.hi))
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out, func(a, b write) int {
		return cmp.Or(cmp.Compare(a.t, b.t), cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.addr, b.addr))
	})
	return joined(out), nil
}

// rank orders writes of the same time: a signal's frame was there before the
// instruction, and what the kernel stored came after it.
func (w *write) rank() int {
	switch w.source {
	case "signal":
		return 0
	case "syscall":
		return 2
	}
	return 1
}

// joined makes one of a wide write that several scans found, each with the bytes
// in its own range.
func joined(writes []write) []write {
	out := writes[:0]
	for _, w := range writes {
		if n := len(out); n > 0 && w.size > 8 {
			if last := &out[n-1]; last.t == w.t && last.addr == w.addr && last.size == w.size && last.pc == w.pc {
				last.data = append(last.data, w.data...)
				continue
			}
		}
		out = append(out, w)
	}
	return out
}

// listed is a condition that keeps the narrow writes in a scan's range that can
// touch one of the spans in it, where that is more than a range.
func listed(spans []span, scan span) string {
	var blocks []string
	inside := 0
	for _, s := range spans {
		if s.hi <= scan.lo || s.lo >= scan.hi {
			continue
		}
		inside++
		for b := (s.lo - min(s.lo, 7)) >> listShift; b <= (s.hi-1)>>listShift; b++ {
			if len(blocks) >= mostListed {
				return ""
			}
			blocks = append(blocks, strconv.FormatUint(b, 10))
		}
	}
	if inside < 2 {
		return ""
	}
	return fmt.Sprintf(" AND addr >> %d IN (SELECT unnest([%s]::UBIGINT[]))", listShift, strings.Join(blocks, ","))
}
