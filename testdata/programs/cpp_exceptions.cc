// C++ exceptions through several frames, with destructors, rethrow and nesting.
// build: g++ -g $FLAGS -o $OUT $SOURCE
#include <stdexcept>
#include <string>
#include "truth.h"

volatile int destroyed, caught;

struct Guard {
	~Guard() { destroyed = destroyed + 1; }
};

extern "C" {
NOINLINE void bottom(int n)
{
	Guard g;
	if (n % 2)
		throw std::runtime_error("odd " + std::to_string(n));
}
NOINLINE void middle(int n)
{
	Guard g;
	bottom(n);
}
NOINLINE int top(int n)
{
	Guard g;
	try {
		middle(n);
	} catch (const std::exception &e) {
		caught = caught + 1;
		if (n % 10 == 9)
			throw;
		return 1;
	}
	return 0;
}
}

int main()
{
	int odd = 0, rethrown = 0;
	for (int i = 0; i < 40; i++) {
		try {
			odd += top(i);
		} catch (const std::runtime_error &e) {
			rethrown++;
			CHECK(std::string(e.what()) == "odd " + std::to_string(i));
		}
	}
	CHECK_EQ(odd, 16);
	CHECK_EQ(rethrown, 4);
	CHECK_EQ(caught, 20);
	CHECK_EQ(destroyed, 120);
	TRUTH_VARIABLE(caught);
	TRUTH_VARIABLE(destroyed);
	TRUTH("writes caught 20");
	TRUTH("writes destroyed 120");
	TRUTH("calls bottom 40");
	TRUTH("calls top 40");
	TRUTH("called-by bottom middle 40");
	TRUTH("called-by top main 40");
	TRUTH("nesting middle 1");
	FINISH();
}
