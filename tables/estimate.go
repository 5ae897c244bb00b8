package tables

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// fastestWrites is how many writes a second a program hardly exceeds. A
	// recording that cannot have too many, by this, is not counted before.
	fastestWrites = 1_500_000_000
	// rowBytes is what a row of writes takes of the file, generously.
	rowBytes = 16
	// rowTime is what loading it takes, about.
	rowTime = 200 * time.Nanosecond
	// spareBytes is what the database's other tables may take, and what is to
	// stay free on the disk.
	spareBytes = 1 << 30
)

// estimate finds out how many writes there would be, and leaves them out where
// they are too many. A recording that may be too long is replayed once without
// loading anything: that takes a tenth of the time.
func (x *indexer) estimate(ctx context.Context) error {
	if !x.filter.writes {
		return nil
	}
	limit := min(x.opt.MaxRows, freeRows(x.opt.Database))
	if float64(x.scan.lastNS)/1e9*fastestWrites < float64(limit) {
		return nil
	}
	f := x.filter
	f.calls, f.stacks = false, false
	count := newTracker(x.code, &x.scan.start, f, bufferRows, dropRows{}, ignoreEvents{})
	count.maxWrites = ^uint64(0)
	began := time.Now()
	if _, err := x.replay(ctx, "counting", count, nil); err != nil {
		return err
	}
	ahead := Estimate{Writes: count.writes, Bytes: count.writes * rowBytes,
		// Replayed again, while another thread loads.
		Time: max(time.Since(began), time.Duration(count.writes)*rowTime)}
	if count.writes > limit {
		x.filter.writes = false
		x.leaveOut(count.writes)
		ahead.Time = time.Since(began)
	}
	if x.opt.Estimated != nil {
		x.opt.Estimated(ahead)
	}
	return nil
}

// freeRows is how many rows of writes the disk has room for.
func freeRows(path string) uint64 {
	var fs unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(path), &fs); err != nil {
		return ^uint64(0)
	}
	free := fs.Bavail * uint64(fs.Bsize)
	return (free - min(free, spareBytes)) / rowBytes
}

// leaveOut notes that there are too many writes.
func (x *indexer) leaveOut(writes uint64) {
	x.leftOut = true
	why := fmt.Sprintf("more than --max-rows %d", x.opt.MaxRows)
	if writes <= x.opt.MaxRows {
		why = fmt.Sprintf("about %.1f GB, more than the disk has room for", float64(writes)*rowBytes/1e9)
	}
	x.note("warning", "writes left out", fmt.Sprintf(
		"the table writes is empty: there would be %d rows, %s; index a part of them with --from and --to (t) or --functions PATTERN, or raise --max-rows",
		writes, why))
}

// dropRows is a loading that loads nothing.
type dropRows struct{}

func (dropRows) swap(b buffer) (buffer, error) {
	b.reset()
	return b, nil
}
