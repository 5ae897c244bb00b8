// Variables of every kind of type that C has, as they are when values_are_set is called.
// Each is compared with what gdb prints; "shows" says where that is not it.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include <complex.h>
#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>
#include <wchar.h>

signed char v_schar = -5;
unsigned char v_uchar = 200;
char v_char = 'a', v_newline = '\n', v_quote = '\'', v_zero = 0;
short v_short = -300;
unsigned short v_ushort = 65535;
int v_int = -123456;
unsigned v_uint = 4000000000u;
long v_long = INT64_MIN;
unsigned long v_ulong = UINT64_MAX;
__int128 v_int128 = -((__int128)1 << 100);
unsigned __int128 v_uint128 = ~(unsigned __int128)0;
_Bool v_true = 1, v_false;
wchar_t v_wchar = L'€';
char16_t v_char16 = u'x';
char32_t v_char32 = U'😀';

// shows v_float_small = 1e-45
float v_float = 1.5f, v_float_third = 1.0f / 3, v_float_small = 1e-45f;
double v_double = 0.1, v_big = 1e300, v_million = 1000000, v_negative_zero = -0.0;
double v_infinity = -__builtin_inf(), v_nan = __builtin_nan("");
// shows v_long_tiny = 4e-4951
long double v_long_double = 0.1L, v_long_one = -1, v_long_tiny = 0x1p-16445L;
_Complex double v_complex = 1.5 + 2.5 * I;
_Float128 v_float128 = 1.5;

enum color { RED, GREEN = 5, BLUE = -1 } v_color = GREEN, v_color_negative = BLUE, v_color_other = (enum color)77;
enum mode { R = 1, W = 2, X = 4 } v_mode = R | X, v_mode_none = 0, v_mode_write = W;

struct point { int x, y; } v_point = {1, -2};
typedef const volatile struct point alias;
alias v_alias = {3, 4};
struct outer {
	char tag[4];
	struct point corners[2];
	union { int as_int; float as_float; };
	struct { int deep; } named;
	struct point *next;
} v_outer = {"ab", {{1, 2}, {3, 4}}, {0x3f800000}, {9}, &v_point};
union either { int i; unsigned char bytes[4]; double d; } v_union = {0x41424344};
struct bits { int a : 3; unsigned b : 5; signed c : 12; _Bool d : 1; enum color e : 4; long f : 40; } v_bits = {-2, 17, -100, 1, GREEN, -7};
struct __attribute__((packed)) packed { char c; int64_t i; short s; } v_packed = {'z', -9, 3};
struct empty {} v_empty;
// shows v_flexible = {n = 2, rest = {}}
struct flexible { int n; int rest[]; } v_flexible = {2};

int v_array[5] = {1, 2, 3, 4, 5};
int v_zeros[40];
int v_mixed[20] = {1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3};
int v_matrix[2][3] = {{1, 2, 3}, {4, 5, 6}};
struct point v_points[3] = {{1, 2}, {3, 4}, {5, 6}};
char v_text[16] = "hello";
char v_full[4] = {'a', 'b', 'c', 'd'};
char v_names[2][8] = {"one", "two"};
char v_special[] = "tab\tquote\"back\\ bell\a end";
unsigned char v_binary[] = {0x80, 0xff, 'x', 0};
char v_utf8[] = "grüße";
wchar_t v_wide[] = L"wide €";
char16_t v_utf16[] = u"sixteen 😀";

const char *v_string = "text \"here\"";
char *v_null_string;
const wchar_t *v_wide_string = L"wide";
int *v_pointer = &v_array[2], *v_null;
void *v_void = &v_point;
struct outer *v_struct_pointer = &v_outer;
char **v_argv_like = (char *[]){"a", "b"};
static int twice(int n) { return 2 * n; }
int (*v_function)(int) = twice;
int (*v_functions[2])(int) = {twice, 0};
void *v_code = (char *)twice + 1;
void *v_unmapped = (void *)0x10;
const char *v_unmapped_string = (const char *)0x10;

__attribute__((noipa)) void values_are_set(void) { __asm__ volatile(""); }

int main(void)
{
	values_are_set();
	return 0;
}
