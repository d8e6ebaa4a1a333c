// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/headroom.h"

static uint64_t headroom_less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

bool headroom_is_ample(const struct meminfo *meminfo, uint64_t selected_bytes, bool all_movable)
{
	uint64_t used = headroom_less(meminfo->total, meminfo->free);

	if (all_movable && used > meminfo->movable_used)
		used = meminfo->movable_used;
	if (used > selected_bytes)
		used = selected_bytes;
	return used <= headroom_less(meminfo->available, selected_bytes);
}

struct headroom headroom_count(const struct meminfo *meminfo, const struct pages *pages)
{
	const uint64_t *count = pages->count;
	uint64_t huge = (count[PAGE_HUGE] + count[PAGE_GIGANTIC]) * pages->page_size;

	return (struct headroom){
		.must_move_bytes = (count[PAGE_ANON] + count[PAGE_SHARED] + count[PAGE_LOCKED]) *
					   pages->page_size +
				   headroom_less(huge, headroom_less(meminfo->huge_free,
								     count[PAGE_HUGE_FREE] *
									     pages->page_size)),
		.free_bytes =
			headroom_less(meminfo->available,
				      (count[PAGE_FREE] + count[PAGE_FILE]) * pages->page_size) +
			meminfo->swap_free,
	};
}

bool headroom_suffices(const struct headroom *room)
{
	return room->must_move_bytes <= room->free_bytes;
}
