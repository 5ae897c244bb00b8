// Arguments, the environment and the auxiliary vector.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// args: one 'two words' '' "quo'te" --flag=value 日本
#include <sys/auxv.h>
#include "truth.h"

extern char **environ;

int main(int argc, char **argv)
{
	CHECK_EQ(argc, 7);
	for (int i = 1; i < argc; i++)
		printf("argument %d [%s]\n", i, argv[i]);
	int n = 0;
	while (environ[n])
		n++;
	CHECK(n > 0);
	CHECK(getenv("PATH") != NULL);
	setenv("HINDSIGHT_TEST", "value", 1);
	CHECK(strcmp(getenv("HINDSIGHT_TEST"), "value") == 0);
	CHECK_EQ(getauxval(AT_PAGESZ), 4096);
	CHECK(getauxval(AT_ENTRY) != 0 && getauxval(AT_EXECFN) != 0);
	FINISH();
}
