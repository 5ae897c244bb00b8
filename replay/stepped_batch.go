package replay

import (
	"errors"
	"fmt"
	"time"
)

// batcher collects rows and hands them to a consumer on a goroutine of its own.
type batcher struct {
	batch  *Batch
	to     chan *Batch
	failed chan error // one answer a batch
	writes uint64
	spent  uint64 // nanoseconds in the consumer
}

func newBatcher(c Consumer) *batcher {
	b := &batcher{batch: &Batch{}}
	if c == nil {
		return b
	}
	b.to, b.failed = make(chan *Batch), make(chan error)
	go func() {
		for batch := range b.to {
			began := time.Now()
			err := c.Consume(batch)
			b.spent += uint64(time.Since(began))
			b.failed <- err
		}
		close(b.failed)
	}()
	return b
}

// write adds a row with the bytes that the host's memory holds.
func (b *batcher) write(h *host, t, pc uint64, r storeRange) error {
	at := len(b.batch.Data)
	bytes := append(b.batch.Data, make([]byte, r.size)...)
	stored := bytes[at:]
	if n := h.read(r.addr, stored); n < len(stored) {
		return fmt.Errorf("the instruction at %#x stored %d bytes at %#x, of which only %d can be read", pc, r.size, r.addr, n)
	}
	b.writes++
	m := b.batch
	m.T, m.PC = append(m.T, t), append(m.PC, pc)
	m.Addr, m.Size = append(m.Addr, r.addr), append(m.Size, r.size)
	m.Value = append(m.Value, leValue(stored))
	m.Wide = append(m.Wide, uint32(at))
	const inline = 8
	if r.size > inline {
		m.Data = bytes
	}
	return nil
}

// flushFull flushes where there is enough. Between instructions only: a call's
// push belongs to its control.
func (b *batcher) flushFull() error {
	const rows, data = 4096, 1 << 20
	if m := b.batch; len(m.T) < rows && len(m.Controls) < rows && len(m.Data) < data {
		return nil
	}
	return b.flush()
}

func (b *batcher) control(c Control) {
	c.Write = len(b.batch.T)
	b.batch.Controls = append(b.batch.Controls, c)
}

// flush hands over what there is and waits until it was consumed.
func (b *batcher) flush() error {
	batch := b.batch
	b.batch = &Batch{}
	if b.to == nil || len(batch.T) == 0 && len(batch.Controls) == 0 {
		return nil
	}
	b.to <- batch
	return <-b.failed
}

// close flushes and ends the goroutine.
func (b *batcher) close() error {
	err := b.flush()
	if b.to != nil {
		close(b.to)
		<-b.failed
		b.to = nil
	}
	return err
}

// both gives each batch to two consumers, of which the second may be nil.
type both [2]Consumer

func (b both) Consume(batch *Batch) error {
	err := b[0].Consume(batch)
	if b[1] != nil {
		err = errors.Join(err, b[1].Consume(batch))
	}
	return err
}
