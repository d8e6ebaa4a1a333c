/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removes an amount of memory: chooses devices, and others for those that fail. */
#ifndef MEMHP_DEVICE_REMOVAL_SIZE_H
#define MEMHP_DEVICE_REMOVAL_SIZE_H

#include "base/error.h"
#include "device/removal.h"
#include "judge/page-survey.h"

struct removal_size {
	struct page_survey *survey;
	struct ranges candidates; /* blocks whose devices may be taken; owned; blocks of devices
				     that were tried are removed */
	uint64_t blocks;	  /* how many still have to be removed */
	const struct run_limits *limits; /* of the run */
	bool force;			 /* see plan_check_offline() */
};

/*
 * Chooses the devices that best make up the amount and plans their removal. Devices that the plan
 * refuses are replaced as long as there are others. Looks at the pages of all candidates for
 * that. Errors: -ENOMEM, those of candidates_choose(), with a sentence.
 */
int removal_size_plan(const struct sysfs *sysfs, struct removal_size *goal, struct removal *ret,
		      struct error *err);

/*
 * Carries the plan out, and plans again for the amount that a failed device leaves missing, until
 * the amount is removed, nothing else makes up the rest, or time is up. The user named an amount
 * and not these devices, so a device that fails is put back as it was, under a deadline of its
 * own, unless the kernel may still remove it (CAUSE_PENDING), which ends the search. Once the
 * amount is reached, it counts as DEVICE_PASSED_OVER. With atomic the search ends as soon as a
 * device is gone. The plan of *removal then has the blocks of all devices, but no steps. Errors:
 * -ENOMEM before anything was done; the outcomes have everything else.
 */
int removal_size_execute(const struct run *run, struct removal_size *goal, struct removal *removal);

#endif
