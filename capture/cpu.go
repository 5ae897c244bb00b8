package capture

import (
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// readTSC executes rdtscp: the time-stamp counter and TSC_AUX, which Linux
// sets to the CPU's number and node.
func readTSC() (tsc uint64, aux uint32)

func cpuid(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32)

// readXCR0 executes xgetbv: which extended states the system has enabled.
func readXCR0() uint64

// cpuidTable is everything that cpuid answers on this CPU.
func cpuidTable() []recording.CPUID {
	var table []recording.CPUID
	for _, base := range []uint32{0, 0x40000000, 0x80000000} {
		last, _, _, _ := cpuid(base, 0)
		if last < base || last > base+0x100 {
			continue
		}
		for leaf := base; leaf <= last; leaf++ {
			table = appendLeaf(table, leaf)
		}
	}
	return table
}

// appendLeaf adds a leaf with its subleaves. Only some leaves have any; the
// others answer the same for each.
func appendLeaf(table []recording.CPUID, leaf uint32) []recording.CPUID {
	const most = 64
	last := uint32(0)
	switch {
	case leaf == extendedState:
		return appendExtendedState(table)
	case leaf == 7:
		last, _, _, _ = cpuid(leaf, 0)
		last = min(last, most)
	case recording.HasSubleaves(leaf):
		last = most
	}
	var first recording.CPUID
	for sub := uint32(0); sub <= last; sub++ {
		a, b, c, d := cpuid(leaf, sub)
		answer := recording.CPUID{Leaf: leaf, Subleaf: sub, EAX: a, EBX: b, ECX: c, EDX: d}
		switch {
		case sub == 0:
			first = answer
		case a|b|d == 0 && c&^0xff == 0, recording.IsTopology(leaf) && answer == first.BehindTopology(sub):
			return table
		}
		table = append(table, answer)
	}
	return table
}

// extendedState is the leaf whose subleaves are state components. Those that the
// first two do not name are zero and not worth the exit of a virtual machine.
const extendedState = 0xd

func appendExtendedState(table []recording.CPUID) []recording.CPUID {
	components := uint64(3) // as subleaves: 0 and 1 are of all
	for sub := uint32(0); sub < 63; sub++ {
		if components>>sub&1 == 0 {
			continue
		}
		a, b, c, d := cpuid(extendedState, sub)
		switch sub {
		case 0:
			components |= uint64(d)<<32 | uint64(a)&^3
		case 1:
			components |= uint64(d)<<32 | uint64(c)&^3
		}
		if sub == 0 || a|b|c|d != 0 {
			table = append(table, recording.CPUID{Leaf: extendedState, Subleaf: sub, EAX: a, EBX: b, ECX: c, EDX: d})
		}
	}
	return table
}

func newMeta(opt *Options, program string) *recording.Meta {
	m := &recording.Meta{
		Format: recording.FormatVersion, ID: uuid.NewString(), Version: opt.Version,
		Command: opt.Args, Executable: program, CPU: cpuName(), XCR0: readXCR0(), StartedAt: time.Now(),
	}
	// Both only inform; a missing answer is an empty text.
	m.Directory, _ = os.Getwd()
	m.Host, _ = os.Hostname()
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.Kernel = unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
	}
	return m
}

func cpuName() string {
	var name []byte
	for leaf := uint32(0x80000002); leaf <= 0x80000004; leaf++ {
		a, b, c, d := cpuid(leaf, 0)
		for _, w := range [4]uint32{a, b, c, d} {
			name = append(name, byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
		}
	}
	return strings.TrimSpace(unix.ByteSliceToString(name))
}
