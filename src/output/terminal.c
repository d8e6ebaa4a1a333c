// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/parse.h"

#define WIDTH_MAX 10000
#define TABLE_WIDTH 80

unsigned int terminal_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t width;

	if (columns && parse_decimal(columns, &width) == 0 && width > 0 && width <= WIDTH_MAX)
		return (unsigned int)width;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return 80;
}

unsigned int terminal_table_width(void)
{
	unsigned int width = isatty(STDOUT_FILENO) ? terminal_width(STDOUT_FILENO) : TABLE_WIDTH;

	return width > TABLE_WIDTH ? width : TABLE_WIDTH;
}

bool terminal_has_colours(void)
{
	const char *no = getenv("NO_COLOR"), *kind = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && !(kind && !strcmp(kind, "dumb"));
}

bool terminal_has_utf8(void)
{
	/* The program itself stays in the C locale: none of its output depends on another one. */
	locale_t locale = newlocale(LC_CTYPE_MASK, "", NULL);
	bool utf8 = locale && !strcmp(nl_langinfo_l(CODESET, locale), "UTF-8");

	if (locale)
		freelocale(locale);
	return utf8;
}
