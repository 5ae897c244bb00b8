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
	Offset int64
	What   string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("damaged: %s at offset %d: %s; restore the recording from a copy or record again", e.File, e.Offset, e.What)
}

// VersionError tells that a recording needs a newer program.
type VersionError struct{ Version int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("the recording has format version %d, this program reads up to %d: use a newer hindsight",
		e.Version, FormatVersion)
}
