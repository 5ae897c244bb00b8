package main

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// outOfSpace tells whether an error is that a disk, a quota or a limit of the
// size of files is reached. DuckDB's errors are only texts.
func outOfSpace(err error) bool {
	for _, e := range []error{unix.ENOSPC, unix.EDQUOT, unix.EFBIG} {
		if errors.Is(err, e) || strings.Contains(strings.ToLower(err.Error()), e.Error()) {
			return true
		}
	}
	return false
}

// explainWriting says what to do where an indexing could not write its database.
// That a disk is full DuckDB reports many times over.
func explainWriting(err error, database string) error {
	switch {
	case outOfSpace(err):
		return fmt.Errorf("there is no room on the disk for %s, and nothing was written: make room, name a file on another disk with --db, or index a part (--tables, --from, --to, --functions)", database)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM), errors.Is(err, unix.EROFS):
		return fmt.Errorf("%w; name a file that you can write with --db", err)
	}
	return err
}
