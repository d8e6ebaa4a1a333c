/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a terminal can show. */
#ifndef MEMHP_OUTPUT_TERMINAL_H
#define MEMHP_OUTPUT_TERMINAL_H

#include <stdbool.h>

/* The width of the terminal of a descriptor in columns: $COLUMNS, else its own, else 80. */
unsigned int terminal_width(int fd);

/*
 * The width that a table on standard output may have: that of the terminal, or 80 where that is
 * more or the output goes elsewhere.
 */
unsigned int terminal_table_width(void);

/* Is standard output a terminal that wants colours (NO_COLOR empty or unset, TERM not dumb)? */
bool terminal_has_colours(void);

/* Does the locale's encoding (LC_ALL, LC_CTYPE, LANG) have all characters? */
bool terminal_has_utf8(void);

#endif
