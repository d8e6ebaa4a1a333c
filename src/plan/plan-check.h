/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking for harm that a plan would do, before it is carried out. */
#ifndef MEMHP_PLAN_PLAN_CHECK_H
#define MEMHP_PLAN_PLAN_CHECK_H

#include "judge/page-survey.h"
#include "plan/plan.h"

/*
 * Changes a plan that takes blocks offline, or rezones them:
 *  - What can never go offline, and needs no look at the pages for that (several zones, holes, boot
 *    memory that the platform keeps, a kernel that takes nothing offline), is refused.
 *  - Too little room elsewhere for what has to move out of all of them together: offline_pages()
 *    would try to move it for ever, and the machine would run out of memory meanwhile. All steps
 *    are refused with CAUSE_NO_ROOM and both numbers. Pages are looked at only where
 *    headroom_is_ample() does not settle it. A rezone takes one block at a time and is not asked.
 *  - Poisoned pages, if the machine has any at all: since 6.2 the block will not come back online
 *    (memory_block_online()), before the bad pages come back into use. An offline gets it said in
 *    its outcome's detail; a rezone is refused with CAUSE_POISON.
 *  - Free huge pages, if the machine has huge pages at all: outcome->huge_pool_bytes tells how much
 *    of their pool is dissolved with the block.
 *
 * With `force` nothing is refused. What cannot be found out (no permission to look, the deadline)
 * stops nothing. Of a plan with a goal the first `goal` steps are looked at.
 */
void plan_check_check(struct page_survey *survey, int64_t deadline_ns, bool force,
		      struct plan *plan);

/*
 * Refuses to bring blocks online that are known to have had poisoned pages when they went offline,
 * unless `force`: before 6.2 the kernel would put the bad pages back into use. Errors: -ENOMEM.
 */
int plan_check_online(const struct sysfs *sysfs, bool force, struct plan *plan);

#endif
