// SPDX-License-Identifier: GPL-2.0-or-later
/* Libraries that are loaded when they are needed. */
#include "system/library.h"

#include <string.h>

#include "tests/unit/unit.h"

static double (*cosine)(double);
static void (*missing)(void);

static void test_sets_the_pointers(void **state)
{
	const struct library_symbol symbols[] = { { "cos", &cosine } };

	(void)state;
	assert_true(library_load("libm.so.6", symbols, 1));
	assert_true(cosine(0) > 0.9);
	assert_true(library_load("libm.so.6", symbols, 1));
}

static void test_without_a_function(void **state)
{
	static double (*first)(double);
	const struct library_symbol symbols[] = { { "cos", &first },
						  { "no_such_function", &missing } };

	(void)state;
	assert_false(library_load("libm.so.6", symbols, 2));
	assert_non_null(strstr(library_complaint(), "no_such_function"));
	assert_null(first);
	assert_null(missing);
}

static void test_without_the_library(void **state)
{
	const struct library_symbol symbols[] = { { "cos", &missing } };

	(void)state;
	assert_false(library_load("libno-such-library.so.0", symbols, 1));
	assert_non_null(strstr(library_complaint(), "libno-such-library.so.0: cannot open"));
	assert_null(missing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets_the_pointers),
		cmocka_unit_test(test_without_a_function),
		cmocka_unit_test(test_without_the_library),
	};

	return cmocka_run_group_tests_name("library", tests, NULL, NULL);
}
