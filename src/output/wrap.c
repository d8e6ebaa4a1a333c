// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/wrap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "output/output-text.h"
#include "output/terminal.h"

/* Longer lines are hard to read. */
#define WIDTH_MAX 80

unsigned int wrap_width(void)
{
	unsigned int width = terminal_width(STDOUT_FILENO);

	return width < WIDTH_MAX ? width : WIDTH_MAX;
}

void wrap_print_whole(struct wrap *wrap, const char *text)
{
	if (wrap->column > wrap->indent && wrap->column + 1 + strlen(text) > wrap->width) {
		output_text("\n%*s", (int)wrap->indent, "");
		wrap->column = wrap->indent;
	} else if (wrap->column > wrap->indent) {
		output_text(" ");
		wrap->column++;
	}
	output_text("%s", text);
	wrap->column += (unsigned int)strlen(text);
}

void wrap_print(struct wrap *wrap, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *word, part[512];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		text = NULL;
		/* Without memory it is not wrapped. */
		va_start(arguments, format);
		vsnprintf(part, sizeof(part), format, arguments);
		va_end(arguments);
		output_text("%s%s", wrap->column > wrap->indent ? " " : "", part);
		wrap->column = wrap->width;
		return;
	}
	for (word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		wrap_print_whole(wrap, word);
}

struct wrap wrap_begin(unsigned int width, const char *label)
{
	output_text("  %-9s ", label);
	return (struct wrap){ .width = width, .indent = 12, .column = 12 };
}

struct wrap wrap_begin_list(unsigned int width, const char *label)
{
	struct wrap wrap = wrap_begin(width, label);

	wrap.width--;
	return wrap;
}
