// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/array.h"

#include <malloc.h>

#include "tests/unit/unit.h"

#define ELEMENTS 1000

static void test_there_is_room(void **state)
{
	uint64_t *numbers = NULL;

	(void)state;
	for (size_t n = 0; n < ELEMENTS; n++) {
		uint64_t *larger = array_grow(numbers, n, sizeof(*numbers));

		assert_non_null(larger);
		numbers = larger;
		assert_true(malloc_usable_size(numbers) >= (n + 1) * sizeof(*numbers));
		numbers[n] = n;
	}
	for (size_t i = 0; i < ELEMENTS; i++)
		assert_int_equal(numbers[i], i);
	free(numbers);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_there_is_room) };

	return cmocka_run_group_tests_name("array", tests, NULL, NULL);
}
