// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/printable.h"

static enum log_level shown = LOG_LEVEL_WARNING;
static void log_write_plainly(const char *text, size_t length);

static void (*before_write)(void);
static void (*write_message)(const char *text, size_t length) = log_write_plainly;

void log_set_level(enum log_level level)
{
	shown = level;
}

static void log_write_plainly(const char *text, size_t length)
{
	if (write(STDERR_FILENO, text, length) < 0)
		return;
}

void log_set_write(void (*function)(const char *text, size_t length))
{
	write_message = function;
}

void log_set_before_write(void (*function)(void))
{
	before_write = function;
}

__attribute__((format(printf, 3, 0))) static void log_write(enum log_level level,
							    const char *prefix, const char *format,
							    va_list args)
{
	char text[2048], line[2100];
	int length;

	if (level > shown)
		return;
	if (before_write)
		before_write();
	vsnprintf(text, sizeof(text), format, args);
	/* It quotes the user's words and file contents, which must not control the terminal. */
	length = snprintf(line, sizeof(line), "memhpctl: %s%s\n", prefix, printable_make(text));
	write_message(line, (size_t)length);
}

#define LOG_FUNCTION(name, level, prefix)               \
	void name(const char *format, ...)              \
	{                                               \
		va_list args;                           \
                                                        \
		va_start(args, format);                 \
		log_write(level, prefix, format, args); \
		va_end(args);                           \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR, "")
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING, "warning: ")
LOG_FUNCTION(log_info, LOG_LEVEL_INFO, "")
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG, "debug: ")
