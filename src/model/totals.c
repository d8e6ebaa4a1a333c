// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/totals.h"

static void totals_add(struct totals *totals, const struct block *block)
{
	totals->blocks++;
	totals->by_state[block->state]++;
	if (block->state == BLOCK_ONLINE)
		totals->by_zone[block_zone(block)]++;
}

struct totals totals_count(const struct memory *memory)
{
	struct totals totals = { 0 };

	for (size_t i = 0; i < memory->n_blocks; i++)
		totals_add(&totals, &memory->blocks[i]);
	return totals;
}

struct totals totals_count_node(const struct memory *memory, uint32_t node)
{
	struct totals totals = { 0 };

	for (size_t i = 0; i < memory->n_blocks; i++)
		if (memory_block_is_on_node(memory, &memory->blocks[i], node))
			totals_add(&totals, &memory->blocks[i]);
	return totals;
}

int totals_nodes(const struct memory *memory, struct ranges *ret)
{
	for (size_t i = 0; i < memory->n_node_sets; i++) {
		for (size_t j = 0; j < memory->node_sets[i].n; j++) {
			int r = ranges_add(ret, memory->node_sets[i].v[j],
					   memory->node_sets[i].v[j]);

			if (r < 0)
				return r;
		}
	}
	return 0;
}
