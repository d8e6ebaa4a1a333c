/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making foreign text (device names, the kernel's log, the user's words) safe to print. */
#ifndef MEMHP_BASE_PRINTABLE_H
#define MEMHP_BASE_PRINTABLE_H

#include <stddef.h>

/* The length in bytes of the first character; 0 if it is not UTF-8 (RFC 3629, section 4). */
size_t printable_utf8_length(const char *text);

/*
 * Makes a text harmless to a terminal, in place: replaces each control character (C0, DEL, C1, line
 * separators and those that turn the direction of writing), including newlines and tabs, and each
 * byte that is not UTF-8 by "?". Returns the text.
 */
char *printable_make(char *text);

/* The same with each character that is not ASCII. */
char *printable_make_ascii(char *text);

#endif
