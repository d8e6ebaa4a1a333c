/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is there room elsewhere for what must move out of blocks that go offline? Decided from numbers
 * alone.
 */
#ifndef MEMHP_JUDGE_HEADROOM_H
#define MEMHP_JUDGE_HEADROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "model/pages.h"
#include "system/meminfo.h"

struct headroom {
	uint64_t must_move_bytes; /* in the blocks, and cannot simply be dropped */
	uint64_t free_bytes;	  /* elsewhere: free memory, droppable page cache, and swap */
};

/*
 * A cheap bound that looks at no pages: the blocks use at most the smaller of their size and all
 * memory in use, and at least all available memory minus their size is available elsewhere.
 * all_movable says that all of the blocks are in zone Movable, so that only what is used there
 * counts. True: there is certainly room. False: the pages must be counted.
 */
bool headroom_is_ample(const struct meminfo *meminfo, uint64_t selected_bytes, bool all_movable);

/*
 * Computes the two numbers from the pages of the blocks (of one, or the sum of several). Page cache
 * that moves could also be dropped, so it counts on neither side. Huge pages move into free ones
 * elsewhere in the pool first.
 */
struct headroom headroom_count(const struct meminfo *meminfo, const struct pages *pages);

bool headroom_suffices(const struct headroom *room);

#endif
