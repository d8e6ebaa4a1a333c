/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan for an amount of memory. */
#ifndef MEMHP_PLAN_PLAN_SIZE_H
#define MEMHP_PLAN_PLAN_SIZE_H

#include "plan/candidates.h"
#include "plan/plan.h"
#include "system/run-limits.h"

struct plan_size_request {
	const struct ranges *selected; /* blocks that may be taken */
	enum block_state wanted;
	enum zone_request zone;		 /* for BLOCK_ONLINE */
	bool kernel_decides;		 /* see plan_online() */
	uint64_t blocks;		 /* the amount */
	const struct run_limits *limits; /* of the run, for looking at pages */
};

/*
 * Chooses the best candidates and plans them, followed by the others as replacements for those
 * that fail. For offline it looks at the pages of the most promising blocks, then of more, until
 * the chosen ones are likely to go. Errors: -ENOMEM, those of candidates_choose().
 */
int plan_size(struct page_survey *survey, const struct plan_size_request *request, struct plan *ret,
	      struct error *err);

#endif
