// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/parse.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

struct number_case {
	const char *text;
	int r;
	uint64_t value;
};

#define UNTOUCHED 0xdeadbeef

static void check_numbers(int (*parse)(const char *, uint64_t *), const struct number_case *cases,
			  size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t value = UNTOUCHED;

		assert_int_equal(parse(cases[i].text, &value), cases[i].r);
		assert_int_equal(value, cases[i].r ? UNTOUCHED : cases[i].value);
	}
}

static void test_decimal(void **state)
{
	static const struct number_case cases[] = {
		{ "0", 0, 0 },
		{ "42", 0, 42 },
		{ "010", 0, 10 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ " 5", -EINVAL, 0 },
		{ "5 ", -EINVAL, 0 },
		{ "+5", -EINVAL, 0 },
		{ "-5", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "5\n", -EINVAL, 0 },
		{ "a", -EINVAL, 0 },
	};

	(void)state;
	check_numbers(parse_decimal, cases, ARRAY_SIZE(cases));
}

static void test_hex(void **state)
{
	static const struct number_case cases[] = {
		{ "0", 0, 0 },
		{ "8000000", 0, 0x8000000 },
		{ "ffffffffffffffff", 0, UINT64_MAX },
		{ "AbC", 0, 0xabc },
		{ "10000000000000000", -ERANGE, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "0X10", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "g", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
	};

	(void)state;
	check_numbers(parse_hex, cases, ARRAY_SIZE(cases));
}

static void test_address(void **state)
{
	static const struct number_case cases[] = {
		{ "0x10", 0, 0x10 },
		{ "0X10", 0, 0x10 },
		{ "0xffffffffffffffff", 0, UINT64_MAX },
		{ "0x", -EINVAL, 0 },
		{ "10", -EINVAL, 0 },
		{ "0x0x10", -EINVAL, 0 },
		{ "0x 1", -EINVAL, 0 },
		{ "0x-1", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "0x10000000000000000", -ERANGE, 0 },
	};

	(void)state;
	check_numbers(parse_address, cases, ARRAY_SIZE(cases));
}

static void test_size(void **state)
{
	static const struct number_case cases[] = {
		{ "512M", 0, 512ULL << 20 },
		{ "4G", 0, 4ULL << 30 },
		{ "4g", 0, 4ULL << 30 },
		{ "1.5G", 0, 3ULL << 29 },
		{ "128MiB", 0, 128ULL << 20 },
		{ "1T", 0, 1ULL << 40 },
		{ "2P", 0, 2ULL << 50 },
		{ "15E", 0, 15ULL << 60 },
		{ "1.25E", 0, 5ULL << 58 },
		{ "15.999755859375E", 0, 0xffffULL << 48 },
		{ "65536B", 0, 65536 },
		{ "1b", 0, 1 },
		{ "0.5K", 0, 512 },
		{ "1.25KiB", 0, 1280 },
		{ "0G", 0, 0 },
		{ "16E", -ERANGE, 0 },
		{ "99999999999999999999G", -ERANGE, 0 },
		{ "4", -ENOMSG, 0 },
		{ "4.5", -ENOMSG, 0 },
		{ "", -EINVAL, 0 },
		{ "G", -EINVAL, 0 },
		{ "4X", -EINVAL, 0 },
		{ "4GB", -EINVAL, 0 },
		{ "4Gi", -EINVAL, 0 },
		{ "4 G", -EINVAL, 0 },
		{ "-4G", -EINVAL, 0 },
		{ ".5G", -EINVAL, 0 },
		{ "1.G", -EINVAL, 0 },
		{ "1.5.3G", -EINVAL, 0 },
		{ "1.5.G", -EINVAL, 0 },
		{ "0.3B", -EINVAL, 0 },
		{ "1.0001K", -EINVAL, 0 },
		{ "0.00000000000001G", -EINVAL, 0 },
	};

	(void)state;
	check_numbers(parse_size, cases, ARRAY_SIZE(cases));
}

static void test_duration(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t ms;
	} cases[] = {
		{ "500ms", 0, 500 },
		{ "30s", 0, 30000 },
		{ "30", 0, 30000 },
		{ "1.5", 0, 1500 },
		{ "0.25s", 0, 250 },
		{ "5m", 0, 300000 },
		{ "5min", 0, 300000 },
		{ "1h", 0, 3600000 },
		{ "0", 0, 0 },
		{ "", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "1.5.3s", -EINVAL, 0 },
		{ "1.5.", -EINVAL, 0 },
		{ "5 s", -EINVAL, 0 },
		{ "5S", -EINVAL, 0 },
		{ "1d", -EINVAL, 0 },
		{ "0.5ms", -EINVAL, 0 },
		{ "100000h", -ERANGE, 0 },
		{ "99999999999999999999", -ERANGE, 0 },
		{ "inf", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t ms = -1;

		assert_int_equal(parse_duration_ms(cases[i].text, &ms), cases[i].r);
		assert_int_equal(ms, cases[i].r ? -1 : cases[i].ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decimal),	 cmocka_unit_test(test_hex),
		cmocka_unit_test(test_address),	 cmocka_unit_test(test_size),
		cmocka_unit_test(test_duration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
