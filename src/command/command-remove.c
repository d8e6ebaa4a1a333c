// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl remove: take whole devices away. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "action/harm.h"
#include "action/removal.h"
#include "action/selection.h"
#include "action/size-goal.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/interrupt.h"
#include "command/change.h"
#include "command/options.h"
#include "output/progress.h"

static struct {
	int whole_device;
} options;

static const struct poptOption remove_options[] = {
	{ "whole-device", '\0', POPT_ARG_NONE, &options.whole_device, 0, "Take the other blocks of a device along that is selected in part", NULL },
	OPTIONS_INCLUDE(size_option_table, "Amount:"),
	OPTIONS_INCLUDE(filter_option_table, "Filters:"),
	OPTIONS_INCLUDE(change_option_table, "How to change:"),
	POPT_TABLEEND
};

/*
 * Looks at the pages of the devices that can be removed, to choose among them. Pages that cannot be
 * looked at are not known: no reason to stop.
 */
static int remove_look(struct survey *survey, const struct ranges *blocks, int64_t deadline_ns)
{
	const struct memory *memory = survey->memory;
	struct ranges candidates = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < memory->n_blocks; i++) {
		const struct block *block = &memory->blocks[i];

		if (block->device != BLOCK_NO_DEVICE && !memory->devices.v[block->device].provider->cannot_remove &&
		    ranges_contain(blocks, block->number))
			r = ranges_add(&candidates, block->number, block->number);
	}
	if (r >= 0)
		survey_scan_all(survey, &candidates, deadline_ns);
	ranges_done(&candidates);
	return r;
}

/* Of the selected blocks keeps those of the devices that make up `goal` blocks best. */
static int remove_choose(struct survey *survey, uint64_t goal, int64_t deadline_ns, struct ranges *blocks, struct error *err)
{
	struct size_goal_request request = { .memory = survey->memory, .selected = blocks, .wanted = BLOCK_OFFLINE, .whole_devices = true,
					     .survey = survey };
	struct ranges chosen = { 0 };
	struct size_goal best;
	int r = remove_look(survey, blocks, deadline_ns);

	if (r >= 0)
		r = size_goal_choose(&request, goal, &best, err);
	if (r < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < best.n_chosen; i++)
		r = ranges_add(&chosen, best.v[i], best.v[i]);
	size_goal_done(&best);
	ranges_done(blocks);
	*blocks = chosen;
	return r;
}

/* Selects, resolves and plans, and refuses what would do harm. Errors with a sentence. */
static int remove_plan(struct context *context, const struct selection_request *request, int64_t deadline_ns, struct memory *memory,
		       struct removal *removal, struct error *err)
{
	struct survey survey = { 0 };
	struct ranges blocks = { 0 };
	uint64_t goal = 0;
	int r = memory_open(&context->sysfs, memory, err);

	if (r == 0)
		r = options_size(memory->block_size, &goal, err);
	if (r == 0)
		r = selection_load(&context->sysfs, request, memory, &blocks, err);
	if (r == 0)
		r = survey_open(&context->sysfs, memory, &survey);
	if (r == 0 && goal)
		r = remove_choose(&survey, goal, deadline_ns, &blocks, err);
	if (r == 0)
		r = removal_resolve(memory, &blocks, options.whole_device, removal, err);
	if (r == 0)
		r = removal_plan(&context->sysfs, memory, change_options.atomic, removal);
	if (r == 0)
		harm_check(&survey, deadline_ns, change_options.force, &removal->plan);
	if (r < 0 && !err->code)
		error_set(err, r, "cannot plan: %s", strerror(-r));
	survey_done(&survey);
	ranges_done(&blocks);
	return r;
}

static int remove_report(struct context *context, const struct memory *memory, const struct removal *removal, int64_t began_ns)
{
	struct outcome_totals totals = outcome_count(&removal->plan.outcomes, BLOCK_OFFLINE);
	struct report report = change_report_of(context, memory, &removal->plan, began_ns);

	report.devices = &removal->devices;
	report.exit_code = device_outcomes_exit_code(&removal->devices, &totals, interrupt_signal());
	return change_print(context, &report);
}

static int remove_run(struct context *context, const char **words, size_t n_words)
{
	int64_t began_ns = clock_now_ns(), deadline_ns;
	struct selection_request request = { .words = words, .n_words = n_words, .all = size_options.size,
					     .want = BLOCK_WANT_ZONES | BLOCK_WANT_IDENTITY | SELECTION_WANT_NODES | SELECTION_WANT_DEVICES };
	struct memory memory = { 0 };
	struct removal removal = { 0 };
	struct execute_request execute;
	struct error err = { 0 };
	struct limits limits;
	_cleanup_close_ int lock = -1;
	int r, exit_code;

	r = options_limits(&limits, &err);
	if (r == 0)
		r = filter_parse(&filter_options, &request.filter, &err);
	if (r == 0 && !n_words && !size_options.size)
		r = error_set(&err, -EINVAL, "nothing is selected: name a device (PNP0C80:00, dax0.0), or its blocks");
	if (r < 0)
		return command_fail(context, EXIT_USAGE, &err);
	interrupt_init();
	deadline_ns = clock_deadline_ns(limits.timeout_ms);
	if (!change_options.dry_run) {
		lock = change_lock(context, deadline_ns, &exit_code);
		if (lock == INT_MIN)
			return exit_code;
	}
	r = remove_plan(context, &request, deadline_ns, &memory, &removal, &err);
	if (r == 0 && !change_options.dry_run) {
		execute = change_request(context, &limits, deadline_ns, &memory);
		progress_begin(context->command->name, !context->quiet);
		r = removal_execute(&execute, &removal);
		progress_end();
		if (r < 0)
			error_set(&err, r, "cannot start the process that writes: %s", strerror(-r));
	}
	change_unlock(&lock);
	exit_code = r < 0 ? command_fail(context, 0, &err) : remove_report(context, &memory, &removal, began_ns);
	removal_done(&removal);
	memory_close(&memory);
	return exit_code;
}

const struct command command_remove = {
	.name = "remove",
	.operands = "SELECTOR...",
	.summary = "take whole devices away",
	.options = remove_options,
	.run = remove_run,
};
