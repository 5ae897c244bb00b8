// Makes a 32-bit system call (getpid): cannot be recorded.
// build: gcc -g -O2 -o $OUT $SOURCE
int main(void)
{
	int result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
	return result < 0;
}
