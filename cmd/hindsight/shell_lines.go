package main

import (
	"bufio"
	"errors"
	"io"
)

// maxLine bounds a line of a script, so that reading a device by mistake ends.
const maxLine = 64 << 20

// lineReader reads lines with their line ends.
type lineReader struct{ r *bufio.Reader }

func newLineReader(r io.Reader) *lineReader { return &lineReader{bufio.NewReader(r)} }

// next gives a line, and an error with or after the last.
func (l *lineReader) next() (string, error) {
	var line []byte
	for {
		part, err := l.r.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return string(line), err
		}
		if len(line) > maxLine {
			return "", errors.New("a line is longer than 64 MiB")
		}
	}
}
