// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/block-write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "change/read-back.h"
#include "system/clock.h"
#include "system/lock-holder.h"

/* Waiting for the lock is reported after this time. */
#define NEWS_AFTER_NS CLOCK_NS_PER_S

#define BLOCK_DIRECTORY_SIZE (sizeof(SYSFS_MEMORY) + BLOCK_NAME_SIZE)

/* A block_write_steps() in progress. It is working on steps[taken]. */
struct block_write {
	struct kernel_write *write;
	const struct step *steps;
	enum block_state wanted;
	struct outcome *outcomes; /* of the plan */
	size_t taken;		  /* steps that have their result in their outcome */
	bool told;		  /* about the lock */
	int read_error;		  /* of the last look at the block */
};

static const struct step *block_write_current(const struct block_write *work)
{
	return &work->steps[work->taken];
}

static struct outcome *block_write_outcome(const struct block_write *work)
{
	return &work->outcomes[block_write_current(work)->outcome];
}

static enum read_back block_write_read_back(struct block_write *work)
{
	return read_back_look(work->write->run->memory, block_write_current(work),
			      block_write_outcome(work), &work->read_error);
}

static enum read_back block_write_read_back_settled(struct block_write *work)
{
	return read_back_settled(work->write->run->memory, block_write_current(work),
				 block_write_outcome(work), &work->read_error);
}

static void block_write_finish(struct block_write *work, enum outcome_result result,
			       enum outcome_cause cause)
{
	block_write_outcome(work)->result = result;
	block_write_outcome(work)->cause = cause;
}

/* The write succeeded, or the block was found in the wanted state; the zone may be wrong. */
static void block_write_finish_wanted(struct block_write *work, enum outcome_result result)
{
	struct outcome *outcome = block_write_outcome(work);
	bool fits = work->wanted != BLOCK_ONLINE ||
		    read_back_zone_fits(block_write_current(work), outcome->zone_after);

	outcome->error = 0;
	block_write_finish(work, result, fits ? CAUSE_NONE : CAUSE_WRONG_ZONE);
}

/*
 * Ends a step whose block is gone, replaced or cannot be read. An earlier error stays in the
 * outcome.
 */
static void block_write_finish_lost(struct block_write *work, enum read_back read)
{
	if (read == READ_REPLACED)
		return block_write_finish(work, OUTCOME_REPLACED, CAUSE_REPLACED);
	if (read == READ_GONE)
		return block_write_finish(work, OUTCOME_VANISHED, CAUSE_GONE);
	block_write_outcome(work)->error = -work->read_error;
	block_write_finish(work, OUTCOME_FAILED, CAUSE_UNREADABLE);
}

/* What the block became: as the worker saw it if all went well, otherwise as seen from here. */
static enum read_back block_write_see(struct block_write *work, const struct write_result *result)
{
	struct outcome *outcome = block_write_outcome(work);
	const struct kernel_write *write = work->write;
	bool called_gone;

	if (read_back_seen(result, work->wanted, outcome))
		return READ_SAME;
	called_gone = outcome_classify(result, work->wanted, ZONE_UNKNOWN) == CAUSE_GONE;
	return read_back_answer(write->run->memory, block_write_current(work), work->wanted,
				called_gone, write->limits, outcome, &work->read_error);
}

/*
 * Nothing was written, because there was no descriptor or memory to open the file with, nor for a
 * look at the block: what it is now is not known, but that this run did not change it is.
 */
static bool block_write_was_not_begun(const struct block_write *work,
				      const struct write_result *result, enum read_back read)
{
	return read == READ_FAILED && result->stage == WRITE_STAGE_OPEN &&
	       outcome_classify(result, work->wanted, ZONE_UNKNOWN) == CAUSE_MEMORY;
}

/*
 * Stores the result of the step's job in its outcome, which is final unless the step may be
 * retried (FAILED, with a transient cause).
 */
static void block_write_take(void *data, size_t job, const struct write_result *result)
{
	struct block_write *work = data;
	struct outcome *outcome = block_write_outcome(work);
	enum read_back read = block_write_see(work, result);

	(void)job;
	outcome->attempts++;
	outcome->elapsed_ns += result->elapsed_ns;
	outcome->lock_wait_ns += result->lock_wait_ns;
	outcome->error = result->stage == WRITE_STAGE_REPLACED ? 0 : -result->error;
	if (block_write_was_not_begun(work, result, read)) {
		block_write_finish(work, OUTCOME_FAILED, CAUSE_MEMORY);
	} else if (result->stage == WRITE_STAGE_REPLACED || read != READ_SAME) {
		block_write_finish_lost(
			work, result->stage == WRITE_STAGE_REPLACED ? READ_REPLACED : read);
	} else if (outcome->after == work->wanted) {
		/* After an error: EINVAL because the block was in that state already, or somebody
		 * else was faster. */
		block_write_finish_wanted(work, result->error ? OUTCOME_ALREADY : OUTCOME_CHANGED);
	} else {
		block_write_finish(work, OUTCOME_FAILED,
				   result->error ? outcome_classify(result, work->wanted,
								    outcome->zone_before) :
						   CAUSE_REVERTED);
		if (outcome->cause == CAUSE_GONE)
			outcome->cause = CAUSE_STILL_THERE;
	}
	work->taken++;
}

/*
 * Stores the result of a step that was ended without one: the block's state decides, otherwise
 * the step failed with the cause.
 */
static void block_write_take_state(struct block_write *work, enum read_back read,
				   const struct kernel_write_end *end)
{
	struct outcome *outcome = block_write_outcome(work);

	outcome->attempts++;
	outcome->error = end->error;
	outcome->lock_wait_ns += end->lock_wait_ns;
	outcome->elapsed_ns += end->elapsed_ns;
	if (read == READ_SAME && outcome->after == work->wanted)
		block_write_finish_wanted(work, OUTCOME_CHANGED);
	else if (read == READ_SAME || end->cause == CAUSE_STUCK)
		block_write_finish(work, OUTCOME_FAILED, end->cause);
	else
		block_write_finish_lost(work, read);
	work->taken++;
}

/* Fills the outcome of the step that was in progress when the batch ended. */
static void block_write_take_end(struct block_write *work, const struct kernel_write_end *end)
{
	struct outcome *outcome = block_write_outcome(work);
	enum read_back read;

	if (!end->is_begun) {
		outcome->error = end->error;
		block_write_finish(work, OUTCOME_FAILED, end->cause);
		work->taken++;
		return;
	}
	read = block_write_read_back_settled(work);
	/* Its turn had not come. */
	if (end->is_next && read == READ_SAME && outcome->after != work->wanted)
		return;
	if (end->cause == CAUSE_STUCK) {
		free(outcome->detail);
		if (asprintf(&outcome->detail,
			     "process %d (memhpctl-write) is inside the kernel and ends when the "
			     "kernel lets it",
			     (int)work->write->writer.stuck_pid) < 0)
			outcome->detail = NULL;
	}
	block_write_take_state(work, read, end);
}

static void block_write_tell(void *data, size_t job, int64_t lock_wait_ns)
{
	struct block_write *work = data;
	const struct kernel_write *write = work->write;
	const struct run_news *news = &write->run->news;
	const struct outcome *outcome = block_write_outcome(work);
	char holder[160];

	(void)job;
	if (news->step && write->total)
		news->step(news->data, write->done + work->taken, write->total, outcome->block,
			   outcome->word);
	if (lock_wait_ns < NEWS_AFTER_NS || work->told || !news->waiting)
		return;
	work->told = true;
	lock_holder_describe(write->run->sysfs, write->run->memory->directory, outcome->block,
			     holder, sizeof(holder));
	news->waiting(news->data, outcome->block, holder);
}

/* Is a plain write waiting for the lock? This can be seen only of an offline. */
static bool block_write_waits(void *data, size_t job)
{
	struct block_write *work = data;

	(void)job;
	return work->wanted == BLOCK_OFFLINE && block_write_read_back(work) == READ_SAME &&
	       block_write_outcome(work)->after == BLOCK_ONLINE;
}

/*
 * May its valid_zones be read whatever its state is? Not before its node is set: see block_read(),
 * which has read them then.
 */
static bool block_write_may_read_zones(const struct block_write *work, const struct step *step,
				       uint64_t number)
{
	const struct block *block = memory_find(work->write->run->memory, number);

	return step->inode && block && block->inode == step->inode && block->zones.n;
}

static void block_write_make_job(const struct block_write *work, const struct step *step,
				 char directory[BLOCK_DIRECTORY_SIZE], struct write_job *ret)
{
	const struct outcome *outcome = &work->outcomes[step->outcome];
	bool zones = work->wanted == BLOCK_ONLINE &&
		     block_write_may_read_zones(work, step, outcome->block);

	snprintf(directory, BLOCK_DIRECTORY_SIZE, SYSFS_MEMORY "/memory%" PRIu64, outcome->block);
	*ret = (struct write_job){ .directory = directory,
				   .attribute = "state",
				   .value = outcome->word,
				   .inode = step->inode,
				   .fs_dev = step->fs_dev,
				   .read_back = true,
				   .second = zones ? "valid_zones" : NULL };
}

/* Makes n steps starting at `taken`, until one fails. */
static void block_write_batch(struct block_write *work, size_t n)
{
	static char directories[WRITER_BATCH_MAX][BLOCK_DIRECTORY_SIZE];
	static struct write_job jobs[WRITER_BATCH_MAX];
	struct kernel_write_batch batch = {
		.jobs = jobs,
		.n = n,
		.work_limit_ns = work->write->limits->block_timeout_ms * CLOCK_NS_PER_MS,
		.take = block_write_take,
		.tell = block_write_tell,
		.waits = block_write_waits,
		.data = work,
	};
	struct kernel_write_end end;

	for (size_t i = 0; i < n; i++)
		block_write_make_job(work, &work->steps[work->taken + i], directories[i], &jobs[i]);
	kernel_write_batch(work->write, &batch, &end);
	if (end.cause != CAUSE_NONE)
		block_write_take_end(work, &end);
}

static uint32_t block_write_retries(const struct block_write *work, const struct outcome *outcome)
{
	uint32_t retries = work->write->limits->retries;

	if (retries != RETRIES_AUTO)
		return retries;
	return zone_is_kernel(outcome->zone_before) ? RETRIES_KERNEL_ZONE : RETRIES_DEFAULT;
}

/* Has the step failed? If so, calls write->look_closer, if set. */
static bool block_write_has_failed(const struct block_write *work, struct outcome *outcome)
{
	const struct kernel_write *write = work->write;

	if (write->look_closer && outcome->result == OUTCOME_FAILED &&
	    outcome->cause == CAUSE_BUSY && outcome->error)
		write->look_closer(write->closer_data, outcome);
	return outcome->result == OUTCOME_FAILED;
}

/* Retries a failed step as long as that may help. */
static void block_write_retry(const struct block_write *work, size_t step)
{
	struct block_write again = *work;
	char name[BLOCK_NAME_SIZE];
	struct outcome *outcome;
	uint32_t retries;

	again.steps = &work->steps[step];
	outcome = &work->outcomes[again.steps->outcome];
	block_name(outcome->block, name);
	retries = block_write_retries(work, outcome);
	for (unsigned int retry = 0; block_write_has_failed(work, outcome); retry++) {
		int64_t began = clock_now_ns();

		if (!kernel_write_again(work->write, name, retry, retries, &outcome->cause,
					outcome->error))
			return;
		outcome->elapsed_ns += clock_now_ns() - began;
		again.taken = 0;
		block_write_batch(&again, 1);
	}
}

size_t block_write_steps(struct kernel_write *write, const struct step *steps, size_t n,
			 enum block_state wanted, struct outcome *outcomes)
{
	struct block_write work = {
		.write = write, .steps = steps, .wanted = wanted, .outcomes = outcomes
	};

	if (n > write->batch_max)
		n = write->batch_max;
	block_write_batch(&work, n);
	write->batch_max = kernel_write_next_batch(write->batch_max, work.taken == n);
	/* Nothing follows a failed write, but other steps may follow one that somebody undid. */
	for (size_t i = 0; i < work.taken; i++)
		block_write_retry(&work, i);
	return work.taken;
}

void block_write_step(struct kernel_write *write, const struct step *step, enum block_state wanted,
		      struct outcome *outcome)
{
	struct step own = *step;

	own.outcome = 0;
	block_write_steps(write, &own, 1, wanted, outcome);
}

struct outcome block_write_part(const struct outcome *outcome, const char *word)
{
	return (struct outcome){
		.block = outcome->block,
		.before = outcome->after,
		.after = outcome->after,
		.zone_before = outcome->zone_after,
		.zone_after = outcome->zone_after,
		.word = word,
	};
}

void block_write_add_part(struct outcome *outcome, const struct outcome *part)
{
	outcome->after = part->after;
	outcome->zone_after = part->zone_after;
	outcome->attempts += part->attempts;
	outcome->elapsed_ns += part->elapsed_ns;
	outcome->lock_wait_ns += part->lock_wait_ns;
}

bool block_write_part_is_done(const struct outcome *part)
{
	return (part->result == OUTCOME_CHANGED || part->result == OUTCOME_ALREADY) &&
	       part->cause == CAUSE_NONE;
}
