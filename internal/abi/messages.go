package abi

// message is a struct msghdr (56 bytes), or an array of mmsghdr (64 bytes,
// argument 2 of them), that is sent (in) or received into (out):
//
//	0 msg_name, 8 msg_namelen, 16 msg_iov, 24 msg_iovlen, 32 msg_control,
//	40 msg_controllen, 48 msg_flags; mmsghdr: 56 msg_len
type message struct {
	dir  direction
	many bool
}

const (
	msghdrSize  = 56
	mmsghdrSize = 64
)

func (a message) String() string {
	if a.many {
		return a.dir.String() + " mmsghdr[arg2]"
	}
	return a.dir.String() + " msghdr"
}

func (a message) enter(c *Call, v uint64) {
	if v == 0 {
		return
	}
	if !a.many {
		a.follow(c, v, 0)
		return
	}
	for i := range min(c.Args[2]&0xffffffff, maxFollow) {
		h := v + i*mmsghdrSize
		a.follow(c, h, h+msghdrSize)
		c.input(h+msghdrSize, mmsghdrSize-msghdrSize)
		c.output(output{Range: Range{h + msghdrSize, 4}, when: onAnything})
	}
}

// follow notes the message header at h and all that it points to.
func (a message) follow(c *Call, h, lengthAt uint64) {
	c.input(h, msghdrSize)
	name, nameLength := readUint(c.m, h, 8), readUint(c.m, h+8, 4)
	control, controlLength := readUint(c.m, h+32, 8), readUint(c.m, h+40, 8)
	fd := -1
	if a.dir == in {
		fd = 0
	}
	c.followIovecs(readUint(c.m, h+16, 8), readUint(c.m, h+24, 8), a.dir, fd, lengthAt)
	if a.dir == in {
		c.input(name, min(nameLength, 128))
		c.input(control, controlLength)
		return
	}
	// The kernel sets the lengths and the flags of the header.
	c.output(output{Range: Range{h, msghdrSize}, when: onAnything})
	c.output(output{Range: Range{name, min(nameLength, 128)}})
	c.output(output{Range: Range{control, controlLength}})
}

func (a message) show(p *printer, v uint64) {
	if !a.many {
		switch {
		case v == 0 || !p.readable(v, msghdrSize):
			p.address(v)
			return
		case a.dir == out && p.failed:
			p.text("{msg_namelen=")
			p.decimal(int64(int32(p.uint(v+8, 4))))
			p.text("}")
			return
		}
		a.header(p, v, uint64(max(p.result, 0)))
		return
	}
	n := p.args[2] & 0xffffffff
	if a.dir == out {
		if p.failed {
			p.address(v)
			return
		}
		n = min(n, uint64(p.result))
	}
	p.arrayFunc(v, n, mmsghdrSize, func(p *printer, at uint64) {
		p.m = p.after
		length := p.uint(at+msghdrSize, 4)
		p.m = p.before
		p.text("{msg_hdr=")
		a.header(p, at, length)
		if !p.failed && (at-v)/mmsghdrSize < uint64(p.result) {
			p.text(", msg_len=")
			p.unsigned(length)
		}
		p.text("}")
	})
}

// header shows one message header of whose data valid bytes were received.
func (a message) header(p *printer, h, valid uint64) {
	room := p.uint(h+8, 4)
	if a.dir == out {
		p.m = p.after
	}
	name, length := p.uint(h, 8), p.uint(h+8, 4)
	p.text("{msg_name=")
	p.sockaddr(name, min(room, length))
	p.text(", msg_namelen=")
	p.unsigned(room)
	if room != length {
		p.text(" => ")
		p.unsigned(length)
	}
	iov, n := p.uint(h+16, 8), p.uint(h+24, 8)
	p.m = p.before
	p.text(", msg_iov=")
	p.iovecs(iov, n, a.dir, valid)
	p.text(", msg_iovlen=")
	p.unsigned(n)
	if a.dir == out {
		p.m = p.after
	}
	control, controlLength := p.uint(h+32, 8), p.uint(h+40, 8)
	if control != 0 && controlLength != 0 {
		p.text(", msg_control=")
		p.controls(control, controlLength)
	}
	p.text(", msg_controllen=")
	p.unsigned(controlLength)
	p.text(", msg_flags=")
	p.flags(p.uint(h+48, 4), messageFlags, "MSG_???")
	p.text("}")
	p.m = p.before
}

// controls shows control messages: length (8 bytes), level, type, data; each
// begins at a multiple of 8.
func (p *printer) controls(v, n uint64) {
	const header = 16
	if !p.readable(v, min(n, header)) {
		p.hex(v)
		return
	}
	p.text("[")
	for at := uint64(0); at+header <= n; {
		length := p.uint(v+at, 8)
		if length < header {
			break
		}
		if at > 0 {
			p.text(", ")
		}
		p.control(v+at, min(length, n-at))
		at += (length + 7) &^ 7
	}
	p.text("]")
}

var scmTypes = names{{1, "SCM_RIGHTS"}, {2, "SCM_CREDENTIALS"}, {3, "SCM_SECURITY"}, {4, "SCM_PIDFD"}, {29, "SO_TIMESTAMP_OLD"}, {35, "SO_TIMESTAMPNS_OLD"}, {37, "SO_TIMESTAMPING_OLD"}}

func (p *printer) control(at, length uint64) {
	level, kind, data := p.uint(at+8, 4), p.uint(at+12, 4), at+16
	p.text("{cmsg_len=")
	p.unsigned(p.uint(at, 8))
	p.text(", cmsg_level=")
	p.enum(level, socketLevels, "SOL_???")
	p.text(", cmsg_type=")
	if level == solSocket {
		p.enum(kind, scmTypes, "SCM_???")
	} else {
		p.enum(kind, socketOptions[level], "")
	}
	if length < p.uint(at, 8) || level == solSocket && kind == 2 && length < 16+12 { // cut off
		p.text("}")
		return
	}
	p.text(", cmsg_data=")
	switch n := length - 16; {
	case level == solSocket && kind == 1:
		p.array(data, n/4, i32)
	case level == solSocket && kind == 2 && n >= 12:
		(&structure{"ucred", 12, false, []field{{"pid", 0, pid}, {"uid", 4, uid}, {"gid", 8, uid}}}).showAt(p, data)
	default:
		p.data(data, n)
	}
	p.text("}")
}
