// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/outcome.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

/* Every errno that the kernel documentation of this project lists, and one that nobody knows, at
 * each stage. */
static void test_classify(void **state)
{
	static const struct {
		int error;
		enum outcome_cause opening, onlining, offlining;
	} cases[] = {
		{ EBUSY, CAUSE_UNKNOWN, CAUSE_BUSY, CAUSE_BUSY },
		{ EAGAIN, CAUSE_UNKNOWN, CAUSE_BUSY, CAUSE_BUSY },
		{ EINTR, CAUSE_UNKNOWN, CAUSE_INTERRUPTION, CAUSE_INTERRUPTION },
		{ ENOMEM, CAUSE_MEMORY, CAUSE_MEMORY, CAUSE_MEMORY },
		{ EMFILE, CAUSE_MEMORY, CAUSE_UNKNOWN, CAUSE_UNKNOWN },
		{ EINVAL, CAUSE_UNKNOWN, CAUSE_UNKNOWN, CAUSE_UNKNOWN },
		{ EPERM, CAUSE_ACCESS, CAUSE_VETO, CAUSE_VETO },
		{ EACCES, CAUSE_ACCESS, CAUSE_UNKNOWN, CAUSE_UNKNOWN },
		{ EROFS, CAUSE_READ_ONLY, CAUSE_UNKNOWN, CAUSE_UNKNOWN },
		{ EHWPOISON, CAUSE_UNKNOWN, CAUSE_POISON, CAUSE_POISON },
		{ ENODEV, CAUSE_GONE, CAUSE_GONE, CAUSE_GONE },
		{ ENXIO, CAUSE_GONE, CAUSE_GONE, CAUSE_GONE },
		{ ENOENT, CAUSE_GONE, CAUSE_GONE, CAUSE_GONE },
		{ ENOTDIR, CAUSE_GONE, CAUSE_UNKNOWN, CAUSE_UNKNOWN },
		{ EIO, CAUSE_UNKNOWN, CAUSE_UNKNOWN, CAUSE_UNKNOWN },
		{ 512, CAUSE_UNKNOWN, CAUSE_UNKNOWN, CAUSE_UNKNOWN },
		{ 0, CAUSE_NONE, CAUSE_NONE, CAUSE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct write_result result = { .error = -cases[i].error,
					       .stage = WRITE_STAGE_OPEN };

		assert_int_equal(outcome_classify(&result, BLOCK_OFFLINE, ZONE_MOVABLE),
				 cases[i].opening);
		assert_int_equal(outcome_classify(&result, BLOCK_ONLINE, ZONE_UNKNOWN),
				 cases[i].opening);
		result.stage = WRITE_STAGE_WRITE;
		assert_int_equal(outcome_classify(&result, BLOCK_ONLINE, ZONE_UNKNOWN),
				 cases[i].onlining);
		assert_int_equal(outcome_classify(&result, BLOCK_OFFLINE, ZONE_MOVABLE),
				 cases[i].offlining);
		if (cases[i].error == EINVAL)
			assert_int_equal(outcome_classify(&result, BLOCK_OFFLINE, ZONE_NONE),
					 CAUSE_ZONES);
		result.stage = WRITE_STAGE_REPLACED;
		assert_int_equal(outcome_classify(&result, BLOCK_OFFLINE, ZONE_MOVABLE),
				 CAUSE_REPLACED);
	}
}

static void test_words(void **state)
{
	static const enum outcome_cause transient[] = { CAUSE_BUSY,	CAUSE_LOCK,
							CAUSE_MEMORY,	CAUSE_INTERRUPTION,
							CAUSE_DEADLINE, CAUSE_STUCK,
							CAUSE_PENDING };

	(void)state;
	for (int cause = CAUSE_NONE; cause < CAUSE_COUNT; cause++) {
		struct outcome outcome = { .cause = (enum outcome_cause)cause };
		bool expected = false;

		assert_non_null(outcome_cause_name(outcome.cause));
		assert_non_null(outcome_reason(&outcome, BLOCK_OFFLINE));
		assert_int_equal(strlen(outcome_reason(&outcome, BLOCK_OFFLINE)) == 0,
				 cause == CAUSE_NONE);
		for (int other = 0; other < cause; other++)
			assert_string_not_equal(outcome_cause_name((enum outcome_cause)other),
						outcome_cause_name(outcome.cause));
		for (size_t i = 0; i < ARRAY_SIZE(transient); i++)
			expected = expected || transient[i] == outcome.cause;
		assert_int_equal(outcome_cause_is_transient(outcome.cause), expected);
	}
	assert_string_not_equal(
		outcome_reason(&(struct outcome){ .cause = CAUSE_MEMORY, .error = ENOMEM },
			       BLOCK_OFFLINE),
		outcome_reason(&(struct outcome){ .cause = CAUSE_MEMORY, .error = EMFILE },
			       BLOCK_OFFLINE));
	for (int result = 0; result < OUTCOME_RESULT_COUNT; result++)
		assert_non_null(outcome_result_name((enum outcome_result)result));
}

struct one {
	enum outcome_result result;
	enum outcome_cause cause;
};

static void test_exit_codes(void **state)
{
	static const struct {
		struct one v[3];
		size_t n;
		enum block_state wanted;
		int signal, exit_code;
	} cases[] = {
		{ .n = 0, .wanted = BLOCK_ONLINE, .exit_code = EXIT_DONE },
		{ { { OUTCOME_CHANGED, CAUSE_NONE }, { OUTCOME_ALREADY, CAUSE_NONE } },
		  2,
		  BLOCK_ONLINE,
		  0,
		  EXIT_DONE },
		{ { { OUTCOME_PLANNED, CAUSE_NONE } }, 1, BLOCK_ONLINE, 0, EXIT_DONE },
		{ { { OUTCOME_CHANGED, CAUSE_NONE }, { OUTCOME_FAILED, CAUSE_BUSY } },
		  2,
		  BLOCK_OFFLINE,
		  0,
		  EXIT_PARTIAL },
		{ { { OUTCOME_CHANGED, CAUSE_NONE }, { OUTCOME_FAILED, CAUSE_ACCESS } },
		  2,
		  BLOCK_OFFLINE,
		  0,
		  EXIT_PARTIAL },
		{ { { OUTCOME_FAILED, CAUSE_BUSY }, { OUTCOME_FAILED, CAUSE_DEADLINE } },
		  2,
		  BLOCK_OFFLINE,
		  0,
		  EXIT_TRY_AGAIN },
		{ { { OUTCOME_FAILED, CAUSE_LOCK }, { OUTCOME_SKIPPED, CAUSE_DEADLINE } },
		  2,
		  BLOCK_OFFLINE,
		  0,
		  EXIT_TRY_AGAIN },
		{ { { OUTCOME_FAILED, CAUSE_BUSY }, { OUTCOME_ALREADY, CAUSE_NONE } },
		  2,
		  BLOCK_OFFLINE,
		  0,
		  EXIT_TRY_AGAIN },
		{ { { OUTCOME_FAILED, CAUSE_BUSY }, { OUTCOME_FAILED, CAUSE_UNKNOWN } },
		  2,
		  BLOCK_OFFLINE,
		  0,
		  EXIT_FAILED },
		{ { { OUTCOME_REFUSED, CAUSE_ZONES } }, 1, BLOCK_OFFLINE, 0, EXIT_FAILED },
		{ { { OUTCOME_FAILED, CAUSE_VETO } }, 1, BLOCK_OFFLINE, 0, EXIT_FAILED },
		{ { { OUTCOME_FAILED, CAUSE_ACCESS }, { OUTCOME_SKIPPED, CAUSE_ACCESS } },
		  2,
		  BLOCK_OFFLINE,
		  0,
		  EXIT_NOT_PERMITTED },
		{ { { OUTCOME_FAILED, CAUSE_READ_ONLY } },
		  1,
		  BLOCK_OFFLINE,
		  0,
		  EXIT_NOT_PERMITTED },
		{ { { OUTCOME_VANISHED, CAUSE_GONE } }, 1, BLOCK_OFFLINE, 0, EXIT_DONE },
		{ { { OUTCOME_VANISHED, CAUSE_GONE } }, 1, BLOCK_ONLINE, 0, EXIT_FAILED },
		{ { { OUTCOME_REPLACED, CAUSE_REPLACED } }, 1, BLOCK_OFFLINE, 0, EXIT_FAILED },
		{ { { OUTCOME_CHANGED, CAUSE_WRONG_ZONE } }, 1, BLOCK_ONLINE, 0, EXIT_PARTIAL },
		{ { { OUTCOME_ROLLED_BACK, CAUSE_ALL_OR_NOTHING }, { OUTCOME_FAILED, CAUSE_BUSY } },
		  2,
		  BLOCK_OFFLINE,
		  0,
		  EXIT_TRY_AGAIN },
		{ { { OUTCOME_ROLLED_BACK, CAUSE_ALL_OR_NOTHING },
		    { OUTCOME_FAILED, CAUSE_UNKNOWN } },
		  2,
		  BLOCK_OFFLINE,
		  0,
		  EXIT_FAILED },
		{ { { OUTCOME_CHANGED, CAUSE_BUSY },
		    { OUTCOME_ROLLED_BACK, CAUSE_ALL_OR_NOTHING },
		    { OUTCOME_FAILED, CAUSE_UNKNOWN } },
		  3,
		  BLOCK_OFFLINE,
		  0,
		  EXIT_PARTIAL },
		{ { { OUTCOME_CHANGED, CAUSE_NONE }, { OUTCOME_SKIPPED, CAUSE_SIGNAL } },
		  2,
		  BLOCK_OFFLINE,
		  2,
		  130 },
		{ { { OUTCOME_SKIPPED, CAUSE_SIGNAL } }, 1, BLOCK_OFFLINE, 15, 143 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct outcome v[3] = { 0 };
		struct outcomes outcomes = { v, cases[i].n };
		struct outcome_totals totals;

		for (size_t j = 0; j < cases[i].n; j++)
			v[j] = (struct outcome){ .result = cases[i].v[j].result,
						 .cause = cases[i].v[j].cause };
		totals = outcome_count(&outcomes, cases[i].wanted);
		if (outcome_exit_code(&totals, cases[i].signal) != cases[i].exit_code)
			fail_msg("case %zu: %d, not %d", i,
				 outcome_exit_code(&totals, cases[i].signal), cases[i].exit_code);
	}
}

static void test_take(void **state)
{
	struct outcomes outcomes = { calloc(2, sizeof(struct outcome)), 2 },
			more = { calloc(3, sizeof(struct outcome)), 3 };
	static const uint64_t blocks[] = { 3, 4, 5, 9 };

	(void)state;
	outcomes.v[0] =
		(struct outcome){ .block = 4, .result = OUTCOME_CHANGED, .detail = strdup("old") };
	outcomes.v[1] =
		(struct outcome){ .block = 9, .result = OUTCOME_FAILED, .detail = strdup("kept") };
	for (size_t i = 0; i < more.n; i++)
		more.v[i] = (struct outcome){ .block = blocks[i],
					      .result = OUTCOME_VANISHED,
					      .detail = strdup("new") };
	assert_int_equal(outcomes_take(&outcomes, &more), 0);
	assert_int_equal(more.n, 0);
	assert_int_equal(outcomes.n, 4);
	for (size_t i = 0; i < outcomes.n; i++) {
		assert_int_equal(outcomes.v[i].block, blocks[i]);
		assert_int_equal(outcomes.v[i].result, i < 3 ? OUTCOME_VANISHED : OUTCOME_FAILED);
		assert_string_equal(outcomes.v[i].detail, i < 3 ? "new" : "kept");
	}
	outcomes_done(&outcomes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classify),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
