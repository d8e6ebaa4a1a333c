// SPDX-License-Identifier: GPL-2.0-or-later
#include "health/diagnosis.h"

#include "tests/unit/unit.h"

#define GIB ((uint64_t)1 << 30)

static void test_what_has_to_move(void **state)
{
	struct diagnosis_ratio over;

	(void)state;
	over = diagnosis_ratio_of(&(struct ratio_amounts){ GIB, 3 * GIB }, 300);
	assert_int_equal(over.excess_bytes, 0);
	/* One of five moves: then it is 1:1 at 100 %. */
	over = diagnosis_ratio_of(&(struct ratio_amounts){ GIB, 3 * GIB }, 100);
	assert_int_equal(over.excess_bytes, GIB);
	assert_int_equal(over.percent, 300);
	over = diagnosis_ratio_of(&(struct ratio_amounts){ 0, GIB }, 0);
	assert_int_equal(over.excess_bytes, GIB);
	assert_int_equal(over.percent, UINT32_MAX);
	over = diagnosis_ratio_of(&(struct ratio_amounts){ 0, GIB }, POLICY_RATIO_OFF);
	assert_int_equal(over.excess_bytes, 0);
	/* No sum wraps around. */
	over = diagnosis_ratio_of(&(struct ratio_amounts){ GIB, UINT64_MAX / 2 }, 301);
	assert_true(over.excess_bytes > UINT64_MAX / 16 && over.excess_bytes < UINT64_MAX / 4);
}

/* After the excess moved, the limit is kept; with a byte less it is not. */
static void test_as_much_as_needed(void **state)
{
	static const uint32_t limits[] = { 0, 1, 99, 100, 301, 800 };

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		for (uint64_t movable = 1000; movable < 1100; movable += 7) {
			struct ratio_amounts amounts = { 100, movable };
			uint64_t excess = diagnosis_ratio_of(&amounts, limits[i]).excess_bytes;

			assert_true((movable - excess) * 100 <= (100 + excess) * limits[i]);
			if (excess)
				assert_true((movable - excess + 1) * 100 >
					    (100 + excess - 1) * limits[i]);
		}
	}
}

/* Facts of which nothing could be read. */
static void test_nothing_read_is_not_fine(void **state)
{
	struct memory memory = { 0 };
	struct settings settings = { 0 };
	struct health_facts facts = { .memory = &memory,
				      .settings = &settings,
				      .hidden = true,
				      .policy_error = -EIO,
				      .plan_error = -EIO,
				      .ratio_error = -EIO,
				      .meminfo_error = -EIO };
	struct findings findings;

	(void)state;
	assert_int_equal(diagnosis_make(&facts, &findings), 0);
	assert_int_equal(findings.n, 0);
	for (int word = 0; word < FINDING_COUNT; word++)
		/* These are about blocks and devices, of which there are none here. */
		assert_int_equal(findings_may_have(&findings, (enum finding_word)word),
				 word != FINDING_GOING_OFFLINE && word != FINDING_RESERVE);
	findings_done(&findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_has_to_move),
		cmocka_unit_test(test_as_much_as_needed),
		cmocka_unit_test(test_nothing_read_is_not_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
