// A cache that marks what it changed; the other build does not mark what it only shrinks.
// build: g++ -g -fno-stack-protector $FLAGS -o $OUT $SOURCE
// matrix: O0
// found by: checks/lost_write.sql checks/same_writes.sql checks/same_lines.sql builtin:same_calls checks/same_calls_in_detail.sql
#include <cstdio>

namespace store {

class Cache {
 public:
  __attribute__((noinline)) void put(int slot, int value) {
    bool smaller = value < values_[slot];
    values_[slot] = value;
#ifdef REGRESSION
    if (smaller)
      return;
#endif
    mark(smaller ? 2 : 1);
  }
  int sum() const {
    int n = 0;
    for (int v : values_)
      n += v;
    return n;
  }
  int generation = 0;

 private:
  __attribute__((noinline)) void mark(int by) { generation += by; }
  int values_[8] = {};
};

Cache cache;

}  // namespace store

int main() {
  for (int i = 0; i < 24; i++)
    store::cache.put(i % 8, (i * 7) % 11);
  std::printf("sum %d\n", store::cache.sum());
  return 0;
}
