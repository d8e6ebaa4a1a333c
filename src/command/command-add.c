// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl add: add the memory of devices, where the system itself can do it. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "command/change.h"
#include "command/options.h"
#include "device/addition.h"
#include "output/progress.h"
#include "system/clock.h"
#include "system/interrupt.h"

static struct {
	char *zone;
} options;

static const struct poptOption add_options[] = {
	{ "zone", '\0', POPT_ARG_STRING, &options.zone, 0,
	  "Bring the blocks online in this zone: auto (the kernel's choice), kernel, movable "
	  "(default: leave them as they come)",
	  "auto|kernel|movable" },
	OPTIONS_INCLUDE(change_option_table_without_atomic, "How to change:"),
	POPT_TABLEEND
};

/* The snapshot with its devices. */
static int add_load(struct context *context, struct memory *memory, struct error *err)
{
	int r = memory_open(&context->sysfs, memory, err);

	if (r < 0)
		return r;
	r = memory_load(memory, BLOCK_WANT_ZONES | BLOCK_WANT_IDENTITY);
	if (r >= 0)
		r = memory_load_nodes(memory);
	if (r < 0)
		return error_set(err, r, "cannot read the memory blocks: %s", strerror(-r));
	return provider_find_devices(&context->sysfs, memory, err);
}

/* The blocks of the devices with this result. Errors: -ENOMEM. */
static int add_collect(const struct device_outcomes *devices, enum device_result result,
		       struct ranges *ret)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < devices->n; i++)
		for (size_t j = 0;
		     r >= 0 && devices->v[i].result == result && j < devices->v[i].device.blocks.n;
		     j++)
			r = ranges_add(ret, devices->v[i].device.blocks.v[j].first,
				       devices->v[i].device.blocks.v[j].last);
	return r;
}

/*
 * Plans to bring the blocks of the devices that are there now online. Those that have just come may
 * be so already, in the zone that the kernel or a udev rule chose for them: that is not what was
 * asked for, and nobody uses them yet.
 */
static int add_plan_online(struct context *context, const struct change *asked,
			   const struct memory *memory, const struct device_outcomes *devices,
			   struct plan *plan, struct error *err)
{
	struct ranges added = { 0 }, blocks = { 0 };
	struct change change = *asked;
	int r = add_collect(devices, DEVICE_ADDED, &added);

	change.rezone = true;
	change.rezone_only = &added;
	if (r >= 0)
		r = add_collect(devices, DEVICE_ADDED, &blocks);
	if (r >= 0)
		r = add_collect(devices, DEVICE_ALREADY, &blocks);
	r = r < 0 ? error_no_memory(err) :
		    change_plan(context, &change, memory, &blocks, plan, err);
	ranges_done(&added);
	ranges_done(&blocks);
	return r;
}

/* The same, done. */
static int add_online(struct context *context, const struct change *change,
		      struct execute_request *request, struct memory *memory,
		      const struct device_outcomes *devices, struct plan *plan, struct error *err)
{
	int r;

	memory_close(memory);
	r = add_load(context, memory, err);
	if (r >= 0)
		r = add_plan_online(context, change, memory, devices, plan, err);
	if (r < 0)
		return r;
	r = execute_plan(request, plan);
	return r < 0 ? error_set(err, r, "cannot start the process that writes: %s", strerror(-r)) :
		       0;
}

static int add_execute(struct context *context, const struct change *change,
		       const struct limits *limits, int64_t deadline_ns, struct memory *memory,
		       struct device_outcomes *devices, struct plan *plan, struct error *err)
{
	struct execute_request request = change_request(context, limits, deadline_ns, memory);
	int r;

	progress_begin(context->command->name, !context->quiet);
	r = addition_execute(&request, devices);
	if (r < 0)
		error_set(err, r, "cannot start the process that writes: %s", strerror(-r));
	else if (options.zone)
		r = add_online(context, change, &request, memory, devices, plan, err);
	progress_end();
	return r;
}

static int add_report(struct context *context, const struct memory *memory,
		      const struct device_outcomes *devices, const struct plan *plan,
		      int64_t began_ns)
{
	struct outcome_totals totals = outcome_count(&plan->outcomes, BLOCK_ONLINE);
	struct report report = change_report_of(context, memory, plan, began_ns);

	report.devices = devices;
	report.new_blocks_zone = options.zone;
	report.exit_code = device_outcomes_exit_code(devices, &totals, interrupt_signal());
	return change_print(context, &report);
}

static int add_run(struct context *context, const char **words, size_t n_words)
{
	int64_t began_ns = clock_now_ns(), deadline_ns;
	struct change change = { .wanted = BLOCK_ONLINE };
	struct plan plan = { .wanted = BLOCK_ONLINE };
	struct device_outcomes devices = { 0 };
	struct memory memory = { 0 };
	struct error err = { 0 };
	struct limits limits;
	_cleanup_close_ int lock = -1;
	int r, exit_code;

	r = options_limits(&limits, &err);
	if (r == 0)
		r = options_zone(options.zone, &change.zone, &err);
	if (r < 0)
		return command_fail(context, EXIT_USAGE, &err);
	interrupt_init();
	deadline_ns = clock_deadline_ns(limits.timeout_ms);
	if (!change_options.dry_run) {
		lock = change_lock(context, deadline_ns, &exit_code);
		if (lock == INT_MIN)
			return exit_code;
	}
	r = add_load(context, &memory, &err);
	if (r >= 0)
		r = addition_resolve(&memory, words, n_words, change_options.force, &devices, &err);
	if (r >= 0)
		addition_plan(&context->sysfs, change_options.force, &devices);
	if (r >= 0 && change_options.dry_run && options.zone)
		r = add_plan_online(context, &change, &memory, &devices, &plan, &err);
	if (r >= 0 && !change_options.dry_run)
		r = add_execute(context, &change, &limits, deadline_ns, &memory, &devices, &plan,
				&err);
	change_unlock(&lock);
	exit_code = r < 0 ? command_fail(context, 0, &err) :
			    add_report(context, &memory, &devices, &plan, began_ns);
	plan_done(&plan);
	device_outcomes_done(&devices);
	memory_close(&memory);
	return exit_code;
}

const struct command command_add = {
	.name = "add",
	.operands = "DEVICE...",
	.summary = "add the memory of devices (dax, pseries, s390)",
	.options = add_options,
	.flags = COMMAND_CHANGES,
	.run = add_run,
};
