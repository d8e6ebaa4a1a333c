/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text on standard output: the only way there besides tables and JSON. */
#ifndef MEMHP_OUTPUT_OUTPUT_TEXT_H
#define MEMHP_OUTPUT_OUTPUT_TEXT_H

/*
 * Prints as printf(3) does, but nothing that comes from outside can do anything to a terminal: line
 * breaks are only those at the beginning and at the end of `format`; a "?" stands for any other
 * control character. Without memory nothing is printed, and output_text_flush() says so.
 * Returns how many bytes were printed.
 */
unsigned int output_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A text of this program as it is: with line breaks inside, or the colours of a terminal. */
void output_text_plain(const char *text);

/* Sends what was printed on its way. Returns 0 or -errno of what went wrong since the start. */
int output_text_flush(void);

#endif
