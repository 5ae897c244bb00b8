// C++: std::thread, mutexes, futures, async, call_once, and thread_local objects.
// build: g++ -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: O2 static
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <numeric>
#include <shared_mutex>
#include <thread>
#include <vector>
#include "thread.h"

static std::mutex lock;
static std::condition_variable changed;
static std::once_flag once;
static volatile uint64_t counter;
static int made, unmade, begun;

struct local {
	long value = 7;
	NOINLINE local() { std::lock_guard held(lock); made++; }
	NOINLINE ~local() { std::lock_guard held(lock); unmade++; }
};
static thread_local local each;

extern "C" NOINLINE void count(int times)
{
	for (int i = 0; i < times; i++) {
		std::unique_lock held(lock);
		counter++;
		std::this_thread::yield();
	}
	each.value += times;
	CHECK_EQ(each.value, 7 + times);
}

// slow_static is made once, though all come at the same time.
NOINLINE int slow_static(void)
{
	static int value = [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); return ++begun; }();
	return value;
}

static void threads()
{
	std::vector<std::thread> all;
	for (int i = 1; i <= 4; i++)
		all.emplace_back([i] {
			std::call_once(once, [] { begun += 100; });
			CHECK_EQ(slow_static() % 100, 1);
			count(i * 5);
		});
	for (auto &t : all)
		t.join();
	CHECK_EQ(counter, 50);
	CHECK_EQ(begun, 101);
}

static void futures()
{
	std::promise<int> promise;
	std::future<int> future = promise.get_future();
	std::thread t([p = std::move(promise)]() mutable { p.set_value(42); });
	CHECK_EQ(future.get(), 42);
	t.join();
	std::vector<std::future<long>> sums;
	std::vector<long> numbers(100);
	std::iota(numbers.begin(), numbers.end(), 1);
	for (int i = 0; i < 4; i++)
		sums.push_back(std::async(std::launch::async, [&, i] { return std::accumulate(numbers.begin() + i * 25, numbers.begin() + i * 25 + 25, 0L); }));
	long total = 0;
	for (auto &s : sums)
		total += s.get();
	CHECK_EQ(total, 5050);
	auto deferred = std::async(std::launch::deferred, [] { return tid(); });
	CHECK_EQ(deferred.get(), tid());
	std::packaged_task<int(int)> task([](int n) { return n * n; });
	auto result = task.get_future();
	std::thread worker(std::move(task), 9);
	CHECK_EQ(result.get(), 81);
	worker.join();
}

static void conditions()
{
	bool ready = false;
	std::thread t([&] {
		std::lock_guard held(lock);
		ready = true;
		changed.notify_one();
	});
	std::unique_lock held(lock);
	changed.wait(held, [&] { return ready; });
	CHECK(!changed.wait_for(held, std::chrono::milliseconds(2), [] { return false; }));
	held.unlock();
	t.join();
	std::shared_mutex shared;
	shared.lock_shared();
	std::thread reader([&] { std::shared_lock also(shared); });
	reader.join();
	shared.unlock_shared();
}

int main()
{
	threads();
	CHECK_EQ(made, 4); // those who used it, and main not
	CHECK_EQ(unmade, 4);
	futures();
	conditions();
	TRUTH_VARIABLE(counter);
	TRUTH("threads 13");
	TRUTH("writer counter count 50");
	FINISH();
}
