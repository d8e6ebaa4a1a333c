/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `list` shows of memory blocks. */
#ifndef MEMHP_COMMAND_LIST_BLOCKS_H
#define MEMHP_COMMAND_LIST_BLOCKS_H

#include "command/command.h"
#include "output/block-column.h"
#include "output/output-table.h"

/* The list in progress: the selected blocks of a snapshot, row by row. */
struct list_blocks {
	const struct memory *memory;
	const struct ranges *selected;
	struct column_choice *choice; /* of block_columns */
	struct output_table_style style;
	bool all;    /* each block has a row */
	bool bytes;  /* sizes in bytes */
	bool fits;   /* nobody chose the columns: give up some if the table is too wide */
	size_t next; /* index of the next block */
	struct row row;
	uint64_t selected_by_state[BLOCK_STATE_COUNT];
};

/* Prints the blocks as a table, or as JSON. Returns the exit code. */
int list_blocks_print(const struct context *context, struct list_blocks *list);

/* Prints only the totals. Returns the exit code. */
int list_blocks_print_summary(struct list_blocks *list);

#endif
