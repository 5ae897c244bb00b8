package capture

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// fileStamp identifies the contents of a file, as far as the file system can
// tell: a write changes ctime.
type fileStamp struct {
	fileKey
	size         int64
	mtime, ctime int64 // nanoseconds
}

func stampOf(st *unix.Stat_t) fileStamp {
	return fileStamp{fileKey{st.Dev, st.Ino}, st.Size, st.Mtim.Nano(), st.Ctim.Nano()}
}

// fileIndex remembers, from one recording to the next, which object holds a
// file's contents, so that libraries need not be read again each time. It is a
// text file beside the shared objects, a line a file. It only saves work:
// where it cannot be read or written, nothing else changes.
type fileIndex struct {
	path  string // "": nothing is kept
	known map[fileStamp]storedFile
}

// largestIndex bounds the index. One that has grown beyond is begun anew.
const largestIndex = 4 << 20

func openFileIndex() fileIndex {
	x := fileIndex{known: map[fileStamp]storedFile{}}
	root, err := recording.Root()
	if err != nil {
		return x
	}
	x.path = filepath.Join(root, "objects", "files")
	data, err := os.ReadFile(x.path)
	if err != nil {
		return x
	}
	if len(data) > largestIndex {
		_ = os.Remove(x.path) // else the next recording tries
	}
	for line := range bytes.Lines(data) {
		if s, ok := parseIndexLine(string(line)); ok {
			x.known[s.fileStamp] = s
		}
	}
	return x
}

func (x *fileIndex) find(stamp fileStamp) (storedFile, bool) {
	s, ok := x.known[stamp]
	return s, ok && stamp.settled()
}

// settled tells whether the file was left alone long enough for its time
// stamps to be told apart from those of the next change.
func (s *fileStamp) settled() bool {
	const coarse = 2 * time.Second
	return time.Since(time.Unix(0, max(s.mtime, s.ctime))) > coarse
}

func (x *fileIndex) add(s storedFile) {
	x.known[s.fileStamp] = s
	if x.path == "" || !s.settled() {
		return
	}
	f, err := os.OpenFile(x.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return
	}
	_, _ = f.WriteString(s.indexLine()) // a line that is cut off is not read
	_ = f.Close()
}

// indexLine is "device inode size mtime ctime object offset … ." and a newline.
func (s *storedFile) indexLine() string {
	line := fmt.Sprint(s.device, s.inode, s.size, s.mtime, s.ctime, " ", s.object)
	for _, offset := range s.saves {
		line += fmt.Sprint(" ", offset)
	}
	return line + " .\n"
}

func parseIndexLine(line string) (s storedFile, ok bool) {
	const fixed = 6
	f := strings.Fields(line)
	if len(f) <= fixed || f[len(f)-1] != "." || !strings.HasSuffix(line, "\n") {
		return s, false
	}
	var numbers []int64
	for i, text := range f[:len(f)-1] {
		if i == fixed-1 {
			continue // the object
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return s, false
		}
		numbers = append(numbers, n)
	}
	s.fileStamp = fileStamp{fileKey{uint64(numbers[0]), uint64(numbers[1])}, numbers[2], numbers[3], numbers[4]}
	s.object, s.saves = f[fixed-1], numbers[fixed-1:]
	return s, true
}
