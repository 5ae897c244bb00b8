// Every kind of C++ type and of variable.
#include <map>
#include <string>
#include <vector>

namespace shop {
enum class level : unsigned char { low = 1, high = 200 };
struct named { int id; virtual ~named() {} };
class item : public named {
public:
	static int made;
	static constexpr int limit = 7;
	std::string label;
	std::vector<int> sizes;
	level how = level::low;
	unsigned part : 5, rest : 11;
	int item::*pick = nullptr;
	int (item::*ask)(int) = nullptr;
	struct inner { short a; long b; } in{1, 2};
	item() : part(1), rest(2) { made++; }
	int price(int times) { struct local { int n; } l{times}; return l.n + (int)sizes.size(); }
};
struct shared : virtual named { double rate = 1; };
int item::made = 0;
template <class T> struct box { T value; box *next; };
inline int opened = 3;
namespace { int secret = 5; struct hidden { char c; int n; } kept{'a', 1}; }
int total = 0;
box<item *> boxes{nullptr, nullptr};
}

thread_local int per_thread = 9;

__attribute__((noinline)) int by_reference(std::string s, shop::item &i, const int &n, int &&r)
{
	i.label = s;
	r++;
	return (int)s.size() + n + r + i.price(n);
}

int main(int argc, char **)
{
	shop::item i;
	shop::shared sh;
	std::map<std::string, int> m;
	m["one"] = argc;
	int k = argc;
	auto add = [&](int z) { return z + k; };
	int sum = by_reference("abc", i, k, 7) + add(2);
	try {
		if (argc < 5)
			throw sum;
	} catch (int caught) {
		k = caught;
	}
	shop::kept.n++;
	per_thread += shop::secret++ + shop::opened++;
	shop::total += k + (int)sh.rate;
	return shop::total + per_thread == 12345;
}
