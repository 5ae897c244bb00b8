package replay

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// arena is memory outside of Go's heap. Lists that lie in it never move as they
// grow, so C code may read them meanwhile and nothing is copied. They may hold no
// Go pointers.
type arena struct{ mapped [][]byte }

// reserve makes *list an empty slice with room for n elements. Memory is used as
// it is touched.
func reserve[T any](a *arena, list *[]T, n int) error {
	var zero T
	b, err := unix.Mmap(-1, 0, n*int(unsafe.Sizeof(zero)), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return err
	}
	a.mapped = append(a.mapped, b)
	*list = unsafe.Slice((*T)(unsafe.Pointer(&b[0])), n)[:0]
	return nil
}

// close frees the memory of all its lists.
func (a *arena) close() error {
	var errs []error
	for _, b := range a.mapped {
		errs = append(errs, unix.Munmap(b))
	}
	a.mapped = nil
	return errors.Join(errs...)
}
