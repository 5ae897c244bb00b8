package capture

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// fileKey identifies a file.
type fileKey struct{ device, inode uint64 }

// storedFile is a file whose contents the recording has.
type storedFile struct {
	fileStamp
	object string
	saves  []int64 // offsets of what may be save instructions, see findSaves
}

// store puts the contents of a regular file, of which st is known, into the
// recording, unless it has them. A file that changed within the last seconds is
// read each time: its time stamps may be too coarse to tell.
func (r *recorder) store(f *os.File, st *unix.Stat_t) (storedFile, error) {
	s := storedFile{fileStamp: stampOf(st)}
	if old, ok := r.files.find(s.fileStamp); ok && r.w.HasObject(old.object, old.size) {
		return old, nil
	}
	var err error
	if s.object, _, err = r.w.AddObject(f); err != nil {
		return s, err
	}
	if s.saves, err = savesIn(f); err != nil {
		return s, err
	}
	r.files.add(s)
	return s, nil
}

// descriptor opens the program's descriptor fd: the same open file, so reading
// works whatever has become of its path since. Positions must not be moved.
func (r *recorder) descriptor(fd int) (*os.File, error) {
	name := "/proc/" + strconv.Itoa(r.pid) + "/fd/" + strconv.Itoa(fd)
	if r.process == nil {
		pidfd, err := unix.PidfdOpen(r.leader, 0)
		if err != nil {
			return os.Open(name)
		}
		r.process = os.NewFile(uintptr(pidfd), "pidfd")
	}
	own, err := unix.PidfdGetfd(int(r.process.Fd()), fd, 0)
	if err != nil {
		return os.Open(name)
	}
	return os.NewFile(uintptr(own), name), nil
}

// descriptorPath is the absolute path of the file that fd refers to.
func (r *recorder) descriptorPath(fd int) string {
	var path [unix.PathMax]byte
	n, err := unix.Readlink("/proc/"+strconv.Itoa(r.pid)+"/fd/"+strconv.Itoa(fd), path[:])
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(path[:n]), " (deleted)")
}

// addFile completes the change c, an mmap of the program's descriptor fd that
// has been done, by the file's contents.
func (r *recorder) addFile(c *recording.MapChange, fd int, shared bool) error {
	f, err := r.descriptor(fd)
	if err != nil {
		return fmt.Errorf("open the mapped descriptor %d: %w", fd, err)
	}
	defer func() { _ = f.Close() }() // only read from
	c.Path = r.descriptorPath(fd)
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return fmt.Errorf("fstat of the mapped descriptor %d: %w", fd, err)
	}
	g := region{start: uint64(c.Addr), end: uint64(c.Addr) + c.Length, shared: shared, offset: c.FileOffset, file: fileKey{st.Dev, st.Ino}, size: st.Size}
	if shared && c.Prot&unix.PROT_WRITE != 0 {
		g.written = true
		if r.special.aliases(g) {
			return r.refuse("mmap", "it maps %s writable a second time, and what is written through one mapping would have to show in the other", c.Path)
		}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		g.size = math.MaxInt64
	}
	r.special.add(g)
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size > largestObject {
		return r.snapshot(uint64(c.Addr), c.Length)
	}
	stored, err := r.store(f, &st)
	if err != nil {
		return err
	}
	c.Object = stored.object
	c.Patches, err = r.patch(&stored, c)
	return err
}

// Files beyond largestObject are not stored whole: only what is mapped of them.
const (
	largestObject   = 256 << 20
	largestSnapshot = 256 << 20
)

// snapshot adds the present contents of a mapping to the event.
func (r *recorder) snapshot(addr, length uint64) error {
	if length > largestSnapshot {
		return r.refuse(r.callName(), "it maps %d MiB of a large or special file; at most %d MiB of one can be recorded", length>>20, largestSnapshot>>20)
	}
	r.event.Memory = r.data.read(&r.tracee, r.event.Memory, addr, length)
	return nil
}

// fileWritten adds to the event what a call that changed the file behind fd
// also changed in memory, where that file is mapped. Bytes that did not
// change do no harm.
func (r *recorder) fileWritten(fd int) error {
	var st unix.Stat_t
	if fd < 0 || unix.Stat(fmt.Sprintf("/proc/%d/fd/%d", r.pid, fd), &st) != nil {
		return nil // no such descriptor: nothing was written
	}
	key := fileKey{st.Dev, st.Ino}
	for i := range r.special {
		g := &r.special[i]
		if g.file != key {
			continue
		}
		if err := r.resize(g, st.Size); err != nil {
			return err
		}
		if err := r.snapshot(g.start, g.valid()-g.start); err != nil {
			return err
		}
	}
	return nil
}

// resize follows a change of the size of the file that g maps.
func (r *recorder) resize(g *region, size int64) error {
	before := g.valid()
	g.size = size
	switch now := g.valid(); {
	case now < before:
		r.closeTails(now, before)
	case now > before:
		m, err := r.mapAt(before)
		if err != nil {
			return err
		}
		r.change(recording.MapChange{Op: recording.MapProtect, Addr: recording.Addr(before), Length: now - before, Prot: m.prot})
	}
	return nil
}

// closeTails makes those pages of [start, end) inaccessible in replay that lie
// wholly behind the end of their file: for the program they raise SIGBUS.
func (r *recorder) closeTails(start, end uint64) {
	for _, g := range r.special {
		if from, to := max(g.valid(), start), min(g.end, end); from < to {
			r.change(recording.MapChange{Op: recording.MapProtect, Addr: recording.Addr(from), Length: to - from})
		}
	}
}

// region is a mapping of which more must be known than the recording says.
type region struct {
	start, end uint64
	shared     bool
	written    bool // shared and writable
	file       fileKey
	offset     uint64 // in the file, of start
	size       int64  // of the file
}

// valid is the end of those pages that the file reaches into.
func (g *region) valid() uint64 {
	if g.file == (fileKey{}) || g.size > int64(g.offset)+int64(g.end-g.start) {
		return g.end
	}
	return g.start + pageUp(uint64(max(g.size-int64(g.offset), 0)))
}

// regions are disjoint mappings, in no order. There are few.
type regions []region

// add records a new mapping, which replaces what was there.
func (s *regions) add(g region) {
	s.remove(g.start, g.end)
	*s = append(*s, g)
}

// remove cuts [start, end) out and returns the parts that were there.
func (s *regions) remove(start, end uint64) (removed []region) {
	if !slices.ContainsFunc(*s, func(g region) bool { return g.start < end && start < g.end }) {
		return nil
	}
	kept := (*s)[:0:0]
	for _, g := range *s {
		if g.end <= start || end <= g.start {
			kept = append(kept, g)
			continue
		}
		if g.start < start {
			kept = append(kept, g.part(g.start, start))
		}
		if end < g.end {
			kept = append(kept, g.part(end, g.end))
		}
		removed = append(removed, g.part(max(g.start, start), min(g.end, end)))
	}
	*s = kept
	return removed
}

// part is the region restricted to [start, end).
func (g region) part(start, end uint64) region {
	g.offset += start - g.start
	g.start, g.end = start, end
	return g
}

// at finds the region that holds addr.
func (s regions) at(addr uint64) (region, bool) {
	for _, g := range s {
		if g.start <= addr && addr < g.end {
			return g, true
		}
	}
	return region{}, false
}

// aliases tells whether a part of the file that g maps is mapped elsewhere too.
func (s regions) aliases(g region) bool {
	for _, o := range s {
		if o.file == g.file && o.shared && o.file != (fileKey{}) &&
			o.offset < g.offset+(g.end-g.start) && g.offset < o.offset+(o.end-o.start) &&
			(o.end <= g.start || g.end <= o.start) {
			return true
		}
	}
	return false
}

// within returns the parts of the regions inside [start, end) in order.
func (s regions) within(start, end uint64) (parts []region) {
	for _, g := range s {
		if g.start < end && start < g.end {
			parts = append(parts, g.part(max(g.start, start), min(g.end, end)))
		}
	}
	slices.SortFunc(parts, func(a, b region) int { return cmp.Compare(a.start, b.start) })
	return parts
}
