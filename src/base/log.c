// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static enum log_level shown = LOG_LEVEL_WARNING;
static void (*before_write)(void);

void log_set_level(enum log_level level)
{
	shown = level;
}

void log_set_before_write(void (*function)(void))
{
	before_write = function;
}

__attribute__((format(printf, 3, 0))) static void log_write(enum log_level level,
							    const char *prefix, const char *format,
							    va_list args)
{
	char text[2048];

	if (level > shown)
		return;
	if (before_write)
		before_write();
	vsnprintf(text, sizeof(text), format, args);
	/* Words of the user and of files are quoted in it; they are no commands to the terminal. */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	fprintf(stderr, "memhpctl: %s%s\n", prefix, text);
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
