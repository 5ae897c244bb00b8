// Variables of every kind of type that C++ has, and of its library's, as they
// are when values_are_set is called. Each is compared with what gdb prints, or with the
// line "shows NAME = TEXT" here: addresses are written as 0x….
// build: g++ -std=c++17 -g $FLAGS -o $OUT $SOURCE
#include <array>
#include <atomic>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace shapes {
struct Base { int x = 1; virtual ~Base() {} virtual int area() { return 0; } };
struct Tag {};
struct Derived : Base, Tag { int y = 2; int area() override { return y; } };
struct Second { long z = 3; };
struct Both : Derived, Second { char c = 'c'; };
enum class Kind : unsigned char { Round, Square };
template <class T> struct Box { T inside; T *where = nullptr; };
struct Counter { int n = 0; int bump(int by) { return n += by; } };
}
using namespace shapes;

Derived v_derived;
Both v_both;
Base *v_base_pointer = &v_both;
// shows v_kind = Square
Kind v_kind = Kind::Square;
Box<int> v_box_int{7, nullptr};
Box<Box<double>> v_box_box{{1.5, nullptr}, nullptr};
int v_int = 5;
int &v_reference = v_int;
// shows v_has_reference = {r = @0x…: 5}
struct HasReference { int &r; } v_has_reference{v_int};
// shows v_member = 0x0
int Counter::*v_member = &Counter::n;
int (Counter::*v_method)(int) = &Counter::bump;
std::pair<int, char> v_pair{1, 'x'};

// shows v_string = "short"
std::string v_string = "short";
// shows v_long_string = "a string that is too long to lie in the object itself"
std::string v_long_string = "a string that is too long to lie in the object itself";
// shows v_empty_string = ""
std::string v_empty_string;
// shows v_zero_inside = "a\x00b"
std::string v_zero_inside{"a\0b", 3};
// shows v_u16string = u"añb"
std::u16string v_u16string = u"añb";
// shows v_view = "hor"
std::string_view v_view{v_string.data() + 1, 3};
// shows v_vector = {1, 2, 3}
std::vector<int> v_vector{1, 2, 3};
// shows v_empty_vector = {}
std::vector<int> v_empty_vector;
// shows v_vector_strings = {"one", "two"}
std::vector<std::string> v_vector_strings{"one", "two"};
// shows v_vector_nested = {{1}, {2, 3}, {}}
std::vector<std::vector<int>> v_vector_nested{{1}, {2, 3}, {}};
// shows v_vector_bool = {true, false, true}
std::vector<bool> v_vector_bool{true, false, true};
// shows v_vector_zeros = {0 <repeats 5000 times>}
std::vector<long> v_vector_zeros(5000);
// shows v_array = {4, 5, 6}
std::array<int, 3> v_array{4, 5, 6};
// shows v_tuple = {1, "two", 3.5}
std::tuple<int, std::string, double> v_tuple{1, "two", 3.5};
// shows v_unique = @0x…: 42
std::unique_ptr<int> v_unique = std::make_unique<int>(42);
// shows v_unique_null = 0x0
std::unique_ptr<int> v_unique_null;
// shows v_shared = @0x…: "shared"
std::shared_ptr<std::string> v_shared = std::make_shared<std::string>("shared");
// shows v_weak = @0x…: "shared"
std::weak_ptr<std::string> v_weak = v_shared;
// shows v_optional = 9
std::optional<int> v_optional = 9;
// shows v_optional_string = "maybe"
std::optional<std::string> v_optional_string = "maybe";
// shows v_nothing = nullopt
std::optional<int> v_nothing;
// shows v_variant_int = 3
std::variant<int, std::string> v_variant_int = 3;
// shows v_variant_string = "alternative"
std::variant<int, std::string> v_variant_string = "alternative";
// shows v_atomic = 11
std::atomic<int> v_atomic{11};
// shows v_atomic_flag = true
std::atomic<bool> v_atomic_flag{true};
// shows v_list = {1, 2, 3}
std::list<int> v_list{1, 2, 3};
// shows v_deque = {1, 2, 3}
std::deque<int> v_deque{2, 3};
// shows v_set = {2, 3, 5, 7, 11}
std::set<int> v_set{5, 3, 7, 2, 11};
// shows v_map = {["one"] = 1, ["two"] = 2}
std::map<std::string, int> v_map{{"two", 2}, {"one", 1}};
// shows v_map_char = {[97 'a'] = {1, 2}, [98 'b'] = {}}
std::map<char, std::vector<int>> v_map_char{{'b', {}}, {'a', {1, 2}}};
// shows v_map_pointer = {[1] = @0x…: 10}
std::map<int, std::unique_ptr<int>> v_map_pointer;
// shows v_empty_map = {}
std::map<int, int> v_empty_map;
// shows v_unordered = {["key"] = 1}
std::unordered_map<std::string, int> v_unordered{{"key", 1}};
// shows v_unordered_set = {77}
std::unordered_set<int> v_unordered_set{77};

__attribute__((noipa)) void values_are_set() { __asm__ volatile(""); }

int main()
{
	v_deque.push_front(1);
	v_map_pointer[1] = std::make_unique<int>(10);
	values_are_set();
}
