package replay

import (
	"fmt"
	"sort"

	"hindsight/internal/x86"
)

const (
	maxInsns    = 64 // instructions of a translation
	maxSegments = 8  // straight runs of guest code in a translation
	lookAhead   = 64 // translations made ahead at a cold exit

	// Capacities of the translator's lists.
	maxTranslations = 1 << 22
	maxItems        = 1 << 25
	maxSites        = 1 << 24
)

// A translation is an instrumented copy of an extended block: a path through
// guest code that follows direct jumps, calls and fall-throughs, with exits at
// its side. Its instructions are items.
type translation struct {
	pc        uint64
	off, end  uint32 // code offsets
	sieve     uint32 // code offset of its entry for indirect branches, 0: none
	items     uint32
	steps     uint32 // its first step
	count     uint16
	view      int8
	renamed   int8 // host register that stands for r15, -1: none
	leader    bool // reached through an indirect branch
	discarded bool
}

// item is one guest instruction of a translation: enough to tell, when the host
// stops somewhere in its code, what has been logged of it.
type item struct {
	pc      uint64
	off     uint32 // where its code begins
	steps   uint16 // steps logged before it
	size    uint16 // record bytes used before it
	len     uint8
	kind    x86.Kind
	spilled bool // rcx and rdx are in their slots during it
}

// siteKind tells apart the places of the code cache where the host stops.
type siteKind uint8

const (
	siteExit  siteKind = iota // a direct exit whose target has no translation yet
	siteFault                 // an instruction that raises a signal, or cannot be replayed
	siteInput                 // rdtsc, cpuid …: the tracer answers, then it goes on behind
	siteSlow                  // an instruction that the tracer executes and logs
	siteWatch                 // where a thread is interrupted, perhaps
)

// site is an int3 in the code cache.
type site struct {
	off    uint32 // of the int3
	next   int32  // in the list of exits that wait for the same target, -1 ends
	target uint64 // siteExit: where to; others: the instruction
	view   int8
	kind   siteKind
}

// scanned is a decoded instruction of the path under construction.
type scanned struct {
	in       *x86.Inst
	code     []byte
	followed bool // the path continues at its target (or behind it, if conditional)
}

// sideExit is a conditional branch's other way, emitted behind the path.
type sideExit struct {
	recordEnd
	at     int // code offset of its rel32
	pc     uint64
	target uint64
	// entry: the target is a function's entry, so leaving logs jump with rsp
	entry bool
	jump  controlInfo
	slot  int16
	delta int64
}

// pending is a place to translate soon; sieve: it will be reached indirectly.
type pending struct {
	pc    uint64
	sieve bool
}

// translator makes translations. Its methods run while the host is stopped.
type translator struct {
	cache     *cache
	templates *templates
	code      *codeReader
	entry     func(pc uint64) bool
	raising   map[uint64]bool // addresses of instructions that raise a signal

	memory       arena // of the three lists
	translations []translation
	items        []item
	sites        []site
	byPC         pcTable
	stale        map[uint32]uint64  // entries of discarded translations
	pages        map[uint64][]int32 // translations with code of a page
	tails        map[uint32]uint32  // last link of a chain, by bucket
	mode         struct{ df, kmovq bool }
	watch        watch

	path   []scanned
	memo   *x86.Memo
	insts  [maxInsns]x86.Inst // those of the path, and what was decoded behind it
	sides  []sideExit
	ahead  []pending
	record recorder
	host   struct { // registers of the running translation
		renamed int
		dirty   bool
	}
	routine routines

	newPages []uint64 // pages that got their first translation
	resets   int      // how often everything was discarded
	stats    struct{ translations, insns uint64 }
}

// hostReg is the host register that holds a guest register.
func (t *translator) hostReg(r int) int {
	if r == x86.R15 {
		return t.host.renamed
	}
	return r
}

// translationFor returns the translation that begins at pc, making it and some
// of what it leads to where there is none. sieve: it is reached indirectly.
func (t *translator) translationFor(pc uint64, sieve bool) (int32, error) {
	if e := t.byPC.find(pc); e != nil && e.translation >= 0 {
		return e.translation, nil
	}
	t.ahead = t.ahead[:0]
	id, err := t.translate(pc, sieve)
	if err != nil {
		return 0, err
	}
	made := 0
	for i := 0; i < len(t.ahead) && made < lookAhead; i++ {
		w := t.ahead[i]
		e := t.byPC.find(w.pc)
		if e == nil || e.translation < 0 {
			if len(t.code.fetch(w.pc)) == 0 || t.full() {
				continue
			}
			if _, err := t.translate(w.pc, w.sieve); err != nil {
				return 0, err
			}
			made++
		} else if w.sieve {
			t.addSieve(e.translation)
		}
	}
	return id, nil
}

// full tells that the next translation may not fit: everything must be
// discarded first.
func (t *translator) full() bool {
	return t.cache.full() || t.templates.full() || len(t.translations)+2 > maxTranslations ||
		len(t.items)+2*maxInsns > maxItems || len(t.sites)+4*maxInsns > maxSites
}

// translate makes the translation at pc. sieve: it gets an entry for indirect
// branches, from which the path goes on straight to its code.
func (t *translator) translate(pc uint64, sieve bool) (int32, error) {
	v := 0
	if len(t.code.fetch(pc)) > 0 { // a wild jump leads to a stop, which may lie anywhere
		var err error
		if v, err = t.cache.viewFor(pc); err != nil {
			return 0, err
		}
	}
	cut := t.scan(pc)
	c := t.cache
	c.at = (c.at + 15) &^ 15
	id := int32(len(t.translations))
	t.translations = append(t.translations, translation{
		pc: pc, off: uint32(c.at), view: int8(v), items: uint32(len(t.items)),
		count: uint16(len(t.path)), renamed: int8(t.host.renamed),
	})
	e := t.byPC.insert(pc)
	e.translation = id
	if sieve {
		t.emitSieve(id)
		t.translations[id].off = uint32(c.at)
	}
	t.record.begin(t, pc)
	t.translations[id].steps = uint32(t.record.firstStep)
	t.sides = t.sides[:0]
	if pc == t.watch.pc {
		t.emitWatch()
	}
	if t.host.renamed >= 0 {
		c.storeSlot(t.host.renamed, slotRenamed)
		c.loadSlot(t.host.renamed, slotR15)
	}
	for i := range t.path {
		p := &t.path[i]
		t.items = append(t.items, item{
			pc: p.in.PC, off: uint32(c.at), len: p.in.Len, kind: p.in.Kind,
			steps: uint16(t.record.steps()), size: uint16(t.record.size),
		})
		t.emitItem(p, id, i == len(t.path)-1, cut)
	}
	t.emitSides(id)
	tr := &t.translations[id]
	tr.end = uint32(c.at)
	t.stats.translations++
	t.stats.insns += uint64(len(t.path))
	t.index(id)
	t.link(id)
	return id, nil
}

// index notes which pages the translation's code is from.
func (t *translator) index(id int32) {
	tr := &t.translations[id]
	var last uint64 = 1
	for _, it := range t.items[tr.items : tr.items+uint32(tr.count)] {
		for _, page := range [2]uint64{it.pc &^ 0xfff, (it.pc + uint64(max(it.len, 1)) - 1) &^ 0xfff} {
			if page == last {
				continue
			}
			last = page
			list := t.pages[page]
			if len(list) == 0 {
				t.newPages = append(t.newPages, page)
			}
			if len(list) == 0 || list[len(list)-1] != id {
				t.pages[page] = append(list, id)
			}
		}
	}
}

// link lets exits that waited for the translation jump to it.
func (t *translator) link(id int32) {
	tr := &t.translations[id]
	e := t.byPC.find(tr.pc)
	for s := e.waiting; s >= 0; s = t.sites[s].next {
		t.patch(&t.sites[s], tr)
	}
	e.waiting = -1
}

// patch turns the jump before a siteExit's int3 into one to tr.
func (t *translator) patch(s *site, tr *translation) {
	c := t.cache
	save := c.at
	c.at = int(s.off) - 5
	if s.view == tr.view {
		c.jumpTo(tr.off)
	} else {
		o := c.constant(c.views[tr.view].base + uint64(tr.off))
		c.emit(0xff, 0x24, 0x25)
		c.emit32(c.low + o)
	}
	c.at = save
}

// discard makes translations with code of [lo, hi) unreachable: each entry
// becomes a stop at which the tracer translates anew.
func (t *translator) discard(lo, hi uint64) {
	t.code.forget(lo, hi)
	for page, list := range t.pagesIn(lo, hi) {
		for _, id := range list {
			tr := &t.translations[id]
			if tr.discarded {
				continue
			}
			tr.discarded = true
			t.cache.code[tr.off] = 0xcc
			t.stale[tr.off] = tr.pc
			if e := t.byPC.find(tr.pc); e != nil && e.translation == id {
				e.translation = -1
			}
		}
		delete(t.pages, page)
	}
}

func (t *translator) pagesIn(lo, hi uint64) map[uint64][]int32 {
	found := map[uint64][]int32{}
	if (hi-lo)>>12 > uint64(len(t.pages)) {
		for page, list := range t.pages {
			if page+4096 > lo && page < hi {
				found[page] = list
			}
		}
		return found
	}
	for page := lo &^ 0xfff; page < hi; page += 4096 {
		if list := t.pages[page]; list != nil {
			found[page] = list
		}
	}
	return found
}

// at finds the translation whose code contains the offset, and the number of
// the item that it belongs to.
func (t *translator) at(off uint32) (id int32, n int, err error) {
	id = int32(sort.Search(len(t.translations), func(i int) bool { return t.translations[i].off > off })) - 1
	if id < 0 || off >= t.translations[id].end {
		return 0, 0, fmt.Errorf("code offset %#x belongs to no translation", off)
	}
	tr := &t.translations[id]
	for i := int(tr.count) - 1; i >= 0; i-- {
		if t.items[tr.items+uint32(i)].off <= off {
			return id, i, nil
		}
	}
	return 0, 0, fmt.Errorf("code offset %#x is before the first instruction of the translation of %#x", off, tr.pc)
}
