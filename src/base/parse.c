// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

static int parse_digits(const char *text, int base, uint64_t *ret)
{
	unsigned long long value;
	char *end;

	/* strtoull() would accept spaces, signs and a second prefix. */
	if (base == 16 ? !isxdigit((unsigned char)text[0]) : !isdigit((unsigned char)text[0]))
		return -EINVAL;
	if (base == 16 && text[0] == '0' && tolower((unsigned char)text[1]) == 'x')
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, base);
	if (*end)
		return -EINVAL;
	if (errno)
		return -errno;
	*ret = value;
	return 0;
}

int parse_decimal(const char *text, uint64_t *ret)
{
	return parse_digits(text, 10, ret);
}

int parse_hex(const char *text, uint64_t *ret)
{
	return parse_digits(text, 16, ret);
}

int parse_address(const char *text, uint64_t *ret)
{
	if (text[0] != '0' || tolower((unsigned char)text[1]) != 'x')
		return -EINVAL;
	return parse_digits(text + 2, 16, ret);
}

static uint64_t parse_common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * Reads "WHOLE[.FRACTION]", which ends where `unit` begins, and multiplies it by scale. The product
 * must be a whole number that fits.
 */
static int parse_scaled(const char *text, const char *unit, uint64_t scale, uint64_t *ret)
{
	uint64_t value = 0, fraction = 0, divisor = 1, common;
	const char *p = text;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (unsigned)(*p - '0'), &value))
			return -ERANGE;
	}
	if (*p == '.') {
		if (!isdigit((unsigned char)*++p))
			return -EINVAL;
		for (; isdigit((unsigned char)*p); p++) {
			if (divisor >= 1000000000000ULL)
				return -EINVAL;
			fraction = fraction * 10 + (unsigned)(*p - '0');
			divisor *= 10;
		}
	}
	if (p != unit)
		return -EINVAL;
	/* In lowest terms, so that the product fits. */
	common = parse_common_divisor(scale, divisor);
	if (fraction % (divisor / common))
		return -EINVAL;
	if (__builtin_mul_overflow(value, scale, &value) ||
	    __builtin_add_overflow(value, fraction / (divisor / common) * (scale / common), &value))
		return -ERANGE;
	*ret = value;
	return 0;
}

int parse_size(const char *text, uint64_t *ret)
{
	static const char units[] = "KMGTPE";
	size_t digits = strspn(text, "0123456789.");
	const char *unit = text + digits, *letter;
	uint64_t scale;

	if (!digits)
		return -EINVAL;
	if (!*unit)
		return -ENOMSG;
	if (!strcasecmp(unit, "B")) {
		scale = 1;
	} else {
		letter = strchr(units, toupper((unsigned char)*unit));
		if (!letter || (unit[1] && strcmp(unit + 1, "iB")))
			return -EINVAL;
		scale = 1ULL << (10 * (letter - units + 1));
	}
	return parse_scaled(text, unit, scale, ret);
}

int parse_duration_ms(const char *text, int64_t *ret)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = { { "", 1000 },	  { "ms", 1 },		{ "s", 1000 },
		      { "m", 60 * 1000 }, { "min", 60 * 1000 }, { "h", 3600 * 1000 } };
	const char *unit = text + strspn(text, "0123456789.");

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		uint64_t ms;
		int r;

		if (strcmp(unit, units[i].name))
			continue;
		r = parse_scaled(text, unit, units[i].ms, &ms);
		if (r < 0)
			return r;
		/* Ten years: anything longer is a mistake, and this still fits in nanoseconds. */
		if (ms > 10ULL * 366 * 24 * 3600 * 1000)
			return -ERANGE;
		*ret = (int64_t)ms;
		return 0;
	}
	return -EINVAL;
}
