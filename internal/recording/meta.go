package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// recording.json is JSON whose last member is a checksum of all before it, so
// that an altered description is found as an altered event is.
const checksumMember = ",\n  \"crc32c\": \"%08x\"\n}\n"

func encodeMeta(m *Meta) ([]byte, error) {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	return sealMeta(bytes.TrimSuffix(data, []byte("\n}"))), nil
}

// sealMeta ends an object that lacks its brace with its checksum.
func sealMeta(body []byte) []byte {
	return fmt.Appendf(bytes.Clone(body), checksumMember, crc32.Checksum(body, castagnoli))
}

func sealed(data []byte) bool {
	i := len(data) - len(fmt.Sprintf(checksumMember, 0))
	return i >= 0 && bytes.Equal(sealMeta(data[:i]), data)
}

func decodeMeta(data []byte, m *Meta) error {
	// The version first: the rest may have changed its form since.
	var v struct {
		Format *int `json:"format"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return badMeta(err)
	}
	if v.Format == nil {
		return fmt.Errorf("%w: its %s has no format version", ErrNotRecording, metaFile)
	}
	if *v.Format > FormatVersion {
		return &VersionError{*v.Format}
	}
	if *v.Format < 1 {
		return &DamagedError{File: metaFile, What: fmt.Sprintf("there is no format version %d", *v.Format)}
	}
	if !sealed(data) {
		return &DamagedError{File: metaFile, What: "the checksum at its end does not match"}
	}
	if err := json.Unmarshal(data, m); err != nil {
		return badMeta(err)
	}
	const largest = 1 << 16
	switch {
	case m.XSaveSize < 0 || m.XSaveSize > largest:
		return &DamagedError{File: metaFile, What: fmt.Sprintf("an extended state of %d bytes is not possible", m.XSaveSize)}
	case m.DurationNS < 0 || m.PID < 0:
		return &DamagedError{File: metaFile, What: "a duration or process number is negative"}
	}
	return nil
}

// badMeta says in words where JSON is wrong.
func badMeta(err error) error {
	d := &DamagedError{File: metaFile, What: err.Error()}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		d.Offset = syntax.Offset
	case errors.As(err, &kind) && kind.Field == "":
		d.What = fmt.Sprintf("it is a JSON %s, not an object", kind.Value)
	case errors.As(err, &kind):
		d.Offset, d.What = kind.Offset, fmt.Sprintf("%q cannot be a JSON %s", kind.Field, kind.Value)
	}
	return d
}
