/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables for people and for cut(1). The only file behind it that knows libsmartcols. */
#ifndef MEMHP_OUTPUT_OUTPUT_TABLE_H
#define MEMHP_OUTPUT_OUTPUT_TABLE_H

#include <stdbool.h>

struct output_table;

struct output_table_style {
	bool raw; /* one blank between cells, unsafe characters escaped, for programs */
	bool no_headings;
};

/* Errors: NULL without memory, here and once more at the end. */
struct output_table *output_table_new(struct output_table_style style);
void output_table_add_column(struct output_table *table, const char *name, bool right);

/* Begins a row, then each cell in the order of the columns. Text is copied. */
void output_table_add_row(struct output_table *table);
void output_table_add_cell(struct output_table *table, const char *text);

/*
 * Prints on standard output and frees. On a terminal that the table is too wide for, cells are
 * broken behind their slashes ("Normal/Movable") into lines of their own; what a program reads
 * never is. Returns 0 or -ENOMEM; what stdout did is seen when it is closed.
 */
int output_table_finish(struct output_table *table);

#endif
