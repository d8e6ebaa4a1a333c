// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/selector.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

static void test_good_words(void **state)
{
	static const struct {
		const char *word;
		enum selector_kind kind;
		uint64_t first, last;
	} cases[] = {
		{ "0", SELECTOR_BLOCKS, 0, 0 },
		{ "42", SELECTOR_BLOCKS, 42, 42 },
		{ "32-39", SELECTOR_BLOCKS, 32, 39 },
		{ "5-5", SELECTOR_BLOCKS, 5, 5 },
		/* A number is a block, however large: never an address, and never MiB. */
		{ "134217728", SELECTOR_BLOCKS, 134217728, 134217728 },
		{ "17592186044416", SELECTOR_BLOCKS, 17592186044416, 17592186044416 },
		{ "0-18446744073709551615", SELECTOR_BLOCKS, 0, UINT64_MAX },
		{ "memory42", SELECTOR_BLOCKS, 42, 42 },
		{ "/sys/devices/system/memory/memory42", SELECTOR_BLOCKS, 42, 42 },
		{ "/devices/system/memory/memory42", SELECTOR_BLOCKS, 42, 42 },
		{ "/sys/bus/memory/devices/memory0", SELECTOR_BLOCKS, 0, 0 },
		{ "0x40000000", SELECTOR_ADDRESS, 0x40000000, 0x40000000 },
		{ "0X10", SELECTOR_ADDRESS, 0x10, 0x10 },
		{ "0x100000000-0x13fffffff", SELECTOR_ADDRESSES, 0x100000000, 0x13fffffff },
		{ "node1", SELECTOR_NODE, 1, 1 },
		{ "node0", SELECTOR_NODE, 0, 0 },
		{ "dax0.0", SELECTOR_DEVICE, 0, 0 },
		{ "PNP0C80:02", SELECTOR_DEVICE, 0, 0 },
		{ "virtio3", SELECTOR_DEVICE, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct selector selector;
		struct error err = { 0 };

		if (selector_parse(cases[i].word, &selector, &err) < 0)
			fail_msg("'%s': %s", cases[i].word, error_text(&err));
		assert_int_equal(selector.kind, cases[i].kind);
		assert_ptr_equal(selector.word, cases[i].word);
		assert_int_equal(selector.first, cases[i].first);
		assert_int_equal(selector.last, cases[i].last);
	}
}

/* Each is refused with a sentence that names it. */
static void test_bad_words(void **state)
{
	static const char *const words[] = {
		"5-",
		"-5",
		"-",
		"3-1",
		"1e3",
		" 5",
		"5 ",
		"010",
		"0-08",
		"1-2-3",
		"4G",
		"512M",
		"1,2",
		"0x",
		"0x10-",
		"0x10-20",
		"10-0x20",
		"0x20-0x10",
		"0xg",
		"99999999999999999999",
		"0x10000000000000000",
		"+5",
		"*",
		"all blocks",
		"/sys/devices/system/memory/",
		"/sys/devices/system/memory/memory",
		"/sys/devices/system/memory/memory042",
		"/sys/devices/system/memory/memory4/state",
		"/etc/passwd",
		"@",
		"42;reboot",
		"-0x10",
		"11111111111111111111111111111111111111111-2",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct selector selector = { .first = 77 };
		struct error err = { 0 };

		if (selector_parse(words[i], &selector, &err) != -EINVAL)
			fail_msg("'%s' was taken", words[i]);
		if (!strstr(error_text(&err), words[i]))
			fail_msg("'%s' is not named: %s", words[i], error_text(&err));
		assert_int_equal(selector.first, 77);
		error_done(&err);
	}
}

static void test_empty_word(void **state)
{
	struct selector selector;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(selector_parse("", &selector, &err), -EINVAL);
	assert_non_null(strstr(error_text(&err), "empty"));
	error_done(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_words),
		cmocka_unit_test(test_bad_words),
		cmocka_unit_test(test_empty_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
