package replay

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// output hands on what the system call e wrote to the standard streams. The
// bytes come from the replayed program's memory, so that equal output is
// evidence; only their number is the recording's.
func (p *player) output(e *recording.Event) {
	if p.opt.Output == nil || int64(e.After.Rax) <= 0 {
		return
	}
	fd := int(int32(e.Regs.Rdi))
	if fd != 1 && fd != 2 {
		return
	}
	switch e.Regs.Orig_rax {
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_SENDTO:
		p.emit(fd, e.Regs.Rsi, e.After.Rax)
	case unix.SYS_WRITEV, unix.SYS_PWRITEV, unix.SYS_PWRITEV2:
		p.emitVector(fd, e.Regs.Rsi, e.Regs.Rdx, e.After.Rax)
	case unix.SYS_SENDMSG:
		var b [16]byte // msg_iov and msg_iovlen of struct msghdr
		if p.host.read(e.Regs.Rsi+16, b[:]) == len(b) {
			p.emitVector(fd, binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:]), e.After.Rax)
		}
	}
}

// writesOutput tells whether output would hand anything on for e.
func (p *player) writesOutput(e *recording.Event) bool {
	if p.opt.Output == nil || int64(e.After.Rax) <= 0 {
		return false
	}
	switch e.Regs.Orig_rax {
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_SENDTO, unix.SYS_WRITEV, unix.SYS_PWRITEV, unix.SYS_PWRITEV2, unix.SYS_SENDMSG:
		fd := int32(e.Regs.Rdi)
		return fd == 1 || fd == 2
	}
	return false
}

func (p *player) emitVector(fd int, vector, count, left uint64) {
	for i := uint64(0); i < count && left > 0; i++ {
		var b [16]byte // struct iovec
		if p.host.read(vector+16*i, b[:]) != len(b) {
			return
		}
		n := min(left, binary.LittleEndian.Uint64(b[8:]))
		p.emit(fd, binary.LittleEndian.Uint64(b[:]), n)
		left -= n
	}
}

func (p *player) emit(fd int, addr, n uint64) {
	const most = 1 << 20 // a call
	for n > 0 {
		b := make([]byte, min(n, most))
		k := p.host.read(addr, b)
		p.opt.Output(fd, b[:k])
		if k < len(b) {
			return
		}
		addr, n = addr+uint64(k), n-uint64(k)
	}
}
