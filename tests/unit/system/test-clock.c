// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/clock.h"

#include <stdbool.h>

#include "tests/unit/unit.h"

static void test_deadline(void **state)
{
	int64_t before = clock_now_ns(), deadline = clock_deadline_ns(1000);

	(void)state;
	assert_true(deadline >= before + CLOCK_NS_PER_S);
	assert_true(clock_left_ns(deadline) <= CLOCK_NS_PER_S);
	assert_int_equal(clock_left_ns(before), 0);
	assert_int_equal(clock_left_ns(CLOCK_NEVER), CLOCK_NEVER);
	assert_int_equal(clock_deadline_ns(INT64_MAX), CLOCK_NEVER);
}

/*
 * Between half of the doubled pause and all of it, never above the maximum even after very many
 * tries, and not always the same.
 */
/* cmocka's own macro for it has another name in each version. */
static void assert_between(int64_t value, int64_t least, int64_t most)
{
	assert_true(value >= least && value <= most);
}

static void test_backoff(void **state)
{
	int64_t expected_ms = 100;

	(void)state;
	for (unsigned int retry = 0; retry < 12; retry++) {
		int64_t first = clock_backoff_ns(retry, 100, 2000);
		bool varies = false;

		for (int i = 0; i < 200; i++) {
			int64_t pause = clock_backoff_ns(retry, 100, 2000);

			assert_between(pause, expected_ms * CLOCK_NS_PER_MS / 2,
				       expected_ms * CLOCK_NS_PER_MS);
			varies = varies || pause != first;
		}
		assert_true(varies);
		expected_ms = expected_ms * 2 < 2000 ? expected_ms * 2 : 2000;
	}
	assert_between(clock_backoff_ns(UINT32_MAX, 100, 2000), 1000 * CLOCK_NS_PER_MS,
		       2000 * CLOCK_NS_PER_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_deadline),
					    cmocka_unit_test(test_backoff) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
