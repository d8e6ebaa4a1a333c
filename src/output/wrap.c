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
	if (wrap->has_words && wrap->column + 1 + strlen(text) > wrap->width) {
		output_text("\n%*s", (int)wrap->indent, "");
		wrap->column = wrap->indent;
	} else if (wrap->has_words) {
		output_text(" ");
		wrap->column++;
	}
	output_text("%s", text);
	wrap->column += (unsigned int)strlen(text);
	wrap->has_words = true;
}

static void wrap_print_arguments(struct wrap *wrap, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

static void wrap_print_arguments(struct wrap *wrap, const char *format, va_list arguments)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *word;
	va_list again;

	va_copy(again, arguments);
	if (vasprintf(&text, format, arguments) < 0) {
		text = NULL;
		/* Without memory it is not wrapped. */
		output_text("%s", wrap->has_words ? " " : "");
		output_text_arguments(format, again);
		wrap->column = wrap->width;
		wrap->has_words = true;
	} else {
		for (word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
			wrap_print_whole(wrap, word);
	}
	va_end(again);
}

void wrap_print(struct wrap *wrap, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	wrap_print_arguments(wrap, format, arguments);
	va_end(arguments);
}

void wrap_print_paragraph(const char *format, ...)
{
	struct wrap wrap = { .width = wrap_width(), .indent = 4 };
	va_list arguments;

	va_start(arguments, format);
	if (isatty(STDOUT_FILENO))
		wrap_print_arguments(&wrap, format, arguments);
	else
		output_text_arguments(format, arguments);
	va_end(arguments);
	output_text("\n");
}

struct wrap wrap_begin(unsigned int width, const char *label)
{
	output_text("  %-9s ", label);
	return (struct wrap){ .width = width, .indent = 12, .column = 12 };
}

void wrap_print_labelled(unsigned int width, const char *label, const char *format, ...)
{
	struct wrap wrap = wrap_begin(width, label);
	va_list arguments;

	va_start(arguments, format);
	wrap_print_arguments(&wrap, format, arguments);
	va_end(arguments);
	output_text("\n");
}

struct wrap wrap_begin_list(unsigned int width, const char *label)
{
	struct wrap wrap = wrap_begin(width, label);

	wrap.width--;
	return wrap;
}
