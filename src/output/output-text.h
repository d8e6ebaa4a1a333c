/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text on standard output: the only way to print there besides tables and JSON. */
#ifndef MEMHP_OUTPUT_OUTPUT_TEXT_H
#define MEMHP_OUTPUT_OUTPUT_TEXT_H

#include <stdarg.h>

/*
 * Prints like printf(3), but text from outside cannot control a terminal: only the line breaks at
 * the beginning and the end of `format` are kept; any other control character becomes "?". If
 * memory runs out, nothing is printed, and output_text_flush() returns the error. Returns the
 * number of bytes printed.
 */
unsigned int output_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, with the arguments in a list. */
unsigned int output_text_arguments(const char *format, va_list arguments)
	__attribute__((format(printf, 1, 0)));

/* Prints a text of this program unchanged: with line breaks inside, or with colours. */
void output_text_plain(const char *text);

/* Flushes the output. Returns 0 or the -errno of the first failure since the start. */
int output_text_flush(void);

#endif
