/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For a dry run: where the run would fail, as far as that is known without changing anything. */
#ifndef MEMHP_CHANGE_FORESEE_H
#define MEMHP_CHANGE_FORESEE_H

#include "judge/page-survey.h"
#include "plan/plan.h"

/*
 * Refuses the steps of a plan that would fail, so that a dry run ends as the run would:
 *  - A block whose state we may not write ends the run: CAUSE_ACCESS or CAUSE_READ_ONLY, and the
 *    steps after it are skipped.
 *  - A block that must go offline but is held by its pages: CAUSE_RESERVED for reserved pages,
 *    CAUSE_BUSY for other kernel pages, which may be freed later. Pages are looked at until the
 *    deadline, and only if `survey` is not NULL. The blocks of a plan with a goal have been
 *    looked at already.
 *  - With `force` the run writes to such a block too, and so it stays planned; a block that no
 *    write takes offline is refused: CAUSE_PLATFORM, CAUSE_NO_HOTREMOVE.
 */
void foresee_plan(const struct sysfs *sysfs, struct page_survey *survey, int64_t deadline_ns,
		  bool force, struct plan *plan);

#endif
