package abi

import "net/netip"

var (
	family  = enum("AF_*", 4, families, "AF_???")
	sockT   = enumAndFlags("SOCK_*", 4, 0xf, socketTypes, "SOCK_???", socketTypeFlags)
	acceptF = flags("SOCK_*", 4, socketTypeFlags, "SOCK_???")
	msgF    = flags("MSG_*", 4, messageFlags, "MSG_???")
	shutHow = enum("SHUT_*", 4, names{{0, "SHUT_RD"}, {1, "SHUT_WR"}, {2, "SHUT_RDWR"}}, "SHUT_???")
	level   = enum("SOL_*", 4, socketLevels, "SOL_???")

	// protocol is shown by the family in argument 0.
	protocol = choice{"protocol", func(args [6]uint64) arg {
		switch args[0] & 0xffffffff {
		case 2, 10:
			return enum("", 4, internetProtocols, "IPPROTO_???")
		case 16:
			return enum("", 4, netlinkProtocols, "NETLINK_???")
		}
		return i32
	}}
	// optname is shown by the level in argument 1.
	optname = choice{"option", func(args [6]uint64) arg {
		if t, ok := socketOptions[args[1]&0xffffffff]; ok {
			return enum("", 4, t, optionKind[args[1]&0xffffffff])
		}
		return i32
	}}
)

// optionKind is what strace calls an unknown option.
var optionKind = map[uint64]string{0: "IP_???", 1: "SO_???", 6: "TCP_???", 17: "UDP_???", 41: "IPV6_???", 270: "NETLINK_???"}

// sockaddr appends the socket address of n bytes at v.
func (p *printer) sockaddr(v, n uint64) {
	if v == 0 {
		p.text("NULL")
		return
	}
	if n < 2 || n > 128 || !p.readable(v, n) {
		p.hex(v)
		return
	}
	p.text("{sa_family=")
	f := p.uint(v, 2)
	p.enum(f, families, "AF_???")
	switch {
	case f == 1:
		p.unixPath(v, n)
	case f == 2 && n >= 16:
		p.text(", sin_port=")
		port.showAt(p, v+2)
		p.text(", sin_addr=")
		ipv4.showAt(p, v+4)
	case f == 10 && n >= 24:
		p.inet6(v, n)
	case f == 16 && n >= 12:
		p.text(", nl_pid=")
		p.decimal(int64(int32(p.uint(v+4, 4))))
		p.text(", nl_groups=")
		p.text(hex16(p.uint(v+8, 4))[8:])
	default:
		p.text(", sa_data=")
		p.data(v+2, n-2)
	}
	p.text("}")
}

func (p *printer) unixPath(v, n uint64) {
	switch {
	case n == 2:
	case p.uint(v+2, 1) == 0 && n > 3: // the abstract name space
		p.text(", sun_path=@")
		b, _ := p.read(v+3, n-3)
		p.b = appendQuoted(p.b, b)
	default:
		s, _ := readString(p.m, v+2, int(n-2))
		p.text(", sun_path=")
		p.b = appendQuoted(p.b, s)
	}
}

func (p *printer) inet6(v, n uint64) {
	p.text(", sin6_port=")
	port.showAt(p, v+2)
	flow, _ := p.read(v+4, 4)
	p.text(", sin6_flowinfo=htonl(")
	p.unsigned(uint64(flow[0])<<24 | uint64(flow[1])<<16 | uint64(flow[2])<<8 | uint64(flow[3]))
	p.text(`), inet_pton(AF_INET6, "`)
	var a [16]byte
	b, _ := p.read(v+8, 16)
	copy(a[:], b)
	p.text(netip.AddrFrom16(a).String())
	p.text(`", &sin6_addr)`)
	if n >= 28 {
		p.text(", sin6_scope_id=")
		p.unsigned(p.uint(v+24, 4))
	}
}

// inSockaddr is an address that the kernel reads; its length is an argument.
type inSockaddr struct{ length count }

func (inSockaddr) String() string              { return "in sockaddr" }
func (a inSockaddr) enter(c *Call, v uint64)   { c.input(v, min(a.length.of(c.Args, c.m), 128)) }
func (a inSockaddr) show(p *printer, v uint64) { p.sockaddr(v, a.length.of(p.args, p.m)&0xffffffff) }

// outSockaddr is an address that the kernel writes, up to the room that the
// length in memory (argument length) names at the entry. The length the kernel
// leaves there may be larger.
type outSockaddr struct{ length uint64 }

func (a outSockaddr) String() string {
	return "out sockaddr, its room at arg" + string('0'+rune(a.length))
}

func (a outSockaddr) enter(c *Call, v uint64) {
	if v != 0 {
		room := readUint(c.m, c.Args[a.length], 4)
		c.output(output{Range: Range{v, min(room, 128)}})
	}
}

func (a outSockaddr) show(p *printer, v uint64) {
	room := p.uint(p.args[a.length], 4)
	p.m = p.after
	defer func() { p.m = p.before }()
	if p.failed {
		p.address(v)
		return
	}
	p.sockaddr(v, min(room, p.uint(p.args[a.length], 4)))
}

// addrLength is the value-result length that belongs to an address: the room at
// the entry, the length at the exit.
type addrLength struct{}

func (addrLength) String() string { return "inout int" }

func (addrLength) enter(c *Call, v uint64) {
	c.input(v, 4)
	c.output(output{Range: Range{v, 4}, when: onAnything})
}

func (addrLength) show(p *printer, v uint64) {
	if v == 0 || !p.readable(v, 4) {
		p.address(v)
		return
	}
	p.bracketed(func() { p.valueResult(v, i32) })
}

// valueResult shows a number before and, where it changed, after the call.
func (p *printer) valueResult(v uint64, s scalar) {
	before := p.uint(v, int(s.width))
	s.show(p, before)
	if p.failed {
		return
	}
	p.m = p.after
	if after := p.uint(v, int(s.width)); after != before {
		p.text(" => ")
		s.show(p, after)
	}
	p.m = p.before
}

// Options of getsockopt that do not keep to the rule that the kernel writes no
// more than the length passed.
const (
	solSocket     = 1
	soGetFilter   = 26 // the length counts filter steps of 8 bytes
	solTCP        = 6
	tcpZeroReceve = 35 // maps received pages at addresses named in the value
)

// optionArg is the value of a socket option: level and name in arguments 1 and
// 2, the length (of a read option: its address) in argument 4.
type optionArg struct{ dir direction }

func (o optionArg) String() string { return o.dir.String() + " option value" }

func (o optionArg) enter(c *Call, v uint64) {
	if o.dir == in {
		c.input(v, c.Args[4]&0xffffffff)
		return
	}
	n := readUint(c.m, c.Args[4], 4)
	if uint32(c.Args[1]) == solSocket && uint32(c.Args[2]) == soGetFilter {
		n *= 8
	}
	// Some options are read as well, and some are written on errors.
	c.input(v, min(n, 128))
	c.output(output{Range: Range{v, n}, when: onAnything})
}

func (o optionArg) show(p *printer, v uint64) {
	n := p.args[4] & 0xffffffff
	if o.dir == out {
		if p.failed {
			p.address(v)
			return
		}
		p.m = p.after
		defer func() { p.m = p.before }()
		n = p.uint(p.args[4], 4)
	}
	if v == 0 || !p.readable(v, min(n, 1<<16)) {
		p.address(v)
		return
	}
	p.optionValue(v, n, uint32(p.args[1]), uint32(p.args[2]))
}

func (p *printer) optionValue(v, n uint64, level, name uint32) {
	switch {
	case level == solSocket && name == 13 && n == 8:
		(&structure{"linger", 8, false, []field{{"l_onoff", 0, i32}, {"l_linger", 4, i32}}}).showAt(p, v)
	case level == solSocket && (name == 20 || name == 21) && n == 16:
		timeval.showAt(p, v)
	case level == solSocket && name == 17 && n == 12:
		(&structure{"ucred", 12, false, []field{{"pid", 0, pid}, {"uid", 4, uid}, {"gid", 8, uid}}}).showAt(p, v)
	case level == solSocket && name == 4 && n == 4:
		p.bracketed(func() {
			if e := p.uint(v, 4); e != 0 {
				p.text(Errno(int(e)))
			} else {
				p.text("0")
			}
		})
	case n == 4:
		p.bracketed(func() { i32.showAt(p, v) })
	default:
		p.data(v, n)
	}
}

func optionGuard(args [6]uint64) (string, int) {
	if uint32(args[1]) == solTCP && uint32(args[2]) == tcpZeroReceve {
		return "", 92 // ENOPROTOOPT
	}
	return "", 0
}

var socketCalls = []Syscall{
	call(41, "socket", family, sockT, protocol),
	call(42, "connect", fd, inSockaddr{argn(2)}, i32),
	call(43, "accept", fd, outSockaddr{2}, addrLength{}),
	call(44, "sendto", fd, writeBuffer(argn(2)), size, msgF, inSockaddr{argn(5)}, u32),
	call(45, "recvfrom", fd, outBuffer(resultMax(2)), size, msgF, outSockaddr{5}, addrLength{}),
	call(46, "sendmsg", fd, message{in, false}, msgF),
	call(47, "recvmsg", fd, message{out, false}, msgF),
	call(48, "shutdown", fd, shutHow),
	call(49, "bind", fd, inSockaddr{argn(2)}, i32),
	call(50, "listen", fd, i32),
	call(51, "getsockname", fd, outSockaddr{2}, addrLength{}),
	call(52, "getpeername", fd, outSockaddr{2}, addrLength{}),
	// The descriptors are stored before the sockets are made.
	call(53, "socketpair", family, sockT, u32, outArray(i32, literal(2)).onError()),
	call(54, "setsockopt", fd, level, optname, optionArg{in}, i32),
	call(55, "getsockopt", fd, level, optname, optionArg{out}, addrLength{}).guarded(optionGuard),
	call(288, "accept4", fd, outSockaddr{2}, addrLength{}, acceptF),
	call(299, "recvmmsg", fd, message{out, true}, u32, msgF, ioPtr(timespec).onError()),
	call(307, "sendmmsg", fd, message{in, true}, u32, msgF),
}
