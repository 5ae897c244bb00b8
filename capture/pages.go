package capture

import (
	"fmt"
	"os"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// pages reads the program's private anonymous memory without touching what it
// never touched: the kernel would make pages for it, which costs more than all
// the rest, in this process and later in the program.
type pages struct {
	pagemap *os.File // /proc/PID/pagemap
	buf     []byte   // what read returns
	entries []byte
	parts   []ptrace.Part
}

// mostRead is how much can be read at once.
const mostRead = recording.MaxHashed

func (p *pages) open(pid int) (err error) {
	p.buf = make([]byte, mostRead)
	p.pagemap, err = os.Open(fmt.Sprintf("/proc/%d/pagemap", pid))
	return err
}

func (p *pages) close() error {
	if p.pagemap == nil {
		return nil
	}
	return p.pagemap.Close()
}

// used tells for each page from start on, up to end, whether it holds anything
// but zeros: whether it is in memory or swapped out. The answer is valid until
// the next call.
func (p *pages) used(start, end uint64) []byte {
	const entry = 8
	n := int((end - start) / pageSize)
	if cap(p.entries) < n*entry {
		p.entries = make([]byte, n*entry)
	}
	buf := p.entries[:n*entry]
	got, _ := p.pagemap.ReadAt(buf, int64(start/pageSize*entry)) // short: the rest counts as used
	for i := range n {
		if i*entry+entry > got {
			buf[i] = 1
			continue
		}
		buf[i] = buf[i*entry+7] >> 6 // bits 63 present, 62 swapped
	}
	return buf[:n]
}

// read returns the memory from start on, of which used tells the pages in use;
// nil where none is. It is valid until the next call.
func (p *pages) read(t *tracee, start uint64, used []byte) []byte {
	b := p.buf[:len(used)*pageSize]
	p.parts = p.parts[:0]
	for i := 0; i < len(used); {
		j := i
		for j < len(used) && (used[j] != 0) == (used[i] != 0) {
			j++
		}
		run := b[i*pageSize : j*pageSize]
		if used[i] != 0 {
			p.parts = append(p.parts, ptrace.Part{Addr: start + uint64(i)*pageSize, Data: run})
		} else {
			clear(run)
		}
		i = j
	}
	if len(p.parts) == 0 {
		return nil
	}
	want := 0
	for i := range p.parts {
		want += len(p.parts[i].Data)
	}
	if n, err := ptrace.ReadParts(t.pid, p.parts); err == nil && n == want {
		return b
	}
	for _, part := range p.parts { // some are protected against reading
		t.peek(part.Addr, part.Data)
	}
	return b
}
