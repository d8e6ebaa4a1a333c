/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy as a plan: which offline blocks to bring online, how, and in which order. Decided
 * from the snapshot alone.
 */
#ifndef MEMHP_POLICY_POLICY_PLAN_H
#define MEMHP_POLICY_POLICY_PLAN_H

#include "plan/plan.h"
#include "policy/policy-match.h"
#include "policy/policy-state.h"
#include "policy/ratio.h"

/* What the policy says about one block. */
struct policy_choice {
	uint64_t block;
	uint32_t device;		/* as in the block */
	const struct policy_rule *rule; /* NULL: none fits */
	enum policy_action action;	/* after the guard */
	bool over;			/* the guard tripped */
	bool known; /* was online before, or was left before: nothing new to log, and in the first
		       case nothing to do */
};

struct policy_plan {
	struct policy_choice *choices; /* one per selected offline block, by rising number */
	size_t n_choices;
	struct plan plan; /* for the blocks to bring online */
};

struct policy_plan_request {
	const struct policy *policy;
	const struct policy_scene *scene;
	const struct ratio *ratio;	  /* NULL: not known; then the guard never trips */
	const struct policy_state *known; /* NULL: every offline block counts as new */
	const struct ranges *blocks;	  /* NULL: all */
	bool kernel_decides; /* the kernel's online_policy is auto-movable, see plan_online() */
};

/*
 * Decides and plans. The guard looks at one device at a time, from the highest down, because a
 * device belongs wholly into one zone. Only a device that grows and shrinks by blocks is split:
 * as much as fits becomes movable, from the top, so that each zone stays in one piece. Order of
 * the writes: from the highest block down (see plan_online()). Errors: -ENOMEM; -EACCES the rule
 * for a block depends on what is not known (policy_is_unclear()).
 */
int policy_plan_make(const struct policy_plan_request *request, struct policy_plan *ret);
void policy_plan_done(struct policy_plan *plan);

/* The choice for a block, NULL if there is none. */
const struct policy_choice *policy_plan_find(const struct policy_plan *plan, uint64_t block);

/* How many blocks stay offline as the rules say. */
size_t policy_plan_count_left(const struct policy_plan *plan);

#endif
