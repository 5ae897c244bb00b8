package capture

import (
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"hindsight/internal/inherited"
)

// inherit gives the program, at its exec stop, what this process got and Go's
// runtime changed since: closed standard streams and ignored signals.
func (r *recorder) inherit(opt *Options, sp uint64) error {
	for fd, own := range []*os.File{opt.Stdin, opt.Stdout, opt.Stderr} {
		if own != nil || !inherited.Closed(fd) {
			continue
		}
		if res, err := r.inject(unix.SYS_CLOSE, uint64(fd)); err != nil || res != 0 {
			return fmt.Errorf("close the program's stream %d (result %d): %w", fd, res, errOr(err, "the kernel refuses"))
		}
	}
	ignored := inherited.Ignored()
	if len(ignored) == 0 {
		return nil
	}
	const size = 32 // of the kernel's struct sigaction
	saved := make([]byte, size)
	at := sp - size
	if r.peek(at, saved) != size {
		return fmt.Errorf("read the program's stack at %#x", at)
	}
	action := make([]byte, size)
	const ignore = 1 // SIG_IGN
	binary.LittleEndian.PutUint64(action, ignore)
	if err := r.poke(at, action); err != nil {
		return err
	}
	for _, number := range ignored {
		const setSize = 8
		if res, err := r.inject(unix.SYS_RT_SIGACTION, uint64(number), at, 0, setSize); err != nil || res != 0 {
			return fmt.Errorf("ignore signal %d in the program (result %d): %w", number, res, errOr(err, "the kernel refuses"))
		}
	}
	return r.poke(at, saved)
}
