/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of others (names of devices, the kernel's log, words of the user) that is to be shown. */
#ifndef MEMHP_BASE_PRINTABLE_H
#define MEMHP_BASE_PRINTABLE_H

#include <stddef.h>

/* How many bytes the first character of the text takes; 0 if it is not UTF-8 (RFC 3629, section 4).
 */
size_t printable_utf8_length(const char *text);

/*
 * Makes a text harmless to a terminal, in place: a "?" stands for each control character (C0, DEL,
 * C1), line breaks and tabs among them, and for each byte that is not UTF-8. Returns the text.
 */
char *printable_make(char *text);

#endif
