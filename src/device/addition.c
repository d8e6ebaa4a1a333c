// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/addition.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "device/addition-wait.h"
#include "device/provider-write.h"
#include "model/selector.h"
#include "provider/provider.h"
#include "provider/snapshot.h"
#include "system/auto-online.h"
#include "system/clock.h"
#include "system/kmsg.h"

/* For giving a device back to its driver, even after a signal or the deadline. */
#define UNDO_MS 1000

static int addition_add(const struct device *device, struct device_outcomes *devices,
			struct error *err)
{
	struct device_outcome *outcome;
	struct ranges blocks = { 0 };

	if (device_check_blocks(device, err) < 0)
		return device->blocks_error;
	for (size_t i = 0; i < devices->n; i++)
		if (!strcmp(devices->v[i].device.name, device->name))
			return 0;
	if (ranges_add_all(&blocks, &device->blocks) < 0) {
		ranges_done(&blocks);
		return error_no_memory(err);
	}
	outcome = device_outcomes_add(devices, device->name, device->provider, blocks);
	if (!outcome)
		return error_no_memory(err);
	outcome->device.size = device->size;
	memcpy(outcome->device.driver, device->driver, sizeof(device->driver));
	if (device->obstacle)
		device_outcome_set(outcome, DEVICE_REFUSED, CAUSE_VETO, "%s", device->obstacle);
	else if (outcome->device.blocks.n)
		outcome->result = DEVICE_ALREADY;
	return 0;
}

/* By address: any address that is not in a block yet. */
static int addition_resolve_address(const struct memory *memory, const struct selector *selector,
				    const struct device *device, bool force,
				    struct device_outcomes *devices, struct error *err)
{
	uint64_t block = selector->first / memory->block_size;

	if (provider_check_number(memory, selector, err) < 0)
		return -EINVAL;
	if (selector->first % memory->block_size)
		return error_set(err, -EINVAL,
				 "'%s' does not fall on a block boundary (a block has 0x%" PRIx64
				 " bytes)",
				 selector->word, memory->block_size);
	if (memory_find(memory, block)) {
		struct device there = *device;
		int r = ranges_add(&there.blocks, block, block) < 0 ?
				error_no_memory(err) :
				addition_add(&there, devices, err);

		ranges_done(&there.blocks);
		return r;
	}
	if (!force)
		return error_set(err, -EINVAL,
				 "'%s': the kernel accepts any address, and without memory there "
				 "the machine crashes; give --force if you are sure",
				 selector->word);
	return addition_add(device, devices, err);
}

/* Several blocks at once, where each can be added by its number. */
static int addition_resolve_blocks(const struct memory *memory, const struct selector *selector,
				   struct device_outcomes *devices, struct error *err)
{
	for (uint64_t number = selector->first;; number++) {
		struct selector one = { .kind = SELECTOR_BLOCKS,
					.word = selector->word,
					.first = number,
					.last = number };
		char name[PROVIDER_NAME_SIZE];
		struct device named;
		int r;

		if (!provider_find_to_add(memory, &one, name, &named))
			return error_set(err, -EINVAL,
					 "'%s': there is no memory to be added for block %" PRIu64
					 "; memhpctl list --devices shows what there is",
					 selector->word, number);
		r = addition_add(&named, devices, err);
		if (r < 0 || number == selector->last)
			return r;
	}
}

/* Addresses of whole blocks, as their numbers. */
static void addition_count_blocks(const struct memory *memory, struct selector *selector)
{
	uint64_t size = memory->block_size;

	if (selector->kind != SELECTOR_ADDRESSES || selector->first % size ||
	    (selector->last + 1) % size)
		return;
	selector->kind = SELECTOR_BLOCKS;
	selector->first /= size;
	selector->last /= size;
}

static int addition_resolve_word(const struct memory *memory, const char *word, bool force,
				 struct device_outcomes *devices, struct error *err)
{
	const struct device *device = NULL;
	char name[PROVIDER_NAME_SIZE];
	struct selector selector;
	struct device named;
	int r = selector_parse(word, &selector, err);

	if (r < 0)
		return r;
	addition_count_blocks(memory, &selector);
	if (selector.kind == SELECTOR_BLOCKS && selector.first < selector.last)
		return addition_resolve_blocks(memory, &selector, devices, err);
	if (selector.kind == SELECTOR_DEVICE)
		device = devices_find(&memory->devices, word);
	else if (provider_find_to_add(memory, &selector, name, &named))
		device = &named;
	if (!device && devices_region_is_shared(&memory->devices, word, err))
		return -EINVAL;
	if (device && device->provider->adds_any_address)
		return addition_resolve_address(memory, &selector, device, force, devices, err);
	if (!device && selector.kind == SELECTOR_BLOCKS && memory_find(memory, selector.first))
		return error_set(err, -EINVAL,
				 "'%s' is there already; memhpctl online %s brings it online", word,
				 word);
	if (!device && memory->devices_missing)
		return error_set(err, -ENODATA, "'%s': " PROVIDER_NOT_SHOWN, word);
	if (!device)
		return error_set(err, -EINVAL,
				 "'%s' is not a device whose memory can be added; memhpctl list "
				 "--devices shows those that exist",
				 word);
	return addition_add(device, devices, err);
}

int addition_resolve(const struct memory *memory, const char **words, size_t n_words, bool force,
		     struct device_outcomes *ret, struct error *err)
{
	struct device_outcomes devices = { 0 };
	int r = n_words ? 0 :
			  error_set(err, -EINVAL,
				    "nothing is selected: name the devices, such as dax0.0; "
				    "memhpctl list --devices shows them");

	for (size_t i = 0; r >= 0 && i < n_words; i++)
		r = addition_resolve_word(memory, words[i], force, &devices, err);
	if (r < 0) {
		device_outcomes_done(&devices);
		return r;
	}
	*ret = devices;
	return 0;
}

static int addition_plan_device(const struct sysfs *sysfs, bool force,
				struct device_outcome *outcome, struct error *err)
{
	const struct provider *provider = outcome->device.provider;

	if (!provider->plan_add)
		return error_set(err, -EOPNOTSUPP, "this system cannot add it: %s",
				 provider_cannot_add(provider));
	if (!force && provider->check_use) {
		int r = provider->check_use(sysfs, &outcome->device, err);

		if (r < 0) {
			outcome->error = -r;
			return r;
		}
	}
	return provider->plan_add(sysfs, &outcome->device, &outcome->steps, err);
}

void addition_plan(const struct sysfs *sysfs, bool force, struct device_outcomes *devices)
{
	for (size_t i = 0; i < devices->n; i++) {
		struct error err = { 0 };
		int r = devices->v[i].result == DEVICE_PLANNED ?
				addition_plan_device(sysfs, force, &devices->v[i], &err) :
				0;

		if (r == -EBUSY)
			device_outcome_set(&devices->v[i], DEVICE_REFUSED, CAUSE_VETO,
					   "%s; --force takes it away", error_text(&err));
		else if (r < 0)
			device_outcome_set(&devices->v[i], DEVICE_REFUSED,
					   r == -EACCES ? CAUSE_ACCESS : CAUSE_VETO, "%s",
					   error_text(&err));
		error_done(&err);
	}
}

/* Appends what the kernel logged about the device to the reason. */
static void addition_quote_log(int log, struct device_outcome *outcome)
{
	_cleanup_free_ char *said = NULL;
	char *reason;

	if (log < 0 || !outcome->reason ||
	    kmsg_find_device(log, outcome->device.name, clock_now_ns() + KMSG_LIMIT_NS, &said) <
		    0 ||
	    !said || asprintf(&reason, "%s; the kernel's log: %s", outcome->reason, said) < 0)
		return;
	free(outcome->reason);
	outcome->reason = reason;
}

/* No memory was added: gives the device back to the driver that had it. */
static void addition_undo(struct kernel_write *write, size_t taken, struct device_outcome *outcome)
{
	struct run_limits limits = run_limits_to_finish(write->limits, UNDO_MS);
	bool was_made = outcome->steps.n && outcome->steps.v[0].undo_call;
	char *reason;
	int r;

	write->limits = &limits;
	r = provider_write_undo(write, outcome, taken);
	write->limits = write->run->limits;
	if (!r || asprintf(&reason, "%s; %s", outcome->reason ? outcome->reason : "",
			   r > 0    ? "it was given back to its driver" :
			   was_made ? "what was made for it could not be removed again" :
				      "it could not be given back to its driver") < 0)
		return;
	free(outcome->reason);
	outcome->reason = reason;
}

static void addition_execute_device(struct kernel_write *write, struct device_outcome *outcome)
{
	int64_t began_ns = clock_now_ns();
	_cleanup_close_ int log = kmsg_open(write->run->sysfs, false);
	size_t n_taken;
	bool taken = provider_write_steps(write, outcome, &n_taken);
	int r = addition_wait_for_blocks(write->run, taken, &outcome->device,
					 outcome->steps.is_asynchronous);

	if (outcome->device.blocks.n) {
		/* A write that was ended from outside may still have worked. */
		outcome->error = 0;
		device_outcome_set(outcome, DEVICE_ADDED, CAUSE_NONE, NULL);
		free(outcome->reason);
		outcome->reason = NULL;
	} else {
		if (r < 0) {
			outcome->error = -r;
			device_outcome_set(outcome, DEVICE_FAILED, CAUSE_UNKNOWN,
					   "its blocks cannot be read, so it is not known what was "
					   "added");
		} else if (taken) {
			device_outcome_set(outcome, DEVICE_FAILED, CAUSE_UNKNOWN,
					   "the kernel accepted the request, but no memory block "
					   "appeared (see the kernel log)");
		}
		addition_quote_log(log, outcome);
		/* What cannot be read may have come all the same. */
		if (r >= 0 || !taken)
			addition_undo(write, n_taken, outcome);
	}
	outcome->elapsed_ns = clock_now_ns() - began_ns;
}

static bool addition_has_work(const struct device_outcomes *devices)
{
	for (size_t i = 0; i < devices->n; i++)
		if (devices->v[i].result == DEVICE_PLANNED)
			return true;
	return false;
}

/* The zone for blocks that the kernel brings online by itself; NULL: the kernel chooses. */
static const char *addition_online_word(enum zone_request zone)
{
	return zone == ZONE_REQUEST_MOVABLE ? "online_movable" :
	       zone == ZONE_REQUEST_KERNEL  ? "online_kernel" :
					      NULL;
}

int addition_execute(const struct run *run, enum zone_request zone, struct device_outcomes *devices)
{
	struct auto_online held = { 0 };
	struct kernel_write write;
	bool is_held = false;
	int r = kernel_write_init(run, &write);

	if (r < 0)
		return r;
	/* If that fails, the blocks are brought into their zone afterwards, if possible. */
	if (addition_online_word(zone) && addition_has_work(devices))
		is_held = auto_online_hold(run->memory->directory, addition_online_word(zone),
					   &held) >= 0;
	for (size_t i = 0; i < devices->n; i++) {
		struct device_outcome *outcome = &devices->v[i];
		enum outcome_cause over;

		if (outcome->result != DEVICE_PLANNED)
			continue;
		over = run_why_over(run);
		if (over != CAUSE_NONE) {
			device_outcome_set(outcome, DEVICE_SKIPPED, over, NULL);
			continue;
		}
		if (run->news.device)
			run->news.device(run->news.data, outcome->device.name);
		addition_execute_device(&write, outcome);
	}
	if (is_held)
		addition_wait_for_online(run, devices);
	/* A write that is stuck in the kernel adds its blocks later. */
	if (write.writer.stuck_pid)
		auto_online_leave(&held);
	else
		auto_online_release(&held);
	kernel_write_done(&write);
	return 0;
}
