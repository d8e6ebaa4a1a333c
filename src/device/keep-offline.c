// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/keep-offline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "change/block-write.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "system/lock-holder.h"

/* How many times a block that came online again is taken offline again. */
#define OFFLINE_AGAIN_MAX 3

/*
 * Pauses after the write protection is on, for processes that have a file open only for a moment;
 * each pause is longer than the last.
 */
#define SHIELD_PAUSE_FIRST_MS 20
#define SHIELD_PAUSE_MAX_MS 500

/* How long looking for processes that have a state file open may take; less if the run is over. */
#define SEARCH_NS (2000 * CLOCK_NS_PER_MS)

static bool keep_offline_take_offline(struct remove_device *removing, struct outcome *outcome)
{
	struct outcome again;

	if (outcome->after == BLOCK_UNKNOWN || outcome->after == BLOCK_OFFLINE)
		return true;
	remove_blocks_change(removing, outcome, BLOCK_OFFLINE, "offline", &again);
	block_write_add_part(outcome, &again);
	free(again.detail);
	if (again.after == BLOCK_OFFLINE &&
	    (outcome->cause == CAUSE_REVERTED || outcome->result == OUTCOME_FAILED)) {
		outcome->result = OUTCOME_CHANGED;
		outcome->cause = CAUSE_NONE;
		outcome->error = 0;
	} else if (again.result == OUTCOME_FAILED && again.error) {
		outcome->result = OUTCOME_FAILED;
		outcome->cause = again.cause;
		outcome->error = again.error;
	}
	return true;
}

static bool keep_offline_add_to_shield(struct remove_device *removing, struct outcome *outcome)
{
	if (outcome->after != BLOCK_UNKNOWN &&
	    write_protect_add(&removing->shield, outcome->block) < 0)
		device_outcome_set(removing->device, DEVICE_FAILED, CAUSE_MEMORY,
				   "not enough memory to protect its blocks from others; nothing "
				   "was removed");
	return removing->device->result == DEVICE_PLANNED;
}

static bool keep_offline_is_own_block(void *data, uint64_t block)
{
	const struct remove_device *removing = data;

	return ranges_contain(&removing->device->device.blocks, block);
}

/* Who has one of the device's blocks open for writing: see lock_holder_find_writer(). */
static int keep_offline_find_writer(struct remove_device *removing, char *who, size_t size,
				    uint64_t *ret_block)
{
	int64_t left = run_limits_left_ns(removing->write.limits);

	return lock_holder_find_writer(removing->write.run->sysfs,
				       left <= 0	? 1 :
				       left < SEARCH_NS ? left :
							  SEARCH_NS,
				       keep_offline_is_own_block, removing, who, size, ret_block);
}

/* Why a block of the device is online; `who` brought it online, or NULL: not known yet. */
static void keep_offline_explain_online(struct remove_device *removing,
					const struct outcome *online, const char *who, char *buffer,
					size_t size)
{
	char writer[128];
	uint64_t block;

	if (online->error) {
		snprintf(buffer, size,
			 "memory%" PRIu64
			 " is online: taking it offline failed with %s; nothing was removed",
			 online->block, error_name(online->error));
		return;
	}
	if (!who && keep_offline_find_writer(removing, writer, sizeof(writer), &block) == 0)
		who = writer;
	snprintf(buffer, size,
		 "memory%" PRIu64 " was brought online again, by %s; nothing was removed",
		 online->block,
		 who ? who : "an unknown process (such as a udev rule that brings memory online)");
}

/*
 * Is there a reason not to go on now? Writes a sentence with it: a block that is not offline, and
 * who has it open; a block whose state cannot be read, because it may be online; or, if an online
 * block would strand the memory, a process that has opened a state file before the write
 * protection was on and could bring the block online at any moment, or may have. Without any of
 * these, and with the write protection on, nobody can bring a block online. Returns the cause,
 * CAUSE_NONE for no reason.
 */
static enum outcome_cause keep_offline_disturbance(struct remove_device *removing, char *buffer,
						   size_t size)
{
	struct remove_device_look look;
	uint64_t block;
	char who[128];
	/* In this order: a state that is read after nobody has it open cannot change. */
	int found = removing->device->steps.strands ?
			    keep_offline_find_writer(removing, who, sizeof(who), &block) :
			    -ENOENT;

	look = remove_blocks_look(removing);
	if (look.unreadable) {
		snprintf(buffer, size,
			 "the state of memory%" PRIu64 " cannot be read (%s); nothing was removed",
			 look.unreadable->block, error_name(look.read_error));
		return CAUSE_UNREADABLE;
	}
	if (look.not_offline) {
		keep_offline_explain_online(removing, look.first, found == 0 ? who : NULL, buffer,
					    size);
		return CAUSE_REVERTED;
	}
	if (found == 0) {
		snprintf(buffer, size,
			 "%s has the state of memory%" PRIu64
			 " open for writing; if it brought the block online during the "
			 "removal, the memory would be stuck until the next boot; end it first",
			 who, block);
		return CAUSE_REVERTED;
	}
	if (found != -ENOENT) {
		snprintf(buffer, size,
			 "cannot tell%s whether a process has the state of a block open for "
			 "writing (%s); if one had, the memory could be stuck until the next boot",
			 found == -ETIME ? " in time" : "", error_name(found));
		return CAUSE_UNREADABLE;
	}
	return CAUSE_NONE;
}

/*
 * Finds an offline block of the device, unless this run has just taken one offline: then it has
 * had the lock.
 */
static bool keep_offline_find_offline(struct remove_device *removing, const struct outcome **ret)
{
	for (size_t i = 0; i < removing->plan->outcomes.n; i++) {
		const struct outcome *outcome = &removing->plan->outcomes.v[i];

		if (!ranges_contain(&removing->device->device.blocks, outcome->block))
			continue;
		if (outcome->result == OUTCOME_CHANGED)
			return false;
		if (outcome->after == BLOCK_OFFLINE)
			*ret = outcome;
	}
	return *ret != NULL;
}

/*
 * Waits until nobody holds the hotplug lock. The removal would wait for the lock inside the
 * kernel, where it can be neither ended nor cancelled (kacpi_hotplug, remove_memory()), and might
 * happen long after this run is over. Writing "offline" to an offline block takes the lock and
 * does nothing else. On failure the outcome is final.
 */
static bool keep_offline_wait_for_lock(struct remove_device *removing)
{
	const struct outcome *offline = NULL;
	struct outcome again;

	if (!keep_offline_find_offline(removing, &offline))
		return true;
	remove_blocks_change(removing, offline, BLOCK_OFFLINE, "offline", &again);
	free(again.detail);
	/*
	 * If the wait was ended, the block is in the wanted state too: by a signal, at the
	 * deadline or, if waiting for the lock cannot be seen, by the limit per block.
	 */
	if (again.result == OUTCOME_CHANGED &&
	    (interrupt_signal() || !run_limits_left_ns(removing->write.limits) ||
	     again.elapsed_ns - again.lock_wait_ns >=
		     removing->write.limits->block_timeout_ms * CLOCK_NS_PER_MS)) {
		again.result = OUTCOME_FAILED;
		again.cause = interrupt_signal() ? CAUSE_SIGNAL : CAUSE_LOCK;
	}
	if (again.result != OUTCOME_FAILED)
		return true;
	removing->device->error = again.error;
	device_outcome_set(removing->device, DEVICE_FAILED, again.cause, "%s; nothing was removed",
			   outcome_reason(&again, BLOCK_OFFLINE));
	return false;
}

bool keep_offline_others(struct remove_device *removing)
{
	bool shield = removing->device->steps.strands;
	char reason[400];

	if (!keep_offline_wait_for_lock(removing))
		return false;
	if (shield)
		remove_blocks_each(removing, keep_offline_add_to_shield);
	if (removing->device->result != DEVICE_PLANNED)
		return false;
	for (unsigned int again = 0;; again++) {
		enum outcome_cause cause;

		if (shield) {
			write_protect_raise(&removing->shield);
			interrupt_poll_again(NULL, 0,
					     clock_backoff_ns(again, SHIELD_PAUSE_FIRST_MS,
							      SHIELD_PAUSE_MAX_MS));
		}
		cause = keep_offline_disturbance(removing, reason, sizeof(reason));
		if (cause == CAUSE_NONE)
			return true;
		log_info("%s: %s", removing->device->device.name, reason);
		if (shield)
			write_protect_lower(&removing->shield);
		if (again == OFFLINE_AGAIN_MAX || interrupt_signal() ||
		    !run_limits_left_ns(removing->write.limits)) {
			device_outcome_set(removing->device, DEVICE_FAILED, cause, "%s", reason);
			return false;
		}
		remove_blocks_each(removing, keep_offline_take_offline);
	}
}
