/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a column of `list` is, and which columns are shown. */
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
	const struct block *first;    /* the first; represents all of them */
	uint64_t last;		      /* number of the last block */
	bool single;		      /* rows are blocks, not ranges */
	bool bytes;		      /* sizes in bytes */
	const struct device_run *run; /* rows are devices: this one, and first is NULL */
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
	const char *alias;   /* lsmem's name for it; NULL: the same, or none */
	unsigned char spare; /* given up where the table is too wide, the lowest first; 0: never */
	const char *narrow;  /* then replaced by the column of this name; NULL: left out */
};

struct column_table {
	const struct column *v;
	size_t n;
};

#define COLUMNS_MAX 32

/* The shown columns, in order. */
struct column_choice {
	const struct column *v[COLUMNS_MAX];
	const char *heading[COLUMNS_MAX]; /* its name, or the alias by which it was chosen */
	size_t n;
};

/*
 * "SIZE,STATE" replaces the default columns, "+NODE" adds to them, where they have it not yet;
 * names in any case, or lsmem's. NULL: the default. Errors: -EINVAL with a sentence that names the
 * word and the existing columns.
 */
int column_choose(const struct column_table *table, const char *list, struct column_choice *ret,
		  struct error *err);

/* All columns. */
void column_choose_all(const struct column_table *table, struct column_choice *ret);

/*
 * Appends a column to the chosen ones unless it is already there. Errors: -EINVAL: no
 * such column, or no room.
 */
int column_add(const struct column_table *table, const char *name, struct column_choice *choice);

/* Gives up one spare column, in place of which there may be a narrower one. False: there is none.
 */
bool column_narrow(const struct column_table *table, struct column_choice *choice);

/* Leaves out the chosen column of this name, if it is among them. */
void column_drop(const char *name, struct column_choice *choice);

/* Is it one whose JSON an earlier column has already, as RANGE and ADDRESS? */
bool column_repeats(const struct column_choice *choice, size_t index);

/* What must be read for the chosen columns. */
unsigned int column_want(const struct column_choice *choice);

/* Can the block be shown in one row with its predecessor? */
bool column_mergeable(const struct column_choice *choice, const struct memory *memory,
		      const struct block *before, const struct block *block);

#endif
