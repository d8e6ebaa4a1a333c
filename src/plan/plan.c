// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void plan_done(struct plan *plan)
{
	outcomes_done(&plan->outcomes);
	free(plan->steps);
	*plan = (struct plan){ 0 };
}

const char *plan_online_word(enum zone zone)
{
	if (zone == ZONE_MOVABLE)
		return "online_movable";
	return zone_is_kernel(zone) ? "online_kernel" : "online";
}

static int plan_allocate(struct plan *plan, uint64_t n)
{
	plan->outcomes.v = calloc(n + 1, sizeof(*plan->outcomes.v));
	plan->steps = calloc(n + 1, sizeof(*plan->steps));
	return plan->outcomes.v && plan->steps ? 0 : -ENOMEM;
}

/* Adds the outcome of a block, with its state before anything is done. */
static struct outcome *plan_add_outcome(struct plan *plan, const struct block *block)
{
	struct outcome *outcome = &plan->outcomes.v[plan->outcomes.n++];

	*outcome = (struct outcome){
		.block = block->number,
		.before = block->state,
		.after = block->state,
		.zone_before = block_zone(block),
		.zone_after = block_zone(block),
	};
	return outcome;
}

/* Adds a step for the outcome that was added last. */
static struct step *plan_add_step(struct plan *plan, const struct block *block, const char *word)
{
	struct outcome *outcome = &plan->outcomes.v[plan->outcomes.n - 1];
	struct step *step = &plan->steps[plan->n_steps++];

	outcome->result = OUTCOME_PLANNED;
	outcome->word = word;
	*step = (struct step){ .outcome = plan->outcomes.n - 1,
			       .inode = block->inode,
			       .fs_dev = block->fs_dev };
	return step;
}

static bool plan_zone_fits(enum zone zone, enum zone_request request)
{
	switch (request) {
	case ZONE_REQUEST_MOVABLE:
		return zone == ZONE_MOVABLE;
	case ZONE_REQUEST_KERNEL:
		return zone != ZONE_MOVABLE;
	default:
		return true;
	}
}

/* Sets which zone the step must lead to. Returns the word to write. */
static const char *plan_request(struct step *step, enum zone_request request)
{
	step->zone_wanted = request == ZONE_REQUEST_MOVABLE ? ZONE_MOVABLE : ZONE_UNKNOWN;
	step->kernel_zone_wanted = request == ZONE_REQUEST_KERNEL;
	return request == ZONE_REQUEST_MOVABLE ? "online_movable" :
	       request == ZONE_REQUEST_KERNEL  ? "online_kernel" :
						 "online";
}

static void plan_online_block(struct plan *plan, const struct block *block,
			      enum zone_request request, bool kernel_decides)
{
	enum zone first = block->zones.n ? (enum zone)block->zones.v[0] : ZONE_UNKNOWN;
	struct outcome *outcome = plan_add_outcome(plan, block);
	struct step *step;

	if (block->state == BLOCK_ONLINE) {
		bool fits = block_zone(block) == ZONE_UNKNOWN ||
			    plan_zone_fits(block_zone(block), request);

		outcome->result = fits ? OUTCOME_ALREADY : OUTCOME_REFUSED;
		outcome->cause = fits ? CAUSE_NONE : CAUSE_WRONG_ZONE;
		return;
	}
	step = plan_add_step(plan, block, NULL);
	outcome->word = plan_request(step, request);
	if (request == ZONE_REQUEST_AUTO && !kernel_decides) {
		outcome->word = plan_online_word(first);
		step->zone_wanted = first;
	}
}

/* Reverses the steps, which were added by rising block number. */
static void plan_reverse(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_steps / 2; i++) {
		struct step step = plan->steps[i];

		plan->steps[i] = plan->steps[plan->n_steps - 1 - i];
		plan->steps[plan->n_steps - 1 - i] = step;
	}
}

int plan_online(const struct memory *memory, const struct ranges *blocks, enum zone_request request,
		bool kernel_decides, struct plan *ret)
{
	struct plan plan = { .wanted = BLOCK_ONLINE };

	if (plan_allocate(&plan, ranges_count(blocks)) < 0) {
		plan_done(&plan);
		return -ENOMEM;
	}
	for (size_t i = 0; i < memory->n_blocks; i++)
		if (ranges_contain(blocks, memory->blocks[i].number))
			plan_online_block(&plan, &memory->blocks[i], request, kernel_decides);
	plan_reverse(&plan);
	*ret = plan;
	return 0;
}

/*
 * Moves the lowest of the selected blocks of each zone (of each node) to the end; the order must
 * not depend on what else the snapshot has. If memory runs out, the order stays upwards: slower,
 * but not wrong.
 */
static void plan_order_offline(const struct memory *memory, const struct ranges *blocks,
			       struct plan *plan)
{
	const struct block **lowest = calloc(memory->n_node_sets * ZONE_COUNT, sizeof(*lowest));
	struct step *last = calloc(plan->n_steps + 1, sizeof(*last));
	size_t n_kept = 0, n_last = 0;

	for (size_t i = memory->n_blocks; lowest && i-- > 0;) {
		const struct block *block = &memory->blocks[i];

		if (ranges_contain(blocks, block->number))
			lowest[block->node_set * ZONE_COUNT + block_zone(block)] = block;
	}
	for (size_t i = 0; lowest && last && i < plan->n_steps; i++) {
		const struct block *block =
			memory_find(memory, plan->outcomes.v[plan->steps[i].outcome].block);

		if (lowest[block->node_set * ZONE_COUNT + block_zone(block)] == block)
			last[n_last++] = plan->steps[i];
		else
			plan->steps[n_kept++] = plan->steps[i];
	}
	for (size_t i = 0; i < n_last; i++)
		plan->steps[n_kept++] = last[i];
	free(last);
	free(lowest);
}

int plan_offline(const struct memory *memory, const struct ranges *blocks, struct plan *ret)
{
	struct plan plan = { .wanted = BLOCK_OFFLINE };

	if (plan_allocate(&plan, ranges_count(blocks)) < 0) {
		plan_done(&plan);
		return -ENOMEM;
	}
	for (size_t i = 0; i < memory->n_blocks; i++) {
		const struct block *block = &memory->blocks[i];
		struct outcome *outcome;

		if (!ranges_contain(blocks, block->number))
			continue;
		outcome = plan_add_outcome(&plan, block);
		if (block->state == BLOCK_OFFLINE) {
			outcome->result = OUTCOME_ALREADY;
		} else if (block_zone(block) == ZONE_NONE) {
			outcome->result = OUTCOME_REFUSED;
			outcome->cause = CAUSE_ZONES;
		} else {
			plan_add_step(&plan, block, "offline");
		}
	}
	plan_order_offline(memory, blocks, &plan);
	*ret = plan;
	return 0;
}

static int plan_compare_descending(const void *a, const void *b)
{
	const struct step *left = a, *right = b;

	return left->outcome < right->outcome ? 1 : left->outcome > right->outcome ? -1 : 0;
}

void plan_rezone(struct plan *plan, const struct memory *memory, enum zone_request request,
		 const struct ranges *only)
{
	for (size_t i = 0; i < plan->outcomes.n; i++) {
		struct outcome *outcome = &plan->outcomes.v[i];
		const struct block *block = memory_find(memory, outcome->block);

		if (outcome->result != OUTCOME_REFUSED || outcome->cause != CAUSE_WRONG_ZONE ||
		    !block || (only && !ranges_contain(only, outcome->block)))
			continue;
		if (block_zone(block) == ZONE_NONE) {
			outcome->cause = CAUSE_ZONES;
			continue;
		}
		outcome->result = OUTCOME_PLANNED;
		outcome->cause = CAUSE_NONE;
		outcome->rezone = true;
		plan->steps[plan->n_steps] = (struct step){
			.outcome = i,
			.inode = block->inode,
			.fs_dev = block->fs_dev,
			.rezone = true,
		};
		outcome->word = plan_request(&plan->steps[plan->n_steps++], request);
	}
	qsort(plan->steps, plan->n_steps, sizeof(*plan->steps), plan_compare_descending);
}

/* A step with its position among those of a goal. */
struct ranked_step {
	struct step step;
	size_t rank;
};

static int plan_compare_ranks(const void *a, const void *b)
{
	const struct ranked_step *left = a, *right = b;

	return left->rank < right->rank ? -1 : left->rank > right->rank;
}

int plan_set_goal(struct plan *plan, const uint64_t *numbers, size_t n, size_t goal)
{
	struct ranked_step *ranked = calloc(plan->n_steps + 1, sizeof(*ranked));
	size_t *rank_of = calloc(plan->outcomes.n + 1, sizeof(*rank_of));

	if (!ranked || !rank_of) {
		free(ranked);
		free(rank_of);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		rank_of[outcomes_find(&plan->outcomes, numbers[i]) - plan->outcomes.v] = i;
	for (size_t i = 0; i < plan->n_steps; i++) {
		size_t rank = rank_of[plan->steps[i].outcome];

		/* The chosen steps keep the plan's order, which is the cheap one. */
		ranked[i] = (struct ranked_step){ plan->steps[i],
						  rank < goal ? i : plan->n_steps + rank };
	}
	qsort(ranked, plan->n_steps, sizeof(*ranked), plan_compare_ranks);
	for (size_t i = 0; i < plan->n_steps; i++)
		plan->steps[i] = ranked[i].step;
	plan->goal = goal;
	free(ranked);
	free(rank_of);
	return 0;
}

void plan_skip_all(struct plan *plan)
{
	for (size_t i = 0; i < plan->outcomes.n; i++) {
		struct outcome *outcome = &plan->outcomes.v[i];

		if (outcome->result == OUTCOME_PLANNED) {
			outcome->result = OUTCOME_SKIPPED;
			outcome->cause = CAUSE_ALL_OR_NOTHING;
		}
	}
	plan->n_steps = 0;
}

bool plan_all_or_nothing(struct plan *plan)
{
	bool well = true;

	for (size_t i = 0; i < plan->outcomes.n; i++)
		well = well && !outcome_is_failure(&plan->outcomes.v[i], plan->wanted);
	if (well || plan->goal)
		return false;
	plan_skip_all(plan);
	return true;
}

void plan_trim(struct plan *plan, size_t n_steps)
{
	size_t *moved_to = calloc(plan->outcomes.n + 1, sizeof(*moved_to)), n = 0;

	plan->n_steps = n_steps;
	/* Marks those that have a step. */
	for (size_t i = 0; i < n_steps; i++) {
		struct outcome *outcome = &plan->outcomes.v[plan->steps[i].outcome];

		if (outcome->result == OUTCOME_PLANNED)
			outcome->result = OUTCOME_RESULT_COUNT;
	}
	for (size_t i = 0; i < plan->outcomes.n; i++) {
		struct outcome outcome = plan->outcomes.v[i];

		if (outcome.result == OUTCOME_PLANNED && moved_to) {
			free(outcome.detail);
			continue;
		}
		outcome.result = outcome.result == OUTCOME_PLANNED	? OUTCOME_PASSED_OVER :
				 outcome.result == OUTCOME_RESULT_COUNT ? OUTCOME_PLANNED :
									  outcome.result;
		if (moved_to)
			moved_to[i] = n;
		plan->outcomes.v[n++] = outcome;
	}
	for (size_t i = 0; moved_to && i < n_steps; i++)
		plan->steps[i].outcome = moved_to[plan->steps[i].outcome];
	plan->outcomes.n = n;
	free(moved_to);
}

int plan_roll_back(const struct plan *done, struct plan *ret)
{
	struct plan plan = { .wanted = done->wanted == BLOCK_ONLINE ? BLOCK_OFFLINE :
								      BLOCK_ONLINE };

	plan.steps = calloc(done->n_steps + 1, sizeof(*plan.steps));
	if (!plan.steps)
		return -ENOMEM;
	/*
	 * What was onlined downwards goes offline upwards. Nothing moves the lowest block to the
	 * end: these blocks are the top of a zone.
	 */
	for (size_t i = done->n_steps; i-- > 0;) {
		const struct step *step = &done->steps[i];
		const struct outcome *outcome = &done->outcomes.v[step->outcome];
		struct step *back;

		/*
		 * A block that was removed with its device cannot come back, and one that the
		 * kernel is still working on must not.
		 */
		if (outcome->result != OUTCOME_CHANGED || outcome->after == BLOCK_UNKNOWN ||
		    outcome->cause == CAUSE_STUCK || outcome->cause == CAUSE_PENDING)
			continue;
		back = &plan.steps[plan.n_steps++];
		*back = *step;
		back->zone_wanted = plan.wanted == BLOCK_ONLINE || step->rezone ?
					    outcome->zone_before :
					    ZONE_UNKNOWN;
		back->kernel_zone_wanted = false;
	}
	/* Outcomes are sorted by block number, so their index gives the order of the blocks. */
	if (plan.wanted == BLOCK_ONLINE)
		qsort(plan.steps, plan.n_steps, sizeof(*plan.steps), plan_compare_descending);
	*ret = plan;
	return 0;
}

int plan_put_above(struct plan *plan, struct plan *high)
{
	size_t n = plan->outcomes.n + high->outcomes.n, n_steps = plan->n_steps + high->n_steps;
	struct outcome *outcomes = reallocarray(plan->outcomes.v, n + 1, sizeof(*outcomes));
	struct step *steps = NULL;

	if (outcomes) {
		plan->outcomes.v = outcomes;
		steps = reallocarray(plan->steps, n_steps + 1, sizeof(*steps));
	}
	if (!steps) {
		plan_done(high);
		return -ENOMEM;
	}
	plan->steps = steps;
	memmove(steps + high->n_steps, steps, plan->n_steps * sizeof(*steps));
	for (size_t i = 0; i < high->n_steps; i++) {
		steps[i] = high->steps[i];
		steps[i].outcome += plan->outcomes.n;
	}
	/* Ownership of what the outcomes hold moves too. */
	memcpy(outcomes + plan->outcomes.n, high->outcomes.v, high->outcomes.n * sizeof(*outcomes));
	plan->outcomes.n = n;
	plan->n_steps = n_steps;
	high->outcomes.n = 0;
	plan_done(high);
	return 0;
}
