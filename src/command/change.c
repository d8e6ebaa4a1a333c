// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/change.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "action/execute.h"
#include "action/selection.h"
#include "base/clock.h"
#include "base/cleanup.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "command/options.h"
#include "kernel/runlock.h"
#include "model/settings.h"
#include "output/progress.h"
#include "output/report.h"

int change_plan(struct context *context, const struct change *change, const struct memory *memory, const struct ranges *blocks,
		       struct plan *ret)
{
	struct settings settings;
	const char *policy;

	if (change->wanted == BLOCK_OFFLINE)
		return plan_offline(memory, blocks, ret);
	settings_load(&context->sysfs, &settings);
	policy = settings_value(&settings, SETTING_ONLINE_POLICY);
	return plan_online(memory, blocks, change->zone, policy && !strcmp(policy, "auto-movable"), ret);
}

static void change_tell_other_run(pid_t holder)
{
	log_warning("waiting for another memhpctl, process %d", (int)holder);
}

int change_lock(struct context *context, int64_t deadline_ns, int *ret_exit_code)
{
	struct error err = { 0 };
	pid_t holder = 0;
	int r = runlock_take(&context->sysfs, deadline_ns, change_tell_other_run, &holder);

	if (r != -ETIME && r != -EINTR)
		return r < 0 ? -1 : r;
	if (r == -ETIME)
		error_set(&err, r, "another memhpctl (process %d) was at work until the deadline; nothing was changed", (int)holder);
	else
		error_set(&err, r, "stopped while waiting for another memhpctl (process %d); nothing was changed", (int)holder);
	*ret_exit_code = command_fail(context, r == -EINTR ? EXIT_SIGNAL + interrupt_signal() : EXIT_TRY_AGAIN, &err);
	return INT_MIN;
}

struct execute_request change_request(struct context *context, const struct limits *limits, int64_t deadline_ns, const struct memory *memory)
{
	return (struct execute_request){
		.sysfs = &context->sysfs,
		.memory = memory,
		.limits = *limits,
		.deadline_ns = deadline_ns,
		.atomic = change_options.atomic,
		.news = { .step = progress_step, .device = progress_device, .waiting = progress_waiting },
	};
}

static int change_execute(struct context *context, const struct limits *limits, int64_t deadline_ns, const struct memory *memory,
			  struct plan *plan)
{
	struct execute_request request = change_request(context, limits, deadline_ns, memory);
	int r;

	progress_begin(context->command->name, !context->quiet);
	r = execute_plan(&request, plan);
	progress_end();
	return r;
}

struct report change_report_of(struct context *context, const struct memory *memory, const struct plan *plan, int64_t began_ns)
{
	return (struct report){
		.command = context->command->name,
		.memory = memory,
		.plan = plan,
		.dry_run = change_options.dry_run,
		.elapsed_ns = clock_now_ns() - began_ns,
		.signal = interrupt_signal(),
	};
}

int change_print(struct context *context, const struct report *report)
{
	/* Failures come out on standard error in either case: a reader of the JSON that is gone must not hide them. */
	report_print(report, context->quiet || context->json);
	return context->json ? command_end_json(report_print_json(report), report->exit_code) : report->exit_code;
}

static int change_report(struct context *context, const struct change *change, const struct memory *memory, const struct plan *plan,
			 int64_t began_ns)
{
	struct outcome_totals totals = outcome_count(&plan->outcomes, change->wanted);
	struct report report = change_report_of(context, memory, plan, began_ns);

	report.exit_code = outcome_exit_code(&totals, interrupt_signal());
	return change_print(context, &report);
}

int change_run(struct context *context, const struct change *change, const char **words, size_t n_words)
{
	int64_t began_ns = clock_now_ns(), deadline_ns;
	struct selection_request request = { .words = words, .n_words = n_words, .all = change->all,
					     .want = BLOCK_WANT_ZONES | BLOCK_WANT_IDENTITY | SELECTION_WANT_NODES };
	struct memory memory = { 0 };
	struct ranges blocks = { 0 };
	struct plan plan = { 0 };
	struct error err = { 0 };
	struct limits limits;
	_cleanup_close_ int lock = -1;
	int r, exit_code = 0;

	r = options_limits(&limits, &err);
	if (r == 0)
		r = filter_parse(&filter_options, &request.filter, &err);
	if (r == 0 && n_words && change->all)
		r = error_set(&err, -EINVAL, "--all and '%s' exclude each other", words[0]);
	if (r < 0)
		return command_fail(context, EXIT_USAGE, &err);
	interrupt_init();
	deadline_ns = clock_deadline_ns(limits.timeout_ms);
	if (!change_options.dry_run) {
		lock = change_lock(context, deadline_ns, &exit_code);
		if (lock == INT_MIN)
			return exit_code;
	}
	r = memory_open(&context->sysfs, &memory, &err);
	if (r == 0)
		r = selection_load(&context->sysfs, &request, &memory, &blocks, &err);
	if (r == 0 && (r = change_plan(context, change, &memory, &blocks, &plan)) < 0)
		error_set(&err, r, "cannot plan: %s", strerror(-r));
	if (r == 0 && !change_options.dry_run && (r = change_execute(context, &limits, deadline_ns, &memory, &plan)) < 0)
		error_set(&err, r, "cannot start the process that writes: %s", strerror(-r));
	exit_code = r < 0 ? command_fail(context, 0, &err) : change_report(context, change, &memory, &plan, began_ns);
	plan_done(&plan);
	ranges_done(&blocks);
	memory_close(&memory);
	return exit_code;
}
