// 10,000 small writes to standard output, some to standard error, writev.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include <sys/uio.h>
#include <unistd.h>
#include "truth.h"

int main(void)
{
	char line[32];
	for (int i = 0; i < 10000; i++) {
		int n = snprintf(line, sizeof line, "%d\n", i);
		CHECK_EQ(write(1, line, n), n);
	}
	struct iovec v[3] = {{"one ", 4}, {"two ", 4}, {"three\n", 6}};
	CHECK_EQ(writev(1, v, 3), 14);
	CHECK_EQ(write(2, "to standard error\n", 18), 18);
	CHECK_EQ(write(1, "", 0), 0);
	TRUTH("syscalls writev 1");
	FINISH();
}
