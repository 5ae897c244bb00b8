// System calls that fail, each in its way, and their counts.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "truth.h"

#define FAILS(call, error)                                                   \
	do {                                                                 \
		errno = 0;                                                   \
		CHECK((call) == -1);                                         \
		CHECK_EQ(errno, error);                                      \
	} while (0)

int main(void)
{
	char buffer[16];
	struct stat st;
	for (int i = 0; i < 7; i++)
		FAILS(open("/no/such/file", O_RDONLY), ENOENT);
	FAILS(read(-1, buffer, 1), EBADF);
	FAILS(syscall(SYS_write, 1, 1ul, 1), EFAULT); // a pipe or file, not /dev/null
	FAILS(mkdir("/proc/x", 0700), ENOENT);
	FAILS(stat("/etc/passwd/x", &st), ENOTDIR);
	FAILS(open("/", O_WRONLY), EISDIR);
	FAILS(syscall(SYS_getcwd, buffer, 1), ERANGE);
	FAILS(lseek(0, 0, 99), EINVAL);
	FAILS(munmap((void *)1, 4096), EINVAL);
	FAILS(mprotect((void *)0x1000, 4096, PROT_READ), ENOMEM);
	FAILS(fcntl(-1, F_GETFD), EBADF);
	FAILS(rmdir("/"), EBUSY);
	FAILS(readlink("/", buffer, 5), EINVAL);
	FAILS(syscall(SYS_access, (char *)8, 0), EFAULT);
	TRUTH("syscalls rmdir 1");
	TRUTH("syscalls mkdir 1");
	FINISH();
}
