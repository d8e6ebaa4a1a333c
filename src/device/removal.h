/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking whole devices away: their blocks go offline under our own deadlines, then the provider
 * removes the device, and sysfs shows that it is gone.
 */
#ifndef MEMHP_DEVICE_REMOVAL_H
#define MEMHP_DEVICE_REMOVAL_H

#include "change/run.h"
#include "device/device-outcome.h"
#include "plan/plan.h"

struct removal {
	struct device_outcomes devices; /* one a device that has selected blocks, then one for the
					   blocks without any */
	struct plan plan; /* offlining the blocks of those devices that are not refused */
};

void removal_done(struct removal *removal);

/*
 * Resolves the selected blocks to whole devices. Pure. A device that this system can remove and
 * that is selected only in part is an error, unless whole_device adds its other blocks to the
 * selection; one that it cannot remove counts with the selected blocks alone. Errors: -EINVAL with
 * a sentence that names the missing blocks; -ENOMEM.
 */
int removal_resolve(const struct memory *memory, const struct ranges *blocks, bool whole_device,
		    struct removal *ret, struct error *err);

/*
 * Adds those devices that the words name and that have no memory: what is gone already is done.
 * Errors: -ENOMEM with a sentence.
 */
int removal_add_vacant(const struct sysfs *sysfs, const struct memory *memory, const char **words,
		       size_t n_words, struct removal *removal, struct error *err);

/*
 * Asks the providers for their steps, refuses what cannot work, or nothing here can remove
 * (CAUSE_NOT_REMOVABLE: it could only be taken offline), and plans to take the blocks of the rest
 * offline. Only reads. Errors: -ENOMEM.
 */
int removal_plan(const struct sysfs *sysfs, const struct memory *memory, struct removal *removal);

/*
 * Carries the plan out: all blocks offline first, then device by device. A device with a block that
 * stays online is left alone. Right before its removal each device's blocks are looked at once
 * more: see detach.h for how others are kept from bringing them online meanwhile. With
 * run->atomic the first failure ends the run, and blocks that are still there are put back into
 * the zones they had; a device that was removed before that stays removed. Errors: -ENOMEM before
 * anything was done; the outcomes tell the rest.
 */
int removal_execute(const struct run *run, struct removal *removal);

/*
 * For a dry run: what of the plan would not be begun, because blocks are refused. Each device tells
 * of its own, and with atomic all are skipped when one is refused.
 */
void removal_foresee(const struct sysfs *sysfs, bool atomic, struct removal *removal);

/*
 * Puts back what is still there of the blocks that removal_execute() took offline, as
 * execute_roll_back() does. A device that was skipped counts as put back when one of its blocks
 * was.
 */
void removal_put_back(const struct run *run, struct removal *removal);

/*
 * Moves what came of `more` to the rest, in place of what came of the same devices before.
 * `removal` has no steps any more, and `more` is empty. Errors: -ENOMEM.
 */
int removal_take(struct removal *removal, struct removal *more);

#endif
