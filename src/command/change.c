// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/change.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "base/log.h"
#include "change/audit.h"
#include "change/execute.h"
#include "change/foresee.h"
#include "command/options.h"
#include "model/settings.h"
#include "output/progress.h"
#include "output/report.h"
#include "plan/plan-check.h"
#include "plan/plan-size.h"
#include "plan/selection.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "system/runlock.h"

/* Does the kernel choose zones per device, where a plan by blocks would be wrong? */
static bool change_kernel_decides(struct context *context)
{
	struct settings settings;
	const char *policy;

	settings_load(&context->sysfs, &settings);
	policy = settings_value(&settings, SETTING_ONLINE_POLICY);
	return policy && !strcmp(policy, "auto-movable");
}

int change_plan(struct context *context, const struct change *change, const struct memory *memory,
		const struct ranges *blocks, struct plan *ret, struct error *err)
{
	int r;

	if (change->wanted == BLOCK_OFFLINE)
		r = plan_offline(memory, blocks, ret);
	else
		r = plan_online(memory, blocks, change->zone, change_kernel_decides(context), ret);
	if (r == 0 && change->wanted == BLOCK_ONLINE && change->rezone)
		plan_rezone(ret, memory, change->zone, change->rezone_only);
	return r < 0 ? error_set(err, r, "cannot make the plan: %s", strerror(-r)) : 0;
}

/* One run of a command that changes blocks. */
struct run {
	struct context *context;
	const struct change *change;
	struct limits limits;
	int64_t began_ns, deadline_ns;
	struct memory memory;
	struct ranges blocks; /* selected */
	struct page_survey survey;
	struct plan plan;
};

/* Plans for the best of the selected blocks, so many that they make `goal` blocks. */
static int change_plan_goal(struct run *run, uint64_t goal, struct error *err)
{
	struct plan_size_request request = { .selected = &run->blocks,
					     .wanted = run->change->wanted,
					     .zone = run->change->zone,
					     .kernel_decides = change_kernel_decides(run->context),
					     .blocks = goal,
					     .deadline_ns = run->deadline_ns };

	return plan_size(&run->survey, &request, &run->plan, err);
}

/* Says what harm the plan does that was not refused. */
static void change_warn(const struct run *run)
{
	for (size_t i = 0; i < run->plan.n_steps; i++) {
		const struct outcome *outcome = &run->plan.outcomes.v[run->plan.steps[i].outcome];

		if (outcome->detail && (!run->plan.goal || i < run->plan.goal))
			log_warning("memory%" PRIu64 ": %s", outcome->block, outcome->detail);
	}
}

/* From the user's words to a plan that does no harm unsaid. */
static int change_prepare(struct run *run, struct selection_request *request, struct error *err)
{
	struct context *context = run->context;
	bool goes_offline = run->change->wanted == BLOCK_OFFLINE || run->change->rezone;
	uint64_t goal = 0;
	int r = memory_open(&context->sysfs, &run->memory, err);

	if (r == 0)
		r = options_size(run->memory.block_size, &goal, err);
	if (goal) {
		request->all = true;
		request->want |= SELECTION_WANT_DEVICES;
	}
	/* The report shows each block's device, too. */
	if (context->json || (goes_offline && page_survey_wants_devices(&context->sysfs)))
		request->want |= SELECTION_WANT_DEVICES;
	if (r == 0)
		r = selection_load(&context->sysfs, request, &run->memory, &run->blocks, err);
	if (r == 0 && (goal || goes_offline))
		r = page_survey_open(&context->sysfs, &run->memory, &run->survey) < 0 ?
			    error_no_memory(err) :
			    0;
	if (r == 0)
		r = goal ? change_plan_goal(run, goal, err) :
			   change_plan(context, run->change, &run->memory, &run->blocks, &run->plan,
				       err);
	if (r == 0 && goes_offline)
		plan_check_check(&run->survey, run->deadline_ns, change_options.force, &run->plan);
	if (r == 0 && change_options.dry_run)
		foresee_plan(&context->sysfs, goes_offline ? &run->survey : NULL, run->deadline_ns,
			     &run->plan);
	if (r == 0 && goal && change_options.dry_run)
		plan_trim(&run->plan,
			  run->plan.n_steps < run->plan.goal ? run->plan.n_steps : run->plan.goal);
	if (r == 0 && change_options.dry_run && change_options.atomic)
		plan_all_or_nothing(&run->plan);
	if (r == 0)
		change_warn(run);
	return r;
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
		error_set(&err, r,
			  "another memhpctl (process %d) was running until the deadline; nothing "
			  "was changed",
			  (int)holder);
	else
		error_set(&err, r,
			  "stopped while waiting for another memhpctl (process %d); nothing was "
			  "changed",
			  (int)holder);
	*ret_exit_code = command_fail(
		context, r == -EINTR ? EXIT_SIGNAL + interrupt_signal() : EXIT_TRY_AGAIN, &err);
	return INT_MIN;
}

void change_unlock(int *lock)
{
	if (*lock >= 0)
		close(*lock);
	*lock = -1;
}

struct execute_request change_request(struct context *context, const struct limits *limits,
				      int64_t deadline_ns, const struct memory *memory)
{
	return (struct execute_request){
		.sysfs = &context->sysfs,
		.memory = memory,
		.limits = *limits,
		.deadline_ns = deadline_ns,
		.atomic = change_options.atomic,
		.news = { .step = progress_step,
			  .device = progress_device,
			  .waiting = progress_waiting },
	};
}

static int change_execute(struct run *run, struct error *err)
{
	struct execute_request request =
		change_request(run->context, &run->limits, run->deadline_ns, &run->memory);
	int r;

	progress_begin(run->context->command->name, !run->context->quiet);
	r = execute_plan(&request, &run->plan);
	progress_end();
	return r < 0 ? error_set(err, r, "cannot start the process that writes: %s", strerror(-r)) :
		       0;
}

struct report change_report_of(struct context *context, const struct memory *memory,
			       const struct plan *plan, int64_t began_ns)
{
	return (struct report){
		.command = context->command->name,
		.memory = memory,
		.plan = plan,
		.dry_run = change_options.dry_run,
		.elapsed_ns = clock_now_ns() - began_ns,
	};
}

/* The report is lost; standard error says at least what was changed. */
static void change_tell_lost(const struct report *report)
{
	const struct outcomes *outcomes = &report->plan->outcomes;
	_cleanup_free_ char *text = NULL;
	struct ranges changed = { 0 };
	char size[FORMAT_SIZE];
	int r = 0;

	for (size_t i = 0; r >= 0 && i < outcomes->n; i++)
		if (outcomes->v[i].result == OUTCOME_CHANGED)
			r = ranges_add(&changed, outcomes->v[i].block, outcomes->v[i].block);
	if (changed.n)
		text = ranges_text(&changed, 32);
	if (text)
		log_error("the report is lost; these were changed: memory%s (%s)", text,
			  format_size(ranges_count(&changed) * report->memory->block_size, size));
	ranges_done(&changed);
}

int change_print(struct context *context, const struct report *report)
{
	int r = 0;

	if (!report->dry_run)
		audit_plan(&context->sysfs, report->command, report->memory, report->plan);
	/*
	 * Failures come out on standard error in either case: a reader of the JSON that is gone
	 * must not hide them.
	 */
	report_print(report, context->quiet || context->json);
	if (context->json)
		r = report_print_json(report);
	if (!report->dry_run && (r < 0 || fflush(stdout) || ferror(stdout)))
		change_tell_lost(report);
	return context->json ? command_end_json(r, report->exit_code) : report->exit_code;
}

static int change_report(const struct run *run)
{
	struct outcome_totals totals = outcome_count(&run->plan.outcomes, run->change->wanted);
	struct report report =
		change_report_of(run->context, &run->memory, &run->plan, run->began_ns);

	report.exit_code = outcome_exit_code(&totals, interrupt_signal());
	return change_print(run->context, &report);
}

static int change_parse(struct run *run, struct selection_request *request, struct error *err)
{
	int r = options_limits(&run->limits, err);

	if (r == 0)
		r = filter_parse(&filter_options, &request->filter, err);
	if (r == 0 && request->n_words && request->all)
		r = error_set(err, -EINVAL, "--all and '%s' exclude each other", request->words[0]);
	return r;
}

int change_run(struct context *context, const struct change *change, const char **words,
	       size_t n_words)
{
	struct run run = { .context = context, .change = change, .began_ns = clock_now_ns() };
	struct selection_request request = { .words = words,
					     .n_words = n_words,
					     .all = change->all,
					     .for_change = true,
					     .want = BLOCK_WANT_ZONES | BLOCK_WANT_IDENTITY |
						     SELECTION_WANT_NODES };
	_cleanup_close_ int lock = -1;
	struct error err = { 0 };
	int r, exit_code;

	if (change_parse(&run, &request, &err) < 0)
		return command_fail(context, EXIT_USAGE, &err);
	interrupt_init();
	run.deadline_ns = clock_deadline_ns(run.limits.timeout_ms);
	if (!change_options.dry_run) {
		lock = change_lock(context, run.deadline_ns, &exit_code);
		if (lock == INT_MIN)
			return exit_code;
	}
	r = change_prepare(&run, &request, &err);
	if (r == 0 && !change_options.dry_run)
		r = change_execute(&run, &err);
	change_unlock(&lock);
	exit_code = r < 0 ? command_fail(context, 0, &err) : change_report(&run);
	plan_done(&run.plan);
	page_survey_done(&run.survey);
	ranges_done(&run.blocks);
	memory_close(&run.memory);
	return exit_code;
}
