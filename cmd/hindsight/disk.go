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

// explainSpace puts an indexing's failure for want of space into one line:
// DuckDB reports it many times over.
func explainSpace(err error, database string) error {
	if err == nil || !outOfSpace(err) {
		return err
	}
	return fmt.Errorf("there is no room on the disk for %s, and nothing was written: make room, name a file on another disk with --db, or index a part (--tables, --from, --to, --functions)", database)
}
