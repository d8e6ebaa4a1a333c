/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removing an amount of memory: which devices, and others for those that fail. */
#ifndef MEMHP_DEVICE_REMOVAL_SIZE_H
#define MEMHP_DEVICE_REMOVAL_SIZE_H

#include "base/error.h"
#include "device/removal.h"
#include "judge/page-survey.h"

struct removal_size {
	struct page_survey *survey;
	struct ranges candidates; /* blocks whose devices may be taken; owned, those of devices that
				     had their turn are taken out */
	uint64_t blocks;	  /* how many are still to be removed */
	const struct run_limits *limits; /* of the run */
	bool atomic, force;		 /* see removal_plan(), plan_check_check() */
};

/*
 * Chooses the devices that make up the amount best and plans their removal; others for those that
 * the plan refuses, as long as there are others. The pages of all that could be taken are looked at
 * for that. Errors: -ENOMEM, those of candidates_choose(), with a
 * sentence.
 */
int removal_size_plan(const struct sysfs *sysfs, struct removal_size *goal, struct removal *ret,
		      struct error *err);

/*
 * Carries the plan out, and plans again for what a device leaves missing that would not go, until
 * the amount is removed, nothing else makes up the rest, or the time is over. Whoever names an
 * amount has not named these devices: one that does not go is put back as it was, under a deadline
 * of its own, unless the kernel may still remove it (CAUSE_PENDING), which ends the search. When
 * the amount is reached it counts as DEVICE_PASSED_OVER. With atomic the search ends as soon as a
 * device is gone. The plan of *removal tells of the blocks of all of them, but has no steps any
 * more. Errors: -ENOMEM before anything was done; the outcomes tell the rest.
 */
int removal_size_execute(const struct run *run, struct removal_size *goal, struct removal *removal);

#endif
