package tables

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"hindsight/internal/recording"
	"hindsight/internal/symbols"
	"hindsight/replay"
)

// DefaultMaxRows is how many writes are loaded at most where nobody says: some
// 6 GB of database.
const DefaultMaxRows = 500_000_000

// Options say what to index.
type Options struct {
	// Database is the file to write: it appears when Index has succeeded,
	// replacing what was there.
	Database string
	// Tables are the tables to fill, nil for all; the others exist and are
	// empty, except those of a few rows that say what was recorded. See
	// TableNames.
	Tables []string
	// From and To restrict rows to From <= t < To; To 0 is the end. Calls are
	// those that were open at some time between.
	From, To uint64
	// Functions, where not "", is a pattern of function names (* and ?): only
	// calls of these functions, and writes made directly in them, are kept.
	// What they call is not.
	Functions string
	// MaxRows is how many writes there may be, 0 for DefaultMaxRows. Where there
	// would be more, they are left out and a diagnostic says so.
	MaxRows uint64
	// Progress, where not nil, is told from time to time how far it is. It is
	// called from several goroutines.
	Progress func(Progress)
	// Estimated, where not nil, is told what is ahead, where the recording is so
	// long that it was counted before.
	Estimated func(Estimate)
	// Extend, where not nil, is called with the finished file before it gets its
	// name, to add to it.
	Extend func(ctx context.Context, path string) error
}

// Estimate is what an indexing will make, and take.
type Estimate struct {
	Writes uint64 // exact
	Bytes  uint64 // of the table writes, about
	Time   time.Duration
}

// Progress tells how far indexing is.
type Progress struct {
	Stage         string // "counting", "indexing" or "finishing"
	Events, Total uint64 // of the recording, in this stage
	Instructions  uint64
}

// Summary tells what was indexed.
type Summary struct {
	Instructions  uint64
	Calls, Writes uint64
	WritesLeftOut bool
	// Notes are what the user should know, one sentence each. They are in the
	// table diagnostics as well.
	Notes []string
}

// TableNames returns the names that Options.Tables may have.
func TableNames() []string {
	var names []string
	for _, t := range Schema() {
		if !t.Helper() && t.Name != "stack_frames" {
			names = append(names, t.Name)
		}
	}
	return names
}

// Index replays rec and writes its history into a database. Where it fails or
// ctx is cancelled, nothing is left behind and an earlier database stays.
func Index(ctx context.Context, rec *recording.Recording, opt Options) (*Summary, error) {
	// What is held are large columns without pointers: collecting often costs
	// little and keeps the memory near to what is in use.
	defer debug.SetGCPercent(debug.SetGCPercent(30))
	x := &indexer{rec: rec, opt: opt, spares: spareBuffers(loadWorkers())}
	if err := x.prepare(); err != nil {
		return nil, err
	}
	if err := x.estimate(ctx); err != nil {
		return nil, err
	}
	db, err := createDatabase(ctx, opt.Database)
	if err != nil {
		return nil, err
	}
	x.db = db
	if err := x.fill(ctx); err != nil {
		return nil, errors.Join(err, db.discard())
	}
	if err := db.commit(ctx, opt.Extend); err != nil {
		return nil, err
	}
	return x.summary(), nil
}

// indexer is one run of Index.
type indexer struct {
	rec    *recording.Recording
	opt    Options
	scan   *scan
	code   *codeMap
	filter filter
	fills  map[string]bool // tables to fill
	notes  []diagnostic
	data   map[*symbols.File]func() *symbols.Data // types and variables

	db *database
	// spares are for the loader. They are made first, long before they are
	// touched: beside their size the collector finds what the symbols leave behind
	// small, and lets it lie (30 collections of a small heap otherwise).
	spares   []buffer
	tracker  *tracker
	events   *eventTables
	contents *contents
	result   *replay.Result
	// leftOut: there are more writes than Options.MaxRows or the disk allow.
	leftOut bool
}

// prepare checks the options and reads the events.
func (x *indexer) prepare() error {
	if x.opt.MaxRows == 0 {
		x.opt.MaxRows = DefaultMaxRows
	}
	if x.opt.To == 0 {
		x.opt.To = ^uint64(0)
	}
	names := TableNames()
	x.fills = map[string]bool{}
	for _, name := range names {
		x.fills[name] = len(x.opt.Tables) == 0
	}
	for _, name := range []string{"recordings", "processes", "threads", "modules", "diagnostics"} {
		x.fills[name] = true
	}
	for _, name := range x.opt.Tables {
		if !slices.Contains(names, name) {
			return fmt.Errorf("there is no table %q to fill; there are %v", name, names)
		}
		x.fills[name] = true
	}
	dir := filepath.Dir(x.opt.Database)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("write database %s: %s is no folder", x.opt.Database, dir)
	}
	var err error
	if x.scan, err = scanRecording(x.rec, dir); err != nil {
		return err
	}
	x.code = newCodeMap(x.scan.modules)
	x.filter = filter{
		from: x.opt.From, to: x.opt.To,
		writes: x.fills["writes"], calls: x.fills["calls"],
		stacks: x.fills["stacks"] || len(x.opt.Tables) > 0 && (x.fills["calls"] || x.fills["writes"]),
	}
	x.filter.functions, err = x.code.matching(x.opt.Functions)
	return err
}

// fill replays the recording and fills all tables.
func (x *indexer) fill(ctx context.Context) error {
	var err error
	if x.events, err = newEventTables(ctx, x.db, x.fills, x.scan); err != nil {
		return err
	}
	load, err := newLoader(ctx, x.db, loadWorkers(), x.spares...)
	if err != nil {
		return errors.Join(err, x.events.close())
	}
	x.readData()
	x.tracker = newTracker(x.code, &x.scan.start, x.filter, windowRows, load, x.events)
	x.tracker.setTID(x.tracker.threads[1], x.rec.Meta.PID)
	x.tracker.maxWrites = x.opt.MaxRows
	if !x.filter.writes {
		x.tracker.maxWrites = 0
	}
	first, err := x.followMemory()
	if err == nil {
		x.result, err = x.replay(ctx, "indexing", x.tracker, first.note)
	}
	if err == nil {
		err = x.tracker.finish(x.result.Instructions)
	}
	err = errors.Join(err, load.close(ctx), x.events.close(), first.close())
	if err != nil {
		return err
	}
	x.tracker.release()
	x.spares = nil
	if err := x.db.exec(ctx, "BEGIN TRANSACTION"); err != nil {
		return err
	}
	if x.tracker.overflow {
		x.leaveOut(x.tracker.writes)
		if err := x.db.exec(ctx, "TRUNCATE _writes", "TRUNCATE _wide_writes", "TRUNCATE _memory"); err != nil {
			return err
		}
	}
	if err := x.summarize(ctx); err != nil {
		return err
	}
	return x.db.exec(ctx, "COMMIT")
}

// followMemory makes the tracker follow the address space, and returns what knows
// the first contents of memory. The caller closes it.
func (x *indexer) followMemory() (*contents, error) {
	x.contents = newContents(x.rec, x.scan.code)
	m := &memoryMap{
		filter: x.filter, complete: x.filter.writes && x.opt.Functions == "",
		contents: x.contents, add: x.tracker.addMemory,
	}
	x.tracker.memory = m
	return x.contents, x.firstEvent(m.start)
}

// firstEvent calls with the recording's first event.
func (x *indexer) firstEvent(call func(e *recording.Event) error) error {
	events, err := x.rec.Events()
	if err != nil {
		return err
	}
	var e recording.Event
	if err = events.Next(&e); err == nil {
		err = call(&e)
	}
	return errors.Join(err, events.Close())
}

// spareBuffers returns what newLoader needs for a number of workers.
func spareBuffers(workers int) []buffer {
	spares := []buffer{&callRows{}, &stackRows{}, &memoryRows{}}
	for range workers {
		spares = append(spares, newNarrowWindow(windowRows), &wideWindow{})
	}
	return spares
}

func (x *indexer) replay(ctx context.Context, stage string, consumer replay.Consumer, moving movingMemory) (*replay.Result, error) {
	opt := replay.Options{Engine: replay.Translated, Consumer: cancellable{ctx, consumer}, FunctionEntry: x.code.isEntry, Moving: moving}
	if x.opt.Progress != nil {
		x.opt.Progress(Progress{Stage: stage, Total: x.scan.events})
		opt.Progress = func(events, instructions uint64) {
			x.opt.Progress(Progress{Stage: stage, Events: events, Total: x.scan.events, Instructions: instructions})
		}
	}
	return replay.Run(ctx, x.rec, opt)
}

// movingMemory is replay.Options.Moving.
type movingMemory = func(e *recording.Event, m *recording.MapChange, read replay.ReadMemory)

// cancellable hands on batches until ctx ends: what is logged by then, which can
// be seconds of work, is of no use any more.
type cancellable struct {
	ctx      context.Context
	consumer replay.Consumer
}

func (c cancellable) Consume(b *replay.Batch) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	return c.consumer.Consume(b)
}

func (x *indexer) summary() *Summary {
	s := &Summary{Instructions: x.result.Instructions, Calls: x.tracker.calls, WritesLeftOut: x.leftOut}
	if !x.leftOut {
		s.Writes = x.tracker.writes
	}
	for _, n := range x.notes {
		if n.severity != "info" {
			s.Notes = append(s.Notes, n.detail)
		}
	}
	return s
}
