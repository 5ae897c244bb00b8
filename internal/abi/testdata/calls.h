// What the *_calls.c programs share. Each makes one or more calls of every kind
// that its part of the table describes, in success and in error, so that their
// outputs and their display can be compared with the kernel's and with strace's.
// Results do not matter. A program takes an empty folder to work in and ends in
// EXIT-SUCCESS.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

// S makes the call itself, so that libc's own choices do not matter.
#define S(...) syscall(__VA_ARGS__)
#define N(name) SYS_##name

static char buf[70000], other[4096];

#define MAIN(...)                                                                                  \
	int main(int argc, char **argv) {                                                              \
		if (argc < 2 || chdir(argv[1]) != 0)                                                       \
			return 1;                                                                              \
		setvbuf(stdout, NULL, _IONBF, 0);                                                          \
		__VA_ARGS__                                                                                \
		puts("EXIT-SUCCESS");                                                                      \
		return 0;                                                                                  \
	}
