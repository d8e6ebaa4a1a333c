/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many blocks of a snapshot are in each state, zone and node. */
#ifndef MEMHP_MODEL_TOTALS_H
#define MEMHP_MODEL_TOTALS_H

#include "model/memory.h"

struct totals {
	size_t blocks;
	uint64_t by_state[BLOCK_STATE_COUNT];
	size_t by_zone[ZONE_COUNT]; /* online blocks only */
};

/* Counts all blocks of the snapshot. */
struct totals totals_count(const struct memory *memory);

/* Counts the blocks of one node. A block on several nodes counts on each. */
struct totals totals_count_node(const struct memory *memory, uint32_t node);

/* The numbers of the nodes that have blocks in the snapshot. Errors: -ENOMEM. */
int totals_nodes(const struct memory *memory, struct ranges *ret);

#endif
