// SPDX-License-Identifier: GPL-2.0-or-later
#include "action/detach.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "action/perform.h"
#include "base/clock.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "kernel/holder.h"
#include "kernel/shield.h"
#include "kernel/uevent.h"

/* So often a block that came online again is taken offline again. */
#define OFFLINE_AGAIN_MAX 3

/* After raising the shield, one who has a file open for a moment comes to his end; each time it waits longer. */
#define SHIELD_PAUSE_FIRST_MS 20
#define SHIELD_PAUSE_MAX_MS 500

/* After a write that is not asynchronous sysfs is true at once; for those that hold it open, a little more. */
#define SYNCHRONOUS_SETTLE_NS (200 * CLOCK_NS_PER_MS)

/* A failed eject brings its blocks online again. One that stays online for so long was not just passing. */
#define ONLINE_AGAIN_NS CLOCK_NS_PER_S

/* Events wake the waiting up; without them it looks by itself. */
#define LOOK_FIRST_MS 5
#define LOOK_MAX_MS 100

#define RETRIES 3

struct detach {
	const struct execute_request *request;
	struct plan *plan;
	struct device_outcome *device;
	struct writer *writer;
	struct uevent_monitor *events; /* NULL: there are none to be had */
	int64_t deadline_ns;	       /* that of the run; for putting right one of its own */
	bool ignore_signals;	       /* while putting right */
};

/* Calls function for each block of the device with its outcome, until it returns false. */
static void detach_each(struct detach *detach, bool (*function)(struct detach *detach, struct outcome *outcome))
{
	for (size_t i = 0; i < detach->plan->outcomes.n; i++)
		if (ranges_contain(&detach->device->device.blocks, detach->plan->outcomes.v[i].block) &&
		    !function(detach, &detach->plan->outcomes.v[i]))
			return;
}

/* Reads a block into its outcome. Returns false when it is gone; another one with its number is not it. */
static bool detach_read(struct detach *detach, struct outcome *outcome)
{
	const struct block *selected = memory_find(detach->request->memory, outcome->block);
	struct block block;
	int r = block_read(detach->request->memory->directory, outcome->block, BLOCK_WANT_ZONES | BLOCK_WANT_IDENTITY, &block);

	if (r < 0 || (selected->inode && (block.inode != selected->inode || block.fs_dev != selected->fs_dev))) {
		outcome->after = BLOCK_UNKNOWN;
		outcome->zone_after = ZONE_UNKNOWN;
		return false;
	}
	outcome->after = block.state;
	outcome->zone_after = block_zone(&block);
	return true;
}

static bool detach_look(struct detach *detach, struct outcome *outcome)
{
	detach_read(detach, outcome);
	return true;
}

struct look {
	size_t present, not_offline;
	const struct outcome *first; /* that is not offline */
};

/* Reads all blocks of the device anew. */
static struct look detach_look_at_all(struct detach *detach)
{
	struct look look = { 0 };

	detach_each(detach, detach_look);
	for (size_t i = 0; i < detach->plan->outcomes.n; i++) {
		const struct outcome *outcome = &detach->plan->outcomes.v[i];

		if (!ranges_contain(&detach->device->device.blocks, outcome->block) || outcome->after == BLOCK_UNKNOWN)
			continue;
		look.present++;
		if (outcome->after != BLOCK_OFFLINE && !look.not_offline++)
			look.first = outcome;
	}
	return look;
}

/* Writes a word to a block's state, with all that belongs to it, and puts what came of it into *ret. */
static void detach_change(struct detach *detach, const struct outcome *outcome, enum block_state wanted, const char *word, struct outcome *ret)
{
	const struct block *selected = memory_find(detach->request->memory, outcome->block);
	struct attempt_context context = {
		.sysfs = detach->request->sysfs, .memory = detach->request->memory, .writer = detach->writer,
		.limits = &detach->request->limits, .deadline_ns = detach->deadline_ns, .ignore_signals = detach->ignore_signals,
	};
	struct step step = { .inode = selected->inode, .fs_dev = selected->fs_dev };

	*ret = (struct outcome){ .block = outcome->block, .before = outcome->after, .after = outcome->after, .zone_before = outcome->zone_after,
				 .zone_after = outcome->zone_after, .word = word };
	attempt_step(&context, &step, wanted, ret);
}

static bool detach_offline_again(struct detach *detach, struct outcome *outcome)
{
	struct outcome again;

	if (outcome->after == BLOCK_UNKNOWN || outcome->after == BLOCK_OFFLINE)
		return true;
	detach_change(detach, outcome, BLOCK_OFFLINE, "offline", &again);
	outcome->after = again.after;
	outcome->zone_after = again.zone_after;
	outcome->attempts += again.attempts;
	outcome->elapsed_ns += again.elapsed_ns;
	free(again.detail);
	return true;
}

static bool detach_raise_shield(struct detach *detach, struct outcome *outcome)
{
	shield_raise(detach->request->memory->directory, outcome->block);
	return true;
}

static bool detach_lower_shield(struct detach *detach, struct outcome *outcome)
{
	shield_lower(detach->request->memory->directory, outcome->block);
	return true;
}

static bool detach_is_own_block(void *data, uint64_t block)
{
	const struct detach *detach = data;

	return ranges_contain(&detach->device->device.blocks, block);
}

/*
 * What speaks against going on now? Writes a sentence. A block that is not offline, with whoever has it open; and
 * where that would strand the memory, already a process that could bring one online at any moment, having its file
 * open since before the shield went up. With neither, and the shield up, nobody can.
 */
static bool detach_is_disturbed(struct detach *detach, char *buffer, size_t size)
{
	struct look look;
	uint64_t block;
	char who[128];
	/* In this order: a state that is read once nobody has it open any more stays so. */
	bool seen = detach->device->steps.strands &&
		    holder_find_writer(detach->request->sysfs, detach_is_own_block, detach, who, sizeof(who), &block) == 0;

	look = detach_look_at_all(detach);
	if (look.not_offline && !seen)
		seen = holder_find_writer(detach->request->sysfs, detach_is_own_block, detach, who, sizeof(who), &block) == 0;
	if (look.not_offline && look.first->error)
		snprintf(buffer, size, "memory%" PRIu64 " is online: the kernel answered %s to its going offline; nothing was removed",
			 look.first->block, error_name(look.first->error));
	else if (look.not_offline)
		snprintf(buffer, size, "memory%" PRIu64 " was brought online again, by %s; nothing was removed", look.first->block,
			 seen ? who : "somebody who is not seen (a udev rule that brings memory online, or another program)");
	else if (seen)
		snprintf(buffer, size, "%s has the state of memory%" PRIu64 " open for writing; if it brought the block online during the "
			 "removal, the memory would be stuck until the next boot; end it first", who, block);
	return look.not_offline || seen;
}

/*
 * All blocks offline, and nobody at work to change that? With steps that strand, the shield is up when it returns
 * true. Else the outcome is final.
 */
static bool detach_hold_off(struct detach *detach)
{
	bool shield = detach->device->steps.strands;
	char reason[400];

	for (unsigned int again = 0;; again++) {
		if (shield) {
			detach_each(detach, detach_raise_shield);
			interrupt_poll_again(NULL, 0, clock_backoff_ns(again, SHIELD_PAUSE_FIRST_MS, SHIELD_PAUSE_MAX_MS));
		}
		if (!detach_is_disturbed(detach, reason, sizeof(reason)))
			return true;
		log_info("%s: %s", detach->device->device.name, reason);
		if (shield)
			detach_each(detach, detach_lower_shield);
		if (again == OFFLINE_AGAIN_MAX || interrupt_signal() || !clock_left_ns(detach->request->deadline_ns)) {
			device_outcome_set(detach->device, DEVICE_FAILED, CAUSE_REVERTED, "%s", reason);
			return false;
		}
		detach_each(detach, detach_offline_again);
	}
}

/* Waits for an event, or a moment. */
static void detach_wait(struct detach *detach, unsigned int look, int64_t until_ns)
{
	int64_t tick = clock_now_ns() + clock_backoff_ns(look, LOOK_FIRST_MS, LOOK_MAX_MS);
	struct uevent event;
	int r;

	if (tick > until_ns)
		tick = until_ns;
	r = detach->events ? uevent_wait(detach->events, tick, &event) : -ETIME;
	if (r == 1)
		uevent_done(&event);
	else if (!detach->events || r == -EINTR)
		interrupt_poll_again(NULL, 0, clock_left_ns(tick));
}

/*
 * The steps were taken: waits until device and blocks are gone. Returns 0, -ETIME, -EBUSY when the blocks are online
 * again, -EINTR after a signal.
 */
static int detach_wait_gone(struct detach *detach, struct look *ret)
{
	const struct device *device = &detach->device->device;
	int64_t limit_ns = detach->device->steps.is_asynchronous ? detach->request->limits.block_timeout_ms * CLOCK_NS_PER_MS : SYNCHRONOUS_SETTLE_NS;
	int64_t until = clock_now_ns() + limit_ns, online_since = CLOCK_NEVER;

	if (until > detach->request->deadline_ns)
		until = detach->request->deadline_ns;
	for (unsigned int look = 0;; look++) {
		*ret = detach_look_at_all(detach);
		if (!ret->present && (!device->provider->is_removed || device->provider->is_removed(detach->request->sysfs, device)))
			return 0;
		if (!ret->not_offline)
			online_since = CLOCK_NEVER;
		else if (online_since == CLOCK_NEVER)
			online_since = clock_now_ns();
		else if (clock_now_ns() - online_since >= ONLINE_AGAIN_NS && ret->first->after == BLOCK_ONLINE)
			return -EBUSY;
		if (interrupt_signal())
			return -EINTR;
		if (!clock_left_ns(until))
			return -ETIME;
		detach_wait(detach, look, until);
	}
}

/* What sysfs shows after all, in words. */
static void detach_explain(struct detach *detach, int r, const struct look *look)
{
	struct device_outcome *device = detach->device;

	if (r == -EINTR)
		device_outcome_set(device, DEVICE_FAILED, CAUSE_SIGNAL, "stopped by a signal while the kernel was removing it; %zu of its blocks are still there",
				   look->present);
	else if (look->not_offline && device->steps.strands)
		device_outcome_set(device, DEVICE_FAILED, CAUSE_REVERTED, "memory%" PRIu64 " came online at the very moment of the removal; "
				   "the memory stays in use, but cannot be removed until the next boot", look->first->block);
	else if (look->not_offline)
		device_outcome_set(device, DEVICE_FAILED, CAUSE_REVERTED, "the kernel accepted the request, but could not remove it: memory%" PRIu64
				   " is %s again (see the kernel log)", look->first->block, block_state_name(look->first->after));
	else if (look->present)
		device_outcome_set(device, DEVICE_FAILED, device->steps.is_asynchronous ? CAUSE_DEADLINE : CAUSE_UNKNOWN,
				   "the kernel accepted the request, but %zu of its blocks are still there, offline (see the kernel log)",
				   look->present);
	else
		device_outcome_set(device, DEVICE_FAILED, CAUSE_DEADLINE, "its blocks are gone, but the device itself is still there: the platform did "
				   "not let it go");
}

/* A block that came online again is no success. Returns whether it did. */
static bool detach_mark_reverted(struct outcome *outcome)
{
	if (outcome->after != BLOCK_ONLINE)
		return false;
	outcome->result = OUTCOME_FAILED;
	/* With an errno nobody brought it back: the kernel said that it was gone, and it is not. */
	outcome->cause = outcome->error ? CAUSE_UNKNOWN : CAUSE_REVERTED;
	return true;
}

static bool detach_mark(struct detach *detach, struct outcome *outcome)
{
	(void)detach;
	detach_mark_reverted(outcome);
	return true;
}

/* Online again in another zone than it had, as after a failed eject? Then it is put right. */
static bool detach_put_right(struct detach *detach, struct outcome *outcome)
{
	enum zone wrong = outcome->zone_after;
	struct outcome change = { 0 };

	if (!detach_mark_reverted(outcome) || outcome->zone_before == ZONE_UNKNOWN || wrong == outcome->zone_before)
		return true;
	detach_change(detach, outcome, BLOCK_OFFLINE, "offline", &change);
	free(change.detail);
	if (change.after == BLOCK_OFFLINE) {
		outcome->after = BLOCK_OFFLINE;
		detach_change(detach, outcome, BLOCK_ONLINE, plan_online_word(outcome->zone_before), &change);
		free(change.detail);
	}
	detach_read(detach, outcome);
	free(outcome->detail);
	if (asprintf(&outcome->detail, "it came back in zone %s, and %s zone %s", zone_name(wrong),
		     outcome->zone_after == outcome->zone_before ? "was moved back to" : "could not be moved back to",
		     zone_name(outcome->zone_before)) < 0)
		outcome->detail = NULL;
	return true;
}

static bool detach_mark_gone(struct detach *detach, struct outcome *outcome)
{
	(void)detach;
	outcome->result = OUTCOME_CHANGED;
	outcome->cause = CAUSE_NONE;
	outcome->error = 0;
	return true;
}

/* The removal failed. Like rolling back, this goes on after a signal and after the run's deadline. */
static void detach_put_all_right(struct detach *detach)
{
	detach->deadline_ns = clock_deadline_ns(detach->request->limits.timeout_ms);
	detach->ignore_signals = true;
	detach_each(detach, detach_put_right);
}

static void detach_run(struct detach *detach)
{
	struct perform_request request = { .sysfs = detach->request->sysfs, .writer = detach->writer,
					   .deadline_ns = detach->request->deadline_ns, .retries = RETRIES };
	struct look look;
	bool taken;
	int r;

	if (!detach_hold_off(detach)) {
		/* What somebody else does is his, unless all is to be as it was. */
		if (detach->request->atomic)
			detach_put_all_right(detach);
		else
			detach_each(detach, detach_mark);
		return;
	}
	taken = perform_steps(&request, detach->device, NULL);
	/* A step that was ended from outside may have worked all the same. */
	r = detach_wait_gone(detach, &look);
	if (detach->device->steps.strands)
		detach_each(detach, detach_lower_shield);
	if (r == 0) {
		detach->device->error = 0;
		device_outcome_set(detach->device, DEVICE_REMOVED, CAUSE_NONE, NULL);
		free(detach->device->reason);
		detach->device->reason = NULL;
		detach_each(detach, detach_mark_gone);
		return;
	}
	if (taken)
		detach_explain(detach, r, &look);
	detach_put_all_right(detach);
}

void detach_device(const struct execute_request *request, struct plan *plan, struct device_outcome *device)
{
	static const char *const subsystems[] = { "memory", NULL };
	struct writer writer;
	struct detach detach = { .request = request, .plan = plan, .device = device, .writer = &writer, .deadline_ns = request->deadline_ns };
	int64_t began_ns = clock_now_ns();
	struct error err = { 0 };
	int r = writer_init(request->sysfs, &writer);

	if (r < 0) {
		device_outcome_set(device, DEVICE_FAILED, CAUSE_MEMORY, "no memory for the process that writes");
		return;
	}
	/* From before the write on; they only say when to look. */
	if (sysfs_is_running_system(request->sysfs) && uevent_open(subsystems, &detach.events, &err) < 0)
		log_debug("%s", error_text(&err));
	detach_run(&detach);
	uevent_close(detach.events);
	error_done(&err);
	writer_done(&writer);
	device->elapsed_ns = clock_now_ns() - began_ns;
}
