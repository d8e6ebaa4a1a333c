// SPDX-License-Identifier: GPL-2.0-or-later
#include "health/health-facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "device/memory-map.h"
#include "policy/pending.h"
#include "policy/policy-load.h"
#include "provider/provider.h"
#include "system/kpageflags.h"
#include "system/read-failure.h"

/* Only -ENOMEM ends the reading. */
static int health_facts_keep(int r, int *ret_error)
{
	*ret_error = r < 0 && r != -ENOMEM ? r : 0;
	return r == -ENOMEM ? r : 0;
}

/* Would the policy do anything with memory of a provider that this machine has? */
static bool health_facts_acts(const struct sysfs *sysfs, const struct policy *policy)
{
	struct platform platform;
	struct policy_subject subject = { .device = "", .platform = &platform };

	platform_load(sysfs, &platform);
	for (size_t i = 0; providers[i]; i++) {
		const struct policy_rule *rule;

		if (providers[i]->is_present(sysfs) == 0)
			continue;
		subject.provider = providers[i]->name;
		rule = policy_match(policy, &subject);
		if (rule && rule->action != POLICY_LEAVE)
			return true;
	}
	return false;
}

static int health_facts_load_policy(const struct sysfs *sysfs, struct health_facts *facts)
{
	struct error err = { 0 };
	int r = policy_load_rest(sysfs, &facts->policy, &facts->policy_mistake, &err);

	error_done(&err);
	if (r < 0)
		return health_facts_keep(r, &facts->policy_error);
	kernel_policy_decide(sysfs, &facts->policy, &facts->wanted);
	facts->n_parts = policy_parts_find(sysfs, facts->parts);
	facts->has_systemd = policy_parts_has_systemd(sysfs);
	facts->acts = !policy_parts_idle(sysfs) && health_facts_acts(sysfs, &facts->policy);
	facts->is_answered = pending_is_raised(sysfs) || pending_is_answered(sysfs);
	facts->is_recorded = policy_state_exists(sysfs) > 0;
	facts->is_given_up = pending_is_given_up(sysfs);
	return policy_conflicts_find(sysfs, &facts->policy, &facts->conflicts);
}

/* Which of the choices are about a block that was online before? */
static int health_facts_load_known(const struct sysfs *sysfs, struct health_facts *facts)
{
	struct policy_state known;
	int r;

	facts->was_online = calloc(facts->plan.n_choices + 1, sizeof(*facts->was_online));
	if (!facts->was_online)
		return -ENOMEM;
	if (facts->hidden || !facts->plan.n_choices)
		return 0;
	r = policy_state_load(sysfs, &known);
	if (r < 0)
		return health_facts_keep(r, &facts->plan_error);
	for (size_t i = 0; known.n && i < facts->plan.n_choices; i++) {
		struct block block;

		if (block_read(facts->memory->directory, facts->plan.choices[i].block,
			       WANT_IDENTITY, &block) == 0)
			facts->was_online[i] = policy_state_find(&known, &block) ==
					       POLICY_STATE_ONLINE;
	}
	policy_state_done(&known);
	return 0;
}

static int health_facts_load_plan(const struct sysfs *sysfs, struct health_facts *facts)
{
	struct policy_plan_request request = {
		.policy = &facts->policy,
		.scene = &facts->scene,
		.ratio = facts->ratio_error ? NULL : &facts->ratio,
		.kernel_decides = settings_kernel_decides(
			settings_value(facts->settings, SETTING_ONLINE_POLICY)),
	};
	int r;

	if (facts->policy_error)
		return 0;
	r = policy_scene_load(sysfs, facts->memory, &facts->scene);
	if (r == 0)
		r = policy_plan_make(&request, &facts->plan);
	if (r < 0)
		return health_facts_keep(r, &facts->plan_error);
	return health_facts_load_known(sysfs, facts);
}

static int health_facts_load_amounts(const struct sysfs *sysfs, struct health_facts *facts)
{
	bool scan;
	int r = health_facts_keep(ratio_load(sysfs, &facts->ratio), &facts->ratio_error);

	if (r == 0)
		r = health_facts_keep(meminfo_load(sysfs, &facts->meminfo), &facts->meminfo_error);
	if (r < 0)
		return r;
	facts->page_size = kpageflags_page_size(sysfs);
	/* The kernel counts them, so that only a machine that has some is searched. */
	scan = !facts->meminfo_error && facts->meminfo.hardware_corrupted != UINT64_MAX &&
	       facts->meminfo.hardware_corrupted;
	r = memory_map_needs(sysfs, facts->memory, &facts->map_bytes);
	return r < 0 ? r : poisoned_blocks_find(sysfs, facts->memory, scan, &facts->poisoned);
}

int health_facts_load(const struct sysfs *sysfs, const struct memory *memory,
		      const struct settings *settings, struct health_facts *ret)
{
	int r;

	/* Filled in place: the scene points to the snapshot, and the plan to the policy. */
	*ret = (struct health_facts){ .memory = memory,
				      .settings = settings,
				      .hidden = !sysfs_is_ours(sysfs) };
	r = health_facts_load_policy(sysfs, ret);
	if (r == 0)
		r = health_facts_load_amounts(sysfs, ret);
	if (r == 0)
		r = health_facts_load_plan(sysfs, ret);
	if (r < 0) {
		health_facts_done(ret);
		return r;
	}
	ret->unread = read_failure_first(&ret->unread_error);
	return 0;
}

void health_facts_done(struct health_facts *facts)
{
	poisoned_blocks_done(&facts->poisoned);
	policy_plan_done(&facts->plan);
	policy_scene_done(&facts->scene);
	ratio_done(&facts->ratio);
	conflicts_done(&facts->conflicts);
	error_done(&facts->policy_mistake);
	policy_done(&facts->policy);
	free(facts->was_online);
	free(facts->map_bytes);
	*facts = (struct health_facts){ 0 };
}
