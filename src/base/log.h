/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages on standard error: the only writer there besides the progress line. */
#ifndef MEMHP_BASE_LOG_H
#define MEMHP_BASE_LOG_H

#include <stddef.h>

enum log_level {
	LOG_LEVEL_ERROR,   /* always shown */
	LOG_LEVEL_WARNING, /* not with --quiet */
	LOG_LEVEL_INFO,	   /* --verbose */
	LOG_LEVEL_DEBUG,   /* --verbose twice */
};

/* Which messages are shown from now on; LOG_LEVEL_WARNING at the start. */
void log_set_level(enum log_level level);

/* Each prints "memhpctl: TEXT\n" (with "warning: " or "debug: " before the text), in one write. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Who writes a message, with its line break, to standard error, in one write. Without it, write(2)
 * does.
 */
void log_set_write(void (*function)(const char *text, size_t length));

/*
 * Called before each message is written, so that whoever draws on the terminal's last line can take
 * its drawing away. NULL for nobody.
 */
void log_set_before_write(void (*function)(void));

#endif
