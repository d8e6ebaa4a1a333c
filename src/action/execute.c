// SPDX-License-Identifier: GPL-2.0-or-later
#include "action/execute.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/log.h"

/* Must the run end after this outcome? Then no later block would fare better. */
static bool execute_must_end(const struct outcome *outcome)
{
	switch (outcome->cause) {
	case CAUSE_ACCESS:
	case CAUSE_READ_ONLY:
	case CAUSE_STUCK:
	case CAUSE_SIGNAL:
		return true;
	default:
		return false;
	}
}

static enum outcome_cause execute_why_over(const struct execute_request *request)
{
	if (interrupt_signal())
		return CAUSE_SIGNAL;
	return clock_left_ns(request->deadline_ns) == 0 ? CAUSE_DEADLINE : CAUSE_NONE;
}

/* Makes the steps; what is left when the run ends early is skipped. Returns whether all went well. */
static bool execute_steps(const struct execute_request *request, struct attempt_context *context, struct plan *plan)
{
	enum outcome_cause over = CAUSE_NONE;
	bool well = true;
	size_t made;

	/* Where one is refused beforehand, all or nothing means that nothing is begun. */
	for (size_t i = 0; i < plan->outcomes.n; i++)
		well = well && !outcome_is_failure(&plan->outcomes.v[i], plan->wanted);
	context->total = plan->n_steps;
	for (size_t i = 0; i < plan->n_steps; i += made) {
		struct outcome *outcome = &plan->outcomes.v[plan->steps[i].outcome];

		made = 1;
		if (over == CAUSE_NONE)
			over = !well && request->atomic ? CAUSE_ALL_OR_NOTHING : execute_why_over(request);
		if (over != CAUSE_NONE) {
			outcome->result = OUTCOME_SKIPPED;
			outcome->cause = over;
			continue;
		}
		context->done = i;
		made = attempt_steps(context, &plan->steps[i], plan->n_steps - i, plan->wanted, plan->outcomes.v);
		for (size_t j = i; j < i + made; j++) {
			outcome = &plan->outcomes.v[plan->steps[j].outcome];
			well = well && !outcome_is_failure(outcome, plan->wanted);
			if (execute_must_end(outcome))
				over = outcome->cause;
		}
	}
	return well && over == CAUSE_NONE;
}

/* Puts one block back and says in its outcome what came of it. */
static void execute_step_back(const struct attempt_context *context, const struct plan *back, const struct step *step,
			      struct outcome *outcome)
{
	struct outcome attempt = {
		.block = outcome->block,
		.before = outcome->after,
		.after = outcome->after,
		.zone_before = outcome->zone_after,
		.zone_after = outcome->zone_after,
		.word = back->wanted == BLOCK_OFFLINE ? "offline" : plan_online_word(outcome->zone_before),
	};
	struct step own = *step;

	own.outcome = 0;
	attempt_steps(context, &own, 1, back->wanted, &attempt);
	outcome->after = attempt.after;
	outcome->zone_after = attempt.zone_after;
	outcome->elapsed_ns += attempt.elapsed_ns;
	free(outcome->detail);
	outcome->detail = attempt.detail;
	if ((attempt.result == OUTCOME_CHANGED || attempt.result == OUTCOME_ALREADY) && attempt.cause == CAUSE_NONE) {
		outcome->result = OUTCOME_ROLLED_BACK;
		outcome->cause = CAUSE_ALL_OR_NOTHING;
		return;
	}
	outcome->cause = attempt.cause;
	outcome->error = attempt.error;
	if (!outcome->detail && asprintf(&outcome->detail, "it could not be put back") < 0)
		outcome->detail = NULL;
}

static struct attempt_context execute_context(const struct execute_request *request, struct writer *writer)
{
	return (struct attempt_context){
		.sysfs = request->sysfs,
		.memory = request->memory,
		.writer = writer,
		.limits = &request->limits,
		.deadline_ns = request->deadline_ns,
		.news = request->news,
	};
}

int execute_roll_back(const struct execute_request *request, struct plan *plan)
{
	struct writer writer;
	struct attempt_context context = execute_context(request, &writer);
	struct plan back;
	int r = writer_init(request->sysfs, &writer);

	if (r < 0)
		return r;
	r = plan_roll_back(plan, &back);
	if (r < 0) {
		writer_done(&writer);
		return r;
	}
	context.deadline_ns = clock_deadline_ns(request->limits.timeout_ms);
	context.ignore_signals = true;
	context.total = back.n_steps;
	for (context.done = 0; context.done < back.n_steps; context.done++) {
		const struct step *step = &back.steps[context.done];

		execute_step_back(&context, &back, step, &plan->outcomes.v[step->outcome]);
	}
	plan_done(&back);
	writer_done(&writer);
	return 0;
}

int execute_plan(const struct execute_request *request, struct plan *plan)
{
	struct writer writer;
	struct attempt_context context = execute_context(request, &writer);
	int r = writer_init(request->sysfs, &writer);
	bool well;

	if (r < 0)
		return r;
	well = execute_steps(request, &context, plan);
	writer_done(&writer);
	/* Without memory to plan the way back the changed blocks stay changed, and are reported so. */
	if (!well && request->atomic && execute_roll_back(request, plan) < 0)
		log_error("no memory to put the changed blocks back");
	return 0;
}
