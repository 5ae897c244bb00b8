package tables

import (
	"context"
	"errors"
)

// segmentRows is how many rows make a transaction.
const segmentRows = 32 * windowRows

// loader appends full buffers to their tables on a goroutine of its own, while
// others are filled. It owns the database's connection until close.
type loader struct {
	db        *database
	jobs      chan buffer
	empty     map[string]chan buffer
	stopped   chan struct{} // closed when the goroutine has ended
	err       error         // valid once stopped is closed
	appenders map[string]*bulkAppender
	unsaved   int // rows since the last transaction
	rows      map[string]uint64
}

// newLoader begins to load; spares are empty buffers, one for each table.
func newLoader(ctx context.Context, db *database, spares ...buffer) *loader {
	l := &loader{
		db: db, jobs: make(chan buffer), empty: map[string]chan buffer{}, stopped: make(chan struct{}),
		appenders: map[string]*bulkAppender{}, rows: map[string]uint64{},
	}
	for _, b := range spares {
		l.empty[b.table()] = make(chan buffer, 2)
		l.empty[b.table()] <- b
	}
	go func() {
		defer close(l.stopped)
		l.err = l.run(ctx)
	}()
	return l
}

// swap takes a full buffer and returns an empty one of the same table, waiting
// until there is one. The buffer is sorted on the caller's goroutine.
func (l *loader) swap(b buffer) (buffer, error) {
	select {
	case l.jobs <- b:
	case <-l.stopped:
		return nil, l.failure()
	}
	select {
	case e := <-l.empty[b.table()]:
		return e, nil
	case <-l.stopped:
		return nil, l.failure()
	}
}

func (l *loader) failure() error {
	if l.err != nil {
		return l.err
	}
	return errors.New("loading has ended")
}

// close waits until all is loaded and returns what went wrong. swap must not be
// called any more.
func (l *loader) close() error {
	close(l.jobs)
	<-l.stopped
	return l.err
}

func (l *loader) run(ctx context.Context) error {
	for b := range l.jobs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := l.load(ctx, b); err != nil {
			return err
		}
		b.reset()
		l.empty[b.table()] <- b
	}
	return nil
}

func (l *loader) load(ctx context.Context, b buffer) error {
	columns, order, rows := b.sorted()
	if rows == 0 {
		return nil
	}
	a := l.appenders[b.table()]
	if a == nil {
		var err error
		if a, err = newBulkAppender(l.db.conn, b.table()); err != nil {
			return err
		}
		l.appenders[b.table()] = a
	}
	if err := a.append(ctx, columns, order, rows); err != nil {
		return err
	}
	l.rows[b.table()] += uint64(rows)
	if l.unsaved += rows; l.unsaved < segmentRows {
		return nil
	}
	l.unsaved = 0
	return l.db.segment(ctx)
}
