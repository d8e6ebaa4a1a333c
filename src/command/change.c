// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/change.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "change/execute.h"
#include "change/foresee.h"
#include "command/options.h"
#include "command/session.h"
#include "model/settings.h"
#include "plan/plan-check.h"
#include "plan/plan-size.h"
#include "plan/selection.h"

/* See settings_load_kernel_decides(). */
static int change_kernel_decides(struct context *context, bool *ret, struct error *err)
{
	int r = settings_load_kernel_decides(&context->sysfs, ret);

	return r < 0 ? error_set(err, r, "cannot read the kernel's online_policy: %s",
				 strerror(-r)) :
		       0;
}

int change_plan(struct context *context, const struct change *change, const struct memory *memory,
		const struct ranges *blocks, struct plan *ret, struct error *err)
{
	bool kernel_decides = false;
	int r = 0;

	if (change->wanted == BLOCK_ONLINE)
		r = change_kernel_decides(context, &kernel_decides, err);
	if (r < 0)
		return r;
	if (change->wanted == BLOCK_OFFLINE)
		r = plan_offline(memory, blocks, ret);
	else
		r = plan_online(memory, blocks, change->zone, kernel_decides, ret);
	if (r == 0 && change->wanted == BLOCK_ONLINE && change->rezone)
		plan_rezone(ret, memory, change->zone, change->rezone_only);
	return r < 0 ? error_set(err, r, "cannot make the plan: %s", strerror(-r)) : 0;
}

/* One run of `online` or `offline`. */
struct change_work {
	const struct change *change;
	struct selection_request request;
	struct ranges blocks; /* selected */
	struct page_survey survey;
	struct plan plan;
};

/* Plans for the best of the selected blocks, `goal` in number. */
static int change_plan_goal(struct session *session, struct change_work *work, uint64_t goal,
			    struct error *err)
{
	struct plan_size_request request = {
		.selected = &work->blocks,
		.wanted = work->change->wanted,
		.zone = work->change->zone,
		.blocks = goal,
		.limits = &session->limits,
	};
	int r = change_kernel_decides(session->context, &request.kernel_decides, err);

	return r < 0 ? r : plan_size(&work->survey, &request, &work->plan, err);
}

/* How many steps are tried even if none fails. */
static size_t change_first_steps(const struct plan *plan)
{
	return plan->goal && plan->goal < plan->n_steps ? plan->goal : plan->n_steps;
}

/* Warns about harm that the plan does and that was not refused. */
static void change_warn(const struct plan *plan)
{
	for (size_t i = 0; i < change_first_steps(plan); i++) {
		const struct outcome *outcome = &plan->outcomes.v[plan->steps[i].outcome];

		if (outcome->detail)
			log_warning("memory%" PRIu64 ": %s", outcome->block, outcome->detail);
	}
}

/*
 * The kernel may choose a kernel zone where chmem would choose Movable; such a block may never go
 * offline again. Tells only a person at a terminal, who can still stop the run.
 */
static void change_tell_zone(const struct session *session, const struct change *change,
			     const struct plan *plan)
{
	const struct memory *memory = &session->memory;
	size_t n = 0;

	if (change->wanted != BLOCK_ONLINE || change->zone != ZONE_REQUEST_AUTO ||
	    session->context->quiet || !isatty(STDERR_FILENO))
		return;
	for (size_t i = 0; i < change_first_steps(plan); i++) {
		const struct block *block =
			memory_find(memory, plan->outcomes.v[plan->steps[i].outcome].block);

		n += block && zone_is_kernel(plan->steps[i].zone_wanted) &&
		     zones_contain(&block->zones, ZONE_MOVABLE);
	}
	if (n)
		log_warning("the kernel chooses a kernel zone for %zu block%s that could be in "
			    "Movable, and may not be able to take %s offline again; chmem would "
			    "give --zone=movable",
			    n, n == 1 ? "" : "s", n == 1 ? "it" : "them");
}

/* May memory lie on several nodes? Only then is it worth reading the node of each block. */
static bool change_may_have_several_nodes(const struct sysfs *sysfs)
{
	uint64_t node;

	return sysfs_read_decimal(sysfs, SYSFS_NODE "/has_memory", &node) < 0;
}

/* Resolves the user's words to blocks, and reads what is known about their pages. */
static int change_select(struct session *session, struct change_work *work, bool goes_offline,
			 uint64_t *ret_goal, struct error *err)
{
	const struct sysfs *sysfs = &session->context->sysfs;
	int r = options_size(session->memory.block_size, ret_goal, err);

	if (r == 0 && *ret_goal) {
		work->request.all = true;
		work->request.unreadable = UNREADABLE_IS_NOT_TAKEN;
		work->request.want |= WANT_DEVICES;
	}
	if (goes_offline && page_survey_wants_devices(sysfs))
		work->request.want |= WANT_DEVICES;
	/* The order of the writes depends on them. */
	if (work->change->wanted == BLOCK_OFFLINE && change_may_have_several_nodes(sysfs))
		work->request.want |= WANT_ALL_NODES;
	/* The report shows each block's device, too. */
	if (session->context->json)
		work->request.want |= WANT_READABLE_DEVICES | WANT_ALL_NODES;
	if (r == 0)
		r = selection_load(sysfs, &work->request, &session->memory, &work->blocks, err);
	if (r == 0 && (*ret_goal || goes_offline))
		r = page_survey_open(sysfs, &session->memory, &work->survey) < 0 ?
			    error_no_memory(err) :
			    0;
	return r;
}

/* Selects, plans and checks; warns about harm that was not refused. */
static int change_prepare(struct session *session, void *data, struct error *err)
{
	struct change_work *work = data;
	bool goes_offline = work->change->wanted == BLOCK_OFFLINE || work->change->rezone;
	uint64_t goal = 0;
	int r = change_select(session, work, goes_offline, &goal, err);

	if (r == 0)
		r = goal ? change_plan_goal(session, work, goal, err) :
			   change_plan(session->context, work->change, &session->memory,
				       &work->blocks, &work->plan, err);
	if (r < 0)
		return r;
	if (goes_offline)
		plan_check_offline(&work->survey, session->limits.deadline_ns, change_options.force,
				   &work->plan);
	if (plan_check_online(&session->context->sysfs, change_options.force, &work->plan) < 0)
		return error_no_memory(err);
	if (change_options.dry_run)
		foresee_plan(&session->context->sysfs, goes_offline ? &work->survey : NULL,
			     session->limits.deadline_ns, change_options.force, &work->plan);
	if (goal && change_options.dry_run)
		plan_trim(&work->plan, work->plan.n_steps < work->plan.goal ? work->plan.n_steps :
									      work->plan.goal);
	if (change_options.dry_run && change_options.atomic)
		plan_all_or_nothing(&work->plan);
	change_warn(&work->plan);
	change_tell_zone(session, work->change, &work->plan);
	return 0;
}

static int change_execute(struct session *session, void *data, struct error *err)
{
	struct change_work *work = data;

	(void)err;
	return execute_plan(&session->run, &work->plan);
}

static void change_report(void *data, struct report *report)
{
	struct change_work *work = data;

	report->plan = &work->plan;
}

int change_run(struct context *context, const struct change *change, const char **words,
	       size_t n_words)
{
	static const struct session_work steps = { .plan = change_prepare,
						   .execute = change_execute,
						   .report = change_report };
	struct change_work work = { .change = change,
				    .request = { .words = words,
						 .n_words = n_words,
						 .all = change->all,
						 .for_change = true,
						 .want = WANT_ZONES | WANT_IDENTITY |
							 WANT_NODES } };
	struct error err = { 0 };
	int r = filter_parse(&filter_options, &work.request.filter, &err), exit_code;

	if (r == 0 && n_words && change->all)
		r = error_set(&err, -EINVAL, "--all cannot be combined with '%s'", words[0]);
	if (r < 0)
		return command_fail(context, EXIT_USAGE, &err);
	exit_code = session_run(context, &steps, &work);
	plan_done(&work.plan);
	page_survey_done(&work.survey);
	ranges_done(&work.blocks);
	return exit_code;
}
