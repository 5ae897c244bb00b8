// C++ objects on the heap, told one by one: arrays, alignment, containers, exceptions, a leak, a write after delete.
// build: g++ -g -std=c++17 -Wno-alloc-size-larger-than -Wno-use-after-free $FLAGS -o $OUT $SOURCE
#include <cstdlib>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>
#include "heap.h"

// Told is std::allocator that tells.
template <class T> struct Told {
	using value_type = T;
	Told() = default;
	template <class U> Told(const Told<U> &) {}
	T *allocate(std::size_t n)
	{
		T *p = std::allocator<T>().allocate(n);
		took(p, n * sizeof(T), "operator new");
		return p;
	}
	void deallocate(T *p, std::size_t n)
	{
		gave(p, "operator delete");
		std::allocator<T>().deallocate(p, n);
	}
	template <class U> bool operator==(const Told<U> &) const { return true; }
	template <class U> bool operator!=(const Told<U> &) const { return false; }
};

struct Shape {
	long area = 1;
	virtual ~Shape() {}
};
struct Round : Shape {
	long radius = 2;
	char rest[40];
	~Round() override { gave(this, "operator delete"); }
};
struct alignas(64) Wide {
	char bytes[192];
};
// An array of these begins with its length.
struct Named {
	long id = 3;
	~Named() { id = 0; }
};
// Pooled has operators of its own, which call malloc and free.
struct Pooled {
	char bytes[72];
	NOINLINE static void *operator new(std::size_t n)
	{
		void *p = malloc(n);
		took(p, n, "malloc");
		return p;
	}
	NOINLINE static void operator delete(void *p)
	{
		gave(p, "free");
		free(p);
	}
};
// Owner releases what it has in its destructor, whoever leaves the block.
struct Owner {
	int *p;
	explicit Owner(int n) : p(new int[n]) { took(p, n * sizeof(int), "operator new[]"); }
	~Owner()
	{
		gave(p, "operator delete[]");
		delete[] p;
	}
};
struct Refuses {
	char bytes[56];
	Refuses()
	{
		took(this, sizeof *this, "operator new");
		gave(this, "operator delete"); // as the new expression does when this throws
		throw std::runtime_error("refused");
	}
};

NOINLINE void single()
{
	long *p = new long(7);
	took(p, sizeof *p, "operator new");
	gave(p, "operator delete");
	delete p;
	Shape *shape = new Round;
	took(shape, sizeof(Round), "operator new");
	delete shape;
	p = nullptr;
	delete p; // no release
	delete new Pooled;
}

NOINLINE void arrays()
{
	char *text = new char[33];
	took(text, 33, "operator new[]");
	Named *named = new Named[5];
	took((char *)named - sizeof(long), 5 * sizeof(Named) + sizeof(long), "operator new[]");
	gave(text, "operator delete[]");
	delete[] text;
	gave((char *)named - sizeof(long), "operator delete[]");
	delete[] named;
}

NOINLINE void aligned()
{
	Wide *one = new Wide, *three = new Wide[3];
	took(one, sizeof *one, "operator new");
	took(three, 3 * sizeof *three, "operator new[]");
	CHECK((uintptr_t)one % 64 == 0 && (uintptr_t)three % 64 == 0);
	gave(one, "operator delete");
	delete one;
	gave(three, "operator delete[]");
	delete[] three;
	void *p = aligned_alloc(256, 512), *q = nullptr;
	took(p, 512, "aligned_alloc");
	CHECK(posix_memalign(&q, 128, 300) == 0);
	took(q, 300, "posix_memalign");
	gave(p, "free");
	free(p);
	gave(q, "free");
	free(q);
}

NOINLINE void failing(std::size_t huge)
{
	CHECK(new (std::nothrow) char[huge] == nullptr);
	try {
		char *p = new char[huge];
		p[0] = 1;
		CHECK(0);
	} catch (const std::bad_alloc &) {
	}
	long *p = new (std::nothrow) long[4];
	took(p, 32, "operator new[]");
	gave(p, "operator delete[]");
	delete[] p;
	alignas(8) char place[8];
	CHECK(new (place) long(5) == (void *)place); // no allocation
}

static char *reserve;

// give_up is a new handler: it releases something, and has no more to give then.
NOINLINE void give_up()
{
	gave(reserve, "operator delete[]");
	delete[] reserve;
	reserve = nullptr;
	std::set_new_handler(nullptr);
}

NOINLINE void exhausted(std::size_t huge)
{
	reserve = new char[777];
	took(reserve, 777, "operator new[]");
	std::set_new_handler(give_up);
	CHECK(new (std::nothrow) char[huge] == nullptr && reserve == nullptr);
}

// grow tells of a std::vector with its usual allocator, by its capacity.
NOINLINE void grow()
{
	std::vector<long> v;
	for (long i = 0; i < 100; i++) {
		long *before = v.data();
		std::size_t room = v.capacity();
		v.push_back(i);
		if (v.capacity() == room)
			continue;
		took(v.data(), v.capacity() * sizeof(long), "operator new");
		if (before)
			gave(before, "operator delete");
	}
	gave(v.data(), "operator delete");
}

NOINLINE void texts()
{
	std::string s;
	for (int i = 0; i < 200; i++) {
		const char *before = s.data();
		std::size_t room = s.capacity();
		s += (char)('a' + i % 26);
		if (s.capacity() == room)
			continue;
		took(s.data(), s.capacity() + 1, "operator new");
		if (room > 15) // else it was inside the object
			gave(before, "operator delete");
	}
	gave(s.data(), "operator delete");
}

NOINLINE void containers()
{
	std::vector<int, Told<int>> v;
	std::map<int, long, std::less<int>, Told<std::pair<const int, long>>> m;
	std::list<char, Told<char>> l;
	for (int i = 0; i < 20; i++) {
		v.push_back(i);
		m[i * 7 % 20] = i;
		l.push_front(i);
	}
	m.erase(4);
	l.remove(3);
	v.shrink_to_fit();
	auto shared = std::allocate_shared<Named>(Told<Named>());
	auto also = shared;
	shared.reset();
	CHECK(also->id == 3);
}

NOINLINE void inner(int n)
{
	Owner owner(n);
	if (n > 4)
		throw std::out_of_range("n");
}

NOINLINE void unwinding()
{
	for (int n = 3; n < 7; n++) {
		try {
			Owner outer(n * 10);
			inner(n);
		} catch (const std::exception &) {
		}
	}
	try {
		delete new Refuses;
	} catch (const std::exception &) {
	}
}

NOINLINE void resized()
{
	char *volatile nothing = nullptr;
	char *p = (char *)realloc(nothing, 24);
	took(p, 24, "realloc");
	p[0] = 1;
	uintptr_t was = (uintptr_t)p;
	p = (char *)realloc(p, 5000);
	gave((void *)was, "realloc");
	took(p, 5000, "realloc");
	was = (uintptr_t)p;
	p = (char *)realloc(p, 100);
	gave((void *)was, "realloc");
	took(p, 100, "realloc");
	gave(p, "free");
	free(p);
	long *z = (long *)calloc(6, 8);
	took(z, 48, "calloc");
	CHECK(z[5] == 0);
	gave(z, "free");
	free(z);
}

static long *volatile kept;

NOINLINE void lose()
{
	int *lost = new int[25];
	took(lost, 100, "operator new[]");
	lost[0] = 1;
	kept = new long[3];
	took(kept, 24, "operator new[]");
}

NOINLINE void set(volatile long *p, long v) { *p = v; }

// twice would delete the same object a second time, but for the test.
NOINLINE void twice()
{
	auto a = std::unique_ptr<Named>(new Named);
	took(a.get(), sizeof(Named), "operator new");
	Named *bare = a.get();
	auto b = std::move(a);
	gave(bare, "operator delete");
	a.reset();
	b.reset();
	b.reset();
}

NOINLINE void stale()
{
	long *p = new long[8];
	took(p, 64, "operator new[]");
	set(p + 5, 1);
	gave(p, "operator delete[]");
	delete[] p;
	late(p, 40);
	set(p + 5, 2);
}

// With an argument it leaves out what valgrind cannot do: operator new that throws.
int main(int argc, char **)
{
	single();
	arrays();
	aligned();
	if (argc == 1) {
		failing(SIZE_MAX / 4);
		exhausted(SIZE_MAX / 4);
	}
	grow();
	texts();
	containers();
	unwinding();
	resized();
	lose();
	twice();
	stale();
	return finish();
}
