// x87 stores: fst and fstp of 32, 64 and 80 bits, fist of all widths, fisttp,
// fbstp, fnstcw, fnstsw, fnstenv, fnsave and frstor; MMX too.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

static union { uint8_t b[512]; uint16_t w[8]; uint32_t d[8]; uint64_t q[8]; float f; double g; } m;
static void clear(void) { memset(&m, 0xee, sizeof m); }
static const double three = 3.0, minus = -1234567.0;
static int64_t integer = -98765;

int main(void)
{
	clear();
	asm volatile("fldpi\n\tfstps %0" : "=m"(m));
	CHECK(m.f == 3.14159274101257324f && m.b[4] == 0xee);
	clear();
	asm volatile("fldl %1\n\tfstl %0\n\tfstp %%st(0)" : "=m"(m) : "m"(three));
	CHECK(m.g == 3.0 && m.b[8] == 0xee);
	clear();
	asm volatile("fldpi\n\tfstpt %0" : "=m"(m));
	CHECK_EQ(m.q[0], 0xc90fdaa22168c235);
	CHECK_EQ(m.w[4], 0x4000);
	CHECK_EQ(m.b[10], 0xee);
	clear();
	asm volatile("fldl %1\n\tfists %0\n\tfistl 4(%%rdi)\n\tfistpll 8(%%rdi)" : "+m"(m) : "m"(minus), "D"(&m));
	CHECK_EQ(m.w[0], 0x8000); // does not fit
	CHECK_EQ(m.d[1], (uint32_t)-1234567);
	CHECK_EQ(m.q[1], (uint64_t)-1234567);
	clear();
	asm volatile("fildll %1\n\tfld %%st(0)\n\tfld %%st(0)\n\tfisttps %0\n\tfisttpl 4(%%rdi)\n\tfisttpll 8(%%rdi)"
		     : "+m"(m) : "m"(integer), "D"(&m));
	CHECK_EQ(m.d[1], (uint32_t)-98765);
	CHECK_EQ(m.q[1], (uint64_t)-98765);
	clear();
	asm volatile("fildll %1\n\tfbstp %0" : "=m"(m) : "m"(integer));
	CHECK(m.b[0] == 0x65 && m.b[1] == 0x87 && m.b[2] == 0x09 && m.b[9] == 0x80 && m.b[10] == 0xee);
	clear();
	asm volatile("fninit\n\tfnstcw %0\n\tfldz\n\tfnstsw 2(%%rdi)\n\tfstp %%st(0)" : "+m"(m) : "D"(&m));
	CHECK_EQ(m.w[0], 0x37f);
	CHECK_EQ(m.w[1] & 0x3800, 0x3800);
	CHECK_EQ(m.w[2], 0xeeee);
	clear();
	asm volatile("fldpi\n\tfld1\n\tfnstenv %0\n\tfldcw %0\n\tfstp %%st(0)\n\tfstp %%st(0)" : "+m"(m));
	CHECK_EQ(m.w[0], 0x37f);
	CHECK_EQ(m.b[28], 0xee);
	clear();
	double back;
	asm volatile("fninit\n\tfldl %2\n\tfld1\n\tfnsave %0\n\tfrstor %0\n\tfstp %%st(0)\n\tfstpl %1"
		     : "+m"(m), "=m"(back) : "m"(three));
	CHECK(back == 3.0);
	CHECK_EQ(m.b[28 + 7], 0x80);
	CHECK_EQ(m.b[108], 0xee);
	clear();
	asm volatile("fninit\n\tfld1\n\tfldl %1\n\tfscale\n\tfstp %%st(1)\n\tfmuls %2\n\tfsqrt\n\tfistl %0\n\tfstp %%st(0)"
		     : "+m"(m) : "m"(three), "m"(three));
	long double x = 1;
	volatile long double y = 0;
	for (int i = 1; i < 20; i++)
		x *= i, y += x;
	CHECK((uint64_t)y == 128425485935180313ull);
	clear();
	void *at = &m;
	asm volatile("movq %2, %%mm1\n\tpaddd %%mm1, %%mm1\n\tmovq %%mm1, %0\n\tmovd %%mm1, 8(%%rdi)\n\tmovntq %%mm1, 16(%%rdi)\n\t"
		     "add $32, %%rdi\n\tpcmpeqb %%mm2, %%mm2\n\tpsrlq $40, %%mm2\n\tmaskmovq %%mm2, %%mm1\n\temms"
		     : "+m"(m), "+D"(at) : "m"(integer) : "memory");
	CHECK_EQ(m.d[0], 2u * (uint32_t)-98765);
	CHECK_EQ(m.d[2], m.d[0]);
	CHECK_EQ(m.q[2], m.q[0]);
	CHECK_EQ(m.q[4] & 0xffffff, m.q[0] & 0xffffff);
	CHECK_EQ(m.q[4] >> 24, 0xeeeeeeeeee);
	FINISH();
}
