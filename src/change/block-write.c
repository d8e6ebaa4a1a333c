// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/block-write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "change/read-back.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "system/lock-holder.h"

#define RETRIES_MOVABLE 4
#define RETRIES_KERNEL_ZONE 1
#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS 2000

/* How often a running write is looked at: for its clocks and for the news. */
#define TICK_NS (50 * CLOCK_NS_PER_MS)

/* For ending a worker: with READ_BACK_SETTLE_NS under the 100 ms that a deadline may be late. */
#define STOP_GRACE_NS (60 * CLOCK_NS_PER_MS)

/* Waiting for the lock is news after so long. */
#define NEWS_AFTER_NS CLOCK_NS_PER_S

/* One block_write_steps() under way. The outcome of steps[taken] is being worked for. */
struct attempt {
	const struct block_write_context *context;
	const struct step *steps;
	enum block_state wanted;
	struct outcome *outcomes; /* of the plan */
	size_t n;		  /* steps in the batch under way */
	size_t taken;		  /* steps whose result is in their outcome */
	bool told;		  /* about the lock */
	int read_error;		  /* of the last look at the block */
};

static const struct step *block_write_current(const struct attempt *attempt)
{
	return &attempt->steps[attempt->taken];
}

static struct outcome *block_write_outcome(const struct attempt *attempt)
{
	return &attempt->outcomes[block_write_current(attempt)->outcome];
}

static enum read_back block_write_read_back(struct attempt *attempt)
{
	return read_back_look(attempt->context->memory, block_write_current(attempt),
			      block_write_outcome(attempt), &attempt->read_error);
}

static enum read_back block_write_read_back_settled(struct attempt *attempt)
{
	return read_back_settled(attempt->context->memory, block_write_current(attempt),
				 block_write_outcome(attempt), &attempt->read_error);
}

static void block_write_finish(struct attempt *attempt, enum outcome_result result,
			       enum outcome_cause cause)
{
	block_write_outcome(attempt)->result = result;
	block_write_outcome(attempt)->cause = cause;
}

/* Is the block, online, in the zone that was wanted? */
static bool block_write_zone_fits(const struct attempt *attempt)
{
	enum zone zone = block_write_outcome(attempt)->zone_after;
	const struct step *step = block_write_current(attempt);

	if (attempt->wanted != BLOCK_ONLINE || zone == ZONE_UNKNOWN)
		return true;
	if (step->kernel_zone_wanted)
		return zone != ZONE_MOVABLE;
	return step->zone_wanted == ZONE_UNKNOWN || step->zone_wanted == zone;
}

/* The write succeeded, or the block was found in the wanted state; the zone may be wrong. */
static void block_write_finish_wanted(struct attempt *attempt, enum outcome_result result)
{
	block_write_outcome(attempt)->error = 0;
	block_write_finish(attempt, result,
			   block_write_zone_fits(attempt) ? CAUSE_NONE : CAUSE_WRONG_ZONE);
}

/*
 * The end of a block that is gone or replaced, where the error, if there was one, stays; or that
 * cannot be looked at.
 */
static void block_write_finish_lost(struct attempt *attempt, enum read_back read)
{
	if (read == READ_REPLACED)
		return block_write_finish(attempt, OUTCOME_REPLACED, CAUSE_REPLACED);
	if (read == READ_GONE)
		return block_write_finish(attempt, OUTCOME_VANISHED, CAUSE_GONE);
	block_write_outcome(attempt)->error = -attempt->read_error;
	block_write_finish(attempt, OUTCOME_FAILED, CAUSE_UNREADABLE);
}

/*
 * Takes the result of the step's job into its outcome, which is final unless it may be tried again
 * (FAILED, with a transient cause).
 */
static void block_write_take(struct attempt *attempt, const struct write_result *result)
{
	struct outcome *outcome = block_write_outcome(attempt);
	const struct block_write_context *context = attempt->context;
	bool called_gone = outcome_classify(result, attempt->wanted, ZONE_UNKNOWN) == CAUSE_GONE;
	enum read_back read = read_back_answer(context->memory, block_write_current(attempt),
					       attempt->wanted, called_gone, context->deadline_ns,
					       context->ignore_signals, outcome,
					       &attempt->read_error);

	outcome->attempts++;
	outcome->elapsed_ns += result->elapsed_ns;
	outcome->lock_wait_ns += result->lock_wait_ns;
	outcome->error = result->stage == WRITE_STAGE_REPLACED ? 0 : -result->error;
	if (result->stage == WRITE_STAGE_REPLACED || read != READ_SAME) {
		block_write_finish_lost(
			attempt, result->stage == WRITE_STAGE_REPLACED ? READ_REPLACED : read);
	} else if (outcome->after == attempt->wanted) {
		/* With an error: EINVAL because it is so already, or somebody else was faster. */
		block_write_finish_wanted(attempt,
					  result->error ? OUTCOME_ALREADY : OUTCOME_CHANGED);
	} else {
		block_write_finish(attempt, OUTCOME_FAILED,
				   result->error ? outcome_classify(result, attempt->wanted,
								    outcome->zone_before) :
						   CAUSE_REVERTED);
		if (outcome->cause == CAUSE_GONE)
			outcome->cause = CAUSE_STILL_THERE;
	}
}

/*
 * Takes all results that are there. With `stopping` the last may be that of a job that was stopped
 * for it, which is none; otherwise somebody else sent the worker a signal, and that is an
 * interruption like any other.
 */
static void block_write_take_finished(struct attempt *attempt, bool stopping)
{
	size_t finished = writer_finished(attempt->context->writer);

	while (attempt->taken < finished) {
		const struct write_result *result =
			writer_result(attempt->context->writer, attempt->taken);

		if (stopping && result->stopped)
			return;
		block_write_take(attempt, result);
		attempt->taken++;
	}
}

/* The clocks of the step under way: how long it has waited for the lock, and worked. */
struct clocks {
	size_t taken; /* the step that they belong to */
	int64_t wait_ns, work_ns;
	int64_t hidden_wait_ns, looked_ns;
};

/*
 * Takes a step that the worker was kept from giving a result for: the truth is the block's state,
 * else it failed for `cause`.
 */
static void block_write_take_state(struct attempt *attempt, enum read_back read,
				   enum outcome_cause cause, const struct clocks *clocks)
{
	struct outcome *outcome = block_write_outcome(attempt);

	outcome->attempts++;
	outcome->error = cause == CAUSE_INTERRUPTION ? EINTR : 0;
	if (clocks->taken == attempt->taken) {
		outcome->lock_wait_ns += clocks->wait_ns;
		outcome->elapsed_ns +=
			clocks->wait_ns + clocks->work_ns + (clock_now_ns() - clocks->looked_ns);
	}
	if (read == READ_SAME && outcome->after == attempt->wanted)
		block_write_finish_wanted(attempt, OUTCOME_CHANGED);
	else if (read == READ_SAME || cause == CAUSE_STUCK)
		block_write_finish(attempt, OUTCOME_FAILED, cause);
	else
		block_write_finish_lost(attempt, read);
	attempt->taken++;
}

/* Ends the batch under way for `cause` and reports what came of the step that it was at. */
static void block_write_abort(struct attempt *attempt, enum outcome_cause cause,
			      const struct clocks *clocks)
{
	size_t at = attempt->taken;
	int r = writer_stop(attempt->context->writer, STOP_GRACE_NS);
	struct outcome *outcome;
	enum read_back read;

	block_write_take_finished(attempt, true);
	/* The signal came too late: all of it is done. */
	if (attempt->taken == attempt->n)
		return;
	outcome = block_write_outcome(attempt);
	read = block_write_read_back_settled(attempt);
	if (r == -EBUSY) {
		free(outcome->detail);
		if (asprintf(&outcome->detail,
			     "process %d (memhpctl-write) is inside the kernel and ends when the "
			     "kernel lets it",
			     (int)attempt->context->writer->stuck_pid) < 0)
			outcome->detail = NULL;
		cause = CAUSE_STUCK;
	} else if (attempt->taken > at && read == READ_SAME && outcome->after != attempt->wanted) {
		/* Too late for the step that was meant; this one has not had its turn. */
		return;
	}
	block_write_take_state(attempt, read, cause, clocks);
}

static void block_write_tell(struct attempt *attempt, int64_t wait_ns)
{
	const struct block_write_context *context = attempt->context;
	const struct outcome *outcome = block_write_outcome(attempt);
	char holder[160];

	if (context->news.step)
		context->news.step(context->news.data, context->done + attempt->taken,
				   context->total, outcome->block, outcome->word);
	if (wait_ns < NEWS_AFTER_NS || attempt->told || !context->news.waiting)
		return;
	attempt->told = true;
	lock_holder_describe(context->sysfs, context->memory->directory, outcome->block, holder,
			     sizeof(holder));
	context->news.waiting(context->news.data, outcome->block, holder);
}

/* Is a plain write waiting for the lock? Only going offline can be seen from here. */
static bool block_write_hidden_wait(struct attempt *attempt)
{
	return attempt->wanted == BLOCK_OFFLINE && block_write_read_back(attempt) == READ_SAME &&
	       block_write_outcome(attempt)->after == BLOCK_ONLINE;
}

/*
 * A try for the lock is over in a few milliseconds; one that lasts is at work, or waits where it
 * cannot be seen.
 */
static void block_write_read_clocks(struct attempt *attempt, struct clocks *clocks, int64_t now_ns)
{
	const struct writer *writer = attempt->context->writer;

	if (clocks->taken != attempt->taken)
		*clocks = (struct clocks){ .taken = attempt->taken, .looked_ns = now_ns };
	clocks->wait_ns = writer_lock_wait_ns(writer);
	clocks->work_ns = writer_try_ns(writer, now_ns);
	if (!writer_sees_lock(writer)) {
		if (clocks->work_ns >= TICK_NS && block_write_hidden_wait(attempt))
			clocks->hidden_wait_ns += now_ns - clocks->looked_ns;
		clocks->wait_ns = clocks->hidden_wait_ns;
		clocks->work_ns -= clocks->hidden_wait_ns;
	}
	clocks->looked_ns = now_ns;
}

/* Waits for the end of the batch, or ends it when it must. Results are taken as they come. */
static void block_write_wait(struct attempt *attempt)
{
	const struct block_write_context *context = attempt->context;
	int64_t work_limit_ns = context->limits->block_timeout_ms * CLOCK_NS_PER_MS;
	struct clocks clocks = { .taken = SIZE_MAX };

	for (;;) {
		int64_t left = clock_left_ns(context->deadline_ns), now;
		int r = writer_wait(context->writer, left < TICK_NS ? left : TICK_NS,
				    context->ignore_signals);

		block_write_take_finished(attempt, false);
		if (attempt->taken == attempt->n) {
			/*
			 * Only the worker's word that it is over is missing; one that does not come
			 * (SIGSTOP) is of no use any more.
			 */
			if (r < 0 && r != -ECHILD &&
			    writer_wait(context->writer, STOP_GRACE_NS, true) == -ETIME)
				writer_stop(context->writer, STOP_GRACE_NS);
			return;
		}
		if (r == 0)
			return;
		now = clock_now_ns();
		block_write_read_clocks(attempt, &clocks, now);
		/*
		 * Its own alarm ended it, where this process was kept from running (SIGSTOP) until
		 * after the deadline; or somebody did.
		 */
		if (r == -ECHILD)
			return block_write_take_state(
				attempt, block_write_read_back_settled(attempt),
				now >= context->deadline_ns ? CAUSE_DEADLINE : CAUSE_INTERRUPTION,
				&clocks);
		if (r == -EINTR)
			return block_write_abort(attempt, CAUSE_SIGNAL, &clocks);
		block_write_tell(attempt, clocks.wait_ns);
		if (clocks.work_ns >= work_limit_ns)
			return block_write_abort(attempt, CAUSE_DEADLINE, &clocks);
		if (now >= context->deadline_ns)
			return block_write_abort(attempt,
						 clocks.wait_ns > clocks.work_ns ? CAUSE_LOCK :
										   CAUSE_DEADLINE,
						 &clocks);
	}
}

/* Makes the steps from `taken` on, until one fails. */
static void block_write_batch(struct attempt *attempt, size_t n)
{
	static char directories[WRITER_BATCH_MAX][sizeof(SYSFS_MEMORY) + BLOCK_NAME_SIZE];
	struct write_job jobs[WRITER_BATCH_MAX];
	size_t first = attempt->taken;
	int r;

	for (size_t i = 0; i < n; i++) {
		const struct step *step = &attempt->steps[first + i];
		const struct outcome *outcome = &attempt->outcomes[step->outcome];

		snprintf(directories[i], sizeof(directories[i]), SYSFS_MEMORY "/memory%" PRIu64,
			 outcome->block);
		jobs[i] = (struct write_job){ .directory = directories[i],
					      .attribute = "state",
					      .value = outcome->word,
					      .inode = step->inode,
					      .fs_dev = step->fs_dev };
	}
	r = writer_begin(attempt->context->writer, jobs, n, attempt->context->deadline_ns);
	if (r < 0) {
		block_write_outcome(attempt)->error = -r;
		block_write_finish(attempt, OUTCOME_FAILED,
				   r == -EBUSY ? CAUSE_STUCK : CAUSE_MEMORY);
		attempt->taken++;
		return;
	}
	block_write_wait(attempt);
}

static uint32_t block_write_retries(const struct attempt *attempt, const struct outcome *outcome)
{
	uint32_t retries = attempt->context->limits->retries;

	if (retries != RETRIES_AUTO)
		return retries;
	return zone_is_kernel(outcome->zone_before) ? RETRIES_KERNEL_ZONE : RETRIES_MOVABLE;
}

/*
 * The pause before the next try. Returns false when there is no time for one, or the user stopped
 * it; the outcome is final then.
 */
static bool block_write_pause(const struct attempt *attempt, struct outcome *outcome,
			      unsigned int retry)
{
	int64_t pause = clock_backoff_ns(retry, RETRY_FIRST_MS, RETRY_MAX_MS),
		left = clock_left_ns(attempt->context->deadline_ns);
	bool over = pause >= left;

	if (attempt->context->ignore_signals) {
		interrupt_poll_again(NULL, 0, over ? left : pause);
	} else if (interrupt_poll(NULL, 0, over ? left : pause) == -EINTR) {
		outcome->cause = CAUSE_SIGNAL;
		return false;
	}
	return !over;
}

/*
 * May the step be tried again? Not where our own clock or the user ended it. Somebody who changed
 * the block back may have done so only once.
 */
static bool block_write_may_retry(const struct attempt *attempt, struct outcome *outcome)
{
	if (attempt->context->look_closer && outcome->result == OUTCOME_FAILED &&
	    outcome->cause == CAUSE_BUSY && outcome->error)
		attempt->context->look_closer(attempt->context->closer_data, outcome);
	return outcome->result == OUTCOME_FAILED &&
	       ((outcome_cause_is_transient(outcome->cause) && outcome->error) ||
		outcome->cause == CAUSE_REVERTED);
}

/* Tries a step that was taken, and failed, again and again. */
static void block_write_retry(const struct attempt *attempt, size_t step)
{
	struct attempt again = *attempt;
	struct outcome *outcome;
	uint32_t retries;

	again.steps = &attempt->steps[step];
	again.n = 1;
	outcome = &attempt->outcomes[again.steps->outcome];
	retries = block_write_retries(attempt, outcome);
	for (unsigned int retry = 0; block_write_may_retry(attempt, outcome) && retry < retries;
	     retry++) {
		int64_t began = clock_now_ns();

		log_debug("memory%" PRIu64 ": %s (%s), try %u", outcome->block,
			  error_name(outcome->error), outcome_cause_name(outcome->cause),
			  retry + 2);
		if (!block_write_pause(attempt, outcome, retry))
			return;
		outcome->elapsed_ns += clock_now_ns() - began;
		again.taken = 0;
		block_write_batch(&again, 1);
	}
}

size_t block_write_steps(const struct block_write_context *context, const struct step *steps,
			 size_t n, enum block_state wanted, struct outcome *outcomes)
{
	struct attempt attempt = { .context = context,
				   .steps = steps,
				   .wanted = wanted,
				   .outcomes = outcomes,
				   .n = n < WRITER_BATCH_MAX ? n : WRITER_BATCH_MAX };

	block_write_batch(&attempt, attempt.n);
	/* A failed write was the last; but one that somebody undid may stand before others. */
	for (size_t i = 0; i < attempt.taken; i++)
		block_write_retry(&attempt, i);
	return attempt.taken;
}

void block_write_step(const struct block_write_context *context, const struct step *step,
		      enum block_state wanted, struct outcome *outcome)
{
	struct step own = *step;

	own.outcome = 0;
	block_write_steps(context, &own, 1, wanted, outcome);
}
