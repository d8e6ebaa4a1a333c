// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/foresee.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "plan/plan-check.h"

/* The error that opening the block's state would return. */
static enum outcome_cause foresee_access(const struct sysfs *sysfs, uint64_t block)
{
	char path[sizeof(SYSFS_MEMORY) + BLOCK_NAME_SIZE + sizeof("/state")];
	int r;

	snprintf(path, sizeof(path), SYSFS_MEMORY "/memory%" PRIu64 "/state", block);
	r = sysfs_may_write(sysfs, path);
	return r == -EACCES || r == -EPERM ? CAUSE_ACCESS :
	       r == -EROFS		   ? CAUSE_READ_ONLY :
					     CAUSE_NONE;
}

/* Refuses the first step that is not permitted and skips the rest, as the run would. */
static void foresee_permission(const struct sysfs *sysfs, struct plan *plan)
{
	enum outcome_cause cause = CAUSE_NONE;
	size_t kept = 0;

	for (size_t i = 0; i < plan->n_steps; i++) {
		struct outcome *outcome = &plan->outcomes.v[plan->steps[i].outcome];

		/* Steps that only replace failed ones are not reached. */
		if (cause != CAUSE_NONE && plan->goal && i >= plan->goal)
			break;
		if (cause != CAUSE_NONE) {
			outcome->result = OUTCOME_SKIPPED;
			outcome->cause = cause;
			continue;
		}
		cause = foresee_access(sysfs, outcome->block);
		if (cause == CAUSE_NONE) {
			kept++;
			continue;
		}
		outcome->result = OUTCOME_REFUSED;
		outcome->cause = cause;
	}
	plan->n_steps = kept;
}

/* What no write gets around. Where pages or holes are in the way, --force has it tried. */
static enum outcome_cause foresee_certain(const struct page_survey *survey, uint64_t number)
{
	enum outcome_cause cause = plan_check_impossible(survey, number);

	return cause == CAUSE_PLATFORM || cause == CAUSE_NO_HOTREMOVE ? cause : CAUSE_NONE;
}

static enum outcome_cause foresee_pages(const struct page_survey *survey, uint64_t number)
{
	struct verdict verdict = page_survey_judge(survey, memory_find(survey->memory, number));

	if (verdict_has(&verdict, REASON_RESERVED))
		return CAUSE_RESERVED;
	return verdict.chance == CHANCE_NO ? CAUSE_BUSY : CAUSE_NONE;
}

static void foresee_scan(struct page_survey *survey, const struct plan *plan, int64_t deadline_ns)
{
	struct ranges blocks = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < plan->n_steps; i++) {
		uint64_t block = plan->outcomes.v[plan->steps[i].outcome].block;

		if (plan_goes_offline(plan, &plan->steps[i]))
			r = ranges_add(&blocks, block, block);
	}
	if (r >= 0)
		page_survey_scan_all(survey, &blocks, deadline_ns);
	ranges_done(&blocks);
}

void foresee_plan(const struct sysfs *sysfs, struct page_survey *survey, int64_t deadline_ns,
		  bool force, struct plan *plan)
{
	foresee_permission(sysfs, plan);
	if (!survey || plan->goal)
		return;
	if (!force)
		foresee_scan(survey, plan, deadline_ns);
	for (size_t i = 0; i < plan->n_steps; i++) {
		struct outcome *outcome = &plan->outcomes.v[plan->steps[i].outcome];
		enum outcome_cause cause = CAUSE_NONE;

		if (plan_goes_offline(plan, &plan->steps[i]))
			cause = force ? foresee_certain(survey, outcome->block) :
					foresee_pages(survey, outcome->block);
		if (cause == CAUSE_NONE)
			continue;
		outcome->result = OUTCOME_REFUSED;
		outcome->cause = cause;
	}
	plan_check_drop_refused(plan);
}
