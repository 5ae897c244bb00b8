package variables

import (
	"bytes"
	"context"
	"database/sql/driver"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"strings"
)

// Thread-local storage on x86-64: the thread pointer is the base of fs, which
// a thread begins with or arch_prctl(ARCH_SET_FS) sets. The program's own block ends there (variant II
// of the ABI), other modules' are found by the table (dtv) behind it.
const (
	archPrctl = 158
	archSetFS = 0x1002
	dtvOffset = 8 // of the table's address, from the thread pointer
)

// tlsSegment is a module's PT_TLS; size 0 where it has none.
type tlsSegment struct{ size, align, vaddr uint64 }

// distance is how far the program's block begins before the thread pointer.
func (s tlsSegment) distance() uint64 {
	align := max(s.align, 1)
	first := s.vaddr & (align - 1)
	return (s.size-first+align-1)&^(align-1) + first
}

// threadLocal gives the blocks of thread-local storage of a module: one for
// each thread and, where a thread moves its own, time.
func (e *Engine) threadLocal(ctx context.Context, o operand, id uint32) ([]place, error) {
	modules, err := e.loadModules(ctx)
	if err != nil {
		return nil, err
	}
	var own *module
	number, musl := uint64(0), false
	for i := range modules {
		m := &modules[i]
		segment, err := e.tlsOf(ctx, m)
		if err != nil {
			return nil, err
		}
		musl = musl || strings.HasPrefix(m.baseName, "ld-musl")
		if segment.size > 0 && own == nil {
			number++ // the loader counts the modules that have any, as it maps them
		}
		if m.id != id {
			continue
		}
		if own = m; segment.size == 0 {
			return nil, fmt.Errorf("%s is thread-local, but the program headers of %s, which say where, are not in this index: "+
				"make one of the whole run with all tables (hindsight index --force)", o.path, m.path)
		}
		if m.isTheProgram {
			places, err := e.threadPointers(ctx, -int64(segment.distance()))
			if err != nil {
				return nil, err
			}
			return places, e.afterLoading(ctx, m, places)
		}
	}
	tables, err := e.threadPointers(ctx, dtvOffset)
	if err != nil {
		return nil, err
	}
	entry := 16 * number
	if musl {
		entry = 8 * number
	}
	if tables, err = e.followAll(ctx, tables, int64(entry)); err != nil {
		return nil, err
	}
	return e.followAll(ctx, tables, 0)
}

// afterLoading lets places begin when the program does: before, the loader fills
// the block with the initial contents.
func (e *Engine) afterLoading(ctx context.Context, m *module, places []place) error {
	return e.query(ctx, func(v []driver.Value) error {
		for i := range places {
			places[i].from = max(places[i].from, u64(v[0]))
		}
		return nil
	}, `SELECT min(first_t) FROM @blocks WHERE pc >= ? AND pc < ? AND first_t IS NOT NULL`, m.start, m.end)
}

// threadPointers gives what lies so far from the threads' pointers, while the
// threads live.
func (e *Engine) threadPointers(ctx context.Context, offset int64) ([]place, error) {
	var out []place
	last := map[uint32]int{}
	err := e.query(ctx, func(v []driver.Value) error {
		thread := u32(v[0])
		if i, ok := last[thread]; ok {
			out[i].to = u64(v[1])
		}
		last[thread] = len(out)
		out = append(out, place{addr: u64(v[2]) + uint64(offset), from: u64(v[1]), to: orOpen(v[3]), thread: thread, local: true})
		return nil
	}, `SELECT p.thread_id, p.t, p.pointer, h.ended FROM (
			SELECT thread_id, t, arg1 AS pointer FROM @syscalls WHERE number = ? AND arg0 = ?
			UNION ALL
			SELECT thread_id, start_t - least(start_t, 1), thread_pointer FROM @threads WHERE parent_thread_id IS NOT NULL AND thread_pointer <> 0) p
		LEFT JOIN `+threadEnds+` h ON h.thread_id = p.thread_id
		ORDER BY p.t, p.thread_id`, uint32(archPrctl), uint64(archSetFS))
	return out, err
}

// tlsOf reads a module's PT_TLS from its program headers, in memory as they were
// mapped.
func (e *Engine) tlsOf(ctx context.Context, m *module) (tlsSegment, error) {
	var headers []byte
	err := e.query(ctx, func(v []driver.Value) error {
		b, _ := v[0].([]byte)
		headers = bytes.Clone(b)
		return nil
	}, `SELECT array_slice(bytes, (?::UBIGINT - addr + 1)::BIGINT, (?::UBIGINT - addr + 4096)::BIGINT) FROM @_memory
		WHERE addr <= ?::UBIGINT AND addr + size > ?::UBIGINT AND coalesce(from_t, 0) >= ? AND bytes IS NOT NULL
		ORDER BY from_t NULLS FIRST LIMIT 1`, m.start, m.start, m.start, m.start, m.mapped)
	if err != nil || len(headers) < 64 || string(headers[:4]) != elf.ELFMAG {
		return tlsSegment{}, err
	}
	// debug/elf reads sections too, which are not here.
	at := binary.LittleEndian.Uint64(headers[32:])
	size, count := uint64(binary.LittleEndian.Uint16(headers[54:])), uint64(binary.LittleEndian.Uint16(headers[56:]))
	for i := range count {
		start := at + i*size
		if size < 56 || start > uint64(len(headers)) || uint64(len(headers))-start < size {
			break
		}
		p := headers[start:]
		if elf.ProgType(binary.LittleEndian.Uint32(p)) == elf.PT_TLS {
			return tlsSegment{
				size:  binary.LittleEndian.Uint64(p[40:]),
				align: binary.LittleEndian.Uint64(p[48:]),
				vaddr: binary.LittleEndian.Uint64(p[16:]),
			}, nil
		}
	}
	return tlsSegment{}, nil
}
