package tables

// windowRows is how many writes are sorted and loaded at a time: a multiple of
// DuckDB's row group (122,880), so that a row group never spans two windows.
const windowRows = 8 * 122880

// Wide writes are rarer and each brings its bytes: a smaller window, which is
// loaded before it is full when its bytes exceed wideBytes.
const (
	wideRows  = 122880
	wideBytes = 32 << 20
)

// narrowWindow holds rows of _writes as columns.
type narrowWindow struct {
	n                             int
	t, call, pc, addr, value, who []uint64
}

func newNarrowWindow(rows int) *narrowWindow {
	w := &narrowWindow{}
	for _, c := range []*[]uint64{&w.t, &w.call, &w.pc, &w.addr, &w.value, &w.who} {
		*c = make([]uint64, rows)
	}
	return w
}

func (w *narrowWindow) table() string { return "_writes" }
func (w *narrowWindow) full() bool    { return w.n == len(w.t) }
func (w *narrowWindow) reset()        { w.n = 0 }

func (w *narrowWindow) addresses() []uint64 { return w.addr[:w.n] }

func (w *narrowWindow) columns() ([]column, int) {
	n := w.n
	return []column{
		fixed(w.t[:n]), fixed(w.call[:n]), fixed(w.pc[:n]), fixed(w.addr[:n]), fixed(w.value[:n]), fixed(w.who[:n]),
	}, n
}

// packWho makes the packed column of _writes, to which the size (up to 8) is
// added. What varies is at the low end, so that it compresses well.
func packWho(process, thread, stack uint32) uint64 {
	return uint64(process)<<52 | uint64(thread&0xffff)<<36 | uint64(stack)<<4
}

// wideWrite is a row of _wide_writes.
type wideWrite struct {
	t, call, pc, addr, value, syscall uint64
	process, thread, stack            uint32
	source                            uint8
	data                              []byte
}

// wideWindow holds rows of _wide_writes as columns.
type wideWindow struct {
	t, call, pc, addr, value, syscall    []uint64
	process, thread, stack, size, offset []uint32
	source                               []uint8
	heap                                 []byte
}

func (w *wideWindow) table() string { return "_wide_writes" }

func (w *wideWindow) addresses() []uint64 { return w.addr }

func (w *wideWindow) full() bool { return len(w.t) >= wideRows || len(w.heap) >= wideBytes }

func (w *wideWindow) reset() {
	for _, c := range []*[]uint64{&w.t, &w.call, &w.pc, &w.addr, &w.value, &w.syscall} {
		*c = (*c)[:0]
	}
	for _, c := range []*[]uint32{&w.process, &w.thread, &w.stack, &w.size, &w.offset} {
		*c = (*c)[:0]
	}
	w.source = w.source[:0]
	if cap(w.heap) > 2*wideBytes { // one huge write should not stay
		w.heap = nil
	}
	w.heap = w.heap[:0]
}

func (w *wideWindow) add(r *wideWrite) {
	w.t, w.call, w.pc = append(w.t, r.t), append(w.call, r.call), append(w.pc, r.pc)
	w.addr, w.value, w.syscall = append(w.addr, r.addr), append(w.value, r.value), append(w.syscall, r.syscall)
	w.process, w.thread, w.stack = append(w.process, r.process), append(w.thread, r.thread), append(w.stack, r.stack)
	w.source = append(w.source, r.source)
	w.size = append(w.size, uint32(len(r.data)))
	w.offset = append(w.offset, uint32(len(w.heap)))
	if len(r.data) > 8 {
		w.heap = append(w.heap, r.data...)
	}
}

func (w *wideWindow) columns() ([]column, int) {
	return []column{
		fixed(w.t), fixed(w.process), fixed(w.thread), fixed(w.call), fixed(w.stack),
		fixed(w.pc), fixed(w.addr), fixed(w.size), fixed(w.value), spans(w.heap, w.offset, w.size, 8),
		fixed(w.source), fixed(w.syscall).nullAt(0),
	}, len(w.t)
}
