package abi

var (
	pollBits = names{{1, "POLLIN"}, {2, "POLLPRI"}, {4, "POLLOUT"}, {0x40, "POLLRDNORM"}, {0x100, "POLLWRNORM"}, {0x80, "POLLRDBAND"},
		{0x200, "POLLWRBAND"}, {8, "POLLERR"}, {0x10, "POLLHUP"}, {0x20, "POLLNVAL"}, {0x400, "POLLMSG"}, {0x2000, "POLLRDHUP"}}
	epollBits = names{{1, "EPOLLIN"}, {2, "EPOLLPRI"}, {4, "EPOLLOUT"}, {0x40, "EPOLLRDNORM"}, {0x80, "EPOLLRDBAND"}, {0x100, "EPOLLWRNORM"},
		{0x200, "EPOLLWRBAND"}, {0x400, "EPOLLMSG"}, {8, "EPOLLERR"}, {0x10, "EPOLLHUP"}, {0x2000, "EPOLLRDHUP"},
		{0x10000000, "EPOLLEXCLUSIVE"}, {0x20000000, "EPOLLWAKEUP"}, {0x40000000, "EPOLLONESHOT"}, {0x80000000, "EPOLLET"}}

	pollfd = custom{"pollfd", 8, func(p *printer, at uint64) {
		p.text("{fd=")
		n := int32(p.uint(at, 4))
		p.decimal(int64(n))
		if n >= 0 {
			p.text(", events=")
			p.flags(p.uint(at+4, 2), pollBits, "POLL???")
		}
		p.text("}")
	}}
	// epollEvent is packed on this architecture.
	epollEvent = custom{"epoll_event", 12, func(p *printer, at uint64) {
		p.text("{events=")
		p.flags(p.uint(at, 4), epollBits, "EPOLL???")
		p.text(", data={u32=")
		p.unsigned(p.uint(at+4, 4))
		p.text(", u64=")
		p.unsigned(p.uint(at+4, 8))
		p.text("}}")
	}}
	epollOp    = enum("EPOLL_CTL_*", 4, names{{1, "EPOLL_CTL_ADD"}, {2, "EPOLL_CTL_DEL"}, {3, "EPOLL_CTL_MOD"}}, "EPOLL_CTL_???")
	epollFlags = flags("EPOLL_*", 4, names{{0x80000, "EPOLL_CLOEXEC"}}, "EPOLL_???")
	// timeLeft is a timeout of which the kernel leaves the rest, on any result.
	timespecLeft = ioPtr(timespec).onError()
	timevalLeft  = ioPtr(timeval).onError()
)

// fdSet is the bit set of select for as many descriptors as argument 0 says;
// the kernel writes whole words of it.
type fdSet struct{}

func (fdSet) String() string { return "inout fd_set[arg0]" }

func (fdSet) enter(c *Call, v uint64) {
	n := (min(c.Args[0]&0x7fffffff, 1<<20) + 63) / 64 * 8
	c.input(v, n)
	c.output(output{Range: Range{v, n}})
}

func (fdSet) show(p *printer, v uint64) {
	n := min(p.args[0]&0x7fffffff, 1<<20)
	b, ok := p.read(v, (n+7)/8)
	if v == 0 || !ok {
		p.address(v)
		return
	}
	p.text("[")
	first := true
	for i := range n {
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

// maskPair is the last argument of pselect6: the address of a signal set and
// its size.
type maskPair struct{}

func (maskPair) String() string { return "in {sigset, size}" }

func (maskPair) enter(c *Call, v uint64) {
	c.input(v, 16)
	c.input(readUint(c.m, v, 8), 8)
}

func (maskPair) show(p *printer, v uint64) {
	if v == 0 || !p.readable(v, 16) {
		p.address(v)
		return
	}
	set := p.uint(v, 8)
	p.text("{sigmask=")
	inPtr(sigset).show(p, set)
	p.text(", sigsetsize=")
	p.unsigned(p.uint(v+8, 8))
	p.text("}")
}

// Waiting for descriptors. poll writes what it found before it notices that it
// was interrupted, and its timeouts are updated on every result.
var pollCalls = []Syscall{
	call(7, "poll", ioArray(pollfd, argn(1)).onError(), u32, i32),
	call(23, "select", i32, fdSet{}, fdSet{}, fdSet{}, timevalLeft),
	call(213, "epoll_create", i32),
	undescribed(214, "epoll_ctl_old").answered(enosys),
	undescribed(215, "epoll_wait_old").answered(enosys),
	call(232, "epoll_wait", fd, outArray(epollEvent, resultMax(2)), i32, i32),
	call(233, "epoll_ctl", fd, epollOp, fd, inPtr(epollEvent)),
	call(270, "pselect6", i32, fdSet{}, fdSet{}, fdSet{}, timespecLeft, maskPair{}),
	call(271, "ppoll", ioArray(pollfd, argn(1)).onError(), u32, timespecLeft, sigsetArg{inPtr(sigset), 4}, size),
	call(281, "epoll_pwait", fd, outArray(epollEvent, resultMax(2)), i32, i32, sigsetArg{inPtr(sigset), 5}, size),
	call(291, "epoll_create1", epollFlags),
	call(441, "epoll_pwait2", fd, outArray(epollEvent, resultMax(2)), i32, inPtr(timespec), sigsetArg{inPtr(sigset), 5}, size),
}
