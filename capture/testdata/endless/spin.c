// Computes for ever, so that it can be ended from outside.
// build: gcc -g -O2 -o $OUT $SOURCE
int main(void)
{
	for (volatile unsigned long n = 0;; n++)
		;
}
