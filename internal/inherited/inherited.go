// Package inherited tells what this process got from the one that started it and
// what Go's runtime changes before main begins: it opens /dev/null for closed
// standard streams, and handles signals that were ignored. A program that is
// started in this process's place is to get it all as it was.
package inherited

/*
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

static unsigned closed_streams;
static unsigned long ignored_signals;

__attribute__((constructor)) static void look(void)
{
	struct sigaction action;

	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			closed_streams |= 1u << fd;
	for (int number = 1; number <= 64; number++)
		if (sigaction(number, 0, &action) == 0 && action.sa_handler == SIG_IGN)
			ignored_signals |= 1ul << (number - 1);
}

static unsigned streams(void) { return closed_streams; }
static unsigned long signals(void) { return ignored_signals; }
*/
import "C"

// Closed tells whether the standard stream fd (0 to 2) was closed.
func Closed(fd int) bool { return C.streams()>>fd&1 != 0 }

// Ignored lists the signals that were ignored.
func Ignored() []int {
	const signals = 64
	var list []int
	for number := 1; number <= signals; number++ {
		if C.signals()>>(number-1)&1 != 0 {
			list = append(list, number)
		}
	}
	return list
}
