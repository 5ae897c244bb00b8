// Uses a variable of the C library that the dynamic linker copies into the program: all use the copy.
// build: gcc $FLAGS -g -fno-pie -no-pie -o $OUT $SOURCE
// matrix: O0 O2
#define _GNU_SOURCE
#include <unistd.h>
#include "truth.h"

int main(void)
{
	printf("%p\n", (void *)&environ);
	CHECK(environ != NULL);
	FINISH();
}
