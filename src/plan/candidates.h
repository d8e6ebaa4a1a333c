/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which blocks to take for an amount of memory ("--size 4G"), decided from the snapshot and from
 * what is known about its blocks.
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
	const struct ranges *selected;	  /* what may be taken */
	enum block_state wanted;	  /* BLOCK_OFFLINE or BLOCK_ONLINE: the wanted state */
	enum zone_request zone;		  /* for BLOCK_ONLINE */
	bool whole_devices;		  /* whole devices only, as for remove */
	const struct page_survey *survey; /* NULL, or with the pages of all, some or no blocks */
};

/* Block numbers, the best first. */
struct candidates {
	uint64_t *v;
	size_t n;	 /* candidates: the blocks that could be taken */
	size_t n_chosen; /* how many of the first ones make up the amount */
};

/*
 * An amount as a number of blocks, from "4G" and --align's word (NULL: exact). Errors: -EINVAL
 * with a sentence: no unit, not a number, not a multiple of the block size (with the two nearest),
 * less than a block.
 */
int candidates_parse(const char *size, const char *align, uint64_t block_size, uint64_t *ret_blocks,
		     struct error *err);

/*
 * Orders the candidates for `blocks` blocks: for offline the online ones, except those whose
 * verdict is "no"; for online the offline ones.
 *  - Whole devices first, as far as they fit into the amount, the largest first; a device is not
 *    whole if one of its blocks cannot be taken. The remainder comes from blocks without a
 *    device, then from devices that are already torn, then from whole ones.
 *  - Among equals: the better chance, zone Movable before kernel zones, fewer pages to move (in
 *    eighths of a block), the higher address.
 * For online there is nothing to tear: first the blocks that the kernel would bring into the
 * requested zone (default: Movable), then the highest address; never a block that cannot join the
 * zone. With whole_devices only whole devices are chosen, and only if they make up the amount
 * exactly. Errors: -ENOMEM; -ERANGE with a sentence when all candidates together are less than
 * the amount, or (whole_devices) cannot make it up; then -EACCES instead, with a sentence, if
 * only root can see the blocks of a device.
 */
int candidates_choose(const struct candidates_request *request, uint64_t blocks,
		      struct candidates *ret, struct error *err);

void candidates_done(struct candidates *candidates);

#endif
