/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words as a shell takes them. */
#ifndef MEMHP_BASE_QUOTE_H
#define MEMHP_BASE_QUOTE_H

#include <stdio.h>

/* Prints a word so that a POSIX shell reads exactly this: in single quotes if it has to be. */
void quote_print(const char *word, FILE *out);

#endif
