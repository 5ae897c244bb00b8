package abi

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// words is memory of 64-bit words by address.
type words map[uint64]uint64

func (w words) ReadMemory(addr uint64, b []byte) int {
	for i := range b {
		a := addr + uint64(i)
		v, ok := w[a&^7]
		if !ok {
			return i
		}
		b[i] = byte(v >> (8 * (a & 7)))
	}
	return len(b)
}

const (
	efault = -14
	eagain = -11
)

func TestOutputs(t *testing.T) {
	iov := words{0x100: 0x1000, 0x108: 10, 0x110: 0x2000, 0x118: 0, 0x120: 0x3000, 0x128: 20}
	header := words{0x200: 0x5000, 0x208: 28, 0x210: 0x100, 0x218: 3, 0x220: 0x6000, 0x228: 64, 0x230: 0,
		0x100: 0x1000, 0x108: 10, 0x110: 0x2000, 0x118: 0, 0x120: 0x3000, 0x128: 20}
	const garbage = 0xabcd << 32
	for _, test := range []struct {
		name   string
		nr     uint64
		memory words
		args   [6]uint64
		result int64
		want   []Range
	}{
		{"read, short", 0, nil, [6]uint64{3, 0x1000, 100}, 7, []Range{{0x1000, 7}}},
		{"read, nothing", 0, nil, [6]uint64{3, 0x1000, 100}, 0, nil},
		{"read, would block", 0, nil, [6]uint64{3, 0x1000, 100}, eagain, nil},
		{"read, fault half-way", 0, nil, [6]uint64{3, 0x1000, 100}, efault, []Range{{0x1000, 100}}},
		{"readv fills in order", 19, iov, [6]uint64{3, 0x100, 3}, 14, []Range{{0x1000, 10}, {0x3000, 4}}},
		{"recvfrom, length cut off", 45, nil, [6]uint64{3, 0x1000, 100, 0x20}, 500, []Range{{0x1000, 100}}},
		{"accept writes as much as there was room", 43, words{0x900: 0x0000_0001_0000_000a}, [6]uint64{3, 0x800, 0x900}, 4, []Range{{0x800, 10}, {0x900, 4}}},
		{"accept, failed: the length only", 43, words{0x900: 16}, [6]uint64{3, 0x800, 0x900}, eagain, []Range{{0x900, 4}}},
		{"recvmsg", 47, header, [6]uint64{3, 0x200}, 12, []Range{{0x1000, 10}, {0x3000, 2}, {0x200, 56}, {0x5000, 28}, {0x6000, 64}}},
		{"poll, interrupted", 7, nil, [6]uint64{0x700, garbage | 2, 10}, -516, []Range{{0x700, 16}}},
		{"select, interrupted: the time left", 23, nil, [6]uint64{65, 0x700, 0, 0, 0x800}, -514, []Range{{0x800, 16}}},
		{"select: whole words", 23, nil, [6]uint64{65, 0x700, 0, 0, 0x800}, 1, []Range{{0x700, 16}, {0x800, 16}}},
		{"nanosleep, interrupted", 35, nil, [6]uint64{0x700, 0x800}, -516, []Range{{0x800, 16}}},
		{"waitid on an error", 247, nil, [6]uint64{0, 0, 0x700, 4, 0}, -10, []Range{{0x700, 128}}},
		{"socketpair on an error", 53, nil, [6]uint64{1, 1, 0, 0x700}, -97, []Range{{0x700, 8}}},
		{"ioctl by its own size", 16, nil, [6]uint64{0, 0x80045430, 0x700}, 0, []Range{{0x700, 4}}},
		{"ioctl TCGETS", 16, nil, [6]uint64{0, 0x5401, 0x700}, -25, []Range{{0x700, 36}}},
		{"futex wait writes nothing", 202, nil, [6]uint64{0x700, 128, 1}, eagain, nil},
		{"futex wake-op stores", 202, nil, [6]uint64{0x700, 133, 1, 1, 0x800}, 2, []Range{{0x800, 4}}},
		{"getxattr asks for the length", 191, nil, [6]uint64{0x700, 0x700, 0, 0}, 20, nil},
		{"prctl PR_GET_NAME", 157, nil, [6]uint64{16, 0x700}, 0, []Range{{0x700, 16}}},
		{"rseq is answered", 334, nil, [6]uint64{0x700, 32}, -38, nil},
		{"read, wild length", 0, nil, [6]uint64{3, 0x1000, 1<<64 - 1}, 9, []Range{{0x1000, 9}}},
	} {
		s, _ := Lookup(test.nr)
		if got := s.Outputs(test.memory, test.args, test.result, nil); !slices.Equal(got, test.want) {
			t.Errorf("%s: %#x, want %#x", test.name, got, test.want)
		}
	}
}

func TestInputsKeepWhatIsWrittenToTheTerminal(t *testing.T) {
	s, _ := Lookup(1)
	for fd, want := range map[uint64]uint64{1: 5000, 2: 5000, 3: shownData, 0: shownData, 1 << 32: shownData} {
		got := s.Inputs(nil, [6]uint64{fd, 0x1000, 5000}, nil)
		if !slices.Equal(got, []Range{{0x1000, want}}) {
			t.Errorf("write to %d keeps %v, want %d bytes", fd, got, want)
		}
	}
}

// A call that the kernel restarts writes where the interrupted one did.
func TestRestartContinuesTheCallBefore(t *testing.T) {
	var c Call
	c.Enter(nil, 35, [6]uint64{0x700, 0x800})
	c.Outputs(nil, -516, nil)
	c.Enter(nil, 219, [6]uint64{})
	if got := c.Outputs(nil, -4, nil); !slices.Equal(got, []Range{{0x800, 16}}) {
		t.Errorf("restart_syscall after nanosleep writes %v", got)
	}
}

func TestDecisionsByArguments(t *testing.T) {
	for _, test := range []struct {
		name   string
		nr     uint64
		args   [6]uint64
		refuse bool
		answer int
	}{
		{"read", 0, [6]uint64{}, false, 0},
		{"fork", 57, [6]uint64{}, true, 0},
		{"prctl(PR_SET_SECCOMP)", 157, [6]uint64{22}, true, 0},
		{"prctl of the future", 157, [6]uint64{12345}, false, 22},
		{"madvise(MADV_FREE)", 28, [6]uint64{0, 4096, 8}, false, 22},
		{"madvise(MADV_DONTNEED)", 28, [6]uint64{0, 4096, 4}, false, 0},
		{"an ioctl with pointers (SG_IO)", 16, [6]uint64{3, 0x2285}, true, 0},
		{"a tun device's ioctl, whose size lies", 16, [6]uint64{3, 0x800454d2}, true, 0},
		{"io_uring_setup", 425, [6]uint64{}, false, enosys},
		{"a number of the future", 5000, [6]uint64{}, false, enosys},
	} {
		var c Call
		c.Enter(nil, test.nr, test.args)
		if (c.Refuse != "") != test.refuse || c.Answer != test.answer {
			t.Errorf("%s: refuse %q, answer %d", test.name, c.Refuse, c.Answer)
		}
	}
}

// noise is memory with arbitrary contents and holes.
type noise struct{ r *rand.Rand }

func (n noise) ReadMemory(addr uint64, b []byte) int {
	length := len(b)
	if n.r.IntN(10) == 0 {
		length = n.r.IntN(length + 1)
	}
	for i := range b[:length] {
		b[i] = byte(n.r.IntN(256) >> n.r.IntN(9))
	}
	return length
}

// Whatever a program passes, nothing fails and nothing is endless.
func TestAnyArgumentsAreTaken(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	argument := func() uint64 {
		v := r.Uint64() >> r.IntN(64)
		if r.IntN(3) == 0 {
			v = uint64(r.IntN(64))
		}
		return v
	}
	var c Call
	for range 3 {
		for nr := range uint64(480) {
			var args [6]uint64
			for i := range args {
				args[i] = argument()
			}
			c.Enter(noise{r}, nr, args)
			result := int64(argument()) - 20
			c.Outputs(noise{r}, result, nil)
			c.Syscall.Format(noise{r}, args, result)
		}
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{Name(0), "read"}, {Name(0x3e7), "syscall_0x3e7"}, {Errno(2), "ENOENT"}, {Errno(11), "EAGAIN"}, {Errno(95), "EOPNOTSUPP"}, {Errno(512), "ERESTARTSYS"},
		{Errno(4000), "errno 4000"}, {ErrnoText(2), "No such file or directory"}, {ErrnoText(4000), "Unknown error 4000"}, {ResultError(-13), "EACCES"}, {ResultError(5), ""},
		{SignalName(11), "SIGSEGV"}, {SignalName(6), "SIGABRT"}, {SignalName(17), "SIGCHLD"}, {SignalName(29), "SIGIO"}, {SignalName(32), "SIGRTMIN"}, {SignalName(34), "SIGRT_2"},
		{SignalName(0), ""}, {SignalName(99), ""}, {SignalCode(11, 1), "SEGV_MAPERR"}, {SignalCode(8, 1), "FPE_INTDIV"}, {SignalCode(11, 0x80), "SI_KERNEL"},
		{SignalCode(7, 2), "BUS_ADRERR"}, {SignalCode(5, 77), "77"}, {SignalCode(14, 0), "SI_USER"}, {SignalCode(10, -6), "SI_TKILL"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
	for n := 1; n < 32; n++ {
		if SignalName(n) == "" {
			t.Errorf("signal %d has no name", n)
		}
	}
}

func TestQuoting(t *testing.T) {
	got := string(appendQuoted(nil, []byte("a\"\\\t\n\v\f\r\x00\x019\x7f\xff é")))
	if want := `"a\"\\\t\n\v\f\r\0\0019\177\377 \303\251"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
