package abi

var (
	policy = enumAndFlags("SCHED_*", 4, 0xf, names{{0, "SCHED_OTHER"}, {1, "SCHED_FIFO"}, {2, "SCHED_RR"}, {3, "SCHED_BATCH"}, {4, "SCHED_ISO"},
		{5, "SCHED_IDLE"}, {6, "SCHED_DEADLINE"}, {7, "SCHED_EXT"}}, "SCHED_???", names{{0x40000000, "SCHED_RESET_ON_FORK"}})
	schedParam = schedPriority{"sched_param", 4}
	membarrier = flags("MEMBARRIER_CMD_*", 4, names{{0, "MEMBARRIER_CMD_QUERY"}, {1, "MEMBARRIER_CMD_GLOBAL"}, {2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"},
		{4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"}, {8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"}, {16, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"},
		{32, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE"}, {64, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE"},
		{128, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ"}, {256, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ"}}, "MEMBARRIER_CMD_???")
)

// schedPriority is struct sched_param, which strace shows like an array.
type schedPriority struct {
	name   string
	length uint64
}

func (s schedPriority) String() string { return s.name }
func (s schedPriority) size() uint64   { return s.length }
func (s schedPriority) showAt(p *printer, at uint64) {
	p.bracketed(func() { p.decimal(int64(int32(p.uint(at, 4)))) })
}

// cpuMask is a bit set of CPUs whose length in bytes is argument 1.
type cpuMask struct{ dir direction }

func (m cpuMask) String() string { return m.dir.String() + " cpu set" }

func (m cpuMask) enter(c *Call, v uint64) {
	if m.dir == in {
		c.input(v, c.Args[1]&0xffffffff)
		return
	}
	c.output(output{Range: Range{v, c.Args[1] & 0xffffffff}, unit: 1})
}

func (m cpuMask) show(p *printer, v uint64) {
	n := p.args[1] & 0xffffffff
	if m.dir == out {
		p.m = p.after
		defer func() { p.m = p.before }()
		n = min(n, uint64(max(p.result, 0)))
	}
	b, ok := p.read(v, n)
	if v == 0 || p.failed && m.dir == out || !ok {
		p.address(v)
		return
	}
	p.text("[")
	first := true
	for i := range 8 * n {
		if b[i/8]>>(i%8)&1 == 0 {
			continue
		}
		if !first {
			p.text(" ")
		}
		first = false
		p.unsigned(i)
	}
	p.text("]")
}

// schedAttr is struct sched_attr: its size in its first word. Setting it, the
// kernel leaves its own size there with E2BIG.
var schedAttr = custom{"sched_attr", 48, func(p *printer, at uint64) {
	p.text("{size=")
	p.unsigned(p.uint(at, 4))
	p.text(", sched_policy=")
	policy.show(p, p.uint(at+4, 4))
	p.text(", sched_flags=")
	p.flags(p.uint(at+8, 8), names{{1, "SCHED_FLAG_RESET_ON_FORK"}, {2, "SCHED_FLAG_RECLAIM"}, {4, "SCHED_FLAG_DL_OVERRUN"}, {8, "SCHED_FLAG_KEEP_POLICY"}, {16, "SCHED_FLAG_KEEP_PARAMS"}, {32, "SCHED_FLAG_UTIL_CLAMP_MIN"}, {64, "SCHED_FLAG_UTIL_CLAMP_MAX"}}, "SCHED_FLAG_???")
	p.text(", sched_nice=")
	p.decimal(int64(int32(p.uint(at+16, 4))))
	p.text(", sched_priority=")
	p.unsigned(p.uint(at+20, 4))
	for i, label := range []string{"sched_runtime", "sched_deadline", "sched_period"} {
		p.text(", " + label + "=")
		p.unsigned(p.uint(at+24+8*uint64(i), 8))
	}
	if n := p.uint(at, 4); n >= 56 && p.readable(at, 56) {
		p.text(", sched_util_min=")
		p.unsigned(p.uint(at+48, 4))
		p.text(", sched_util_max=")
		p.unsigned(p.uint(at+52, 4))
	}
	p.text("}")
}}

// schedAttrOut is what sched_getattr writes, as many bytes as argument 2 says.
type schedAttrOut struct{}

func (schedAttrOut) String() string            { return "out sched_attr" }
func (schedAttrOut) show(p *printer, v uint64) { outPtr(schedAttr).show(p, v) }
func (schedAttrOut) enter(c *Call, v uint64) {
	c.output(output{Range: Range{v, c.Args[2] & 0xffffffff}})
}

var ioprio = scalar{"ioprio", 4, false, func(p *printer, v uint64) {
	p.text("IOPRIO_PRIO_VALUE(")
	p.enum(v>>13, names{{0, "IOPRIO_CLASS_NONE"}, {1, "IOPRIO_CLASS_RT"}, {2, "IOPRIO_CLASS_BE"}, {3, "IOPRIO_CLASS_IDLE"}}, "IOPRIO_CLASS_???")
	p.text(", ")
	p.unsigned(v & 0x1fff)
	p.text(")")
}}

var ioprioWho = enum("IOPRIO_WHO_*", 4, names{{1, "IOPRIO_WHO_PROCESS"}, {2, "IOPRIO_WHO_PGRP"}, {3, "IOPRIO_WHO_USER"}}, "IOPRIO_WHO_???")

var schedulerCalls = []Syscall{
	call(24, "sched_yield"),
	call(142, "sched_setparam", pid, inPtr(schedParam)),
	call(143, "sched_getparam", pid, outPtr(schedParam)),
	call(144, "sched_setscheduler", pid, policy, inPtr(schedParam)),
	call(145, "sched_getscheduler", pid),
	call(146, "sched_get_priority_max", policy),
	call(147, "sched_get_priority_min", policy),
	call(148, "sched_rr_get_interval", pid, outPtr(timespec)),
	call(203, "sched_setaffinity", pid, u32, cpuMask{in}),
	call(204, "sched_getaffinity", pid, u32, cpuMask{out}),
	call(251, "ioprio_set", ioprioWho, pid, ioprio),
	call(252, "ioprio_get", ioprioWho, pid),
	call(309, "getcpu", outArray(u32, literal(1)), outArray(u32, literal(1)), addr),
	call(314, "sched_setattr", pid, ioPtr(schedAttr).onError(), hex32),
	call(315, "sched_getattr", pid, schedAttrOut{}, u32, hex32),
	call(324, "membarrier", membarrier, hex32),
}
