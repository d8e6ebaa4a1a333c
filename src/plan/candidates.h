/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which blocks to take for an amount of memory ("--size 4G"); decided from the snapshot and what
 * was found out about its blocks.
 */
#ifndef MEMHP_PLAN_CANDIDATES_H
#define MEMHP_PLAN_CANDIDATES_H

#include <stdbool.h>

#include "base/error.h"
#include "judge/page-survey.h"
#include "plan/plan.h"

enum size_align { SIZE_EXACT, SIZE_UP, SIZE_DOWN };

struct candidates_request {
	const struct memory *memory;
	const struct ranges *selected; /* what may be taken */
	enum block_state wanted;       /* BLOCK_OFFLINE or BLOCK_ONLINE: what shall become of it */
	enum zone_request zone;	       /* for BLOCK_ONLINE */
	bool whole_devices;	       /* nothing but whole devices, as for remove */
	const struct page_survey *survey; /* NULL, or with the pages of all, some or no blocks */
};

/* Block numbers, the best first. */
struct candidates {
	uint64_t *v;
	size_t n;	 /* candidates: those that could serve */
	size_t n_chosen; /* of those the first, which together make the amount */
};

/*
 * An amount in bytes from "4G" with --align's word (NULL: exact). Errors: -EINVAL with a sentence:
 * no unit, no such number, no multiple of the block size (with the two nearest), nothing at all.
 */
int candidates_parse(const char *size, const char *align, uint64_t block_size, uint64_t *ret_blocks,
		     struct error *err);

/*
 * Orders the candidates for `blocks` blocks: for offline those online, but for those whose verdict
 * is "no", for online those offline.
 *  - Whole devices first, as far as they fit into the amount, the largest first; a device whose
 *    blocks cannot all be had is not whole. What is left over comes from blocks without a device,
 *    then from devices that are torn already, then from whole ones.
 *  - Among equals: the better chance, zone Movable before kernel zones, fewer pages to move (in
 *    eighths of a block), the higher address.
 * For online there is nothing to tear: first what the kernel would bring into the zone that is
 * asked for (Movable, if none is), then the highest address; never what cannot join it. With
 * whole_devices only whole devices are chosen, and only if they make the amount exactly. Errors:
 * -ENOMEM; -ERANGE with a sentence when the candidates together are less than the amount, or
 * (whole_devices) cannot make it.
 */
int candidates_choose(const struct candidates_request *request, uint64_t blocks,
		      struct candidates *ret, struct error *err);

void candidates_done(struct candidates *goal);

#endif
