/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carries out a plan step by step, until it is done, fails, or time is up. */
#ifndef MEMHP_CHANGE_EXECUTE_H
#define MEMHP_CHANGE_EXECUTE_H

#include "change/run.h"
#include "plan/plan.h"

/*
 * Makes the plan's steps one after another (the kernel has one lock; parallel writers only
 * contend) and fills its outcomes; steps that are not reached are OUTCOME_SKIPPED. A block that
 * fails does not end the run. A missing permission, a stuck worker, a signal and the deadline do,
 * and with `atomic` every failure: then changed blocks are put back, also after a signal, under a
 * deadline of their own (as long as the run's timeout). They become OUTCOME_ROLLED_BACK, or stay
 * OUTCOME_CHANGED with a detail if that failed. A plan with a goal ends when that many blocks are
 * changed: blocks that failed on the way become OUTCOME_PASSED_OVER, and blocks that were not
 * needed are dropped from the plan. An atomic run fails if the goal is not reached, not if a
 * block fails. The detail of a block that would not go offline is what the kernel logged about
 * it, if anything. Errors: -ENOMEM before anything was done; the outcomes have everything else.
 */
int execute_plan(const struct run *run, struct plan *plan);

/*
 * Puts the blocks back that the plan changed and that still exist, as described above. Errors:
 * -ENOMEM, nothing was put back.
 */
int execute_roll_back(const struct run *run, struct plan *plan);

#endif
