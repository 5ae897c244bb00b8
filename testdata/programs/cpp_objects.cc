// C++ as it is written: virtual calls, templates, containers, lambdas, streams.
// build: g++ -g $FLAGS -o $OUT $SOURCE
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <vector>
#include "truth.h"

struct Shape {
	virtual ~Shape() = default;
	virtual double area() const = 0;
};
struct Square : Shape {
	double side;
	explicit Square(double s) : side(s) {}
	NOINLINE double area() const override { return side * side; }
};
struct Box : Shape {
	double a, b;
	Box(double a, double b) : a(a), b(b) {}
	NOINLINE double area() const override { return a * b; }
};

template <typename T> NOINLINE T twice(T x) { return x + x; }

int main()
{
	std::vector<std::unique_ptr<Shape>> shapes;
	for (int i = 1; i <= 30; i++) {
		if (i % 3)
			shapes.push_back(std::make_unique<Square>(i));
		else
			shapes.push_back(std::make_unique<Box>(i, 2));
	}
	double sum = 0;
	for (auto &s : shapes)
		sum += s->area();
	CHECK(sum == 6320);
	std::map<std::string, int> words;
	std::istringstream in("a b a c b a");
	for (std::string w; in >> w;)
		words[w]++;
	CHECK(words["a"] == 3 && words["b"] == 2 && words["c"] == 1);
	std::vector<int> numbers(500);
	unsigned seed = 1;
	std::generate(numbers.begin(), numbers.end(), [&] { return seed = seed * 1103515245 + 12345, seed >> 16; });
	std::sort(numbers.begin(), numbers.end(), std::greater<int>());
	CHECK(std::is_sorted(numbers.rbegin(), numbers.rend()));
	CHECK(twice(std::string("ab")) == "abab");
	CHECK(twice(21) == 42);
	std::cout << "shapes " << shapes.size() << " words " << words.size() << std::endl;
	TRUTH("calls Square::area() const 20");
	TRUTH("calls Box::area() const 10");
	TRUTH("calls twice<int>(int) 1");
	FINISH();
}
