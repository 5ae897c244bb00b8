package replay

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// output hands on what the system call e wrote to the standard streams. The
// bytes come from the replayed program's memory, so that equal output is
// evidence; only their number is the recording's.
//
// written is what writable returned where the call is one in which its thread
// waited, else nil.
func (p *player) output(e *recording.Event, written []byte) {
	if !p.writesOutput(e) {
		return
	}
	fd, left := int(int32(e.Regs.Rdi)), e.After.Rax
	if n := min(left, uint64(len(written))); n > 0 {
		p.opt.Output(fd, written[:n])
	}
	p.eachWritten(&e.Regs, uint64(len(written)), left, func(b []byte) { p.opt.Output(fd, b) })
}

// writesOutput tells whether output would hand anything on for e.
func (p *player) writesOutput(e *recording.Event) bool {
	return p.opt.Output != nil && int64(e.After.Rax) > 0 && toStandardStream(&e.Regs)
}

func toStandardStream(g *recording.Regs) bool {
	switch g.Orig_rax {
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_SENDTO, unix.SYS_WRITEV, unix.SYS_PWRITEV, unix.SYS_PWRITEV2, unix.SYS_SENDMSG:
		fd := int32(g.Rdi)
		return fd == 1 || fd == 2
	}
	return false
}

// writable is what the system call with registers g may write to the standard
// streams: other threads run while its thread waits in it, and may use the memory
// anew. Of much it is the beginning.
func (p *player) writable(g *recording.Regs) (data []byte) {
	const most = 16 << 20
	if p.opt.Output != nil && toStandardStream(g) {
		p.eachWritten(g, 0, most, func(b []byte) { data = append(data, b...) })
	}
	return data
}

// eachWritten calls f with what the call writes of the memory that it is given,
// from the byte numbered from on, up to the one numbered to.
func (p *player) eachWritten(g *recording.Regs, from, to uint64, f func(b []byte)) {
	v := writtenPart{player: p, skip: from, left: to, f: f}
	switch g.Orig_rax {
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_SENDTO:
		v.part(g.Rsi, g.Rdx)
	case unix.SYS_WRITEV, unix.SYS_PWRITEV, unix.SYS_PWRITEV2:
		v.vector(g.Rsi, g.Rdx)
	case unix.SYS_SENDMSG:
		var b [16]byte // msg_iov and msg_iovlen of struct msghdr
		if p.host.read(g.Rsi+16, b[:]) == len(b) {
			v.vector(binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:]))
		}
	}
}

// writtenPart is the state of eachWritten: bytes to leave out, and those left to
// the end, including them.
type writtenPart struct {
	player     *player
	skip, left uint64
	f          func(b []byte)
}

func (v *writtenPart) vector(addr, count uint64) {
	for i := uint64(0); i < count && v.left > 0; i++ {
		var b [16]byte // struct iovec
		if v.player.host.read(addr+16*i, b[:]) != len(b) {
			return
		}
		v.part(binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:]))
	}
}

func (v *writtenPart) part(addr, n uint64) {
	n = min(n, v.left)
	v.left -= n
	skipped := min(n, v.skip)
	v.skip -= skipped
	addr, n = addr+skipped, n-skipped
	const most = 1 << 20 // a call
	for n > 0 {
		b := make([]byte, min(n, most))
		k := v.player.host.read(addr, b)
		v.f(b[:k])
		if k < len(b) {
			v.left = 0
			return
		}
		addr, n = addr+uint64(k), n-uint64(k)
	}
}
