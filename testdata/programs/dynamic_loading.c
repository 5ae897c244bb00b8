// dlopen, dlsym, dlclose and again: code that comes and goes.
// build: gcc -g $FLAGS -o $OUT $SOURCE -ldl
// matrix: O0 O2 nopie
#include <dlfcn.h>
#include "truth.h"

NOINLINE double apply(double (*f)(double), double x) { return f(x); }

int main(void)
{
	for (int i = 0; i < 5; i++) {
		void *library = dlopen("libm.so.6", i % 2 ? RTLD_LAZY : RTLD_NOW);
		if (!library)
			SKIP("no libm.so.6");
		double (*cosine)(double) = (double (*)(double))dlsym(library, "cos");
		double (*root)(double) = (double (*)(double))dlsym(library, "cbrt");
		CHECK(cosine && root);
		CHECK(apply(cosine, 0) == 1);
		double three = apply(root, 27);
		CHECK(three > 2.999 && three < 3.001);
		CHECK(dlsym(library, "no_such_symbol") == NULL);
		dlclose(library);
		library = dlopen("libthread_db.so.1", RTLD_LAZY);
		if (library)
			dlclose(library);
	}
	CHECK(dlopen("no_such_library.so", RTLD_NOW) == NULL);
	TRUTH("calls apply 10");
	FINISH();
}
