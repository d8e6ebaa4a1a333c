// SPDX-License-Identifier: GPL-2.0-or-later
/* What comes from outside cannot control a terminal. */
#include "base/printable.h"

#include <string.h>

#include "tests/unit/unit.h"

static void assert_made(const char *from, const char *wanted)
{
	char text[64];

	strcpy(text, from);
	assert_ptr_equal(printable_make(text), text);
	assert_string_equal(text, wanted);
}

static void test_text_stays(void **state)
{
	(void)state;
	assert_made("", "");
	assert_made("PNP0C80:00", "PNP0C80:00");
	assert_made("f\u00fcr \u20ac \U0001f600", "f\u00fcr \u20ac \U0001f600");
}

static void test_control_characters_go(void **state)
{
	(void)state;
	assert_made("a\033[2Jb\r\n\tc\x7f", "a?[2Jb???c?");
	/* U+0080 to U+009F: CSI in one character. */
	assert_made("\xc2\x9b"
		    "2J\xc2\xa0",
		    "?2J\xc2\xa0");
}

static void test_what_turns_the_direction_of_writing_goes(void **state)
{
	(void)state;
	assert_made("a\u200e\u200f\u202a\u202e\u2066\u2069b", "a??????b");
	assert_made("\u2028\u2029", "??");
	assert_made("\u200d\u2010\u2027\u202f\u2065\u206a", "\u200d\u2010\u2027\u202f\u2065\u206a");
}

static void test_only_ascii(void **state)
{
	char text[] = "f\u00fcr \u20ac\033\xff";

	(void)state;
	assert_string_equal(printable_make_ascii(text), "f?r ???");
}

static void test_what_is_not_utf8_goes(void **state)
{
	static const struct {
		const char *text;
		const char *wanted;
	} cases[] = {
		{ "\xff\xfe", "??" },
		{ "\x9b"
		  "2J",
		  "?2J" },
		{ "\xc0\x8a", "??" },		/* overlong newline */
		{ "\xe0\x80\x8a", "???" },	/* the same, longer */
		{ "\xf0\x80\x80\x8a", "????" }, /* and longer */
		{ "\xed\xa0\x80", "???" },	/* a surrogate */
		{ "\xf4\x90\x80\x80", "????" }, /* above U+10FFFF */
		{ "\xf5\x80\x80\x80", "????" },
		{ "\xe2\x82", "??" }, /* cut off */
		{ "\xe2\x82"
		  "a",
		  "??a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_made(cases[i].text, cases[i].wanted);
}

static void test_lengths(void **state)
{
	(void)state;
	assert_int_equal(printable_utf8_length("a"), 1);
	assert_int_equal(printable_utf8_length("\u00fc"), 2);
	assert_int_equal(printable_utf8_length("\u20ac"), 3);
	assert_int_equal(printable_utf8_length("\U0001f600"), 4);
	assert_int_equal(printable_utf8_length("\x80"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_stays),
		cmocka_unit_test(test_control_characters_go),
		cmocka_unit_test(test_what_turns_the_direction_of_writing_goes),
		cmocka_unit_test(test_only_ascii),
		cmocka_unit_test(test_what_is_not_utf8_goes),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests_name("printable", tests, NULL, NULL);
}
