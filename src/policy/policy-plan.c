// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy-plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "provider/provider.h"

/* The first node of a block, UINT32_MAX for none. */
static uint32_t policy_plan_first_node(const struct memory *memory, const struct block *block)
{
	const struct node_set *nodes = memory_nodes(memory, block);

	return nodes->n ? nodes->v[0] : UINT32_MAX;
}

/*
 * Would it be movable? A plain online goes where the kernel says now; under its policy
 * auto-movable the kernel has its own guard.
 */
static bool policy_plan_becomes_movable(const struct policy_plan_request *request,
					const struct policy_choice *choice)
{
	const struct block *block = memory_find(request->scene->memory, choice->block);

	if (choice->action == POLICY_ONLINE)
		return !request->kernel_decides && block->zones.n &&
		       block->zones.v[0] == ZONE_MOVABLE;
	return choice->action == POLICY_ONLINE_MOVABLE;
}

/* Neighbours in the list of choices, which are decided together. */
static bool policy_plan_same_group(const struct policy_plan_request *request,
				   const struct policy_choice *a, const struct policy_choice *b)
{
	const struct memory *memory = request->scene->memory;

	return a->rule == b->rule && a->device == b->device && a->action == b->action &&
	       policy_plan_becomes_movable(request, a) == policy_plan_becomes_movable(request, b) &&
	       policy_plan_first_node(memory, memory_find(memory, a->block)) ==
		       policy_plan_first_node(memory, memory_find(memory, b->block));
}

static int policy_plan_choose(const struct policy_plan_request *request, const struct block *block,
			      struct policy_choice *choice)
{
	struct policy_subject subject = policy_subject_of(request->scene, block);
	enum policy_state_history known =
		request->known ? policy_state_find(request->known, block) : POLICY_STATE_NEW;

	if (policy_is_unclear(request->policy, &subject))
		return -EACCES;
	*choice = (struct policy_choice){ .block = block->number,
					  .device = block->device,
					  .rule = policy_match(request->policy, &subject) };
	choice->action = choice->rule ? choice->rule->action : POLICY_LEAVE;
	choice->known = known == POLICY_STATE_ONLINE ||
			(known == POLICY_STATE_LEFT && choice->action == POLICY_LEAVE);
	if (known == POLICY_STATE_ONLINE)
		choice->action = POLICY_LEAVE;
	return 0;
}

/* Applies the guard to the choices `first` to `last` of one group, and counts the result. */
static void policy_plan_guard_group(const struct policy_plan_request *request, struct ratio *ratio,
				    struct policy_choice *choices, size_t first, size_t last)
{
	const struct memory *memory = request->scene->memory;
	const struct policy_choice *any = &choices[last];
	const struct device *device =
		any->device == BLOCK_NO_DEVICE ? NULL : &memory->devices.v[any->device];
	uint32_t node = policy_plan_first_node(memory, memory_find(memory, any->block));
	struct policy_guard guard;
	uint64_t n = last - first + 1, fit;

	if (any->action == POLICY_LEAVE)
		return;
	if (!policy_plan_becomes_movable(request, any)) {
		ratio_account(ratio, node, n * memory->block_size, 0);
		return;
	}
	guard = policy_rule_guard(request->policy, any->rule);
	fit = ratio_room(ratio, &guard, node) / memory->block_size;
	if (fit < n && guard.over != POLICY_OVER_WARN &&
	    !(device && device->provider->grows_by_blocks))
		fit = 0;
	if (fit > n)
		fit = n;
	for (size_t i = first; i + fit <= last; i++) {
		choices[i].over = true;
		if (guard.over != POLICY_OVER_WARN)
			choices[i].action = guard.over == POLICY_OVER_KERNEL ?
						    POLICY_ONLINE_KERNEL :
						    POLICY_LEAVE;
	}
	if (guard.over == POLICY_OVER_WARN)
		fit = n;
	ratio_account(ratio, node,
		      guard.over == POLICY_OVER_KERNEL ? (n - fit) * memory->block_size : 0,
		      fit * memory->block_size);
}

static int policy_plan_guard_all(const struct policy_plan_request *request,
				 struct policy_plan *plan)
{
	struct ratio ratio = *request->ratio;

	/* A copy: what is decided for one device counts towards the next. */
	ratio.nodes = calloc(ratio.n_nodes + 1, sizeof(*ratio.nodes));
	if (!ratio.nodes)
		return -ENOMEM;
	memcpy(ratio.nodes, request->ratio->nodes, ratio.n_nodes * sizeof(*ratio.nodes));
	for (size_t end = plan->n_choices, first; end > 0; end = first) {
		for (first = end - 1;
		     first > 0 && policy_plan_same_group(request, &plan->choices[first - 1],
							 &plan->choices[first]);)
			first--;
		policy_plan_guard_group(request, &ratio, plan->choices, first, end - 1);
	}
	ratio_done(&ratio);
	return 0;
}

static enum zone_request policy_plan_zone_of(enum policy_action action)
{
	return action == POLICY_ONLINE_KERNEL  ? ZONE_REQUEST_KERNEL :
	       action == POLICY_ONLINE_MOVABLE ? ZONE_REQUEST_MOVABLE :
						 ZONE_REQUEST_AUTO;
}

/* Plans the choices `first` to `last`, which have the same action. */
static int policy_plan_group(const struct policy_plan_request *request, struct policy_plan *plan,
			     size_t first, size_t last)
{
	struct ranges blocks = { 0 };
	struct plan part;
	int r = 0;

	for (size_t i = first; r >= 0 && i <= last; i++)
		r = ranges_add(&blocks, plan->choices[i].block, plan->choices[i].block);
	if (r >= 0)
		r = plan_online(request->scene->memory, &blocks,
				policy_plan_zone_of(plan->choices[first].action),
				request->kernel_decides, &part);
	if (r >= 0)
		r = plan_put_above(&plan->plan, &part);
	ranges_done(&blocks);
	return r < 0 ? r : 0;
}

int policy_plan_make(const struct policy_plan_request *request, struct policy_plan *ret)
{
	const struct memory *memory = request->scene->memory;
	struct policy_plan plan = { .plan = { .wanted = BLOCK_ONLINE } };
	int r = 0;

	plan.choices = calloc(memory->n_blocks + 1, sizeof(*plan.choices));
	if (!plan.choices)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < memory->n_blocks; i++)
		if (memory->blocks[i].state == BLOCK_OFFLINE && !memory->blocks[i].read_error &&
		    (!request->blocks || ranges_contain(request->blocks, memory->blocks[i].number)))
			r = policy_plan_choose(request, &memory->blocks[i],
					       &plan.choices[plan.n_choices++]);
	if (r == 0 && request->ratio)
		r = policy_plan_guard_all(request, &plan);
	for (size_t first = 0, next; r == 0 && first < plan.n_choices; first = next) {
		enum policy_action action = plan.choices[first].action;

		for (next = first + 1;
		     next < plan.n_choices && plan.choices[next].action == action;)
			next++;
		if (action != POLICY_LEAVE)
			r = policy_plan_group(request, &plan, first, next - 1);
	}
	if (r < 0) {
		policy_plan_done(&plan);
		return r;
	}
	*ret = plan;
	return 0;
}

void policy_plan_done(struct policy_plan *plan)
{
	plan_done(&plan->plan);
	free(plan->choices);
	*plan = (struct policy_plan){ 0 };
}

static int policy_plan_choice_compare(const void *key, const void *element)
{
	uint64_t number = *(const uint64_t *)key,
		 other = ((const struct policy_choice *)element)->block;

	return number < other ? -1 : number > other;
}

const struct policy_choice *policy_plan_find(const struct policy_plan *plan, uint64_t block)
{
	return plan->n_choices ? bsearch(&block, plan->choices, plan->n_choices,
					 sizeof(*plan->choices), policy_plan_choice_compare) :
				 NULL;
}

size_t policy_plan_count_left(const struct policy_plan *plan)
{
	size_t left = 0;

	for (size_t i = 0; i < plan->n_choices; i++)
		left += plan->choices[i].action == POLICY_LEAVE;
	return left;
}
