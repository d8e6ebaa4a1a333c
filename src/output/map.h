/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture of memory: one cell per block, or per run of blocks. */
#ifndef MEMHP_OUTPUT_MAP_H
#define MEMHP_OUTPUT_MAP_H

#include <stdbool.h>

#include "model/memory.h"

struct map_request {
	const struct memory *memory; /* with nodes, and judged */
	const struct ranges *selected;
	unsigned int width; /* available columns */
	bool colours;
	bool blocks_characters; /* block characters instead of letters; only if colours show the
				   rest */
};

/*
 * Prints for each node rows of cells after the address of the first cell, then a legend with
 * sums. The number of cells per row is a power of two. If one cell per block would make too many
 * rows, a cell stands for 2, 4, 8 … blocks and shows what most of them are. Places without a
 * block are blank; empty rows are left out. Errors: -ENOMEM.
 */
int map_print(const struct map_request *request);

#endif
