// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/range.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

#define SPACE 200

static void check_against(const struct ranges *ranges, const bool *naive)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < SPACE; i++) {
		assert_int_equal(ranges_contain(ranges, i), naive[i]);
		count += naive[i];
	}
	assert_int_equal(ranges_count(ranges), count);
	/* Sorted, with a gap between any two. */
	for (size_t i = 0; i < ranges->n; i++) {
		assert_true(ranges->v[i].first <= ranges->v[i].last);
		if (i)
			assert_true(ranges->v[i].first > ranges->v[i - 1].last + 1);
	}
}

static void test_random(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 300; round++) {
		struct ranges ranges = { 0 };
		bool naive[SPACE] = { false };

		for (int i = 0; i < 40; i++) {
			uint64_t first = (uint64_t)rand() % SPACE,
				 last = first + (uint64_t)rand() % (SPACE - first) /
							(1 + (uint64_t)rand() % 40);

			assert_int_equal(ranges_add(&ranges, first, last), 0);
			memset(naive + first, true, last - first + 1);
			check_against(&ranges, naive);
		}
		ranges_done(&ranges);
	}
}

static void test_ends_of_the_numbers(void **state)
{
	struct ranges ranges = { 0 };

	(void)state;
	assert_int_equal(ranges_add(&ranges, UINT64_MAX, UINT64_MAX), 0);
	assert_int_equal(ranges_add(&ranges, 0, 0), 0);
	assert_int_equal(ranges.n, 2);
	assert_int_equal(ranges_add(&ranges, UINT64_MAX - 1, UINT64_MAX - 1), 0);
	assert_int_equal(ranges.n, 2);
	assert_int_equal(ranges_count(&ranges), 3);
	assert_int_equal(ranges_add(&ranges, 0, UINT64_MAX), 0);
	assert_int_equal(ranges.n, 1);
	assert_int_equal(ranges_count(&ranges), UINT64_MAX);
	ranges_done(&ranges);
}

static void test_limit(void **state)
{
	struct ranges ranges = { 0 };

	(void)state;
	assert_int_equal(ranges_limit(&ranges, 0), 0);
	assert_int_equal(ranges_add(&ranges, 0, 3), 0);
	assert_int_equal(ranges_add(&ranges, 7, 9), 0);
	assert_int_equal(ranges_add(&ranges, UINT64_MAX - 1, UINT64_MAX), 0);
	assert_true(ranges_limit(&ranges, UINT64_MAX) == 0);
	assert_true(ranges_limit(&ranges, UINT64_MAX - 1) == UINT64_MAX);
	assert_true(ranges_contain(&ranges, UINT64_MAX - 1));
	assert_false(ranges_contain(&ranges, UINT64_MAX));
	assert_int_equal(ranges_limit(&ranges, 9), UINT64_MAX - 1);
	assert_int_equal(ranges_count(&ranges), 7);
	assert_int_equal(ranges_limit(&ranges, 7), 9);
	assert_int_equal(ranges_count(&ranges), 5);
	assert_int_equal(ranges_limit(&ranges, 1), 7);
	assert_int_equal(ranges_count(&ranges), 2);
	ranges_done(&ranges);
}

static void test_add_all(void **state)
{
	struct ranges ranges = { 0 }, more = { 0 };

	(void)state;
	assert_int_equal(ranges_add_all(&ranges, &more), 0);
	assert_int_equal(ranges.n, 0);
	assert_int_equal(ranges_add(&ranges, 32, 35), 0);
	assert_int_equal(ranges_add(&more, 34, 39), 0);
	assert_int_equal(ranges_add(&more, 42, 42), 0);
	assert_int_equal(ranges_add_all(&ranges, &more), 0);
	assert_int_equal(ranges.n, 2);
	assert_int_equal(ranges_count(&ranges), 9);
	ranges_done(&more);
	ranges_done(&ranges);
}

static void test_text(void **state)
{
	static const struct range added[] = { { 32, 39 }, { 42, 42 }, { 50, 51 } };
	struct ranges ranges = { 0 };
	char *text;

	(void)state;
	text = ranges_text(&ranges, 0);
	assert_string_equal(text, "");
	free(text);
	for (size_t i = 0; i < ARRAY_SIZE(added); i++)
		assert_int_equal(ranges_add(&ranges, added[i].first, added[i].last), 0);
	text = ranges_text(&ranges, 0);
	assert_string_equal(text, "32-39,42,50-51");
	free(text);
	text = ranges_text(&ranges, 2);
	assert_string_equal(text, "32-39,42,...");
	free(text);
	text = ranges_words(&ranges, 0);
	assert_string_equal(text, "32-39 42 50-51");
	free(text);
	ranges_done(&ranges);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random), cmocka_unit_test(test_ends_of_the_numbers),
		cmocka_unit_test(test_limit),  cmocka_unit_test(test_add_all),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
