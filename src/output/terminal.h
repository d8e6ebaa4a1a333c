/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What standard output can show. */
#ifndef MEMHP_OUTPUT_TERMINAL_H
#define MEMHP_OUTPUT_TERMINAL_H

#include <stdbool.h>

/* Columns: $COLUMNS, else those of the terminal, else 80. */
unsigned int terminal_width(void);

/* Is it a terminal, and does nobody object (NO_COLOR that is not empty, TERM=dumb)? */
bool terminal_has_colours(void);

/* Does the locale's encoding (LC_ALL, LC_CTYPE, LANG) have all characters? */
bool terminal_has_utf8(void);

#endif
