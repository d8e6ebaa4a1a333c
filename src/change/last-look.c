// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/last-look.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "change/read-back.h"

/*
 * Of the blocks without a known state those that are gone, whose numbers may be another block's by
 * now, and those that failed, which may be gone by now. The kernel may still be working on others,
 * as the report says.
 */
static bool last_look_concerns(const struct outcome *outcome)
{
	if (outcome->result == OUTCOME_VANISHED || outcome->after != BLOCK_UNKNOWN)
		return outcome->result != OUTCOME_REPLACED;
	return outcome->result == OUTCOME_FAILED && outcome->cause != CAUSE_STUCK &&
	       outcome->cause != CAUSE_PENDING;
}

static bool last_look_is_same(const struct memory *memory, const struct outcome *outcome)
{
	char path[BLOCK_NAME_SIZE + sizeof("/state")], text[32];

	snprintf(path, sizeof(path), "memory%" PRIu64 "/state", outcome->block);
	return sysfs_read(memory->directory, path, text, sizeof(text)) >= 0 &&
	       block_state_parse(text) == outcome->after;
}

/* Is the block in the state and zone that its step was to bring it into? */
static bool last_look_is_wanted(const struct plan *plan, const struct step *step,
				const struct outcome *outcome)
{
	return step && outcome->after == plan->wanted &&
	       (plan->wanted == BLOCK_OFFLINE || read_back_zone_fits(step, outcome->zone_after));
}

static void last_look_end(struct outcome *outcome, enum outcome_result result,
			  enum outcome_cause cause)
{
	outcome->result = result;
	outcome->cause = cause;
	outcome->error = 0;
	free(outcome->detail);
	outcome->detail = NULL;
}

/* What has the number of a block that was gone is another block, whatever its inode. */
static void last_look_judge_vanished(enum read_back read, struct outcome *outcome)
{
	if (read != READ_SAME && read != READ_REPLACED)
		return;
	outcome->after = BLOCK_UNKNOWN;
	outcome->zone_after = ZONE_UNKNOWN;
	last_look_end(outcome, OUTCOME_REPLACED, CAUSE_REPLACED);
}

/* The result of a block that is in another state than when its turn was over. */
static void last_look_judge(const struct plan *plan, const struct step *step, enum read_back read,
			    int read_error, struct outcome *outcome)
{
	bool claimed = outcome->result == OUTCOME_CHANGED || outcome->result == OUTCOME_ALREADY ||
		       outcome->result == OUTCOME_ROLLED_BACK;

	/* The kernel is still working on it, and the report says so. */
	if (outcome->cause == CAUSE_STUCK || outcome->cause == CAUSE_PENDING)
		return;
	if (outcome->result == OUTCOME_VANISHED)
		return last_look_judge_vanished(read, outcome);
	if (read == READ_GONE && (claimed || outcome->result == OUTCOME_FAILED))
		last_look_end(outcome, OUTCOME_VANISHED, CAUSE_GONE);
	else if (read == READ_REPLACED && (claimed || outcome->result == OUTCOME_FAILED))
		last_look_end(outcome, OUTCOME_REPLACED, CAUSE_REPLACED);
	else if (read == READ_FAILED && claimed) {
		last_look_end(outcome, OUTCOME_FAILED, CAUSE_UNREADABLE);
		outcome->error = -read_error;
	} else if (read == READ_SAME && claimed) {
		last_look_end(outcome, OUTCOME_FAILED, CAUSE_CHANGED_SINCE);
		if (asprintf(&outcome->detail, "it is %s now", block_state_name(outcome->after)) <
		    0)
			outcome->detail = NULL;
	} else if (read == READ_SAME && outcome->result == OUTCOME_FAILED && !outcome->rezone &&
		   last_look_is_wanted(plan, step, outcome)) {
		last_look_end(outcome, OUTCOME_ALREADY, CAUSE_NONE);
	}
}

uint64_t last_look_count_events(const struct sysfs *sysfs)
{
	uint64_t count;

	return sysfs_read_decimal(sysfs, "/sys/kernel/uevent_seqnum", &count) < 0 ? 0 : count;
}

/* The events of what the run changed: one for each time that a block went online or offline. */
static uint64_t last_look_own_events(const struct plan *plan)
{
	uint64_t n = 0;

	for (size_t i = 0; i < plan->outcomes.n; i++) {
		const struct outcome *outcome = &plan->outcomes.v[i];
		unsigned int once = outcome->rezone ? 2 : 1;

		n += outcome->result == OUTCOME_CHANGED	    ? once :
		     outcome->result == OUTCOME_ROLLED_BACK ? 2 * once :
							      0;
	}
	return n;
}

void last_look(const struct sysfs *sysfs, const struct memory *memory,
	       const struct run_limits *limits, uint64_t events_before, struct plan *plan)
{
	const struct step **steps;

	if (events_before &&
	    last_look_count_events(sysfs) - events_before == last_look_own_events(plan))
		return;
	steps = calloc(plan->outcomes.n + 1, sizeof(*steps));
	for (size_t i = 0; steps && i < plan->n_steps; i++)
		steps[plan->steps[i].outcome] = &plan->steps[i];
	for (size_t i = 0; i < plan->outcomes.n && run_limits_left_ns(limits); i++) {
		struct outcome *outcome = &plan->outcomes.v[i];
		const struct block *block = memory_find(memory, outcome->block);
		struct step same = { .inode = block ? block->inode : 0,
				     .fs_dev = block ? block->fs_dev : 0 };
		enum block_state state = outcome->after;
		enum read_back read;
		int error;

		if (!last_look_concerns(outcome) || last_look_is_same(memory, outcome))
			continue;
		read = read_back_look(memory, &same, outcome, &error);
		/* It was in between, and is as it was left. */
		if (read != READ_SAME || outcome->after != state)
			last_look_judge(plan, steps ? steps[i] : NULL, read, error, outcome);
	}
	free(steps);
}
