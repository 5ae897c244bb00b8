package symbols

import (
	"bytes"
	"encoding/hex"
	"path/filepath"
)

// openAlt opens the file that dwz moved entries and strings to which several
// files share (.gnu_debugaltlink: a path and a build id). Without it names are
// missing, nothing else.
func (d *dwarfData) openAlt(code *spanTable) {
	if d != d.f.dwarf {
		return // only one level
	}
	b, err := d.image.section(".gnu_debugaltlink")
	end := bytes.IndexByte(b, 0)
	if err != nil || end <= 0 {
		return
	}
	name, id := string(b[:end]), hex.EncodeToString(b[end+1:])
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(d.image.path), name)
	}
	im := d.f.tryDebugFile(name)
	if im == nil {
		d.f.diagnose("shared debug information %s is missing: some names and lines are unknown", name)
		return
	}
	if got := im.buildID(); got != id {
		d.f.diagnose("shared debug information %s has another build id (%s, expected %s) and is not used", name, got, id)
		return
	}
	d.alt = &dwarfData{f: d.f, image: im, keyBits: altKey}
	d.alt.prepare(code)
}
