// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/plan-check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "base/log.h"
#include "system/platform.h"
#include "system/poison-record.h"

/* Number of blocks to count before checking again whether there is enough room in any case. */
#define BLOCKS_AT_ONCE 64

/* How many of the first steps are meant to be made. */
static size_t plan_check_steps(const struct plan *plan)
{
	return plan->goal && plan->goal < plan->n_steps ? plan->goal : plan->n_steps;
}

static uint64_t plan_check_block_of_step(const struct plan *plan, size_t step)
{
	return plan->outcomes.v[plan->steps[step].outcome].block;
}

static const struct pages *plan_check_pages(const struct page_survey *survey, uint64_t number)
{
	return page_survey_pages(survey, memory_find(survey->memory, number));
}

/* Counts the pages of the blocks of steps `from` to `to`. Returns whether all were counted. */
static bool plan_check_scan(struct page_survey *survey, const struct plan *plan, size_t from,
			    size_t to, int64_t deadline_ns)
{
	struct ranges blocks = { 0 };
	bool done = true;

	for (size_t i = from; done && i < to; i++)
		done = ranges_add(&blocks, plan_check_block_of_step(plan, i),
				  plan_check_block_of_step(plan, i)) == 0;
	done = done && page_survey_scan_all(survey, &blocks, deadline_ns) == 0;
	for (size_t i = from; done && i < to; i++)
		done = plan_check_pages(survey, plan_check_block_of_step(plan, i)) != NULL;
	ranges_done(&blocks);
	return done;
}

/* Is there certainly too little room? If so, *ret has the numbers. */
static bool plan_check_lacks_room(struct page_survey *survey, const struct plan *plan,
				  int64_t deadline_ns, struct headroom *ret)
{
	uint64_t size = survey->memory->block_size;
	size_t n = plan_check_steps(plan), next;
	struct pages sum = { 0 };
	bool all_movable = true;

	for (size_t i = 0; i < n; i++)
		all_movable = all_movable &&
			      plan->outcomes.v[plan->steps[i].outcome].zone_before == ZONE_MOVABLE;
	if (headroom_is_ample(&survey->meminfo, n * size, all_movable))
		return false;
	for (size_t i = 0; i < n; i = next) {
		next = n - i < BLOCKS_AT_ONCE ? n : i + BLOCKS_AT_ONCE;
		if (!plan_check_scan(survey, plan, i, next, deadline_ns))
			return false;
		for (size_t j = i; j < next; j++)
			pages_add(&sum,
				  plan_check_pages(survey, plan_check_block_of_step(plan, j)));
		*ret = headroom_count(&survey->meminfo, &sum);
		/* Even if all remaining pages were in use and all the room lay in the remaining
		 * blocks. */
		if (ret->must_move_bytes + 2 * (n - next) * size <= ret->free_bytes)
			return false;
	}
	return !headroom_suffices(ret);
}

void plan_check_drop_refused(struct plan *plan)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->n_steps; i++)
		if (plan->outcomes.v[plan->steps[i].outcome].result != OUTCOME_REFUSED)
			plan->steps[kept++] = plan->steps[i];
	plan->n_steps = kept;
}

static void plan_check_refuse_all(struct plan *plan, const struct headroom *room)
{
	char must_move[FORMAT_SIZE], there[FORMAT_SIZE];

	for (size_t i = 0; i < plan_check_steps(plan); i++) {
		struct outcome *outcome = &plan->outcomes.v[plan->steps[i].outcome];

		outcome->result = OUTCOME_REFUSED;
		outcome->cause = CAUSE_NO_ROOM;
		free(outcome->detail);
		if (asprintf(&outcome->detail, "%s would have to move, %s is free elsewhere",
			     format_about(room->must_move_bytes, must_move),
			     format_about(room->free_bytes, there)) < 0)
			outcome->detail = NULL;
	}
	plan_trim(plan, 0);
}

/* What becomes of poisoned pages when the block goes offline (memory_block_online(), since 6.2). */
static char *plan_check_poison_text(const struct page_survey *survey, uint64_t poisoned)
{
	const char *fate;
	char *text;

	if (!survey->kernel)
		fate = "since Linux 6.2 it cannot come back online until its device has been "
		       "removed and added again; on older kernels the bad pages come back into use";
	else if (survey->kernel < PLATFORM_KERNEL(6, 2))
		fate = "this kernel forgets them once the block is offline, and would put the bad "
		       "pages back into use when it comes online again";
	else
		fate = "once offline, it cannot come back online until its device has been "
		       "removed and added again";
	return asprintf(&text, "%" PRIu64 " poisoned page%s: %s", poisoned,
			poisoned == 1 ? "" : "s", fate) < 0 ?
		       NULL :
		       text;
}

static void plan_check_tell_poison(struct page_survey *survey, int64_t deadline_ns, bool force,
				   struct plan *plan)
{
	/* Those that make up for others, too: it must be recorded. */
	plan_check_scan(survey, plan, 0, plan->n_steps, deadline_ns);
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct step *step = &plan->steps[i];
		struct outcome *outcome = &plan->outcomes.v[step->outcome];
		const struct pages *pages = plan_check_pages(survey, outcome->block);
		uint64_t poisoned = pages ? pages->count[PAGE_POISONED] : 0;

		if (!poisoned || !plan_goes_offline(plan, step))
			continue;
		if (step->rezone && !force) {
			outcome->result = OUTCOME_REFUSED;
			outcome->cause = CAUSE_POISON;
			continue;
		}
		outcome->poisoned = poisoned;
		free(outcome->detail);
		outcome->detail = plan_check_poison_text(survey, poisoned);
	}
	plan_check_drop_refused(plan);
}

enum outcome_cause plan_check_impossible(const struct page_survey *survey, uint64_t number)
{
	static const struct {
		enum verdict_reason reason;
		enum outcome_cause cause;
	} certain[] = { { REASON_NO_ZONES, CAUSE_NO_HOTREMOVE },
			{ REASON_ZONES, CAUSE_ZONES },
			{ REASON_HOLES, CAUSE_HOLES },
			{ REASON_PLATFORM, CAUSE_PLATFORM } };
	struct verdict verdict = page_survey_judge(survey, memory_find(survey->memory, number));

	for (size_t i = 0; i < ARRAY_SIZE(certain); i++)
		if (verdict_has(&verdict, certain[i].reason))
			return certain[i].cause;
	return CAUSE_NONE;
}

static void plan_check_refuse_impossible(const struct page_survey *survey, struct plan *plan)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		struct outcome *outcome = &plan->outcomes.v[plan->steps[i].outcome];
		enum outcome_cause cause = CAUSE_NONE;

		if (plan_goes_offline(plan, &plan->steps[i]))
			cause = plan_check_impossible(survey, outcome->block);
		if (cause == CAUSE_NONE)
			continue;
		outcome->result = OUTCOME_REFUSED;
		outcome->cause = cause;
	}
	plan_check_drop_refused(plan);
}

/* How much of the huge page pool goes with the blocks, if the machine has one. */
static void plan_check_count_huge_pool(struct page_survey *survey, int64_t deadline_ns,
				       struct plan *plan)
{
	plan_check_scan(survey, plan, 0, plan_check_steps(plan), deadline_ns);
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct step *step = &plan->steps[i];
		struct outcome *outcome = &plan->outcomes.v[step->outcome];
		const struct pages *pages = plan_check_pages(survey, outcome->block);

		if (!plan_goes_offline(plan, step))
			continue;
		outcome->huge_pool_unknown = !pages;
		outcome->huge_pool_bytes = pages ? pages_dissolved_bytes(pages) : 0;
	}
}

void plan_check_offline(struct page_survey *survey, int64_t deadline_ns, bool force,
			struct plan *plan)
{
	struct headroom room;

	if (!force)
		plan_check_refuse_impossible(survey, plan);
	if (!plan->n_steps)
		return;
	if (!force && !survey->meminfo_error && plan->wanted == BLOCK_OFFLINE &&
	    plan_check_lacks_room(survey, plan, deadline_ns, &room))
		plan_check_refuse_all(plan, &room);
	else if (survey->meminfo_error || survey->meminfo.hardware_corrupted)
		plan_check_tell_poison(survey, deadline_ns, force, plan);
	if ((survey->meminfo_error || survey->meminfo.huge_total) && plan->n_steps)
		plan_check_count_huge_pool(survey, deadline_ns, plan);
}

int plan_check_online(const struct sysfs *sysfs, bool force, struct plan *plan)
{
	struct poison_record record;
	struct error err = { 0 };
	bool any = false;
	int r;

	if (plan->wanted != BLOCK_ONLINE || force)
		return 0;
	r = poison_record_load(sysfs, &record);
	/* Who may not read it may not bring a block online either. */
	if (r < 0 && r != -ENOMEM && sysfs_is_ours(sysfs)) {
		poison_record_fail(sysfs, r, &err);
		log_warning("%s", error_text(&err));
		error_done(&err);
	}
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct step *step = &plan->steps[i];
		struct outcome *outcome = &plan->outcomes.v[step->outcome];
		uint64_t poisoned =
			poison_record_find(&record, outcome->block, step->inode, step->fs_dev);

		if (!poisoned || outcome->before == BLOCK_ONLINE)
			continue;
		any = true;
		outcome->result = OUTCOME_REFUSED;
		outcome->cause = CAUSE_POISON;
		if (asprintf(&outcome->detail,
			     "it had %" PRIu64 " poisoned page%s when it was taken offline",
			     poisoned, poisoned == 1 ? "" : "s") < 0)
			outcome->detail = NULL;
	}
	plan_check_drop_refused(plan);
	/* Others make up for them. */
	for (size_t i = 0; any && plan->goal && plan->n_steps >= plan->goal && i < plan->outcomes.n;
	     i++)
		if (plan->outcomes.v[i].cause == CAUSE_POISON)
			plan->outcomes.v[i].result = OUTCOME_PASSED_OVER;
	poison_record_done(&record);
	return 0;
}
