// C++: statics of classes and namespaces, members, and the strings and vectors
// of the library, which take several writes.
// build: g++ -std=c++17 -g $FLAGS -o $OUT $SOURCE
#include <memory>
#include <string>
#include <vector>
#include "assigned.h"

namespace app {
int level;
static long quiet;
enum class Mode { Off, On };
Mode mode;
}

struct Account {
	static int created;
	std::string owner;
	long balance = 0;
	void deposit(long amount) { balance += amount; }
};
int Account::created;
Account account;

template <class T> struct Holder { static T last; };
template <class T> T Holder<T>::last;

std::string name;
std::vector<int> numbers;
std::vector<std::string> words;
std::unique_ptr<long> owned;
int target;
int &reference = target;

NOINLINE void statics()
{
	for (int i = 0; i < 5; i++) {
		ASSIGN("app::level", app::level, i * 2, "%d");
		ASSIGN("app::quiet", app::quiet, -i, "%ld");
		ASSIGN("Account::created", Account::created, i + 100, "%d");
		ASSIGN("Holder<int>::last", Holder<int>::last, i * 9, "%d");
	}
	ASSIGN_TEXT("app::mode", app::mode, app::Mode::On, "On");
	ASSIGN("target", reference, 31, "%d");
	printf("assigned reference = %d\n", target); // which is the same memory
	ASSIGN("reference", target, 32, "%d");
	printf("assigned target = %d\n", reference);
}

NOINLINE void strings()
{
	name = "short";
	HOLDS("name", "\"short\"");
	name += " and";
	HOLDS("name", "\"short and\"");
	name += " now too long for the object itself";
	HOLDS("name", "\"short and now too long for the object itself\"");
	name.clear();
	HOLDS("name", "\"\"");
	account.owner = "me";
	HOLDS("account.owner", "\"me\"");
	for (int i = 0; i < 3; i++) {
		account.deposit(i + 50);
		printf("assigned account.balance = %ld\n", account.balance);
	}
	HOLDS("account", "{owner = \"me\", balance = 153}");
}

NOINLINE void vectors()
{
	for (int i = 1; i <= 3; i++) {
		numbers.push_back(i * i);
		HOLDS("numbers", "%s", i == 1 ? "{1}" : i == 2 ? "{1, 4}" : "{1, 4, 9}");
	}
	numbers.pop_back();
	HOLDS("numbers", "{1, 4}");
	words.push_back("one");
	words.emplace_back("two");
	HOLDS("words", "{\"one\", \"two\"}");
	owned = std::make_unique<long>(5);
	HOLDS("owned", "@%p: 5", (void *)owned.get());
}

struct Item {
	long first = 0, second = 0; // where the allocator writes when it is freed
	int count = 0;
	Item *next = nullptr;
};
std::vector<Item> items;
std::unique_ptr<Item> single;
std::unique_ptr<int[]> many;
std::shared_ptr<Item> shared;
void discard(Item *item) { delete item; }
std::unique_ptr<Item, void (*)(Item *)> closing(nullptr, discard); // two pointers

// owners writes to what vectors and smart pointers have, which moves.
NOINLINE void owners()
{
	for (int n = 3; n < 50; n *= 4) {
		items.resize(n);
		ASSIGN("items[2].count", items[2].count, n + 1, "%d");
		items[1].count = 99; // another
		single.reset(new Item);
		ASSIGN("single->count", single->count, n + 2, "%d");
		closing.reset(new Item);
		ASSIGN("closing->count", closing->count, n + 6, "%d");
		VALUE("closing", "@%p: {first = 0, second = 0, count = %d, next = 0x0}", (void *)closing.get(), n + 6);
		many.reset(new int[n + 5]);
		ASSIGN("many[7]", many[7], n + 3, "%d");
		auto before = shared;
		shared = std::make_shared<Item>();
		if (before)
			before->count = 98; // no longer shared's
		ASSIGN("shared->count", shared->count, n + 4, "%d");
		shared->next = &items[1];
		ASSIGN("(*shared).next->count", items[1].count, n + 5, "%d");
		VALUE("items[1].count", "%d", n + 5);
		shared->next = nullptr;
		VALUE("single->next", "0x0");
	}
}

#ifndef __OPTIMIZE__
NOINLINE void locals(int by, Account &to)
{
	printf("assigned locals.by = %d\n", by);
	std::string inside = "in";
	HOLDS("locals.inside", "\"in\"");
	inside += "side";
	HOLDS("locals.inside", "\"inside\"");
	VALUE("locals.to.balance", "%ld", to.balance);
	std::vector<double> halves;
	halves.push_back(0.5);
	HOLDS("locals.halves", "{0.5}");
	halves.resize(4);
	std::vector<double> &same = halves;
	for (int i = 0; i < 3; i++) {
		ASSIGN("locals.halves[3]", halves[3], i + 0.25, "%g");
		printf("assigned locals.same[3] = %g\n", halves[3]);
	}
}
#endif

int main()
{
	setvbuf(stdout, nullptr, _IOFBF, 1 << 16);
	statics();
	strings();
	vectors();
	owners();
#ifndef __OPTIMIZE__
	locals(4, account);
#endif
}
