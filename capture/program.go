package capture

import (
	"bufio"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// findProgram resolves args[0] as a shell would and checks that it can be
// executed and recorded, so that a fault is told in words and not as ENOEXEC.
func findProgram(args []string) (string, error) {
	if len(args) == 0 || args[0] == "" {
		return "", &UsageError{"no program to record is given"}
	}
	name := args[0]
	if name == "." || name == ".." {
		name += "/" // not to be looked for in PATH
	}
	path, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrDot) {
		err = nil
	}
	if err != nil {
		return "", explainMissing(name, err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	const scripts = 5 // as deep as the kernel follows interpreters
	return path, checkProgram(path, scripts)
}

func explainMissing(name string, err error) error {
	if !strings.Contains(name, "/") {
		return usage("%s: there is no such program in PATH: give its path, or install it", name)
	}
	info, e := os.Stat(name)
	switch {
	case errors.Is(e, fs.ErrNotExist):
		return usage("%s: there is no such file: check the path", name)
	case e != nil:
		return usage("%s: %v: check the path", name, errors.Unwrap(e))
	case info.IsDir():
		return usage("%s is a folder, not a program: name a program in it", name)
	case info.Mode()&0o111 == 0:
		return usage("%s is not executable: make it so with \"chmod +x\", or name its interpreter", name)
	}
	return usage("%s: %v", name, err)
}

func usage(format string, a ...any) error { return &UsageError{fmt.Sprintf(format, a...)} }

// checkProgram looks into the file, and into its interpreters at most depth deep.
func checkProgram(path string, depth int) error {
	info, err := os.Stat(path)
	if err != nil {
		return usage("%s: %v", path, err)
	}
	if !info.Mode().IsRegular() {
		return usage("%s is not a regular file: name a program", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return usage("%s cannot be read, and the recorder has to read it: ask its owner for read permission", path)
	}
	defer func() { _ = f.Close() }() // only read from
	var magic [4]byte
	n, err := io.ReadFull(f, magic[:])
	switch {
	case err != nil && n == 0:
		return usage("%s is empty: it is not a program", path)
	case string(magic[:min(n, 2)]) == "#!":
		return checkScript(f, path, depth)
	case string(magic[:n]) != elf.ELFMAG:
		return usage("%s is neither an ELF program nor a script with a \"#!\" line: name its interpreter before it", path)
	}
	if err := checkELF(f, path); err != nil {
		return err
	}
	return checkPrivileges(f, path)
}

func checkScript(f *os.File, path string, depth int) error {
	if depth == 0 {
		return usage("%s: its interpreters lead to scripts over and over: name the last one directly", path)
	}
	line, err := bufio.NewReader(io.NewSectionReader(f, 2, 4096)).ReadString('\n')
	if err != nil && err != io.EOF {
		return usage("%s: %v", path, err)
	}
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return usage("%s: its first line names no interpreter: write one after \"#!\"", path)
	}
	interpreter := fields[0]
	info, err := os.Stat(interpreter)
	switch {
	case err != nil:
		return usage("%s: its interpreter %q is missing: correct its first line or install it", path, interpreter)
	case !info.Mode().IsRegular() || unix.Access(interpreter, unix.X_OK) != nil:
		return usage("%s: its interpreter %q is not an executable file: correct its first line", path, interpreter)
	}
	return checkProgram(interpreter, depth-1)
}

func checkELF(f *os.File, path string) error {
	var ident [20]byte
	if _, err := f.ReadAt(ident[:], 0); err != nil {
		return usage("%s is cut off: build or install it again", path)
	}
	if class := elf.Class(ident[elf.EI_CLASS]); class == elf.ELFCLASS32 {
		return usage("%s is a 32-bit program: only 64-bit x86 programs can be recorded; build it with -m64", path)
	}
	if m := elf.Machine(uint16(ident[18]) | uint16(ident[19])<<8); m != elf.EM_X86_64 {
		return usage("%s is for another processor (%s): only x86-64 programs can be recorded", path, strings.TrimPrefix(m.String(), "EM_"))
	}
	e, err := elf.NewFile(f)
	if err != nil {
		return usage("%s is damaged (%v): build or install it again", path, err)
	}
	if e.Type != elf.ET_EXEC && e.Type != elf.ET_DYN {
		return usage("%s is an object file or core dump, not a program: link it first", path)
	}
	for _, p := range e.Progs {
		if p.Type != elf.PT_INTERP || p.Filesz > 4096 {
			continue
		}
		name := make([]byte, p.Filesz)
		if _, err := p.ReadAt(name, 0); err != nil {
			return usage("%s is cut off: build or install it again", path)
		}
		loader := strings.TrimRight(string(name), "\x00")
		if _, err := os.Stat(loader); err != nil {
			return usage("%s needs the dynamic loader %s, which is missing: install its C library", path, loader)
		}
	}
	return nil
}
