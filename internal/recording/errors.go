package recording

import (
	"errors"
	"fmt"
)

// ErrNotRecording is wrapped by the error for a folder that holds no recording.
var ErrNotRecording = errors.New("not a recording")

// DamagedError tells where a recording's contents are not what was written.
type DamagedError struct {
	File   string // inside the recording
	Offset int64  // 0 where it is the file as a whole
	What   string
}

func (e *DamagedError) Error() string {
	at := ""
	if e.Offset != 0 {
		at = fmt.Sprintf(" at offset %d", e.Offset)
	}
	return fmt.Sprintf("damaged: %s%s: %s; restore the recording from a copy or record again", e.File, at, e.What)
}

// VersionError tells that a recording needs a newer program.
type VersionError struct{ Version int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("the recording has format version %d, this program reads up to %d: use a newer hindsight",
		e.Version, FormatVersion)
}
