// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy-run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "change/execute.h"
#include "change/foresee.h"
#include "model/settings.h"
#include "plan/plan-check.h"
#include "provider/snapshot.h"
#include "system/clock.h"
#include "system/read-failure.h"
#include "system/writer.h"

/* A block for the barrier below: one that can never go offline, else the lowest online one. */
static const struct block *policy_run_barrier_block(const struct memory *memory)
{
	const struct block *lowest = NULL;

	for (size_t i = 0; i < memory->n_blocks; i++) {
		const struct block *block = &memory->blocks[i];

		if (block->state != BLOCK_ONLINE)
			continue;
		if (block_zone(block) == ZONE_NONE)
			return block;
		lowest = lowest ? lowest : block;
	}
	return lowest;
}

/*
 * Waits until whoever is adding memory releases the hotplug lock. Only then do the links from
 * blocks to their nodes and devices exist (acpi_bind_memory_blocks() comes after __add_memory()),
 * and only then is the device complete, so that its blocks can be written from the top down.
 * Writing 1 to `online` of an online block takes the lock, does nothing else and succeeds
 * (online_store(), device_online()).
 */
static int policy_run_wait_for_adder(const struct policy_run_request *request,
				     const struct memory *memory)
{
	const struct block *block = policy_run_barrier_block(memory);
	char directory[sizeof(SYSFS_MEMORY) + BLOCK_NAME_SIZE];
	struct write_job job = { .directory = directory, .attribute = "online", .value = "1" };
	struct write_result result;
	int r;

	if (!block)
		return 0;
	snprintf(directory, sizeof(directory), SYSFS_MEMORY "/memory%" PRIu64, block->number);
	job.inode = block->inode;
	job.fs_dev = block->fs_dev;
	r = writer_write(request->run->sysfs, &job, request->run->limits->deadline_ns, &result);
	if (r == 0)
		log_debug("waited %" PRId64 " ms for the hotplug lock",
			  result.elapsed_ns / CLOCK_NS_PER_MS);
	/* After the deadline the plan is made anyway, and its blocks say what happened. */
	return r == -EINTR ? r : 0;
}

static int policy_run_read(const struct policy_run_request *request,
			   struct policy_run_result *result, struct error *err)
{
	struct memory *memory = &result->memory;
	int r = memory_open(request->run->sysfs, memory, err);

	if (r < 0)
		return r;
	if (!request->dry_run) {
		r = snapshot_load(request->run->sysfs, WANT_ZONES | WANT_IDENTITY, memory, err);
		if (r < 0)
			return r;
		if (policy_run_wait_for_adder(request, memory) == -EINTR)
			return error_set(err, -EINTR,
					 "stopped while waiting for the memory hotplug lock; no "
					 "block was changed");
	}
	r = snapshot_load(request->run->sysfs,
			  WANT_ZONES | WANT_IDENTITY | WANT_NODES | WANT_DEVICES, memory, err);
	if (r == 0 && (r = policy_scene_load(request->run->sysfs, memory, &result->scene)) < 0)
		return read_failure_set(err, r, "cannot tell where the memory comes from");
	return r;
}

static int policy_run_plan(const struct policy_run_request *request,
			   const struct policy_state *known, struct policy_run_result *result,
			   struct error *err)
{
	struct settings settings;
	const char *policy;
	int r;
	struct policy_plan_request plan = {
		.policy = request->policy,
		.scene = &result->scene,
		.ratio = result->before.n_nodes ? &result->before : NULL,
		.known = request->only_new ? known : NULL,
		.blocks = request->blocks,
	};

	settings_load(request->run->sysfs, &settings);
	if (settings.v[SETTING_ONLINE_POLICY].error)
		return error_set(err, settings.v[SETTING_ONLINE_POLICY].error,
				 "cannot read the kernel's online_policy: %s",
				 strerror(-settings.v[SETTING_ONLINE_POLICY].error));
	policy = settings_value(&settings, SETTING_ONLINE_POLICY);
	if (policy && request->online_policy)
		policy = request->online_policy;
	plan.kernel_decides = settings_kernel_decides(policy);
	r = policy_plan_make(&plan, &result->plan);
	if (r == -EACCES)
		return policy_tell_unclear(&result->scene, "the memory", err);
	if (r == 0)
		r = plan_check_online(request->run->sysfs, false, &result->plan.plan);
	if (r == 0 && request->dry_run)
		foresee_plan(request->run->sysfs, NULL, CLOCK_NEVER, false, &result->plan.plan);
	return r < 0 ? error_set(err, r, "cannot make the plan: %s", strerror(-r)) : 0;
}

/* Records what the next pass needs to know. */
static int policy_run_remember(const struct policy_run_request *request,
			       const struct policy_state *before,
			       const struct policy_run_result *result)
{
	const struct outcomes *outcomes = &result->plan.plan.outcomes;
	struct policy_state known = { 0 };
	size_t next = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < result->memory.n_blocks; i++) {
		const struct block *block = &result->memory.blocks[i];
		const struct policy_choice *choice = policy_plan_find(&result->plan, block->number);
		enum policy_state_history history = policy_state_find(before, block);

		while (next < outcomes->n && outcomes->v[next].block < block->number)
			next++;
		if (block->state == BLOCK_ONLINE ||
		    (next < outcomes->n && outcomes->v[next].block == block->number &&
		     outcomes->v[next].after == BLOCK_ONLINE))
			history = POLICY_STATE_ONLINE;
		else if (history != POLICY_STATE_ONLINE && choice)
			history = choice->action == POLICY_LEAVE ? POLICY_STATE_LEFT :
								   POLICY_STATE_NEW;
		r = policy_state_add(&known, block, history);
	}
	if (r == 0)
		r = policy_state_save(request->run->sysfs, &known);
	policy_state_done(&known);
	return r;
}

int policy_run_adopt(const struct sysfs *sysfs, struct error *err)
{
	struct policy_state known = { 0 };
	struct memory memory;
	int r = policy_state_exists(sysfs);

	if (r)
		return r < 0 ? policy_state_fail(sysfs, r, err) : 0;
	r = snapshot_open(sysfs, WANT_IDENTITY, &memory, err);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < memory.n_blocks; i++)
		r = policy_state_add(&known, &memory.blocks[i], POLICY_STATE_ONLINE);
	if (r == 0)
		r = policy_state_save(sysfs, &known);
	policy_state_done(&known);
	memory_close(&memory);
	return r < 0 ? error_set(err, r, "cannot record which blocks exist: %s", strerror(-r)) : 0;
}

static int policy_run_execute(const struct policy_run_request *request,
			      struct policy_run_result *result, struct error *err)
{
	struct run run = *request->run;
	int r;

	run.memory = &result->memory;
	r = result->plan.plan.n_steps ? execute_plan(&run, &result->plan.plan) : 0;
	return r < 0 ? error_set(err, r, "cannot start the process that writes: %s", strerror(-r)) :
		       0;
}

int policy_run_pass(const struct policy_run_request *request, struct policy_run_result *ret,
		    struct error *err)
{
	struct policy_state known = { 0 };
	int r;

	/* Filled in place: the scene points to the snapshot. */
	*ret = (struct policy_run_result){ 0 };
	r = policy_run_read(request, ret, err);
	if (r == 0 && (request->only_new || !request->dry_run) &&
	    (r = policy_state_load(request->run->sysfs, &known)) < 0)
		r = policy_state_fail(request->run->sysfs, r, err);
	if (r == 0 && (r = ratio_load(request->run->sysfs, &ret->before)) < 0)
		r = sysfs_is_absent(r) || r == -EBADMSG ?
			    0 :
			    error_set(err, r, "cannot read /proc/zoneinfo: %s", strerror(-r));
	if (r == 0)
		r = policy_run_plan(request, &known, ret, err);
	if (r == 0 && !request->dry_run) {
		r = policy_run_execute(request, ret, err);
		ratio_load(request->run->sysfs, &ret->after);
		/*
		 * If this cannot be recorded, a block that somebody takes offline may come back
		 * at the next event.
		 */
		if (r == 0 && policy_run_remember(request, &known, ret) < 0)
			log_debug("cannot record which blocks are online");
	}
	policy_state_done(&known);
	if (r < 0)
		policy_run_result_done(ret);
	return r;
}

void policy_run_result_done(struct policy_run_result *result)
{
	policy_plan_done(&result->plan);
	policy_scene_done(&result->scene);
	ratio_done(&result->before);
	ratio_done(&result->after);
	memory_close(&result->memory);
}
