// SPDX-License-Identifier: GPL-2.0-or-later
#include "action/plan-goal.h"

#include <errno.h>

/* More than these are not looked at: reading page flags takes time, and the best are among them. */
#define LOOK_AT_TIMES 4
#define LOOK_AT_MORE 64

/* The first n numbers of a choice, as a set. */
static int goal_ranges(const struct size_goal *goal, size_t n, struct ranges *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < goal->n && i < n; i++)
		r = ranges_add(ret, goal->v[i], goal->v[i]);
	return r;
}

/* Chooses by what costs nothing, looks at the pages of the best, and chooses again. */
static int goal_choose(struct survey *survey, const struct plan_goal_request *request, struct size_goal *ret, struct error *err)
{
	struct size_goal_request choice = { .memory = survey->memory, .selected = request->selected, .wanted = request->wanted,
					    .movable = request->zone == ZONE_REQUEST_MOVABLE, .survey = survey };
	struct ranges best = { 0 };
	int r = size_goal_choose(&choice, request->blocks, ret, err);

	if (r < 0 || request->wanted == BLOCK_ONLINE)
		return r;
	r = goal_ranges(ret, (size_t)request->blocks * LOOK_AT_TIMES + LOOK_AT_MORE, &best);
	/* Pages that cannot be looked at are not known: no reason to stop. */
	if (r == 0 && survey_scan_all(survey, &best, request->deadline_ns) == 0) {
		size_goal_done(ret);
		r = size_goal_choose(&choice, request->blocks, ret, err);
	}
	ranges_done(&best);
	return r;
}

int plan_goal(struct survey *survey, const struct plan_goal_request *request, struct plan *ret, struct error *err)
{
	struct size_goal goal = { 0 };
	struct ranges candidates = { 0 };
	int r = goal_choose(survey, request, &goal, err);

	if (r == 0)
		r = goal_ranges(&goal, goal.n, &candidates);
	if (r == 0 && request->wanted == BLOCK_OFFLINE)
		r = plan_offline(survey->memory, &candidates, ret);
	else if (r == 0)
		r = plan_online(survey->memory, &candidates, request->zone, request->kernel_decides, ret);
	if (r == 0)
		r = plan_set_goal(ret, goal.v, goal.n, goal.n_chosen);
	ranges_done(&candidates);
	size_goal_done(&goal);
	return r;
}
