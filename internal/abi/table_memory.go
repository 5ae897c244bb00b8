package abi

var (
	prot = flags("PROT_*", 4, names{{0, "PROT_NONE"}, {1, "PROT_READ"}, {2, "PROT_WRITE"}, {4, "PROT_EXEC"}, {8, "PROT_SEM"},
		{0x1000000, "PROT_GROWSDOWN"}, {0x2000000, "PROT_GROWSUP"}}, "PROT_???")
	mapFlags = enumAndFlags("MAP_*", 4, 0xf, names{{1, "MAP_SHARED"}, {2, "MAP_PRIVATE"}, {3, "MAP_SHARED_VALIDATE"}, {8, "MAP_DROPPABLE"}}, "MAP_???", names{
		{0x10, "MAP_FIXED"}, {0x20, "MAP_ANONYMOUS"}, {0x40, "MAP_32BIT"}, {0x4000, "MAP_NORESERVE"}, {0x8000, "MAP_POPULATE"},
		{0x10000, "MAP_NONBLOCK"}, {0x100, "MAP_GROWSDOWN"}, {0x800, "MAP_DENYWRITE"}, {0x1000, "MAP_EXECUTABLE"},
		{0x2000, "MAP_LOCKED"}, {0x20000, "MAP_STACK"}, {0x40000, "MAP_HUGETLB"}, {0x80000, "MAP_SYNC"}, {0x100000, "MAP_FIXED_NOREPLACE"}})
	mremapFlags = flags("MREMAP_*", 4, names{{1, "MREMAP_MAYMOVE"}, {2, "MREMAP_FIXED"}, {4, "MREMAP_DONTUNMAP"}}, "MREMAP_???")
	msyncFlags  = flags("MS_*", 4, names{{1, "MS_ASYNC"}, {2, "MS_INVALIDATE"}, {4, "MS_SYNC"}}, "MS_???")
	mlockFlags  = flags("MLOCK_*", 4, names{{1, "MLOCK_ONFAULT"}}, "MLOCK_???")
	mclFlags    = flags("MCL_*", 4, names{{1, "MCL_CURRENT"}, {2, "MCL_FUTURE"}, {4, "MCL_ONFAULT"}}, "MCL_???")
	madvice     = enum("MADV_*", 4, names{
		{0, "MADV_NORMAL"}, {1, "MADV_RANDOM"}, {2, "MADV_SEQUENTIAL"}, {3, "MADV_WILLNEED"}, {4, "MADV_DONTNEED"}, {8, "MADV_FREE"},
		{9, "MADV_REMOVE"}, {10, "MADV_DONTFORK"}, {11, "MADV_DOFORK"}, {12, "MADV_MERGEABLE"}, {13, "MADV_UNMERGEABLE"},
		{14, "MADV_HUGEPAGE"}, {15, "MADV_NOHUGEPAGE"}, {16, "MADV_DONTDUMP"}, {17, "MADV_DODUMP"}, {18, "MADV_WIPEONFORK"},
		{19, "MADV_KEEPONFORK"}, {20, "MADV_COLD"}, {21, "MADV_PAGEOUT"}, {22, "MADV_POPULATE_READ"}, {23, "MADV_POPULATE_WRITE"},
		{24, "MADV_DONTNEED_LOCKED"}, {25, "MADV_COLLAPSE"}, {100, "MADV_HWPOISON"}, {101, "MADV_SOFT_OFFLINE"},
		{102, "MADV_GUARD_INSTALL"}, {103, "MADV_GUARD_REMOVE"}}, "MADV_???")
	mpolModes = enumAndFlags("MPOL_*", 4, 0x1fff, names{{0, "MPOL_DEFAULT"}, {1, "MPOL_PREFERRED"}, {2, "MPOL_BIND"}, {3, "MPOL_INTERLEAVE"},
		{4, "MPOL_LOCAL"}, {5, "MPOL_PREFERRED_MANY"}, {6, "MPOL_WEIGHTED_INTERLEAVE"}}, "MPOL_???",
		names{{0x8000, "MPOL_F_STATIC_NODES"}, {0x4000, "MPOL_F_RELATIVE_NODES"}, {0x2000, "MPOL_F_NUMA_BALANCING"}})
	mpolFlags = flags("MPOL_F_*", 4, names{{1, "MPOL_F_NODE"}, {2, "MPOL_F_ADDR"}, {4, "MPOL_F_MEMS_ALLOWED"}}, "MPOL_???")
	offset    = scalar{"offset", 8, false, func(p *printer, v uint64) { p.hex(v) }}
)

// residency is the vector of mincore: a byte for each page of the length in
// argument 1.
type residency struct{}

func (residency) String() string { return "out bytes[pages of arg1]" }

func (residency) enter(c *Call, v uint64) {
	c.output(output{Range: Range{v, (min(c.Args[1], maxUser) + 4095) / 4096}})
}

func (residency) show(p *printer, v uint64) {
	if p.failed || v == 0 {
		p.address(v)
		return
	}
	p.m = p.after
	p.arrayFunc(v, (p.args[1]+4095)/4096, 1, func(p *printer, at uint64) { p.unsigned(p.uint(at, 1) & 1) })
	p.m = p.before
}

// nodeMask is a bit set of as many bits as argument i says; the kernel counts
// one bit less and clears whole words.
type nodeMask struct {
	dir direction
	i   int
}

func (n nodeMask) String() string { return n.dir.String() + " node mask" }

func (n nodeMask) enter(c *Call, v uint64) {
	length := (min(c.Args[n.i], 1<<20) + 63) / 64 * 8
	if n.dir == in {
		c.input(v, length)
		return
	}
	c.output(output{Range: Range{v, length}})
}

func (n nodeMask) show(p *printer, v uint64) {
	words := (p.args[n.i] + 62) / 64
	if v == 0 || n.dir == out && p.failed {
		p.address(v)
		return
	}
	if n.dir == out {
		p.m = p.after
	}
	p.array(v, words, scalar{"mask", 8, false, func(p *printer, v uint64) { p.maskWord(v) }})
	p.m = p.before
}

// maskWord shows a word as C's %#016lx does: sixteen characters with the prefix,
// which zero does not get.
func (p *printer) maskWord(v uint64) {
	if v == 0 {
		p.text("0000000000000000")
		return
	}
	s := hex16(v)
	for len(s) > 14 && s[0] == '0' {
		s = s[1:]
	}
	p.text("0x" + s)
}

func hex16(v uint64) string {
	const digits = "0123456789abcdef"
	var b [16]byte
	for i := range b {
		b[i] = digits[v>>(60-4*i)&15]
	}
	return string(b[:])
}

// madviseGuard answers for advice whose effect depends on when the kernel gets
// short of memory: programs fall back to MADV_DONTNEED.
func madviseGuard(args [6]uint64) (string, int) {
	const (
		free     = 8
		poison   = 100
		offline  = 101
		einval   = 22
		pageMask = 0xffffffff
	)
	switch args[2] & pageMask {
	case free, poison, offline:
		return "", einval
	}
	return "", 0
}

// Memory. What these calls do to the address space is the recorder's business.
var memoryCalls = []Syscall{
	call(9, "mmap", addr, size, prot, mapFlags, fd, offset).maps(),
	call(10, "mprotect", addr, size, prot).maps(),
	call(11, "munmap", addr, size).maps(),
	call(12, "brk", addr).maps(),
	call(25, "mremap", addr, size, size, mremapFlags, when(func(a [6]uint64) bool { return a[3]&6 != 0 }, addr)).maps(),
	call(26, "msync", addr, size, msyncFlags),
	call(27, "mincore", addr, size, residency{}),
	call(28, "madvise", addr, size, madvice).maps().guarded(madviseGuard),
	call(149, "mlock", addr, size),
	call(150, "munlock", addr, size),
	call(151, "mlockall", mclFlags),
	call(152, "munlockall"),
	call(216, "remap_file_pages", addr, size, prot, size, mapFlags).maps(),
	call(237, "mbind", addr, size, mpolModes, nodeMask{in, 4}, u64, mpolFlags),
	call(238, "set_mempolicy", mpolModes, nodeMask{in, 2}, u64),
	call(239, "get_mempolicy", outPtr(mpolModes), nodeMask{out, 2}, u64, addr, mpolFlags),
	call(256, "migrate_pages", pid, u64, addr, addr),
	call(279, "move_pages", pid, size, inArray(addr, argn(1)), inArray(i32, argn(1)), outArray(i32, argn(1)).onError(), hex32),
	call(325, "mlock2", addr, size, mlockFlags),
	call(329, "pkey_mprotect", addr, size, prot, i32).maps(),
	call(330, "pkey_alloc", hex32, hex32),
	call(331, "pkey_free", i32),
	call(440, "process_madvise", fd, iovecsArg{in, argn(2), -1}, size, madvice, hex32).answered(enosys),
	call(448, "process_mrelease", fd, hex32).answered(enosys),
	call(450, "set_mempolicy_home_node", addr, size, u64, hex32),
	call(453, "map_shadow_stack", addr, size, hex32).maps().answered(enosys),
	call(462, "mseal", addr, size, hex64),
}
