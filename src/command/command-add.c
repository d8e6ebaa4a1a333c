// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl add: add the memory of devices, where the system itself can do it. */
#include <string.h>

#include "base/log.h"
#include "change/execute.h"
#include "command/change.h"
#include "command/options.h"
#include "command/session.h"
#include "device/addition.h"
#include "device/memory-map.h"
#include "device/provider-write.h"
#include "model/unreadable.h"
#include "plan/plan-check.h"
#include "provider/snapshot.h"

static struct {
	char *zone;
} options;

static const struct poptOption add_options[] = {
	{ "zone", '\0', POPT_ARG_STRING, &options.zone, 0,
	  "Bring the blocks online in this zone: auto (the kernel's choice), kernel, movable "
	  "(default: leave them as they are)",
	  "auto|kernel|movable" },
	OPTIONS_INCLUDE(change_option_table_without_atomic, "How to change:"),
	POPT_TABLEEND
};

/* One run of the command. */
struct add_work {
	const char **words;
	size_t n_words;
	struct change change; /* what to do with the blocks */
	struct device_outcomes devices;
	struct plan plan;
};

/* Reads the snapshot, with its devices. */
static int add_load(struct session *session, struct error *err)
{
	return snapshot_load(&session->context->sysfs,
			     WANT_ZONES | WANT_IDENTITY | WANT_NODES | WANT_DEVICES,
			     &session->memory, err);
}

/* The blocks of the devices with this result. Errors: -ENOMEM. */
static int add_collect(const struct device_outcomes *devices, enum device_result result,
		       struct ranges *ret)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < devices->n; i++)
		if (devices->v[i].result == result)
			r = ranges_add_all(ret, &devices->v[i].device.blocks);
	return r;
}

/*
 * Plans to bring the blocks of the devices that are there now online. Those that have just come may
 * be so already, in the zone that the kernel or a udev rule chose for them: that is not what was
 * asked for, and nobody uses them yet.
 */
static int add_plan_online(struct session *session, struct add_work *work, struct error *err)
{
	struct ranges added = { 0 }, blocks = { 0 };
	struct change change = work->change;
	int r = add_collect(&work->devices, DEVICE_ADDED, &added);

	change.rezone = true;
	change.rezone_only = &added;
	if (r >= 0)
		r = add_collect(&work->devices, DEVICE_ADDED, &blocks);
	if (r >= 0)
		r = add_collect(&work->devices, DEVICE_ALREADY, &blocks);
	r = r < 0 ? error_no_memory(err) : unreadable_refuse(&session->memory, &blocks, err);
	if (r == 0)
		r = change_plan(session->context, &change, &session->memory, &blocks, &work->plan,
				err);
	if (r == 0 &&
	    plan_check_online(&session->context->sysfs, change_options.force, &work->plan) < 0)
		r = error_no_memory(err);
	ranges_done(&added);
	ranges_done(&blocks);
	return r;
}

static int add_plan(struct session *session, void *data, struct error *err)
{
	struct add_work *work = data;
	int r = add_load(session, err);

	if (r >= 0)
		r = addition_resolve(&session->memory, work->words, work->n_words,
				     change_options.force, &work->devices, err);
	if (r < 0)
		return r;
	addition_plan(&session->context->sysfs, change_options.force, &work->devices);
	memory_map_check(&session->context->sysfs, &session->memory, change_options.force,
			 &work->devices);
	for (size_t i = 0; change_options.dry_run && i < work->devices.n; i++)
		provider_write_foresee(&session->context->sysfs, &work->devices.v[i]);
	return change_options.dry_run && options.zone ? add_plan_online(session, work, err) : 0;
}

/* The same, done, with a snapshot that has the new blocks; without it the old one stays. */
static int add_online(struct session *session, struct add_work *work, struct error *err)
{
	struct memory before = session->memory;
	int r;

	session->memory = (struct memory){ 0 };
	r = session_open_memory(session, err);
	if (r >= 0)
		r = add_load(session, err);
	if (r < 0) {
		memory_close(&session->memory);
		session->memory = before;
		return r;
	}
	memory_close(&before);
	r = add_plan_online(session, work, err);
	if (r < 0)
		return r;
	r = execute_plan(&session->run, &work->plan);
	return r < 0 ? error_set(err, r, "cannot start the process that writes: %s", strerror(-r)) :
		       0;
}

static bool add_has_added(const struct device_outcomes *devices)
{
	for (size_t i = 0; i < devices->n; i++)
		if (devices->v[i].result == DEVICE_ADDED)
			return true;
	return false;
}

static int add_execute(struct session *session, void *data, struct error *err)
{
	struct add_work *work = data;
	int r = addition_execute(&session->run, work->change.zone, &work->devices);

	if (r < 0)
		return r;
	if (!options.zone || add_online(session, work, err) == 0)
		return 0;
	if (!add_has_added(&work->devices))
		return err->code;
	/* What was added is there, and is reported. */
	log_error("the added memory was not brought online: %s", error_text(err));
	error_done(err);
	session->incomplete = true;
	return 0;
}

static void add_report(void *data, struct report *report)
{
	struct add_work *work = data;

	report->plan = &work->plan;
	report->devices = &work->devices;
	report->new_blocks_zone = options.zone;
}

static int add_run(struct context *context, const char **words, size_t n_words)
{
	static const struct session_work steps = { .plan = add_plan,
						   .execute = add_execute,
						   .report = add_report };
	struct add_work work = { .words = words,
				 .n_words = n_words,
				 .change = { .wanted = BLOCK_ONLINE },
				 .plan = { .wanted = BLOCK_ONLINE } };
	struct error err = { 0 };
	int exit_code;

	if (options_zone(options.zone, &work.change.zone, &err) < 0)
		return command_fail(context, EXIT_USAGE, &err);
	exit_code = session_run(context, &steps, &work);
	plan_done(&work.plan);
	device_outcomes_done(&work.devices);
	return exit_code;
}

const struct command command_add = {
	.name = "add",
	.operands = "DEVICE...",
	.summary = "add the memory of devices (dax, cxl, pseries, s390)",
	.options = add_options,
	.flags = COMMAND_CHANGES,
	.run = add_run,
};
