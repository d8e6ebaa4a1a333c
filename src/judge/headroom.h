/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is there room elsewhere for what has to move out of blocks that go offline? Decided from numbers
 * alone. */
#ifndef MEMHP_JUDGE_HEADROOM_H
#define MEMHP_JUDGE_HEADROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "model/pages.h"
#include "system/meminfo.h"

struct headroom {
	uint64_t must_move_bytes; /* in the blocks, and cannot just be dropped */
	uint64_t free_bytes;	  /* elsewhere: free, page cache that can be dropped, and swap */
};

/*
 * The cheap bound, without looking at any page: what is in use in the blocks is at most the smaller
 * of their size and all that is in use, and what is to be had elsewhere is at least all there is
 * less their size. With all_movable, all of the blocks are in zone Movable, so that only what is
 * used there counts. True: there is certainly room. False: one has to look.
 */
bool headroom_is_ample(const struct meminfo *meminfo, uint64_t selected_bytes, bool all_movable);

/*
 * The two numbers, from the pages of the blocks (of one, or the sum of several). Page cache that
 * moves takes room that it could also give up, so it is on neither side. Huge pages move into free
 * ones of the pool elsewhere first.
 */
struct headroom headroom_count(const struct meminfo *meminfo, const struct pages *pages);

bool headroom_suffices(const struct headroom *room);

#endif
