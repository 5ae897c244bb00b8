// Descriptors of every kind: opened, duplicated, taken over, closed and left open; bytes by all ways.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int failures;
#define CHECK(condition) ((condition) ? (void)0 : (void)(failures++, dprintf(1, "FAILED %d: %s\n", __LINE__, #condition)))

int main(void)
{
	char buf[5000], more[300];
	memset(buf, 'x', sizeof buf);
	int in = open("/proc/self/maps", O_RDONLY), zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	CHECK(in >= 0 && zero >= 0 && read(zero, buf, 5000) == 5000 && pread(zero, buf, 100, 7) == 100);
	CHECK(close(in) == 0);
	int again = openat(AT_FDCWD, "/dev/null", O_WRONLY); // the same number
	CHECK(again == in && write(again, buf, 777) == 777);
	int file = memfd_create("scratch", 0);
	struct iovec parts[2] = {{buf, 1000}, {more, 200}};
	CHECK(writev(file, parts, 2) == 1200 && pwrite(file, buf, 500, 4000) == 500);
	CHECK(lseek(file, 0, SEEK_SET) == 0 && readv(file, parts, 2) == 1200);
	CHECK(pread(file, buf, 5000, 4400) == 100 && read(file, buf, 0) == 0);
	int copy = dup(file), high = fcntl(file, F_DUPFD_CLOEXEC, 40);
	CHECK(high >= 40 && write(copy, buf, 11) == 11 && write(high, buf, 13) == 13);
	CHECK(dup2(again, zero) == zero); // closes what had the number
	CHECK(write(zero, buf, 21) == 21);
	CHECK(dup3(copy, 77, O_CLOEXEC) == 77 && write(77, buf, 31) == 31 && dup2(77, 77) == 77);
	int ends[2], pair[2];
	CHECK(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	CHECK(write(ends[1], buf, 64) == 64 && read(ends[0], buf, 5000) == 64);
	CHECK(send(pair[0], buf, 120, 0) == 120 && recv(pair[1], buf, 50, 0) == 50 && read(pair[1], buf, 50) == 50);
	struct iovec rest = {buf, 5000};
	struct msghdr message = {.msg_iov = &rest, .msg_iovlen = 1};
	CHECK(recvmsg(pair[1], &message, 0) == 20);
	rest.iov_len = 9;
	CHECK(sendmsg(pair[1], &message, 0) == 9);
	off_t at = 0;
	CHECK(sendfile(pair[0], file, &at, 250) == 250);
	CHECK(splice(ends[0], NULL, file, NULL, 10, SPLICE_F_NONBLOCK) == -1);
	CHECK(write(ends[1], buf, 40) == 40 && splice(ends[0], NULL, again, NULL, 40, 0) == 40);
	at = 100;
	CHECK(copy_file_range(file, &at, copy, NULL, 60, 0) == 60);
	void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
	CHECK(p != MAP_FAILED && munmap(p, 4096) == 0);
	CHECK(close(ends[0]) == 0 && close(copy) == 0 && close(copy) == -1 && close(999) == -1);
	CHECK(read(copy, buf, 10) == -1 && open("/nowhere/\"at all\"", O_RDONLY) == -1);
	int name = open("/dev//null", O_RDONLY); // takes the first free number
	CHECK(name == ends[0] || name == copy);
	CHECK(read(name, buf, 10) == 0);
	CHECK(write(2, "to standard error\n", 18) == 18);
	if (failures == 0)
		write(1, "EXIT-SUCCESS\n", 13);
	return failures != 0;
}
