// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/output-table.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>

struct output_table {
	struct libscols_table *table;
	struct libscols_line *line;
	size_t cell;
	int error;
};

struct output_table *output_table_new(struct output_table_style style)
{
	struct output_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->table = scols_new_table();
	if (!table->table) {
		free(table);
		return NULL;
	}
	scols_table_enable_raw(table->table, style.raw);
	scols_table_enable_noheadings(table->table, style.no_headings);
	return table;
}

void output_table_add_column(struct output_table *table, const char *name, bool right)
{
	if (!scols_table_new_column(table->table, name, 0, right ? SCOLS_FL_RIGHT : 0))
		table->error = -ENOMEM;
}

void output_table_add_row(struct output_table *table)
{
	table->line = scols_table_new_line(table->table, NULL);
	table->cell = 0;
	if (!table->line)
		table->error = -ENOMEM;
}

void output_table_add_cell(struct output_table *table, const char *text)
{
	if (table->line && scols_line_set_data(table->line, table->cell++, text))
		table->error = -ENOMEM;
}

int output_table_finish(struct output_table *table)
{
	int r = table->error;

	if (r == 0 && scols_print_table(table->table))
		r = -ENOMEM;
	scols_unref_table(table->table);
	free(table);
	return r;
}
