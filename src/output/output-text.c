// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/output-text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "system/stream.h"

static bool has_failed; /* because memory ran out */

void output_text_plain(const char *text)
{
	stream_begin();
	fputs_unlocked(text, stdout);
}

unsigned int output_text_arguments(const char *format, va_list arguments)
{
	_cleanup_free_ char *text = NULL;
	size_t before = strspn(format, "\n"), after = 0, length = strlen(format);
	int r;

	while (before + after < length && format[length - 1 - after] == '\n')
		after++;
	r = vasprintf(&text, format, arguments);
	if (r < 0) {
		text = NULL;
		has_failed = true;
		return 0;
	}
	stream_begin();
	text[(size_t)r - after] = '\0';
	for (size_t i = 0; i < before; i++)
		putchar_unlocked('\n');
	fputs_unlocked(printable_make(text + before), stdout);
	for (size_t i = 0; i < after; i++)
		putchar_unlocked('\n');
	return (unsigned int)(before + strlen(text + before) + after);
}

unsigned int output_text(const char *format, ...)
{
	va_list arguments;
	unsigned int printed;

	va_start(arguments, format);
	printed = output_text_arguments(format, arguments);
	va_end(arguments);
	return printed;
}

int output_text_flush(void)
{
	if (has_failed)
		return -ENOMEM;
	if (fflush(stdout) || ferror(stdout))
		return errno ? -errno : -EIO;
	return 0;
}
