// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/printable.h"

#define TEXT_SIZE 2048

/* What is left of a long word in a message that has no room for it: there may be a quote or a colon
 * at its end. */
#define WORD_HEAD 64
#define WORD_TAIL 16

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

static bool log_is_inside_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Takes the middle out of the first `length` bytes of `text`; returns how many are left. */
static size_t log_cut(char *text, size_t length, size_t head, size_t tail)
{
	size_t next = length - tail;

	while (head > 0 && log_is_inside_character(text[head]))
		head--;
	while (next < length && log_is_inside_character(text[next]))
		next++;
	memcpy(text + head, "...", 3);
	memmove(text + head + 3, text + next, strlen(text + next) + 1);
	return head + 3 + length - next;
}

/*
 * Makes a message fit that is too long, because of words of the user, so that what is said of them
 * stays.
 */
static void log_shorten(char *text)
{
	size_t length;

	for (char *at = text; *at; at += length) {
		at += strspn(at, " ");
		length = strcspn(at, " ");
		if (length > WORD_HEAD + 3 + WORD_TAIL)
			length = log_cut(at, length, WORD_HEAD, WORD_TAIL);
	}
	length = strlen(text);
	if (length >= TEXT_SIZE)
		log_cut(text, length, TEXT_SIZE / 2 - 3, TEXT_SIZE / 2 - 3);
}

__attribute__((format(printf, 2, 0))) static void log_format(char ret[TEXT_SIZE],
							     const char *format, va_list args)
{
	_cleanup_free_ char *text = NULL;
	va_list again;

	va_copy(again, args);
	if (vsnprintf(ret, TEXT_SIZE, format, args) >= TEXT_SIZE &&
	    vasprintf(&text, format, again) >= 0) {
		log_shorten(text);
		strcpy(ret, text);
	}
	va_end(again);
}

__attribute__((format(printf, 3, 0))) static void log_write(enum log_level level,
							    const char *prefix, const char *format,
							    va_list args)
{
	char text[TEXT_SIZE], line[TEXT_SIZE + 52];
	int length;

	if (level > shown)
		return;
	if (before_write)
		before_write();
	log_format(text, format, args);
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
