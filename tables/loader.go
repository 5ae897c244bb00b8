package tables

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/duckdb/duckdb-go/v2"
)

// maxWorkers is how many goroutines load at most: each holds a window, and more
// would wait for the decoder.
const maxWorkers = 4

// loader appends full buffers to their tables on goroutines of its own, while
// others are filled. Each of them has a connection and a transaction, which is
// committed by close.
type loader struct {
	workers []*loadWorker
	empty   map[string]chan buffer
	running sync.WaitGroup
	failed  chan struct{} // closed when a worker has failed
	fail    sync.Once
	err     error // of the first that failed, valid once failed is closed
}

// loadWorker is one of a loader's goroutines.
type loadWorker struct {
	conn      *duckdb.Conn
	jobs      chan buffer
	appenders map[string]*bulkAppender
	sorter    addressSorter
	// given is how many values it was given, by which windows are shared out: not
	// by who is idle, so that two indexings have their rows in the same order.
	given int
}

// loadWorkers is how many workers this machine can use.
func loadWorkers() int { return min(runtime.GOMAXPROCS(0), maxWorkers) }

// newLoader begins to load; spares are empty buffers, at least one for each table,
// and as many as there are workers for those with addresses.
func newLoader(ctx context.Context, db *database, workers int, spares ...buffer) (*loader, error) {
	l := &loader{empty: map[string]chan buffer{}, failed: make(chan struct{})}
	for _, b := range spares {
		if l.empty[b.table()] == nil {
			l.empty[b.table()] = make(chan buffer, len(spares)+1)
		}
		l.empty[b.table()] <- b
	}
	for range workers {
		conn, err := db.connect(ctx)
		if err != nil {
			return nil, errors.Join(err, l.close(ctx))
		}
		w := &loadWorker{conn: conn, jobs: make(chan buffer), appenders: map[string]*bulkAppender{}}
		l.workers = append(l.workers, w)
		l.running.Go(func() { l.run(ctx, w) })
	}
	return l, nil
}

// swap takes a full buffer and returns an empty one of the same table, waiting
// until there is one.
func (l *loader) swap(b buffer) (buffer, error) {
	select {
	case l.workerFor(b).jobs <- b:
	case <-l.failed:
		return nil, l.err
	}
	select {
	case e := <-l.empty[b.table()]:
		return e, nil
	case <-l.failed:
		return nil, l.err
	}
}

// workerFor chooses who loads a buffer. Rows that are not sorted here are to lie in
// the order in which they come: these are all the last worker's.
func (l *loader) workerFor(b buffer) *loadWorker {
	best := l.workers[len(l.workers)-1]
	if b.addresses() != nil {
		for _, w := range l.workers {
			if w.given < best.given {
				best = w
			}
		}
	}
	columns, rows := b.columns()
	best.given += rows * len(columns)
	return best
}

// close waits until all is loaded, makes it durable, and returns what went wrong.
// swap must not be called any more.
func (l *loader) close(ctx context.Context) error {
	for _, w := range l.workers {
		close(w.jobs)
	}
	l.running.Wait()
	err := l.err
	for _, w := range l.workers {
		if err == nil {
			_, err = w.conn.ExecContext(ctx, "COMMIT", nil)
		}
		err = errors.Join(err, w.conn.Close())
	}
	return err
}

func (l *loader) run(ctx context.Context, w *loadWorker) {
	_, err := w.conn.ExecContext(ctx, "BEGIN TRANSACTION", nil)
	for err == nil {
		b, more := <-w.jobs
		if !more {
			return
		}
		if err = w.load(ctx, b); err == nil {
			b.reset()
			l.empty[b.table()] <- b
		}
	}
	l.fail.Do(func() {
		l.err = fmt.Errorf("load the tables: %w", err)
		close(l.failed)
	})
}

func (w *loadWorker) load(ctx context.Context, b buffer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	columns, rows := b.columns()
	a := w.appenders[b.table()]
	if a == nil {
		var err error
		if a, err = newBulkAppender(w.conn, b.table()); err != nil {
			return err
		}
		w.appenders[b.table()] = a
	}
	var order []uint32
	if addr := b.addresses(); addr != nil {
		order = w.sorter.sort(addr)
	}
	return a.append(ctx, columns, order, rows)
}
