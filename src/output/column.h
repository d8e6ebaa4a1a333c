/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only list of what `list` can show; the table, the JSON keys, --help and the completions come
 * from it. */
#ifndef MEMHP_OUTPUT_COLUMN_H
#define MEMHP_OUTPUT_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/memory.h"
#include "output/output-json.h"

/* A run of neighbouring blocks that are equal in all shown columns. */
struct row {
	const struct memory *memory;
	const struct block *first; /* the first; represents all of them */
	uint64_t last;		   /* number of the last block */
	bool single;		   /* rows are blocks, not ranges */
	bool bytes;		   /* sizes in bytes */
};

#define COLUMN_CELL_SIZE 256

struct column {
	const char *name;
	const char *help;
	bool right;
	bool by_default;
	unsigned int want; /* what must be read for it: enum want */
	/* Do two blocks look the same in this column? NULL: it shows only the extent of the row. */
	bool (*equal)(const struct memory *memory, const struct block *a, const struct block *b);
	void (*text)(const struct row *row, char *cell); /* COLUMN_CELL_SIZE bytes */
	void (*json)(const struct row *row, struct output_json *json);
};

extern const struct column columns[];
extern const size_t n_columns;

#define COLUMNS_MAX 32

/* The shown columns, in order. */
struct column_choice {
	const struct column *v[COLUMNS_MAX];
	size_t n;
};

/*
 * "SIZE,STATE" replaces the default columns, "+NODE" adds to them; names in any case. NULL: the
 * default. Errors: -EINVAL with a sentence that names the word and the existing columns.
 */
int column_choose(const char *list, struct column_choice *ret, struct error *err);

/*
 * Appends a column to the chosen ones unless it is already there. Errors: -EINVAL: no such
 * column, or no room.
 */
int column_add(const char *name, struct column_choice *choice);

/* What must be read for the chosen columns. */
unsigned int column_want(const struct column_choice *choice);

/* Can the block be shown in one row with its predecessor? */
bool column_mergeable(const struct column_choice *choice, const struct memory *memory,
		      const struct block *before, const struct block *block);

#endif
