// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/output-table.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "output/terminal.h"
#include "system/library.h"

#define LIBRARY "libsmartcols.so.1"

LIBRARY_NOTE(smartcols, "Prints tables", "required", LIBRARY);

/* clang-format off */
#define SCOLS_FUNCTIONS(each) \
	each(scols_new_table) each(scols_table_enable_raw) each(scols_table_enable_export) \
	each(scols_table_enable_noheadings) each(scols_table_enable_noencoding) \
	each(scols_table_new_column) each(scols_table_new_line) each(scols_line_refer_data) \
	each(scols_cell_get_data) each(scols_cell_set_data) each(scols_table_get_ncols) \
	each(scols_table_get_column) each(scols_column_set_flags) \
	each(scols_column_get_flags) each(scols_column_set_wrapfunc) \
	each(scols_wrapnl_chunksize) each(scols_wrapnl_nextchunk) \
	each(scols_column_set_safechars) each(scols_table_get_nlines) \
	each(scols_table_get_line) each(scols_line_get_cell) each(scols_print_table) \
	each(scols_print_table_to_string) each(scols_unref_table)
/* clang-format on */

/* Loaded for the first table: documents in JSON, and most changes of memory, print none. */
static struct {
	SCOLS_FUNCTIONS(LIBRARY_POINTER)
} lib = { SCOLS_FUNCTIONS(LIBRARY_LINKED) };

#define COLUMNS_MAX 32

struct output_table {
	struct libscols_table *table;
	struct output_table_style style;
	size_t width[COLUMNS_MAX], n_columns; /* the widths as far as they are known */
	struct libscols_line *line;
	size_t cell;
	int error;
};

static bool output_table_load(void)
{
	const struct library_symbol symbols[] = { SCOLS_FUNCTIONS(LIBRARY_SYMBOL) };

	return lib.scols_new_table || library_load(LIBRARY, symbols, ARRAY_SIZE(symbols));
}

int output_table_failed(struct error *err)
{
	if (output_table_load())
		return error_set(err, -ENOMEM, "not enough memory for the table");
	return error_set(err, -ENOSYS,
			 "tables need " LIBRARY
			 ", which cannot be loaded (%s): install it, or use --json",
			 library_complaint());
}

struct output_table *output_table_new(struct output_table_style style)
{
	struct output_table *table = output_table_load() ? calloc(1, sizeof(*table)) : NULL;

	if (!table)
		return NULL;
	table->table = lib.scols_new_table();
	if (!table->table) {
		free(table);
		return NULL;
	}
	table->style = style;
	lib.scols_table_enable_raw(table->table, style.raw);
	lib.scols_table_enable_export(table->table, style.pairs);
	lib.scols_table_enable_noheadings(table->table, style.no_headings);
	/* Its own encoding leaves a cell empty, without an error, when memory runs out. */
	lib.scols_table_enable_noencoding(table->table, 1);
	return table;
}

void output_table_add_column(struct output_table *table, const char *name, bool right)
{
	if (table->n_columns < COLUMNS_MAX)
		table->width[table->n_columns++] = table->style.no_headings ? 0 : strlen(name);
	if (!lib.scols_table_new_column(table->table, name, 0, right ? SCOLS_FL_RIGHT : 0))
		table->error = -ENOMEM;
}

void output_table_add_row(struct output_table *table)
{
	table->line = lib.scols_table_new_line(table->table, NULL);
	table->cell = 0;
	if (!table->line)
		table->error = -ENOMEM;
}

/* Errors: -ENOMEM. */
static int output_table_set_cell(struct output_table *table, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	/*
	 * What programs read is escaped, not replaced. With noencoding libsmartcols never ends
	 * where a table has a character that the locale does not have, and ours is "C".
	 */
	if (!table->style.raw && !table->style.pairs)
		printable_make_ascii(copy);
	if (lib.scols_line_refer_data(table->line, table->cell++, copy)) {
		free(copy);
		return -ENOMEM;
	}
	return 0;
}

void output_table_add_cell(struct output_table *table, const char *text)
{
	if (table->cell < table->n_columns && strlen(text) > table->width[table->cell])
		table->width[table->cell] = strlen(text);
	if (table->line && output_table_set_cell(table, text) < 0)
		table->error = -ENOMEM;
}

size_t output_table_width(const struct output_table *table)
{
	size_t width = 0;

	for (size_t i = 0; !table->error && i < table->n_columns; i++)
		width += table->width[i] + (i > 0);
	return width;
}

/* Is any line of the text longer than that? */
static bool output_table_is_wider(const char *text, size_t width)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		if (length > width)
			return true;
		text += length + (text[length] != '\0');
	}
	return false;
}

/* Adds a line break after each slash in a cell. Errors: -ENOMEM. */
static int output_table_break_cell(struct libscols_cell *cell)
{
	const char *text = lib.scols_cell_get_data(cell);
	_cleanup_free_ char *broken = NULL;
	char *end;

	if (!text || !strchr(text, '/'))
		return 0;
	broken = end = malloc(2 * strlen(text) + 1);
	if (!broken)
		return -ENOMEM;
	for (; *text; text++) {
		*end++ = *text;
		if (*text == '/')
			*end++ = '\n';
	}
	*end = '\0';
	return lib.scols_cell_set_data(cell, broken) ? -ENOMEM : 0;
}

static int output_table_break_cells(struct libscols_table *table)
{
	for (size_t column = 0; column < lib.scols_table_get_ncols(table); column++) {
		struct libscols_column *cl = lib.scols_table_get_column(table, column);

		lib.scols_column_set_flags(cl, lib.scols_column_get_flags(cl) | SCOLS_FL_WRAP);
		lib.scols_column_set_wrapfunc(cl, lib.scols_wrapnl_chunksize,
					      lib.scols_wrapnl_nextchunk, NULL);
		lib.scols_column_set_safechars(cl, "\n");
		for (size_t line = 0; line < lib.scols_table_get_nlines(table); line++) {
			struct libscols_line *ln = lib.scols_table_get_line(table, line);
			int r = output_table_break_cell(lib.scols_line_get_cell(ln, column));

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int output_table_print(struct output_table *table)
{
	_cleanup_free_ char *text = NULL;

	if (table->style.raw || table->style.pairs || !isatty(STDOUT_FILENO))
		return lib.scols_print_table(table->table) ? -ENOMEM : 0;
	if (lib.scols_print_table_to_string(table->table, &text))
		return -ENOMEM;
	if (text && output_table_is_wider(text, terminal_width(STDOUT_FILENO)) &&
	    output_table_break_cells(table->table) < 0)
		return -ENOMEM;
	return lib.scols_print_table(table->table) ? -ENOMEM : 0;
}

void output_table_discard(struct output_table *table)
{
	lib.scols_unref_table(table->table);
	free(table);
}

int output_table_finish(struct output_table *table)
{
	int r = table->error;

	if (r == 0)
		r = output_table_print(table);
	output_table_discard(table);
	return r;
}
