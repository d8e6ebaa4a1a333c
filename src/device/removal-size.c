// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/removal-size.h"

#include <errno.h>
#include <string.h>

#include "base/format.h"
#include "base/log.h"
#include "plan/candidates.h"
#include "plan/plan-check.h"

/*
 * Looks at the pages of the devices that can be removed, to choose among them. Pages that cannot
 * be read stay unknown, which is no reason to stop.
 */
static int removal_size_look(const struct removal_size *goal)
{
	const struct memory *memory = goal->survey->memory;
	struct ranges blocks = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < memory->n_blocks; i++) {
		const struct block *block = &memory->blocks[i];

		if (block->device != BLOCK_NO_DEVICE &&
		    !memory->devices.v[block->device].provider->cannot_remove &&
		    ranges_contain(&goal->candidates, block->number))
			r = ranges_add(&blocks, block->number, block->number);
	}
	if (r >= 0)
		page_survey_scan_all(goal->survey, &blocks, goal->limits->deadline_ns);
	ranges_done(&blocks);
	return r;
}

/* The blocks of the best devices. */
static int removal_size_choose(const struct removal_size *goal, struct ranges *ret,
			       struct error *err)
{
	struct candidates_request request = { .memory = goal->survey->memory,
					      .selected = &goal->candidates,
					      .wanted = BLOCK_OFFLINE,
					      .whole_devices = true,
					      .survey = goal->survey };
	struct candidates best;
	int r = candidates_choose(&request, goal->blocks, &best, err);

	if (r < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < best.n_chosen; i++)
		r = ranges_add(ret, best.v[i], best.v[i]) < 0 ? error_no_memory(err) : 0;
	candidates_done(&best);
	return r;
}

/* Plans the removal of the best of the devices that were not tried yet. */
static int removal_size_plan_once(const struct sysfs *sysfs, struct removal_size *goal,
				  struct removal *ret, struct error *err)
{
	struct ranges blocks = { 0 };
	int r = removal_size_look(goal);

	if (r < 0)
		error_set(err, r, "cannot look at the candidates: %s", strerror(-r));
	else
		r = removal_size_choose(goal, &blocks, err);
	if (r >= 0)
		r = removal_resolve(goal->survey->memory, &blocks, false, ret, err);
	if (r >= 0 && removal_plan(sysfs, goal->survey->memory, ret) < 0)
		r = error_no_memory(err);
	if (r >= 0)
		plan_check_offline(goal->survey, goal->limits->deadline_ns, goal->force,
				   &ret->plan);
	ranges_done(&blocks);
	return r;
}

static bool removal_size_has_turned_down(const struct device_outcome *device)
{
	return device->result == DEVICE_FAILED || device->result == DEVICE_REFUSED;
}

/* Removes the blocks of a device from the candidates. Errors: -ENOMEM. */
static int removal_size_drop(struct removal_size *goal, const struct device *device)
{
	struct ranges left = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < goal->survey->memory->n_blocks; i++) {
		uint64_t number = goal->survey->memory->blocks[i].number;

		if (ranges_contain(&goal->candidates, number) &&
		    !ranges_contain(&device->blocks, number))
			r = ranges_add(&left, number, number);
	}
	ranges_done(&goal->candidates);
	goal->candidates = left;
	return r;
}

/* Removes refused devices from the candidates. Returns whether there are any, or -ENOMEM. */
static int removal_size_drop_refused(struct removal_size *goal, const struct removal *removal)
{
	int n = 0, r = 0;

	for (size_t i = 0; r >= 0 && i < removal->devices.n; i++) {
		if (removal->devices.v[i].result != DEVICE_REFUSED)
			continue;
		r = removal_size_drop(goal, &removal->devices.v[i].device);
		n++;
	}
	return r < 0 ? r : n > 0;
}

int removal_size_plan(const struct sysfs *sysfs, struct removal_size *goal, struct removal *ret,
		      struct error *err)
{
	int r = removal_size_plan_once(sysfs, goal, ret, err);

	/* Replaces each refused device as long as there are others; the last ones say why not. */
	while (r >= 0) {
		struct removal other = { 0 };

		r = removal_size_drop_refused(goal, ret);
		if (r <= 0)
			return r < 0 ? error_no_memory(err) : 0;
		r = removal_size_plan_once(sysfs, goal, &other, err);
		if (r >= 0) {
			removal_done(ret);
			*ret = other;
			continue;
		}
		removal_done(&other);
		if (r == -ERANGE || r == -EACCES) {
			error_done(err);
			return 0;
		}
	}
	return r;
}

/* Would the next device fail too? */
static bool removal_size_is_hopeless(enum outcome_cause cause)
{
	return cause == CAUSE_ACCESS || cause == CAUSE_READ_ONLY || cause == CAUSE_STUCK ||
	       cause == CAUSE_PENDING;
}

/*
 * Evaluates a round: counts what is gone and removes the devices that were tried from the
 * candidates. Returns whether another round may bring the rest, or -ENOMEM.
 */
static int removal_size_settle(const struct run *run, struct removal_size *goal,
			       const struct removal *round)
{
	bool failed = false, removed = false, hopeless = false;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < round->devices.n; i++) {
		const struct device_outcome *device = &round->devices.v[i];

		if (device->result == DEVICE_REMOVED) {
			goal->blocks -= ranges_count(&device->device.blocks);
			removed = true;
		} else if (removal_size_has_turned_down(device)) {
			failed = true;
			hopeless = hopeless || removal_size_is_hopeless(device->cause);
		} else {
			continue;
		}
		r = removal_size_drop(goal, &device->device);
	}
	if (r < 0)
		return r;
	return failed && !hopeless && !(removed && run->atomic);
}

/* The amount was reached: devices that failed on the way no longer matter if they are as before. */
static void removal_size_pass_over(struct removal *removal)
{
	for (size_t i = 0; i < removal->devices.n; i++) {
		struct device_outcome *device = &removal->devices.v[i];

		/* With this cause it is not known whether it was removed. */
		if (device->result != DEVICE_REMOVED && device->cause != CAUSE_UNREADABLE)
			device->result = DEVICE_PASSED_OVER;
	}
	for (size_t i = 0; i < removal->plan.outcomes.n; i++) {
		struct outcome *outcome = &removal->plan.outcomes.v[i];

		if (outcome_is_failure(outcome, BLOCK_OFFLINE) &&
		    outcome->after == outcome->before &&
		    outcome->zone_after == outcome->zone_before)
			outcome->result = OUTCOME_PASSED_OVER;
	}
}

/* Plans the next round, unless time is up; says why if there is none. */
static bool removal_size_go_on(const struct run *run, struct removal_size *goal,
			       struct removal *round)
{
	struct error err = { 0 };
	char missing[FORMAT_SIZE];
	int r;

	if (run_why_over(run) != CAUSE_NONE)
		return false;
	/* The pages that the last round moved are elsewhere now. */
	page_survey_refresh(run->sysfs, goal->survey);
	r = removal_size_plan(run->sysfs, goal, round, &err);
	if (r < 0)
		log_warning("nothing else makes up the missing %s%s%s",
			    format_size(goal->blocks * run->memory->block_size, missing),
			    r == -ERANGE ? "" : ": ", r == -ERANGE ? "" : error_text(&err));
	error_done(&err);
	return r >= 0;
}

int removal_size_execute(const struct run *run, struct removal_size *goal, struct removal *removal)
{
	struct removal round = *removal;
	bool begun = false;
	int r;

	*removal = (struct removal){ .plan = { .wanted = BLOCK_OFFLINE } };
	do {
		r = removal_execute(run, &round);
		if (r < 0 && begun)
			break;
		if (r >= 0) {
			begun = true;
			r = removal_size_settle(run, goal, &round);
			if (goal->blocks && !run->atomic)
				removal_put_back(run, &round);
		}
		if (removal_take(removal, &round) < 0)
			r = -ENOMEM;
	} while (r > 0 && removal_size_go_on(run, goal, &round));
	removal_done(&round);
	if (!begun)
		return r;
	if (r < 0)
		log_error("cannot look for other devices: %s", strerror(-r));
	if (!goal->blocks)
		removal_size_pass_over(removal);
	return 0;
}
