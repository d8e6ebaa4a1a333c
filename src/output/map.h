/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture of memory: one cell a block, or a run of blocks. */
#ifndef MEMHP_OUTPUT_MAP_H
#define MEMHP_OUTPUT_MAP_H

#include <stdbool.h>

#include "model/memory.h"

struct map_request {
	const struct memory *memory; /* with nodes, and judged */
	const struct ranges *selected;
	unsigned int width; /* columns that may be used */
	bool colours;
	bool blocks_characters; /* block characters in place of letters; only where colours tell the
				   rest */
};

/*
 * Prints, for each node, rows of a power of two of cells behind the address of the first, then a
 * legend with sums. Where one cell a block would make too many rows, a cell stands for 2, 4, 8 …
 * blocks and shows what most of them are. What has no block is blank; rows without any are left
 * out. Errors: -ENOMEM.
 */
int map_print(const struct map_request *request);

#endif
