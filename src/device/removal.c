// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/removal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "change/execute.h"
#include "device/provider-write.h"
#include "device/remove-device.h"
#include "system/lock-holder.h"

void removal_done(struct removal *removal)
{
	device_outcomes_done(&removal->devices);
	plan_done(&removal->plan);
}

/* Splits the blocks of a device into those that are selected and the rest. Errors: -ENOMEM. */
static int removal_split(const struct device *device, const struct ranges *selected,
			 struct ranges *ret_in, struct ranges *ret_out)
{
	for (size_t i = 0; i < device->blocks.n; i++) {
		for (uint64_t number = device->blocks.v[i].first;
		     number <= device->blocks.v[i].last; number++) {
			int r = ranges_add(ranges_contain(selected, number) ? ret_in : ret_out,
					   number, number);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int removal_resolve_device(const struct device *device, const struct ranges *selected,
				  bool whole_device, struct removal *removal, struct error *err)
{
	struct ranges in = { 0 }, out = { 0 };
	_cleanup_free_ char *missing = NULL;
	struct device_outcome *outcome;
	int r = device->holds_devices			       ? 0 :
		removal_split(device, selected, &in, &out) < 0 ? error_no_memory(err) :
								 0;

	if (r >= 0 && in.n && out.n && !device->provider->cannot_remove && !device->obstacle &&
	    !whole_device) {
		missing = ranges_text(&out, 8);
		r = error_set(err, -EINVAL,
			      "%s can only be removed as a whole, but its blocks %s are not "
			      "selected; select %s, or give --whole-device",
			      device->name, missing ? missing : "", device->name);
	}
	if (r >= 0 && in.n && !device->provider->cannot_remove && ranges_add_all(&in, &out) < 0)
		r = error_no_memory(err);
	ranges_done(&out);
	if (r < 0 || !in.n) {
		ranges_done(&in);
		return r;
	}
	outcome = device_outcomes_add(&removal->devices, device->name, device->provider, in);
	if (outcome && device->obstacle)
		device_outcome_set(outcome, DEVICE_REFUSED, CAUSE_VETO, "%s", device->obstacle);
	return outcome ? 0 : error_no_memory(err);
}

/* It cannot be seen which device the blocks belong to: any change could be wrong. */
static int removal_refuse_unknown(const struct memory *memory, const struct ranges *blocks,
				  struct error *err)
{
	_cleanup_free_ char *text = ranges_text(blocks, 8);
	const struct device *hidden = provider_first_hidden(memory);

	if (!hidden && memory->devices_missing)
		return error_set(err, -ENODATA,
				 "cannot tell which device blocks %s belong "
				 "to: " PROVIDER_NOT_SHOWN,
				 text ? text : "");
	if (!hidden)
		return 0;
	if (hidden->blocks_error == -EACCES)
		return error_set(err, -EACCES, "only root can see which device blocks %s belong to",
				 text ? text : "");
	return error_set(err, hidden->blocks_error,
			 "cannot tell which device blocks %s belong to: %s", text ? text : "",
			 hidden->obstacle);
}

int removal_resolve(const struct memory *memory, const struct ranges *blocks, bool whole_device,
		    struct removal *ret, struct error *err)
{
	struct removal removal = { 0 };
	struct ranges rest = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < memory->devices.n; i++)
		r = removal_resolve_device(&memory->devices.v[i], blocks, whole_device, &removal,
					   err);
	for (size_t i = 0; r >= 0 && i < memory->n_blocks; i++)
		if (memory->blocks[i].device == BLOCK_NO_DEVICE &&
		    ranges_contain(blocks, memory->blocks[i].number))
			r = ranges_add(&rest, memory->blocks[i].number, memory->blocks[i].number) <
					    0 ?
				    error_no_memory(err) :
				    0;
	if (r >= 0 && rest.n && !memory->devices_known)
		r = removal_refuse_unknown(memory, &rest, err);
	if (r >= 0 && rest.n) {
		r = device_outcomes_add(&removal.devices, NULL, NULL, rest) ? 0 :
									      error_no_memory(err);
		rest = (struct ranges){ 0 };
	}
	ranges_done(&rest);
	if (r < 0) {
		removal_done(&removal);
		return r;
	}
	*ret = removal;
	return 0;
}

/* Why nothing on this system can remove it; NULL if something can. */
static const char *removal_cannot(const struct device *device)
{
	if (!device->provider)
		return "nothing on this system can remove memory that belongs to no known device";
	return device->provider->cannot_remove;
}

/* A device that could only go offline is not touched: that is another command's job. */
static void removal_refuse(const struct memory *memory, struct device_outcome *outcome)
{
	const char *cannot = removal_cannot(&outcome->device);
	_cleanup_free_ char *text = ranges_text(&outcome->device.blocks, 8);
	bool online = false;

	for (size_t i = 0; i < memory->n_blocks; i++)
		online = online ||
			 (memory->blocks[i].state == BLOCK_ONLINE &&
			  ranges_contain(&outcome->device.blocks, memory->blocks[i].number));
	if (online && text)
		device_outcome_set(outcome, DEVICE_REFUSED, CAUSE_NOT_REMOVABLE,
				   "%s; to take it offline instead: memhpctl offline %s", cannot,
				   text);
	else
		device_outcome_set(outcome, DEVICE_REFUSED, CAUSE_NOT_REMOVABLE, "%s", cannot);
}

static void removal_plan_device(const struct sysfs *sysfs, const struct memory *memory,
				struct device_outcome *outcome)
{
	struct error err = { 0 };

	if (removal_cannot(&outcome->device)) {
		removal_refuse(memory, outcome);
		return;
	}
	if (outcome->device.provider->plan_remove(sysfs, &outcome->device, &outcome->steps, &err) <
	    0)
		device_outcome_set(outcome, DEVICE_REFUSED, CAUSE_VETO, "%s", error_text(&err));
	error_done(&err);
	/* A write that cannot succeed is refused now, before its blocks go offline in vain. */
	provider_write_foresee(sysfs, outcome);
}

int removal_plan(const struct sysfs *sysfs, const struct memory *memory, struct removal *removal)
{
	struct ranges blocks = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < removal->devices.n; i++) {
		struct device_outcome *outcome = &removal->devices.v[i];

		if (outcome->result == DEVICE_PLANNED)
			removal_plan_device(sysfs, memory, outcome);
		if (outcome->result == DEVICE_PLANNED)
			r = ranges_add_all(&blocks, &outcome->device.blocks);
	}
	if (r >= 0)
		r = plan_offline(memory, &blocks, &removal->plan);
	ranges_done(&blocks);
	return r;
}

static bool removal_is_block(void *data, uint64_t block)
{
	return block == *(const uint64_t *)data;
}

/* After its blocks went offline: is the device ready, and if not, why? */
static void removal_judge_blocks(const struct sysfs *sysfs, const struct removal *removal,
				 bool atomic, struct device_outcome *device)
{
	const struct outcomes *outcomes = &removal->plan.outcomes;
	const struct outcome *worst = NULL;
	uint64_t block;
	char who[128];

	for (size_t i = 0; i < outcomes->n; i++) {
		const struct outcome *outcome = &outcomes->v[i];

		if (!ranges_contain(&device->device.blocks, outcome->block) ||
		    !outcome_is_failure(outcome, BLOCK_OFFLINE))
			continue;
		/*
		 * Somebody brought it back at once: remove_device_execute() handles and names that
		 * process. With all-or-nothing this is a failure.
		 */
		if (outcome->cause == CAUSE_REVERTED && !atomic)
			continue;
		/* The block that failed says more than the blocks that were put back or skipped
		 * because of it. */
		if (!worst || worst->result == OUTCOME_SKIPPED ||
		    worst->result == OUTCOME_ROLLED_BACK)
			worst = outcome;
	}
	if (!worst)
		return;
	device->error = worst->error;
	block = worst->block;
	if (worst->cause == CAUSE_REVERTED &&
	    lock_holder_find_writer(sysfs, 0, removal_is_block, &block, who, sizeof(who), &block) ==
		    0) {
		device_outcome_set(device, DEVICE_FAILED, CAUSE_REVERTED,
				   "memory%" PRIu64
				   " was brought online again, by %s; nothing was removed",
				   block, who);
		return;
	}
	device_outcome_set(device,
			   worst->result == OUTCOME_SKIPPED	? DEVICE_SKIPPED :
			   worst->result == OUTCOME_ROLLED_BACK ? DEVICE_ROLLED_BACK :
								  DEVICE_FAILED,
			   worst->cause, "memory%" PRIu64 " is %s: %s", worst->block,
			   block_state_name(worst->after), outcome_reason(worst, BLOCK_OFFLINE));
}

/* The run ended before these were reached. */
static void removal_skip_rest(struct removal *removal, enum outcome_cause cause)
{
	for (size_t i = 0; i < removal->devices.n; i++)
		if (removal->devices.v[i].result == DEVICE_PLANNED)
			device_outcome_set(&removal->devices.v[i], DEVICE_SKIPPED, cause, NULL);
}

static bool removal_is_failure(enum device_result result)
{
	return result == DEVICE_FAILED || result == DEVICE_REFUSED || result == DEVICE_SKIPPED ||
	       result == DEVICE_ROLLED_BACK;
}

/* Applies the result of the offlining to the devices. Returns whether all are ready to go. */
static bool removal_judge_all(const struct sysfs *sysfs, bool atomic, struct removal *removal)
{
	bool well = true;

	for (size_t i = 0; i < removal->devices.n; i++) {
		if (removal->devices.v[i].result == DEVICE_PLANNED)
			removal_judge_blocks(sysfs, removal, atomic, &removal->devices.v[i]);
		well = well && !removal_is_failure(removal->devices.v[i].result);
	}
	return well;
}

/* Removes the devices, whose blocks are offline, one by one. Returns whether all were removed. */
static bool removal_remove_all(const struct run *run, struct removal *removal)
{
	bool well = removal_judge_all(run->sysfs, run->atomic, removal);

	for (size_t i = 0; i < removal->devices.n && (well || !run->atomic); i++) {
		struct device_outcome *device = &removal->devices.v[i];

		if (device->result == DEVICE_PLANNED && run_why_over(run) != CAUSE_NONE) {
			device_outcome_set(device, DEVICE_SKIPPED, run_why_over(run), NULL);
		} else if (device->result == DEVICE_PLANNED) {
			if (run->news.device)
				run->news.device(run->news.data, device->device.name);
			remove_device_execute(run, &removal->plan, device);
		}
		well = well && !removal_is_failure(device->result);
	}
	if (!well && run->atomic)
		removal_skip_rest(removal, CAUSE_ALL_OR_NOTHING);
	return well;
}

static struct device_outcome *removal_device_of(struct removal *removal, uint64_t block)
{
	for (size_t i = 0; i < removal->devices.n; i++)
		if (ranges_contain(&removal->devices.v[i].device.blocks, block))
			return &removal->devices.v[i];
	return NULL;
}

void removal_put_back(const struct run *run, struct removal *removal)
{
	if (execute_roll_back(run, &removal->plan) < 0) {
		log_error("not enough memory to put the changed blocks back");
		return;
	}
	for (size_t i = 0; i < removal->plan.outcomes.n; i++) {
		const struct outcome *outcome = &removal->plan.outcomes.v[i];
		struct device_outcome *device = outcome->result == OUTCOME_ROLLED_BACK ?
							removal_device_of(removal, outcome->block) :
							NULL;

		if (device && device->result == DEVICE_SKIPPED)
			device->result = DEVICE_ROLLED_BACK;
	}
}

/* All or nothing: if a device is refused, no block is touched. Returns whether that is so. */
static bool removal_all_or_nothing(struct removal *removal)
{
	bool refused = false;

	for (size_t i = 0; i < removal->devices.n; i++)
		refused = refused || removal->devices.v[i].result == DEVICE_REFUSED;
	if (refused) {
		plan_skip_all(&removal->plan);
		removal_skip_rest(removal, CAUSE_ALL_OR_NOTHING);
	}
	return refused;
}

void removal_foresee(const struct sysfs *sysfs, bool atomic, struct removal *removal)
{
	bool well;

	if (atomic && removal_all_or_nothing(removal))
		return;
	if (atomic)
		plan_all_or_nothing(&removal->plan);
	well = removal_judge_all(sysfs, atomic, removal);
	if (!well && atomic)
		removal_skip_rest(removal, CAUSE_ALL_OR_NOTHING);
}

int removal_execute(const struct run *run, struct removal *removal)
{
	int r;

	if (run->atomic && removal_all_or_nothing(removal))
		return 0;
	r = execute_plan(run, &removal->plan);
	if (r >= 0 && !removal_remove_all(run, removal) && run->atomic)
		removal_put_back(run, removal);
	return r;
}

int removal_take(struct removal *removal, struct removal *more)
{
	int r = 0;

	if (!removal->devices.n && !removal->plan.outcomes.n) {
		/* This cannot fail: the first outcomes are never lost. */
		removal_done(removal);
		*removal = *more;
		*more = (struct removal){ 0 };
	} else {
		r = device_outcomes_take(&removal->devices, &more->devices);
		if (r >= 0)
			r = outcomes_take(&removal->plan.outcomes, &more->plan.outcomes);
	}
	/* Steps refer to outcomes by index, and the outcomes have moved. */
	free(removal->plan.steps);
	removal->plan.steps = NULL;
	removal->plan.n_steps = 0;
	removal_done(more);
	return r;
}
