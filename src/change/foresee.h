/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run would fail at, as far as it can be foreseen without changing anything: for a dry run.
 */
#ifndef MEMHP_CHANGE_FORESEE_H
#define MEMHP_CHANGE_FORESEE_H

#include "judge/page-survey.h"
#include "plan/plan.h"

/*
 * Refuses the steps of a plan that would fail, so that a dry run ends as the run would:
 *  - A block whose state may not be written ends the run: CAUSE_ACCESS or CAUSE_READ_ONLY, and the
 *    steps after it are skipped.
 *  - A block that would have to go offline and that its pages hold: CAUSE_RESERVED; CAUSE_BUSY for
 *    other pages of the kernel, which may be given back at another time. Pages are looked at until
 *    the deadline, and only with a survey (else NULL). A plan with a goal is made of blocks that
 * were looked at already.
 */
void foresee_plan(const struct sysfs *sysfs, struct page_survey *survey, int64_t deadline_ns,
		  struct plan *plan);

#endif
