// A second process: not recorded yet, and said so.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// matrix: O2 static
// refused: clone fork vfork
#include <sys/wait.h>
#include <unistd.h>
#include "truth.h"

int main(void)
{
	pid_t child = fork();
	if (child == 0)
		_exit(5);
	int status;
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WEXITSTATUS(status) == 5);
	FINISH();
}
