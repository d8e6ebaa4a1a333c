/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying out a plan, step by step, until it is done, fails, or the time is over. */
#ifndef MEMHP_CHANGE_EXECUTE_H
#define MEMHP_CHANGE_EXECUTE_H

#include "change/run.h"
#include "plan/plan.h"

/*
 * Makes the plan's steps one after the other (the kernel has one lock; parallel writers only
 * contend) and fills its outcomes; those whose turn does not come are OUTCOME_SKIPPED. A block that
 * fails does not end the run, except for want of permission, a worker that is stuck, a signal, the
 * deadline, or with `atomic`:
 * then what was changed is put back under a deadline of its own (as long as the run's timeout),
 * also after a signal, and is OUTCOME_ROLLED_BACK, or stays OUTCOME_CHANGED with a detail when that
 * failed.
 * A plan with a goal ends when so many blocks are changed: those that failed on the way are
 * OUTCOME_PASSED_OVER then, and what was not needed is dropped from the plan. A goal that is not
 * reached is what fails an atomic run, not a block.
 * Of a block that would not go offline the detail is what the kernel logged about it, if anything.
 * Errors: -ENOMEM before anything was done; the outcomes tell the rest.
 */
int execute_plan(const struct run *run, struct plan *plan);

/*
 * Puts back what the plan changed, as far as it is still there, as described above. Errors:
 * -ENOMEM, nothing was put back.
 */
int execute_roll_back(const struct run *run, struct plan *plan);

#endif
