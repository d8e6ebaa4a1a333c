// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/quote.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

static void test_words(void **state)
{
	static const struct {
		const char *word, *quoted;
	} cases[] = {
		{ "dax0.0", "dax0.0" },
		{ "--zone=movable", "--zone=movable" },
		{ "0x100000000-0x13fffffff", "0x100000000-0x13fffffff" },
		{ "a b", "'a b'" },
		{ "", "''" },
		{ "it's", "'it'\\''s'" },
		{ "$(reboot)", "'$(reboot)'" },
		{ "LMB*", "'LMB*'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		assert_non_null(out);
		quote_print(cases[i].word, out);
		fclose(out);
		assert_string_equal(text, cases[i].quoted);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_words) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
