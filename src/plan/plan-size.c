// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/plan-size.h"

#include <string.h>

/*
 * Looked at first: twice the amount and a few more. Reading page flags takes time, and these
 * usually include the best blocks.
 */
#define LOOK_AT_TIMES 2
#define LOOK_AT_MORE 4

/* The first n candidates, as a set. */
static int plan_size_first(const struct candidates *candidates, size_t n, struct ranges *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < candidates->n && i < n; i++)
		r = ranges_add(ret, candidates->v[i], candidates->v[i]);
	return r;
}

/*
 * Are all chosen blocks likely to go offline, judging by their pages, and is there room for what
 * must move out of all of them?
 */
static bool plan_size_is_good(const struct page_survey *survey, const struct candidates *candidates)
{
	struct headroom room;
	struct pages sum = { 0 };

	for (size_t i = 0; i < candidates->n_chosen; i++) {
		const struct block *block = memory_find(survey->memory, candidates->v[i]);

		if (!page_survey_pages(survey, block) ||
		    page_survey_judge(survey, block).chance < CHANCE_LIKELY)
			return false;
		pages_add(&sum, page_survey_pages(survey, block));
	}
	if (survey->meminfo_error)
		return true;
	room = headroom_count(&survey->meminfo, &sum);
	return headroom_suffices(&room);
}

/* Looks at the pages of the first n. Pages that cannot be read stay unknown, which is no reason to
 * stop. */
static int plan_size_look(struct page_survey *survey, const struct candidates *candidates, size_t n,
			  int64_t deadline_ns)
{
	struct ranges best = { 0 };
	int r = plan_size_first(candidates, n, &best);

	if (r == 0)
		page_survey_scan_all(survey, &best, deadline_ns);
	ranges_done(&best);
	return r;
}

/*
 * Chooses by what is known already, looks at the pages of the best blocks, and chooses again,
 * until the chosen ones are good or there are no more.
 */
static int plan_size_choose(struct page_survey *survey, const struct plan_size_request *request,
			    struct candidates *ret, struct error *err)
{
	struct candidates_request choice = { .memory = survey->memory,
					     .selected = request->selected,
					     .wanted = request->wanted,
					     .zone = request->zone,
					     .survey = survey };
	size_t n = (size_t)request->blocks * LOOK_AT_TIMES + LOOK_AT_MORE;
	int r = candidates_choose(&choice, request->blocks, ret, err);

	for (bool all = false;
	     r == 0 && request->wanted == BLOCK_OFFLINE && !all && !plan_size_is_good(survey, ret);
	     n *= 2) {
		all = n >= ret->n;
		r = plan_size_look(survey, ret, n, request->limits->deadline_ns);
		if (r < 0) {
			error_set(err, r, "cannot look at the candidates: %s", strerror(-r));
		} else {
			candidates_done(ret);
			r = candidates_choose(&choice, request->blocks, ret, err);
		}
	}
	return r;
}

int plan_size(struct page_survey *survey, const struct plan_size_request *request, struct plan *ret,
	      struct error *err)
{
	struct candidates candidates = { 0 };
	struct ranges blocks = { 0 };
	int r = plan_size_choose(survey, request, &candidates, err);

	if (r < 0) {
		candidates_done(&candidates);
		return r;
	}
	r = plan_size_first(&candidates, candidates.n, &blocks);
	if (r == 0 && request->wanted == BLOCK_OFFLINE)
		r = plan_offline(survey->memory, &blocks, ret);
	else if (r == 0)
		r = plan_online(survey->memory, &blocks, request->zone, request->kernel_decides,
				ret);
	if (r == 0)
		r = plan_set_goal(ret, candidates.v, candidates.n, candidates.n_chosen);
	ranges_done(&blocks);
	candidates_done(&candidates);
	return r < 0 ? error_set(err, r, "cannot make the plan: %s", strerror(-r)) : 0;
}
