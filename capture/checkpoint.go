package capture

import (
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
	maps, err := r.maps()
	if err != nil {
		return err
	}
	e := recording.Event{Kind: recording.KindCheckpoint, Regs: *regs, StartNS: r.now()}
	for _, m := range maps {
		if m.prot&unix.PROT_WRITE != 0 && !strings.HasPrefix(m.name, "[v") {
			e.Hashes = r.hashMapping(e.Hashes, m)
		}
	}
	c := &r.checkpoints
	c.last = time.Now()
	c.next = c.last.Add(max(firstCheckpoint, costShare*c.last.Sub(began)))
	return r.append(&e)
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
