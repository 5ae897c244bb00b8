// C++: exceptions in threads: caught there, carried over by futures and pointers.
// build: g++ -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include <exception>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include "thread.h"

static int unwound;
struct guard {
	NOINLINE ~guard() { __atomic_fetch_add(&unwound, 1, __ATOMIC_SEQ_CST); }
};

extern "C" NOINLINE void thrower(int n)
{
	guard g;
	sched_yield();
	if (n % 2)
		throw std::runtime_error("odd " + std::to_string(n));
	throw n;
}

int main()
{
	std::vector<std::exception_ptr> kept(4);
	std::vector<std::thread> all;
	for (int i = 0; i < 4; i++)
		all.emplace_back([i, &kept] {
			try {
				thrower(i);
			} catch (...) {
				sched_yield();
				kept[i] = std::current_exception();
			}
		});
	for (auto &t : all)
		t.join();
	int odd = 0, even = 0;
	for (int i = 0; i < 4; i++)
		try {
			std::rethrow_exception(kept[i]);
		} catch (std::runtime_error &e) {
			odd += e.what() == "odd " + std::to_string(i);
		} catch (int n) {
			even += n == i;
		}
	CHECK(odd == 2 && even == 2);

	auto future = std::async(std::launch::async, [] { thrower(7); });
	try {
		future.get();
		CHECK(false);
	} catch (std::runtime_error &e) {
		CHECK(std::string(e.what()) == "odd 7");
	}
	std::promise<void> broken;
	auto never = broken.get_future();
	std::thread([p = std::move(broken)] { (void)p; }).join();
	try {
		never.get();
		CHECK(false);
	} catch (std::future_error &e) {
		CHECK(e.code() == std::future_errc::broken_promise);
	}
	CHECK_EQ(unwound, 5);
	TRUTH("threads 7");
	TRUTH("calls thrower 5");
	TRUTH("callers thrower 5");
	FINISH();
}
