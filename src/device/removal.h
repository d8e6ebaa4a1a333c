/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removes whole devices: their blocks go offline under our own deadlines, then the provider
 * removes the device, and sysfs shows that it is gone.
 */
#ifndef MEMHP_DEVICE_REMOVAL_H
#define MEMHP_DEVICE_REMOVAL_H

#include "change/run.h"
#include "device/device-outcome.h"
#include "plan/plan.h"

struct removal {
	struct device_outcomes devices; /* one per device that has selected blocks, then one for
					   blocks without a device */
	struct plan plan; /* takes the blocks of devices that are not refused offline */
};

void removal_done(struct removal *removal);

/*
 * Resolves the selected blocks to whole devices. Pure. A device that this system can remove and
 * that is only partly selected is an error, unless whole_device adds its other blocks to the
 * selection; of a device that it cannot remove only the selected blocks count. Errors: -EINVAL
 * with a sentence that names the missing blocks; -ENOMEM.
 */
int removal_resolve(const struct memory *memory, const struct ranges *blocks, bool whole_device,
		    struct removal *ret, struct error *err);

/*
 * Asks the providers for their steps. Refuses devices whose removal cannot work, also because one
 * of these attributes may not be written, or that nothing here can remove (CAUSE_NOT_REMOVABLE:
 * they could only be taken offline), and plans to take the blocks of the others offline. Only
 * reads. Errors: -ENOMEM.
 */
int removal_plan(const struct sysfs *sysfs, const struct memory *memory, struct removal *removal);

/*
 * Carries the plan out: first takes all blocks offline, then removes device by device. A device
 * with a block that stays online is left alone. Right before its removal each device's blocks are
 * checked once more; keep-offline.h keeps others from bringing them online meanwhile. With
 * run->atomic the first failure ends the run, and blocks that still exist are put back into the
 * zones they had; a device that was already removed stays removed. Errors: -ENOMEM before
 * anything was done; the outcomes have everything else.
 */
int removal_execute(const struct run *run, struct removal *removal);

/*
 * For a dry run: marks the devices that would not be started because blocks are refused. Each
 * device reports its own blocks; with atomic all are skipped if one is refused.
 */
void removal_foresee(const struct sysfs *sysfs, bool atomic, struct removal *removal);

/*
 * Puts back, as execute_roll_back() does, the blocks that removal_execute() took offline and that
 * still exist. A skipped device counts as put back if one of its blocks was.
 */
void removal_put_back(const struct run *run, struct removal *removal);

/*
 * Merges the outcomes of `more` into `removal`; they replace earlier outcomes of the same
 * devices. Afterwards `removal` has no steps, and `more` is empty. Errors: -ENOMEM.
 */
int removal_take(struct removal *removal, struct removal *more);

#endif
