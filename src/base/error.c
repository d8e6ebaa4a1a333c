// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

int error_set(struct error *err, int code, const char *format, ...)
{
	struct error now = { .code = code < 0 ? code : -EIO };
	va_list args, again;

	if (!err)
		return now.code;
	/* Format before freeing the old text: an argument may point into it. */
	va_start(args, format);
	va_copy(again, args);
	if (vasprintf(&now.text, format, args) < 0) {
		int length = vsnprintf(now.short_text, sizeof(now.short_text), format, again);

		now.text = NULL;
		/* Half a sentence shows that it is: there may be a command at its end. */
		if (length >= (int)sizeof(now.short_text))
			strcpy(now.short_text + sizeof(now.short_text) - sizeof("..."), "...");
	}
	va_end(again);
	va_end(args);
	error_done(err);
	*err = now;
	return now.code;
}

int error_wrap(struct error *err, const char *format, ...)
{
	char short_prefix[sizeof(err->short_text)];
	_cleanup_free_ char *prefix = NULL;
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);
	if (vasprintf(&prefix, format, args) < 0) {
		vsnprintf(short_prefix, sizeof(short_prefix), format, again);
		prefix = NULL;
	}
	va_end(again);
	va_end(args);
	return error_set(err, err->code, "%s: %s", prefix ? prefix : short_prefix, error_text(err));
}

const char *error_text(const struct error *err)
{
	if (err->text)
		return err->text;
	if (*err->short_text)
		return err->short_text;
	return err->code ? strerror(-err->code) : "unknown error";
}

void error_done(struct error *err)
{
	free(err->text);
	*err = (struct error){ 0 };
}

/* Generated from the C library's <errno.h>; see Makefile.am. */
static const struct {
	const char *name;
	int number;
} error_names[] = {
#include "errno-names.h"
};

const char *error_name(int number)
{
	static char unnamed[32];

	if (number < 0)
		number = -number;
	for (size_t i = 0; i < ARRAY_SIZE(error_names); i++)
		if (error_names[i].number == number)
			return error_names[i].name;
	snprintf(unnamed, sizeof(unnamed), "errno %d", number);
	return unnamed;
}
