/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables for people and for cut(1). Only output-table.c knows libsmartcols. */
#ifndef MEMHP_OUTPUT_OUTPUT_TABLE_H
#define MEMHP_OUTPUT_OUTPUT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct output_table;

/* Why there is no table, or why it was not printed: returns -ENOMEM or -ENOSYS, with a sentence. */
int output_table_failed(struct error *err);

struct output_table_style {
	bool raw; /* one space between cells, unsafe characters escaped, for programs */
	bool no_headings;
	bool pairs; /* each row as NAME="value" NAME="value", for programs */
};

/* Returns NULL if memory runs out or the library is missing, as output_table_failed() tells. */
struct output_table *output_table_new(struct output_table_style style);
void output_table_add_column(struct output_table *table, const char *name, bool right);

/* Begins a row, then each cell in the order of the columns. Text is copied. */
void output_table_add_row(struct output_table *table);
void output_table_add_cell(struct output_table *table, const char *text);

/* How many characters its widest line has; 0 if memory ran out, as output_table_finish() tells. */
size_t output_table_width(const struct output_table *table);

/* Frees it unprinted. */
void output_table_discard(struct output_table *table);

/*
 * Prints the table on standard output and frees it. If it is too wide for the terminal, cells are
 * broken after their slashes ("Normal/Movable"); output that a program reads never is. Returns 0
 * or -ENOMEM; errors of stdout show when it is closed.
 */
int output_table_finish(struct output_table *table);

#endif
