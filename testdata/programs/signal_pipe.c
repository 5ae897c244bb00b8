// SIGPIPE: handled, then ignored (EPIPE).
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include "truth.h"

volatile int handled;
static void on_pipe(int number) { (void)number, handled++; }

int main(void)
{
	int p[2];
	CHECK_EQ(pipe(p), 0);
	close(p[0]);
	signal(SIGPIPE, on_pipe);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(write(p[1], "x", 1), -1);
		CHECK_EQ(errno, EPIPE);
	}
	signal(SIGPIPE, SIG_IGN);
	CHECK_EQ(write(p[1], "x", 1), -1);
	CHECK_EQ(handled, 3);
	TRUTH_VARIABLE(handled);
	TRUTH("values handled 1 2 3");
	TRUTH("signals 13 3");
	FINISH();
}
