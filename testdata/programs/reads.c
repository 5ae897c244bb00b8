// Input from a pipe, a file, readv, pread, a directory, stdio; in large pieces
// and small ones.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "truth.h"

static uint8_t big[1 << 20], back[1 << 20];

int main(void)
{
	int p[2];
	CHECK_EQ(pipe(p), 0);
	fcntl(p[1], F_SETPIPE_SZ, 1 << 20);
	for (unsigned i = 0; i < sizeof big; i++)
		big[i] = i * 2654435761u >> 24;
	ssize_t n = 60000;
	CHECK_EQ(write(p[1], big, n), n);
	CHECK_EQ(read(p[0], back, sizeof back), n);
	CHECK(memcmp(big, back, n) == 0);
	for (int i = 0; i < 100; i++) {
		uint8_t c = i, d = 0;
		CHECK(write(p[1], &c, 1) == 1 && read(p[0], &d, 1) == 1 && d == i);
	}
	struct pollfd f = {.fd = p[0], .events = POLLIN};
	CHECK_EQ(poll(&f, 1, 0), 0);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK(poll(&f, 1, 0) == 1 && f.revents == POLLIN);

	char name[] = "/tmp/reads_XXXXXX";
	int fd = mkstemp(name);
	CHECK_EQ(write(fd, big, sizeof big), sizeof big);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(read(fd, back, sizeof back), sizeof back);
	CHECK(memcmp(big, back, sizeof big) == 0);
	memset(back, 0, sizeof back);
	CHECK_EQ(pread(fd, back, 5000, 12345), 5000);
	CHECK(memcmp(back, big + 12345, 5000) == 0);
	struct iovec v[3] = {{back, 10}, {back + 100, 20}, {back + 200, 30}};
	CHECK_EQ(preadv(fd, v, 3, 77), 60);
	CHECK(memcmp(back + 200, big + 107, 30) == 0);
	struct stat st;
	CHECK(fstat(fd, &st) == 0 && st.st_size == sizeof big);
	FILE *file = fdopen(fd, "r");
	rewind(file);
	unsigned sum = 0, want = 0;
	for (int c; (c = getc(file)) != EOF;)
		sum += c;
	for (unsigned i = 0; i < sizeof big; i++)
		want += big[i];
	CHECK_EQ(sum, want);
	fclose(file);
	unlink(name);

	DIR *d = opendir("/proc/self/fd");
	int entries = 0;
	while (d && readdir(d))
		entries++;
	CHECK(entries > 3);
	char cwd[4096], link[4096];
	CHECK(getcwd(cwd, sizeof cwd) != NULL && cwd[0] == '/');
	CHECK(readlink("/proc/self/exe", link, sizeof link) > 0 && link[0] == '/');
	FINISH();
}
