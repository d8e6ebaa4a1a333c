// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/format.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "system/clock.h"
#include "tests/unit/unit.h"

static void test_size(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0B" },
		{ 1, "1B" },
		{ 1023, "1023B" },
		{ 1024, "1K" },
		{ 1536, "1.5K" },
		{ 1280, "1.25K" },
		{ 1025, "1025B" },
		{ 128ULL << 20, "128M" },
		{ 3ULL << 29, "1.5G" },
		{ 11ULL << 28, "2.75G" },
		{ 9ULL << 27, "1152M" },
		{ 4ULL << 40, "4T" },
		{ 1ULL << 63, "8E" },
		{ 5ULL << 58, "1.25E" },
		{ 19ULL << 59, "9.5E" },
		{ UINT64_MAX, "18446744073709551615B" },
	};
	char buffer[FORMAT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(format_size(cases[i].bytes, buffer), cases[i].text);
}

/* The text is the exact amount: parse_size() reads it back. */
static void test_size_is_exact(void **state)
{
	char buffer[FORMAT_SIZE];
	uint64_t value;

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		uint64_t bytes =
			(((uint64_t)rand() << 33) ^ ((uint64_t)rand() << 11) ^ (uint64_t)rand()) >>
			(rand() % 64) << (rand() % 40);

		assert_int_equal(parse_size(format_size(bytes, buffer), &value), 0);
		assert_int_equal(value, bytes);
	}
}

static void test_duration(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "0 ms" },		{ 14, "14 ms" },	  { 999, "999 ms" },
		{ 1000, "1.0 s" },	{ 2345, "2.3 s" },	  { 59999, "59.9 s" },
		{ 60000, "1 min 0 s" }, { 250000, "4 min 10 s" },
	};
	char buffer[FORMAT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(format_duration(cases[i].ms * CLOCK_NS_PER_MS, buffer),
				    cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_size_is_exact),
		cmocka_unit_test(test_duration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
