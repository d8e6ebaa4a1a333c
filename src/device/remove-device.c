// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/remove-device.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "device/keep-offline.h"
#include "device/provider-write.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "system/uevent.h"

/*
 * After a synchronous write sysfs is up to date at once; a little more time for processes that
 * hold it open.
 */
#define SYNCHRONOUS_SETTLE_NS (200 * CLOCK_NS_PER_MS)

/* A failed eject brings its blocks online again. One that is online this long will stay so. */
#define ONLINE_AGAIN_NS CLOCK_NS_PER_S

/* Events end the wait early; without events it polls. */
#define LOOK_FIRST_MS 5
#define LOOK_MAX_MS 100

/* Waits for an event, or briefly. Takes all pending events: one look serves for all. */
static void remove_device_wait(struct remove_device *removing, unsigned int look, int64_t until_ns)
{
	int64_t tick = clock_now_ns() + clock_backoff_ns(look, LOOK_FIRST_MS, LOOK_MAX_MS);
	struct uevent event;
	int r;

	if (tick > until_ns)
		tick = until_ns;
	r = removing->events ? uevent_wait(removing->events, tick, &event) : -ETIME;
	if (!removing->events || (r < 0 && r != -ETIME))
		interrupt_poll_again(NULL, 0, clock_left_ns(tick));
	if (r != 1)
		return;
	uevent_done(&event);
	uevent_drain(removing->events, tick);
}

/*
 * Has the kernel refused to start? A step that was ended from outside may still have worked.
 */
static bool remove_device_is_refused(const struct remove_device *removing, bool taken)
{
	return !taken && removing->device->error && removing->device->cause != CAUSE_INTERRUPTION;
}

/*
 * Waits until device and blocks are gone; `taken`: the kernel accepted the steps. Returns 0,
 * -ETIME, -EBUSY if the blocks are online again, -EINTR after a signal.
 */
static int remove_device_wait_gone(struct remove_device *removing, bool taken,
				   struct remove_device_look *ret)
{
	const struct device *device = &removing->device->device;
	int64_t limit_ns = removing->device->steps.is_asynchronous &&
					   !remove_device_is_refused(removing, taken) ?
				   removing->write.limits->block_timeout_ms * CLOCK_NS_PER_MS :
				   SYNCHRONOUS_SETTLE_NS;
	int64_t until = clock_now_ns() + limit_ns, online_since = CLOCK_NEVER;

	if (until > removing->write.limits->deadline_ns)
		until = removing->write.limits->deadline_ns;
	for (unsigned int look = 0;; look++) {
		*ret = remove_blocks_look(removing);
		if (!ret->present &&
		    (!device->provider->is_removed ||
		     device->provider->is_removed(removing->write.run->sysfs, device)))
			return 0;
		if (!ret->not_offline)
			online_since = CLOCK_NEVER;
		else if (online_since == CLOCK_NEVER)
			online_since = clock_now_ns();
		else if (clock_now_ns() - online_since >= ONLINE_AGAIN_NS &&
			 ret->first->after == BLOCK_ONLINE)
			return -EBUSY;
		if (interrupt_signal())
			return -EINTR;
		if (!clock_left_ns(until))
			return -ETIME;
		remove_device_wait(removing, look, until);
	}
}

/*
 * Has the kernel accepted a request that it may still carry out? Then the blocks must stay
 * offline: the kernel would take a block that comes online now offline again by itself, without
 * any deadline (acpi_scan_try_to_offline()).
 */
static bool remove_device_is_pending(const struct remove_device *removing, bool taken,
				     const struct remove_device_look *look)
{
	return removing->device->steps.is_asynchronous &&
	       (taken || removing->device->cause == CAUSE_INTERRUPTION) && look->present &&
	       !look->not_offline && !look->unreadable;
}

/* What sysfs shows in the end, as a sentence. */
static void remove_device_explain(struct remove_device *removing, int r,
				  const struct remove_device_look *look)
{
	struct device_outcome *device = removing->device;

	if (r == -EINTR)
		device_outcome_set(device, DEVICE_FAILED, CAUSE_SIGNAL,
				   "stopped by a signal while the kernel was removing it; %zu of "
				   "its blocks are still there",
				   look->present);
	else if (look->unreadable)
		device_outcome_set(device, DEVICE_FAILED, CAUSE_UNREADABLE,
				   "the kernel accepted the request, but the result is not known: "
				   "the state of memory%" PRIu64 " cannot be read (%s)",
				   look->unreadable->block, error_name(look->read_error));
	else if (look->not_offline && device->steps.strands)
		device_outcome_set(
			device, DEVICE_FAILED, CAUSE_REVERTED,
			"memory%" PRIu64 " came online at the very moment of the removal; "
			"the memory stays in use, but cannot be removed until the next boot",
			look->first->block);
	else if (look->not_offline)
		device_outcome_set(device, DEVICE_FAILED, CAUSE_REVERTED,
				   "the kernel accepted the request, but could not remove it: "
				   "memory%" PRIu64 " is %s again (see the kernel log)",
				   look->first->block, block_state_name(look->first->after));
	else if (look->present)
		device_outcome_set(device, DEVICE_FAILED, CAUSE_UNKNOWN,
				   "the kernel accepted the request, but %zu of its blocks are "
				   "still there, offline (see the kernel log)",
				   look->present);
	else
		device_outcome_set(device, DEVICE_FAILED, CAUSE_DEADLINE,
				   "its blocks are gone, but the device itself is still there: the "
				   "platform did not let it go");
}

/* A block that came online again is a failure. Returns whether one did. */
static bool remove_device_mark_reverted(struct outcome *outcome)
{
	if (outcome->after != BLOCK_ONLINE)
		return false;
	outcome->result = OUTCOME_FAILED;
	/* With an errno nobody brought it back: it did not go offline. */
	if (!outcome->error)
		outcome->cause = CAUSE_REVERTED;
	return true;
}

/* Nothing can be claimed of a block that is there and cannot be read. */
static void remove_device_mark_unreadable(struct remove_device *removing, struct outcome *outcome)
{
	int error;

	if (outcome->after != BLOCK_UNKNOWN ||
	    (outcome->result != OUTCOME_CHANGED && outcome->result != OUTCOME_ALREADY) ||
	    remove_blocks_read(removing, outcome, &error) != READ_FAILED)
		return;
	outcome->result = OUTCOME_FAILED;
	outcome->cause = CAUSE_UNREADABLE;
	outcome->error = -error;
}

static bool remove_device_mark(struct remove_device *removing, struct outcome *outcome)
{
	remove_device_mark_unreadable(removing, outcome);
	remove_device_mark_reverted(outcome);
	return true;
}

/* Moves a block back that came online in another zone than before, as after a failed eject. */
static bool remove_device_put_right(struct remove_device *removing, struct outcome *outcome)
{
	struct outcome change = { 0 };
	enum zone wrong;
	int error;

	remove_device_mark_unreadable(removing, outcome);
	wrong = outcome->zone_after;
	if (!remove_device_mark_reverted(outcome) || outcome->zone_before == ZONE_UNKNOWN ||
	    wrong == outcome->zone_before)
		return true;
	remove_blocks_change(removing, outcome, BLOCK_OFFLINE, "offline", &change);
	free(change.detail);
	if (change.after == BLOCK_OFFLINE) {
		outcome->after = BLOCK_OFFLINE;
		remove_blocks_change(removing, outcome, BLOCK_ONLINE,
				     plan_online_word(outcome->zone_before), &change);
		free(change.detail);
	}
	remove_blocks_read(removing, outcome, &error);
	free(outcome->detail);
	if (asprintf(&outcome->detail, "it came back in zone %s, and %s zone %s", zone_name(wrong),
		     outcome->zone_after == outcome->zone_before ? "was moved back to" :
								   "could not be moved back to",
		     zone_name(outcome->zone_before)) < 0)
		outcome->detail = NULL;
	return true;
}

/* The removal may still happen: the block must not be put back. */
static bool remove_device_leave_to_kernel(struct remove_device *removing, struct outcome *outcome)
{
	if (outcome->result == OUTCOME_CHANGED || outcome->result == OUTCOME_ALREADY)
		outcome->cause = removing->device->cause == CAUSE_PENDING ? CAUSE_PENDING :
									    CAUSE_STUCK;
	return true;
}

static bool remove_device_mark_gone(struct remove_device *removing, struct outcome *outcome)
{
	(void)removing;
	outcome->result = OUTCOME_CHANGED;
	outcome->cause = CAUSE_NONE;
	outcome->error = 0;
	return true;
}

/* The removal failed. Like a rollback, this continues after a signal and the run's deadline. */
static void remove_device_put_all_right(struct remove_device *removing)
{
	const struct run_limits *forward = removing->write.limits;
	struct run_limits limits = run_limits_to_finish(forward, forward->timeout_ms);

	removing->write.limits = &limits;
	remove_blocks_each(removing, remove_device_put_right);
	removing->write.limits = forward;
}

/* The blocks are gone. A later step that failed has left something of the hardware set up. */
static void remove_device_end(struct remove_device *removing, bool taken, size_t n_taken)
{
	struct device_outcome *device = removing->device;
	const char *note = device->steps.remains;

	for (size_t i = 0; i < device->steps.n && device->device.blocks.n; i++)
		note = *device->steps.v[i].done ? device->steps.v[i].done : note;
	remove_blocks_each(removing, remove_device_mark_gone);
	if (!taken && n_taken) {
		device_outcome_set(device, DEVICE_FAILED, device->cause,
				   "its memory is removed, but not all of it is taken apart: %s; "
				   "memhpctl remove %s tries again",
				   device->reason ? device->reason : "",
				   device->steps.v[n_taken].value);
		return;
	}
	device->error = 0;
	free(device->reason);
	device->reason = NULL;
	device_outcome_set(device, DEVICE_REMOVED, CAUSE_NONE, *note ? "%s" : NULL, note);
}

static void remove_device_run(struct remove_device *removing)
{
	struct remove_device_look look;
	size_t n_taken;
	bool taken;
	int r;

	if (!keep_offline_others(removing)) {
		/* Changes by others are left alone, unless everything must be as before. */
		if (removing->write.run->atomic)
			remove_device_put_all_right(removing);
		else
			remove_blocks_each(removing, remove_device_mark);
		return;
	}
	taken = provider_write_steps(&removing->write, removing->device, &n_taken);
	r = remove_device_wait_gone(removing, taken, &look);
	if (r < 0 && removing->device->steps.strands && removing->write.writer.stuck_pid) {
		/* The removal is still in the kernel: a block that comes online now would strand
		 * the memory. */
		write_protect_leave(&removing->shield);
		remove_blocks_each(removing, remove_device_leave_to_kernel);
		return;
	}
	if (r == 0) {
		remove_device_end(removing, taken, n_taken);
		return;
	}
	if (remove_device_is_pending(removing, taken, &look)) {
		removing->device->error = 0;
		device_outcome_set(removing->device, DEVICE_FAILED, CAUSE_PENDING,
				   "%s: the kernel has taken the request and may still carry it "
				   "out; its blocks are left offline",
				   r == -EINTR ? "stopped by a signal" : "it is still there");
		remove_blocks_each(removing, remove_device_leave_to_kernel);
		return;
	}
	if (taken)
		remove_device_explain(removing, r, &look);
	write_protect_lower(&removing->shield);
	remove_device_put_all_right(removing);
}

void remove_device_execute(const struct run *run, struct plan *plan, struct device_outcome *device)
{
	static const char *const subsystems[] = { "memory", NULL };
	struct remove_device removing = { .plan = plan, .device = device };
	int64_t began_ns = clock_now_ns();
	struct error err = { 0 };
	int r = kernel_write_init(run, &removing.write);

	if (r < 0) {
		device_outcome_set(device, DEVICE_FAILED, CAUSE_MEMORY,
				   "not enough memory to start the process that writes");
		return;
	}
	/* Opened before the write; events only say when to look. */
	if (sysfs_is_running_system(run->sysfs) &&
	    uevent_open(subsystems, &removing.events, &err) < 0)
		log_debug("%s", error_text(&err));
	write_protect_init(run->memory->directory, &removing.shield);
	remove_device_run(&removing);
	write_protect_done(&removing.shield);
	uevent_close(removing.events);
	error_done(&err);
	kernel_write_done(&removing.write);
	device->elapsed_ns = clock_now_ns() - began_ns;
}
