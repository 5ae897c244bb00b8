package replay

import (
	"encoding/hex"
	"fmt"

	"hindsight/internal/recording"
	"hindsight/internal/x86"
)

// checkHashes compares the program's memory with the hashes of a checkpoint; nil
// where all are equal.
func (h *host) checkHashes(e *recording.Event) *Divergence {
	var diffs []RegDiff
	if h.hashed == nil && len(e.Hashes) > 0 {
		h.hashed = make([]byte, recording.MaxHashed)
	}
	for _, m := range e.Hashes {
		b := h.hashed[:min(m.Length, recording.MaxHashed)]
		n := h.read(uint64(m.Addr), b)
		got := uint64(0) // unreadable: a length that differs is enough
		if n == len(b) {
			if got = recording.HashMemory(b); got == m.Hash {
				continue
			}
		}
		diffs = append(diffs, RegDiff{fmt.Sprintf("[%#x, %#x)", uint64(m.Addr), uint64(m.Addr)+m.Length), got, m.Hash})
	}
	if diffs == nil {
		return nil
	}
	return &Divergence{Kind: MemoryDiffers, EventIndex: e.Index, EventKind: e.Kind, PC: e.Regs.Rip, Differences: diffs,
		Stop: fmt.Sprintf("%d of %d ranges of memory are not as recorded", len(diffs), len(e.Hashes))}
}

// explain fills in the instruction and the advice of a divergence.
func (h *host) explain(d *Divergence, engine Engine) *Divergence {
	if d.Disassembly == "" && d.PC != 0 {
		d.Disassembly = h.disassemble(d.PC)
	}
	if d.Advice == "" {
		d.Advice = advice(h, d, engine)
	}
	return d
}

// advice is the next step that tells the possible causes apart.
func advice(h *host, d *Divergence, engine Engine) string {
	if cpu := foreignCPU(h.rec); cpu != "" {
		return cpu
	}
	if engine == Translated {
		return "To see whether the translator or the recording is wrong, run `hindsight replay` (native) on it: if that succeeds, please report a translator bug with this text."
	}
	return "The program read something that was not recorded. Record it again; if it diverges again, please report this text with the output of `hindsight doctor`."
}

// disassemble is the instruction at pc as text, "" where there is none.
func (h *host) disassemble(pc uint64) string {
	var b [15]byte
	n := h.read(pc, b[:])
	if n == 0 {
		return ""
	}
	text, size := x86.Format(b[:n], pc)
	if size == 0 {
		return hex.EncodeToString(b[:n]) + "  (no instruction)"
	}
	return hex.EncodeToString(b[:size]) + "  " + text
}
