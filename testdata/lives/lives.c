// Where an optimizing compiler puts variables: in memory, in registers, at times
// in one and at times in the other, as constants, and nowhere.
// build: gcc -g -O2 $FLAGS -o $OUT $SOURCE
#define NOINLINE __attribute__((noipa))

volatile long source = 3;
volatile int few[4];

NOINLINE void look(void *at) { __asm__ volatile("" : : "r"(at) : "memory"); }

// sum and step are computed, scale is a known number, waste is of no use.
NOINLINE long in_registers(long step)
{
	long sum = source;
	int scale = 40;
	long waste = step * 77;
	for (int i = 0; i < 4; i++)
		sum += step * source;
	return sum * scale;
}

// room and held are seen by another function.
NOINLINE long in_memory(long seed)
{
	long room[5];
	volatile long held = seed;
	long escaped = seed + 1;
	for (int i = 0; i < 5; i++)
		room[i] = seed + i;
	look(room);
	look(&escaped);
	return room[2] + held + escaped;
}

// The seventh and the eighth parameter come in memory and are then computed with.
NOINLINE long at_times(long a, long b, long c, long d, long e, long f, long seventh, long eighth)
{
	source = seventh;
	seventh = seventh * eighth + source;
	eighth ^= seventh;
	look(0);
	source = a + b + c + d + e + f;
	return seventh + eighth + source;
}

int main(void)
{
	long total = in_registers(5);
	total += in_memory(total);
	total += at_times(1, 2, 3, 4, 5, 6, total, source);
	few[0] = (int)total;
	return 0;
}
