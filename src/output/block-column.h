/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only list of what `list` can show; the table, the JSON keys, --help and the completions come
 * from it. */
#ifndef MEMHP_OUTPUT_BLOCK_COLUMN_H
#define MEMHP_OUTPUT_BLOCK_COLUMN_H

#include "output/column.h"

extern const struct column_table block_columns;

#endif
