/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One more look at the end of a run: the report tells how the blocks are now. */
#ifndef MEMHP_CHANGE_LAST_LOOK_H
#define MEMHP_CHANGE_LAST_LOOK_H

#include "model/memory.h"
#include "plan/plan.h"
#include "system/run-limits.h"

/*
 * How many events the kernel has sent, for last_look(): each change of a block is one
 * (drivers/base/core.c: device_online(), device_offline(), device_add(), device_del()). 0: unknown.
 */
uint64_t last_look_count_events(const struct sysfs *sysfs);

/*
 * Reads the state of each block of the plan again, in three system calls, as each was last read
 * when its turn was over: something else may have changed it since. Then its state and zone are
 * those of now, and the result is no longer what the run claimed: CAUSE_CHANGED_SINCE for a block
 * that was as wanted, or put back; OUTCOME_ALREADY for one that failed and is as wanted now;
 * OUTCOME_VANISHED and OUTCOME_REPLACED as during the run, the latter also for a block that had
 * vanished, if another has its number now. Not noticed: another block in the same state, and the
 * same block online in another zone. The blocks whose turn comes after the deadline are as they
 * were last read. `memory` is the snapshot that the plan was made from. If the kernel
 * sent just the events of this run since the count was `events_before`, which was before that
 * snapshot, nothing else changed a block, and none is read.
 */
void last_look(const struct sysfs *sysfs, const struct memory *memory,
	       const struct run_limits *limits, uint64_t events_before, struct plan *plan);

#endif
