package capture

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// checkpointer hashes the program's memory from time to time.
type checkpointer struct {
	last time.Time         // when the last one was made, or the program began
	next time.Time         // not due before
	zero map[uint64]uint64 // hash of so many zero bytes

	table, now map[uint64]uint64 // hashes of pages by address, see hashAll
	changed    []uint64
}

const (
	firstCheckpoint = 250 * time.Millisecond
	// A checkpoint that takes d is made at most once in costShare × d.
	costShare = 50
	pageCost  = 2 * time.Microsecond // to read and hash a page, about
	// Mappings beyond sparse are taken for reservations: where no page of a
	// range was ever touched it is left out.
	sparse = 64 << 20
)

func (c *checkpointer) begin() {
	c.last = time.Now()
	c.next = c.last.Add(firstCheckpoint)
	c.zero = map[uint64]uint64{}
}

// checkpointDue tells whether it is time for a checkpoint, by what one costs.
func (r *recorder) checkpointDue() bool {
	c := &r.checkpoints
	now := time.Now()
	if now.Before(c.next) {
		return false
	}
	c.next = c.last.Add(costShare * pageCost * time.Duration(r.residentPages()))
	return !now.Before(c.next)
}

// checkpoint records the hashes of all writable memory at this place, where the
// program has these registers. It makes none while another thread's call is about
// to change memory.
func (r *recorder) checkpoint(regs *recording.Regs) error {
	if !r.quiescent() {
		return nil
	}
	began := time.Now()
	e := recording.Event{Kind: recording.KindCheckpoint, Regs: *regs, StartNS: r.now()}
	var err error
	if e.Hashes, err = r.hashAll(false); err != nil {
		return err
	}
	c := &r.checkpoints
	c.last = time.Now()
	c.next = c.last.Add(max(firstCheckpoint, costShare*c.last.Sub(began)))
	return r.append(&e)
}

// hashAll returns the hashes of all writable memory. With pages it also notes, in
// checkpoints.changed, which pages changed since the last time with pages.
func (r *recorder) hashAll(pages bool) (list []recording.MemoryHash, err error) {
	maps, err := r.maps()
	if err != nil {
		return nil, err
	}
	c := &r.checkpoints
	before := c.table
	if c.now = nil; pages {
		c.now, c.changed = map[uint64]uint64{}, c.changed[:0]
	}
	for _, m := range maps {
		if m.prot&unix.PROT_WRITE != 0 && !strings.HasPrefix(m.name, "[v") {
			list = r.hashMapping(list, m)
		}
	}
	if pages {
		for page, hash := range c.now {
			if old, ok := before[page]; !ok || old != hash {
				c.changed = append(c.changed, page)
			}
		}
		slices.Sort(c.changed)
		c.table = c.now
	}
	return list, nil
}

// notePages notes the hashes of the pages of mem, where that is wanted.
func (c *checkpointer) notePages(addr uint64, mem []byte) {
	if c.now == nil {
		return
	}
	for i := 0; i+pageSize <= len(mem); i += pageSize {
		c.now[addr+uint64(i)] = recording.HashMemory(mem[i : i+pageSize])
	}
}

// hashMapping appends the hashes of a mapping's memory.
func (r *recorder) hashMapping(list []recording.MemoryHash, m procMap) []recording.MemoryHash {
	if m.inode != 0 {
		return r.hashFile(list, m)
	}
	const window = 64 * recording.MaxHashed
	for start := m.start; start < m.end; start += window {
		used := r.pages.used(start, min(start+window, m.end))
		for at := start; len(used) > 0; at += recording.MaxHashed {
			n := min(len(used), recording.MaxHashed/pageSize)
			list = r.hashAnonymous(list, at, used[:n], m.end-m.start > sparse)
			used = used[n:]
		}
	}
	return list
}

// hashAnonymous appends the hash of the pages at addr. Where none is in use it
// is that of zeros, or left out for a reservation.
func (r *recorder) hashAnonymous(list []recording.MemoryHash, addr uint64, used []byte, reservation bool) []recording.MemoryHash {
	c := &r.checkpoints
	n := uint64(len(used)) * pageSize
	h := recording.MemoryHash{Addr: recording.Addr(addr), Length: n}
	switch mem := r.pages.read(&r.tracee, addr, used); {
	case mem != nil:
		c.notePages(addr, mem)
		h.Hash = recording.HashMemory(mem)
	case reservation:
		return list
	default:
		h.Hash = c.zeroHash(n)
	}
	return append(list, h)
}

// hashFile appends the hashes of a file's mapping.
func (r *recorder) hashFile(list []recording.MemoryHash, m procMap) []recording.MemoryHash {
	buf := r.pages.buf
	for at := m.start; at < m.end; at += recording.MaxHashed {
		n := r.peek(at, buf[:min(recording.MaxHashed, m.end-at)]) // less at the end of a file
		if n > 0 {
			r.checkpoints.notePages(at, buf[:n])
			list = append(list, recording.MemoryHash{Addr: recording.Addr(at), Length: uint64(n), Hash: recording.HashMemory(buf[:n])})
		}
	}
	return list
}

func (c *checkpointer) zeroHash(n uint64) uint64 {
	h, ok := c.zero[n]
	if !ok {
		h = recording.HashMemory(make([]byte, n))
		c.zero[n] = h
	}
	return h
}
