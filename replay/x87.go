package replay

import (
	"encoding/binary"
	"fmt"
	"strings"

	"hindsight/internal/ptrace"
)

// The x87 unit keeps the address of its last instruction, for handlers of its
// exceptions. Under the translator that is an address in the code cache. The
// program sees it only through the few instructions that store it, which the
// tracer executes: it puts the program's own address there before.

const xsavePointer = 8 // where the extended state has that address

// storesX87Pointer tells whether the instruction shows the address to the program.
func (d *decoded) storesX87Pointer() bool {
	switch d.name {
	case "fnstenv", "fnsave", "fxsave", "fxsave64":
		return true
	}
	return strings.HasPrefix(d.name, "xsave")
}

// restoreX87Pointer makes the address in the x87 unit the program's own. alone is
// the instruction that the tracer has executed last.
func (x *translated) restoreX87Pointer(alone uint64) error {
	state := make([]byte, maximalXSaveBytes)
	n, err := ptrace.GetXSave(x.host.pid, state)
	if err != nil {
		return fmt.Errorf("read the x87 state: %w", err)
	}
	if changed, err := x.ownX87Pointer(state[:n], alone); err != nil || !changed {
		return err
	}
	if err := ptrace.SetXSave(x.host.pid, state[:n]); err != nil {
		return fmt.Errorf("write the x87 state: %w", err)
	}
	return nil
}

// ownX87Pointer makes the address in the extended state the program's own, and
// tells whether it was not. alone is that of restoreX87Pointer.
func (x *translated) ownX87Pointer(state []byte, alone uint64) (changed bool, err error) {
	if len(state) < xsavePointer+8 {
		return false, nil
	}
	off, _, inside := x.cache.locate(binary.LittleEndian.Uint64(state[xsavePointer:]))
	if !inside {
		return false, nil
	}
	pc := alone
	if off != x.tr.routine.scratch {
		id, k, err := x.tr.at(off)
		if err != nil {
			return false, fmt.Errorf("the last x87 instruction: %w", err)
		}
		pc = x.tr.items[x.tr.translations[id].items+uint32(k)].pc
	}
	binary.LittleEndian.PutUint64(state[xsavePointer:], pc)
	return true, nil
}
