// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/printable.h"

#include <stdbool.h>
#include <string.h>

size_t printable_utf8_length(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = p[0] < 0x80 ? 1 :
		   p[0] < 0xc2 ? 0 :
		   p[0] < 0xe0 ? 2 :
		   p[0] < 0xf0 ? 3 :
		   p[0] < 0xf5 ? 4 :
				 0;

	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, UTF-16 surrogates, and code points above U+10FFFF. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	return n;
}

static bool printable_is_control(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	if (p[0] == 0xe2)
		/* U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069 */
		return (p[1] == 0x80 &&
			(p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xa8 && p[2] <= 0xae))) ||
		       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
	return p[0] < ' ' || p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0);
}

static char *printable_replace(char *text, bool only_ascii)
{
	char *end = text;

	for (const char *next = text; *next;) {
		size_t n = printable_utf8_length(next);

		if (!n || (n > 1 && only_ascii) || printable_is_control(next)) {
			*end++ = '?';
			next += n ? n : 1;
			continue;
		}
		memmove(end, next, n);
		end += n;
		next += n;
	}
	*end = '\0';
	return text;
}

char *printable_make(char *text)
{
	return printable_replace(text, false);
}

char *printable_make_ascii(char *text)
{
	return printable_replace(text, true);
}
