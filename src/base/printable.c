// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/printable.h"

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

static int printable_is_control(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	return p[0] < ' ' || p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0);
}

char *printable_make(char *text)
{
	char *end = text;

	for (const char *next = text; *next;) {
		size_t n = printable_utf8_length(next);

		if (!n || printable_is_control(next)) {
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
