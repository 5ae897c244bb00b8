package symbols

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"path/filepath"
)

// Source: gdb manual, "Debugging Information in Separate Files".

// findDebugFile adds the separate debug file, where the file itself has no debug
// information and a matching one exists.
func (f *File) findDebugFile(opt Options) {
	f.main.path = opt.Path
	if f.main.hasDWARF() {
		return
	}
	dirs := opt.DebugDirs
	if dirs == nil {
		dirs = DefaultDebugDirs
	}
	id := f.main.buildID()
	if len(id) > 2 {
		for _, dir := range dirs {
			path := filepath.Join(dir, ".build-id", id[:2], id[2:]+".debug")
			if im := f.tryDebugFile(path); im != nil {
				if got := im.buildID(); got != id {
					f.diagnose("%s has another build id (%s) and is not used", path, got)
					continue
				}
				f.useDebugFile(im)
				return
			}
		}
	}
	f.followDebugLink(dirs, opt.Path)
}

func (f *File) useDebugFile(im *image) {
	f.debug = im
	f.symbols = []*image{im, f.main}
}

// followDebugLink tries the name in .gnu_debuglink beside the file, in .debug there
// and under the debug folders; the checksum must be right.
func (f *File) followDebugLink(dirs []string, path string) {
	b, err := f.main.section(".gnu_debuglink")
	if err != nil || len(b) < 8 {
		return
	}
	end := bytes.IndexByte(b, 0)
	if at := (end + 4) &^ 3; end <= 0 || at+4 > len(b) {
		f.diagnose("the .gnu_debuglink section is damaged")
		return
	}
	name := string(b[:end])
	want := binary.LittleEndian.Uint32(b[(end+4)&^3:])
	if name != filepath.Base(name) {
		f.diagnose("the .gnu_debuglink section names a path (%q) and is not followed", name)
		return
	}
	var candidates []string
	if path != "" {
		if abs, err := filepath.Abs(path); err == nil {
			dir := filepath.Dir(abs)
			candidates = append(candidates, filepath.Join(dir, name), filepath.Join(dir, ".debug", name))
			for _, d := range dirs {
				candidates = append(candidates, filepath.Join(d, dir, name))
			}
		}
	}
	for _, c := range candidates {
		im := f.tryDebugFile(c)
		if im == nil {
			continue
		}
		if got, err := checksum(im.src); err != nil || got != want {
			f.diagnose("%s does not belong to this build (checksum %08x, expected %08x) and is not used", c, got, want)
			continue
		}
		f.useDebugFile(im)
		return
	}
}

func (f *File) tryDebugFile(path string) *image {
	src, err := openSource(path)
	if err != nil {
		return nil
	}
	im, err := newImage(src)
	if err != nil {
		f.diagnose("%s cannot be read: %v", path, err)
		return nil
	}
	im.path = path
	return im
}

func checksum(src source) (uint32, error) {
	h := crc32.NewIEEE()
	_, err := io.Copy(h, io.NewSectionReader(src, 0, src.size()))
	return h.Sum32(), err
}

func (im *image) hasDWARF() bool {
	return im.find(".debug_info") != nil || im.find(".zdebug_info") != nil
}
