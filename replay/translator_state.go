package replay

import (
	"errors"
	"fmt"
	"sort"

	"hindsight/internal/x86"
)

// newTranslator makes an empty translator, which is reset before its first use.
func newTranslator(c *cache, tables *templates, entry func(pc uint64) bool) (*translator, error) {
	t := &translator{cache: c, templates: tables, entry: entry, memo: x86.NewMemo()}
	err := errors.Join(
		reserve(&t.memory, &t.translations, maxTranslations),
		reserve(&t.memory, &t.items, maxItems),
		reserve(&t.memory, &t.sites, maxSites),
	)
	if err != nil {
		return t, fmt.Errorf("reserve the translator's lists: %w", err)
	}
	return t, nil
}

// reset empties the translator and its cache; the routines stay.
func (t *translator) reset() {
	c := t.cache
	t.resets++
	t.translations, t.items, t.sites = t.translations[:0], t.items[:0], t.sites[:0]
	t.byPC.reset()
	t.stale, t.pages, t.tails = map[uint32]uint64{}, map[uint64][]int32{}, map[uint32]uint32{}
	t.newPages = t.newPages[:0]
	c.constants, c.nextConst, c.nextChain = map[uint64]uint32{}, 0, 0
	if c.base == 0 {
		t.emitRoutines()
	}
	c.at = c.base
	for i := range 1 << 16 {
		c.setSlot(dataTable+8*i, c.views[0].base+uint64(t.routine.miss))
	}
}

// siteAt finds the site whose int3 is at the offset, nil where there is none.
func (t *translator) siteAt(off uint32) *site {
	i := sort.Search(len(t.sites), func(i int) bool { return t.sites[i].off >= off })
	if i == len(t.sites) || t.sites[i].off != off {
		return nil
	}
	return &t.sites[i]
}

// codeRuns says how often each translation was executed, up to which exit.
func (t *translator) codeRuns(dst []codeRun) []codeRun {
	entered := t.entered()
	for id := firstTemplate; id < len(t.templates.list); id++ {
		tm := &t.templates.list[id]
		if tm.n == 0 || tm.insns == 0 {
			continue
		}
		tr := &t.translations[tm.origin]
		insns := make([]insn, tm.insns)
		for i, it := range t.items[tr.items : tr.items+uint32(tm.insns)] {
			insns[i] = insn{pc: it.pc, len: it.len, ends: endsBlock(it.kind)}
		}
		dst = append(dst, codeRun{insns: insns, executions: tm.n, firstT: t.templates.more[id].first, lastT: tm.last,
			leader: tr.leader || entered[tr.pc]})
	}
	return dst
}

// entered are the addresses that a branch at a translation's end led to.
func (t *translator) entered() map[uint64]bool {
	set := map[uint64]bool{}
	for id := firstTemplate; id < len(t.templates.list); id++ {
		if exit := t.templates.more[id].exit; exit != 0 && t.templates.list[id].n > 0 {
			set[exit] = true
		}
	}
	return set
}

// single makes the template of item n of a translation alone, executed by the
// tracer, which logs its stores.
func (t *translator) single(id int32, n int) uint32 {
	tr := t.translations[id]
	it := t.items[tr.items+uint32(n)]
	it.steps, it.size = 0, 4
	alone := translation{pc: it.pc, off: uint32(t.cache.at), end: uint32(t.cache.at), items: uint32(len(t.items)),
		steps: uint32(len(t.templates.steps)), count: 1, view: tr.view, renamed: -1, leader: n == 0 && tr.leader, discarded: true}
	t.items = append(t.items, it)
	t.translations = append(t.translations, alone)
	t.templates.steps = append(t.templates.steps, step{kind: stepData})
	return t.templates.add(template{entry: it.pc, steps: alone.steps, count: 1, insns: 1, size: 4,
		origin: int32(len(t.translations) - 1), rsp: unchanged}, 0)
}
