package capture

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// procMap is a line of /proc/PID/maps.
type procMap struct {
	start, end uint64
	prot       uint32
	shared     bool
	offset     uint64
	inode      uint64
	name       string // path, "[stack]" …, "" for anonymous memory
}

func (t *tracee) maps() ([]procMap, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", t.pid))
	if err != nil {
		return nil, err
	}
	var list []procMap
	for line := range strings.Lines(string(data)) {
		m, err := parseMap(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// mapAt finds the mapping that holds addr.
func (t *tracee) mapAt(addr uint64) (procMap, error) {
	maps, err := t.maps()
	for _, m := range maps {
		if m.start <= addr && addr < m.end {
			return m, err
		}
	}
	return procMap{}, errors.Join(err, fmt.Errorf("there is no mapping at %#x", addr))
}

// parseMap parses "start-end perms offset dev inode   name".
func parseMap(line string) (m procMap, err error) {
	f := strings.SplitN(line, " ", 6)
	if len(f) < 5 || len(f[1]) != 4 {
		return m, fmt.Errorf("a line of /proc/PID/maps is not understood: %q", line)
	}
	from, to, _ := strings.Cut(f[0], "-")
	for _, n := range []struct {
		text string
		base int
		to   *uint64
	}{{from, 16, &m.start}, {to, 16, &m.end}, {f[2], 16, &m.offset}, {f[4], 10, &m.inode}} {
		if *n.to, err = strconv.ParseUint(n.text, n.base, 64); err != nil {
			return m, fmt.Errorf("a line of /proc/PID/maps is not understood: %q", line)
		}
	}
	for i, bit := range []uint32{unix.PROT_READ, unix.PROT_WRITE, unix.PROT_EXEC} {
		if f[1][i] != '-' {
			m.prot |= bit
		}
	}
	m.shared = f[1][3] == 's'
	if len(f) == 6 {
		m.name = strings.TrimLeft(f[5], " ")
	}
	return m, nil
}

// dispositions are the sets of signals that /proc/PID/status tells, bit n-1 for
// signal n.
type dispositions struct{ ignored, caught uint64 }

func (t *tracee) dispositions() (d dispositions, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.pid))
	if err != nil {
		return d, err
	}
	for line := range bytes.Lines(data) {
		name, value, _ := strings.Cut(strings.TrimSpace(string(line)), ":")
		switch name {
		case "SigIgn":
			d.ignored, err = strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		case "SigCgt":
			d.caught, err = strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		}
		if err != nil {
			return d, err
		}
	}
	return d, nil
}

// residentPages is how much memory the program has in use, 0 where unknown.
func (t *tracee) residentPages() uint64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", t.pid))
	f := strings.Fields(string(data))
	if err != nil || len(f) < 2 {
		return 0
	}
	n, _ := strconv.ParseUint(f[1], 10, 32) // 0 on error
	return n
}

const pageSize = 4096

func pageUp(n uint64) uint64 { return (n + pageSize - 1) &^ (pageSize - 1) }
