// SPDX-License-Identifier: GPL-2.0-or-later
/* memhpctl remove: take whole devices away. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "change/foresee.h"
#include "command/change.h"
#include "command/options.h"
#include "device/removal-size.h"
#include "output/progress.h"
#include "plan/plan-check.h"
#include "plan/selection.h"
#include "system/clock.h"
#include "system/interrupt.h"

static struct {
	int whole_device;
} options;

static const struct poptOption remove_options[] = {
	{ "whole-device", '\0', POPT_ARG_NONE, &options.whole_device, 0,
	  "Also remove the unselected blocks of a partly selected device", NULL },
	OPTIONS_INCLUDE(size_option_table, "Amount:"),
	OPTIONS_INCLUDE(filter_option_table, "Filters:"),
	OPTIONS_INCLUDE(change_option_table, "How to change:"),
	POPT_TABLEEND
};

/* One run of the command. */
struct run {
	struct context *context;
	int64_t began_ns, deadline_ns;
	struct memory memory;
	struct page_survey survey;
	struct removal_size goal; /* with --size */
	struct removal removal;
};

/* Selects, resolves and plans, and refuses what would do harm. Errors with a sentence. */
static int remove_plan(struct run *run, const struct selection_request *request, struct error *err)
{
	struct context *context = run->context;
	struct ranges blocks = { 0 };
	uint64_t amount = 0;
	int r = memory_open(&context->sysfs, &run->memory, err);

	if (r == 0)
		r = options_size(run->memory.block_size, &amount, err);
	if (r == 0)
		r = selection_load(&context->sysfs, request, &run->memory, &blocks, err);
	if (r == 0 && page_survey_open(&context->sysfs, &run->memory, &run->survey) < 0)
		r = error_no_memory(err);
	if (r == 0 && amount) {
		run->goal = (struct removal_size){ .survey = &run->survey,
						   .candidates = blocks,
						   .blocks = amount,
						   .deadline_ns = run->deadline_ns,
						   .atomic = change_options.atomic,
						   .force = change_options.force };
		blocks = (struct ranges){ 0 };
		r = removal_size_plan(&context->sysfs, &run->goal, &run->removal, err);
	} else if (r == 0) {
		r = removal_resolve(&run->memory, &blocks, options.whole_device, &run->removal,
				    err);
		if (r == 0)
			r = removal_add_vacant(&context->sysfs, &run->memory, request->words,
					       request->n_words, &run->removal, err);
		if (r == 0 && (r = removal_plan(&context->sysfs, &run->memory, &run->removal)) < 0)
			error_set(err, r, "cannot make the plan: %s", strerror(-r));
		if (r == 0)
			plan_check_check(&run->survey, run->deadline_ns, change_options.force,
					 &run->removal.plan);
	}
	if (r == 0 && change_options.dry_run) {
		foresee_plan(&context->sysfs, &run->survey, run->deadline_ns, &run->removal.plan);
		removal_foresee(&context->sysfs, change_options.atomic, &run->removal);
	}
	ranges_done(&blocks);
	return r;
}

static int remove_execute(struct run *run, const struct limits *limits, struct error *err)
{
	struct execute_request request =
		change_request(run->context, limits, run->deadline_ns, &run->memory);
	int r;

	progress_begin(run->context->command->name, !run->context->quiet);
	r = run->goal.blocks ? removal_size_execute(&request, &run->goal, &run->removal) :
			       removal_execute(&request, &run->removal);
	progress_end();
	return r < 0 ? error_set(err, r, "cannot start the process that writes: %s", strerror(-r)) :
		       0;
}

static int remove_report(const struct run *run)
{
	struct outcome_totals totals = outcome_count(&run->removal.plan.outcomes, BLOCK_OFFLINE);
	struct report report =
		change_report_of(run->context, &run->memory, &run->removal.plan, run->began_ns);

	report.devices = &run->removal.devices;
	report.exit_code =
		device_outcomes_exit_code(&run->removal.devices, &totals, interrupt_signal());
	return change_print(run->context, &report);
}

static void remove_done(struct run *run)
{
	removal_done(&run->removal);
	ranges_done(&run->goal.candidates);
	page_survey_done(&run->survey);
	memory_close(&run->memory);
}

static int remove_run(struct context *context, const char **words, size_t n_words)
{
	struct run run = { .context = context, .began_ns = clock_now_ns() };
	struct selection_request request = { .words = words,
					     .n_words = n_words,
					     .all = size_options.size,
					     .for_change = true,
					     .vacant_is_empty = !size_options.size,
					     .want = BLOCK_WANT_ZONES | BLOCK_WANT_IDENTITY |
						     SELECTION_WANT_NODES |
						     SELECTION_WANT_DEVICES };
	struct error err = { 0 };
	struct limits limits;
	_cleanup_close_ int lock = -1;
	int r, exit_code;

	r = options_limits(&limits, &err);
	if (r == 0)
		r = filter_parse(&filter_options, &request.filter, &err);
	if (r == 0 && !n_words && !size_options.size)
		r = error_set(&err, -EINVAL,
			      "nothing is selected: name a device (PNP0C80:00, dax0.0), or its "
			      "blocks");
	if (r < 0)
		return command_fail(context, EXIT_USAGE, &err);
	interrupt_init();
	run.deadline_ns = clock_deadline_ns(limits.timeout_ms);
	if (!change_options.dry_run) {
		lock = change_lock(context, run.deadline_ns, &exit_code);
		if (lock == INT_MIN)
			return exit_code;
	}
	r = remove_plan(&run, &request, &err);
	if (r == 0 && !change_options.dry_run)
		r = remove_execute(&run, &limits, &err);
	change_unlock(&lock);
	exit_code = r < 0 ? command_fail(context, 0, &err) : remove_report(&run);
	remove_done(&run);
	return exit_code;
}

const struct command command_remove = {
	.name = "remove",
	.operands = "SELECTOR...",
	.summary = "remove whole devices",
	.options = remove_options,
	.flags = COMMAND_CHANGES,
	.run = remove_run,
};
