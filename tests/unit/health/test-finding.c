// SPDX-License-Identifier: GPL-2.0-or-later
#include "health/finding.h"

#include "tests/unit/unit.h"

static void test_words_differ(void **state)
{
	(void)state;
	for (int i = 0; i < FINDING_COUNT; i++) {
		assert_non_null(finding_name((enum finding_word)i));
		assert_non_null(finding_sentence((enum finding_word)i));
		assert_non_null(finding_command((enum finding_word)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(finding_name((enum finding_word)i),
						finding_name((enum finding_word)j));
	}
}

static void test_arguments_are_quoted(void **state)
{
	struct findings findings = { 0 };
	struct ranges blocks = { 0 };

	(void)state;
	assert_int_equal(ranges_add(&blocks, 32, 39), 0);
	assert_int_equal(ranges_add(&blocks, 42, 42), 0);
	findings_add_blocks(&findings, FINDING_LEFT, &blocks, NULL);
	findings_add_device(&findings, FINDING_NOT_TAKEN, "a b'c", "why");
	findings_add(&findings, FINDING_DAXCTL, "x",
		     (const struct finding_argument[]){ { "FILE", "/a/FILE" }, { NULL, NULL } },
		     NULL);
	assert_int_equal(findings.error, 0);
	assert_string_equal(findings.v[0].command, "memhpctl online 32-39 42");
	assert_string_equal(findings.v[0].about, "memory32-39,42");
	assert_null(findings.v[0].detail);
	assert_string_equal(findings.v[1].command, "journalctl -k -g 'a b'\\''c'");
	/* What was filled in is not filled in again. */
	assert_string_equal(findings.v[2].command, "mv /a/FILE /a/FILE.off");
	ranges_done(&blocks);
	findings_done(&findings);
	assert_int_equal(findings.n, 0);
}

static void test_found_is_not_unseen(void **state)
{
	struct findings findings = { 0 };

	(void)state;
	findings_add_unseen(&findings, FINDING_RATIO, "why");
	assert_true(findings_may_have(&findings, FINDING_RATIO));
	assert_false(findings_may_have(&findings, FINDING_KNOB));
	findings_add(&findings, FINDING_RATIO, "x", NULL, NULL);
	assert_true(findings_have(&findings, FINDING_RATIO));
	assert_false(findings_may_have(&findings, FINDING_RATIO));
	findings_add_unseen(&findings, FINDING_COUNT, "any");
	assert_true(findings_may_have(&findings, FINDING_KNOB));
	assert_false(findings_may_have(&findings, FINDING_RATIO));
	findings_done(&findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_differ),
		cmocka_unit_test(test_arguments_are_quoted),
		cmocka_unit_test(test_found_is_not_unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
