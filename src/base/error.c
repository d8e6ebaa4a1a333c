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
	va_list args;
	char *text = NULL;

	if (!err)
		return code;
	/* Formatted before the old text goes: an argument may point into it. */
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	error_done(err);
	err->code = code;
	err->text = text;
	return code;
}

int error_wrap(struct error *err, const char *format, ...)
{
	va_list args;
	char *prefix = NULL;

	if (!err)
		return 0;
	va_start(args, format);
	if (vasprintf(&prefix, format, args) < 0)
		prefix = NULL;
	va_end(args);
	if (prefix)
		error_set(err, err->code, "%s: %s", prefix, error_text(err));
	free(prefix);
	return err->code;
}

const char *error_text(const struct error *err)
{
	return err->text ? err->text : strerror(-err->code);
}

void error_done(struct error *err)
{
	free(err->text);
	*err = (struct error){ 0 };
}

/* Made from the C library's <errno.h>: E names in no particular order, see Makefile.am. */
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

int error_number(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(error_names); i++)
		if (!strcmp(error_names[i].name, name))
			return error_names[i].number;
	return -EINVAL;
}
