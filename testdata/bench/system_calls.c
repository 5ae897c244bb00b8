// 60,000 system calls and little else.
// build: gcc -g -O2 -o $OUT $SOURCE
// matrix: O2
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	char buffer[64];
	int zero = open("/dev/zero", O_RDONLY);
	for (int i = 0; i < 30000; i++) {
		syscall(SYS_getppid);
		if (read(zero, buffer, sizeof buffer) != sizeof buffer)
			return 1;
	}
	return 0;
}
