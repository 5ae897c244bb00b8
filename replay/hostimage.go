package replay

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// The host's executable is one page, made here so that no program of the
// machine is needed: an ELF header, two program headers, the gadget's code and
// the process's name.
const (
	imageCodeOffset  = 0x100 // `syscall; int3`
	imageCPUIDOffset = 0x110 // `cpuid; int3`
	imageNameOffset  = 0x180
)

// hostImage returns a static executable whose only page is mapped at addr.
func hostImage(addr uint64) (*os.File, error) {
	fd, err := unix.MemfdCreate("hindsight-host", unix.MFD_CLOEXEC|unix.MFD_EXEC)
	if err == unix.EINVAL { // kernels before 6.3 know no MFD_EXEC
		fd, err = unix.MemfdCreate("hindsight-host", unix.MFD_CLOEXEC)
	}
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), "hindsight-host")
	if _, err := f.Write(imageBytes(addr)); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func imageBytes(addr uint64) []byte {
	const (
		typeExec, machineX86  = 2, 62
		load, gnuStack        = 1, 0x6474e551
		executable, writable  = 1, 2
		readable              = 4
		headerSize, entrySize = 64, 56
	)
	var b bytes.Buffer
	put := func(fields ...any) {
		for _, f := range fields {
			_ = binary.Write(&b, binary.LittleEndian, f) // a Buffer cannot fail
		}
	}
	put([16]byte{0x7f, 'E', 'L', 'F', 2, 1, 1})
	put(uint16(typeExec), uint16(machineX86), uint32(1))
	put(addr+imageCodeOffset, uint64(headerSize), uint64(0), uint32(0)) // entry, program headers, no sections
	put(uint16(headerSize), uint16(entrySize), uint16(2), uint16(0), uint16(0), uint16(0))
	put(uint32(load), uint32(readable|executable), uint64(0), addr, addr, uint64(pageSize), uint64(pageSize), uint64(pageSize))
	// Without this header older kernels would make everything executable.
	put(uint32(gnuStack), uint32(readable|writable), [5]uint64{}, uint64(16))
	page := make([]byte, pageSize)
	copy(page, b.Bytes())
	copy(page[imageCodeOffset:], []byte{0x0f, 0x05, 0xcc})
	copy(page[imageCPUIDOffset:], []byte{0x0f, 0xa2, 0xcc})
	copy(page[imageNameOffset:], "hindsight-host")
	return page
}
