package capture

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// checkpointer hashes the program's memory from time to time.
type checkpointer struct {
	pagemap *os.File
	last    time.Time         // when the last one was made, or the program began
	next    time.Time         // not due before
	zero    map[uint64]uint64 // hash of so many zero bytes
	buf     []byte
	marks   []byte
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

func (c *checkpointer) open(pid int) (err error) {
	c.pagemap, err = os.Open(fmt.Sprintf("/proc/%d/pagemap", pid))
	c.last = time.Now()
	c.next = c.last.Add(firstCheckpoint)
	c.zero = map[uint64]uint64{}
	c.buf = make([]byte, recording.MaxHashed)
	return err
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
// program has these registers.
func (r *recorder) checkpoint(regs *recording.Regs) error {
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
	return r.w.Append(&e)
}

func (r *recorder) hashMapping(list []recording.MemoryHash, m procMap) []recording.MemoryHash {
	c := &r.checkpoints
	for at := m.start; at < m.end; at += recording.MaxHashed {
		n := min(recording.MaxHashed, m.end-at)
		h := recording.MemoryHash{Addr: recording.Addr(at), Length: n}
		if m.inode == 0 && r.untouched(at, at+n) {
			if m.end-m.start > sparse {
				continue
			}
			h.Hash = c.zeroHash(n)
		} else {
			h.Length = uint64(r.peek(at, c.buf[:n])) // less at the end of a file
			h.Hash = recording.HashMemory(c.buf[:h.Length])
		}
		if h.Length > 0 {
			list = append(list, h)
		}
	}
	return list
}

// untouched tells whether anonymous memory is all zero because no page of it
// was ever used.
func (r *recorder) untouched(start, end uint64) bool {
	c := &r.checkpoints
	if cap(c.marks) == 0 {
		c.marks = make([]byte, recording.MaxHashed/pageSize*8)
	}
	for _, mark := range r.present(c.pagemap, start, end, c.marks) {
		if mark != 0 {
			return false
		}
	}
	return true
}

func (c *checkpointer) zeroHash(n uint64) uint64 {
	h, ok := c.zero[n]
	if !ok {
		clear(c.buf[:n])
		h = recording.HashMemory(c.buf[:n])
		c.zero[n] = h
	}
	return h
}
