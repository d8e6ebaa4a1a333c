/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks whether a plan would do harm, before it is carried out. */
#ifndef MEMHP_PLAN_PLAN_CHECK_H
#define MEMHP_PLAN_PLAN_CHECK_H

#include "judge/page-survey.h"
#include "plan/plan.h"

/*
 * Why the block can never go offline, as far as that is known without looking at its pages:
 * CAUSE_NO_HOTREMOVE, CAUSE_ZONES, CAUSE_HOLES, CAUSE_PLATFORM, or CAUSE_NONE.
 */
enum outcome_cause plan_check_impossible(const struct page_survey *survey, uint64_t number);

/* Drops the steps of a plan whose blocks were refused meanwhile. */
void plan_check_drop_refused(struct plan *plan);

/*
 * Changes a plan that takes blocks offline, or rezones them:
 *  - A block that can never go offline is refused, if that is known without looking at its pages
 *    (several zones, holes, boot memory that the platform keeps, a kernel that cannot take memory
 *    offline).
 *  - If there is too little room elsewhere for the pages that must move out of all blocks
 *    together, all steps are refused with CAUSE_NO_ROOM and both numbers: offline_pages() would
 *    try to move them forever, and the machine would run out of memory meanwhile. Pages are
 *    looked at only if headroom_is_ample() does not settle it. A rezone takes one block at a time
 *    and is not checked.
 *  - Poisoned pages, unless the machine is known to have none: since 6.2 the block will not come
 *    back online (memory_block_online()); on older kernels the bad pages come back into use. For
 *    an offline the outcome's detail says so; a rezone is refused with CAUSE_POISON.
 *  - Free huge pages, if the machine has a pool: outcome->huge_pool_bytes tells how much of the
 *    pool is dissolved with the block.
 *
 * With `force` nothing is refused. A check that cannot be made (no permission to look, the
 * deadline) refuses nothing. Of a plan with a goal only the first `goal` steps are checked.
 */
void plan_check_offline(struct page_survey *survey, int64_t deadline_ns, bool force,
			struct plan *plan);

/*
 * Refuses, unless `force`, to bring blocks online that are known to have had poisoned pages when
 * they went offline: kernels before 6.2 would put the bad pages back into use. Warns if the record
 * of these blocks cannot be read. Errors: -ENOMEM.
 */
int plan_check_online(const struct sysfs *sysfs, bool force, struct plan *plan);

#endif
