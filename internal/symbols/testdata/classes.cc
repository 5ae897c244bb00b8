// Shows overloads, templates, lambdas, virtual calls, constructors, anonymous
// namespaces and exceptions. Built by fixture_test.go with several flags.
#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

namespace shapes {

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
};

class Square : public Shape {
 public:
  explicit Square(double side) : side_(side) {
    if (side < 0) throw std::invalid_argument("negative side");
  }
  double area() const override { return side_ * side_; }
  Square operator+(const Square &other) const { return Square(side_ + other.side_); }

 private:
  double side_;
};

double measure(const Shape &s) { return s.area(); }
double measure(const Shape &s, int times) { return s.area() * times; }

template <typename T>
__attribute__((noinline)) T largest(const std::vector<T> &v) {
  T best = v[0];
  for (const T &x : v)
    if (best < x) best = x;
  return best;
}

}  // namespace shapes

namespace {
__attribute__((noinline)) int hidden(int x) { return x * 2 + 1; }
}  // namespace

static __attribute__((noinline)) void sort_words(std::vector<std::string> &words) {
  std::sort(words.begin(), words.end(), [](const std::string &a, const std::string &b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
}

int main(int argc, char **) {
  shapes::Square a(argc), b(argc + 1);
  std::vector<std::string> words{"pear", "fig", "banana", "kiwi"};
  sort_words(words);
  std::printf("%f %f %d %s\n", shapes::measure(a + b), shapes::measure(a, 3),
              shapes::largest(std::vector<int>{hidden(argc), 2, 3}), shapes::largest(words).c_str());
  try {
    shapes::Square bad(-argc);
  } catch (const std::exception &e) {
    std::puts(e.what());
  }
  return 0;
}
