/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages on standard error; only the progress line also writes there. */
#ifndef MEMHP_BASE_LOG_H
#define MEMHP_BASE_LOG_H

#include <stddef.h>

enum log_level {
	LOG_LEVEL_ERROR,   /* always printed */
	LOG_LEVEL_WARNING, /* suppressed by --quiet */
	LOG_LEVEL_INFO,	   /* --verbose */
	LOG_LEVEL_DEBUG,   /* --verbose twice */
};

/* Sets which messages are printed from now on; initially LOG_LEVEL_WARNING. */
void log_set_level(enum log_level level);

/*
 * Each prints "memhpctl: TEXT\n" (the text prefixed with "warning: " or "debug: "), in one write.
 * Of a text of 2 KiB or more the long words lose their middle.
 */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Sets the function that writes a message, including its newline, to standard error in one write.
 * The default is write(2).
 */
void log_set_write(void (*function)(const char *text, size_t length));

/*
 * Sets a function to call before each message, so that the progress line can be erased first. NULL
 * for none.
 */
void log_set_before_write(void (*function)(void));

#endif
