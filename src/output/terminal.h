/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a terminal can show. */
#ifndef MEMHP_OUTPUT_TERMINAL_H
#define MEMHP_OUTPUT_TERMINAL_H

#include <stdbool.h>

/* The width of the terminal of a descriptor in columns: $COLUMNS, else its own, else 80. */
unsigned int terminal_width(int fd);

/* Is standard output a terminal that wants colours (NO_COLOR empty or unset, TERM not dumb)? */
bool terminal_has_colours(void);

/* Does the locale's encoding (LC_ALL, LC_CTYPE, LANG) have all characters? */
bool terminal_has_utf8(void);

#endif
