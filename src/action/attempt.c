// SPDX-License-Identifier: GPL-2.0-or-later
#include "action/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "kernel/holder.h"

#define RETRIES_MOVABLE 4
#define RETRIES_KERNEL_ZONE 1
#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS 2000

/* How often a running write is looked at: for its clocks and for the news. */
#define TICK_NS (50 * CLOCK_NS_PER_MS)

/* For ending a worker, and for a block to leave "going-offline" after that: together under the 100 ms that a deadline may be late. */
#define STOP_GRACE_NS (60 * CLOCK_NS_PER_MS)
#define SETTLE_NS (30 * CLOCK_NS_PER_MS)

/* Waiting for the lock is news after so long. */
#define NEWS_AFTER_NS CLOCK_NS_PER_S

/* One attempt_step() under way. */
struct attempt {
	const struct attempt_context *context;
	const struct step *step;
	enum block_state wanted;
	struct outcome *outcome;
	int64_t began_ns;
	bool told; /* about the lock */
};

enum read_back {
	READ_SAME,     /* the block that was selected; its state and zone are in the outcome */
	READ_GONE,
	READ_REPLACED,
};

static enum read_back attempt_read_back(struct attempt *attempt)
{
	struct outcome *outcome = attempt->outcome;
	struct block block;
	int r = block_read(attempt->context->memory->directory, outcome->block, BLOCK_WANT_ZONES | BLOCK_WANT_IDENTITY, &block);

	if (r < 0) {
		outcome->after = BLOCK_UNKNOWN;
		outcome->zone_after = ZONE_UNKNOWN;
		return READ_GONE;
	}
	if (attempt->step->inode && (block.inode != attempt->step->inode || block.fs_dev != attempt->step->fs_dev)) {
		outcome->after = BLOCK_UNKNOWN;
		outcome->zone_after = ZONE_UNKNOWN;
		return READ_REPLACED;
	}
	outcome->after = block.state;
	outcome->zone_after = block_zone(&block);
	return READ_SAME;
}

/* After an abort the kernel takes a moment to put the block back. */
static enum read_back attempt_read_back_settled(struct attempt *attempt)
{
	int64_t until = clock_now_ns() + SETTLE_NS;
	enum read_back read;

	while ((read = attempt_read_back(attempt)) == READ_SAME && attempt->outcome->after == BLOCK_GOING_OFFLINE &&
	       clock_left_ns(until) > 0)
		interrupt_poll_again(NULL, 0, 2 * CLOCK_NS_PER_MS);
	return read;
}

static void attempt_finish(struct attempt *attempt, enum outcome_result result, enum outcome_cause cause)
{
	attempt->outcome->result = result;
	attempt->outcome->cause = cause;
}

/* Is the block, online, in the zone that was wanted? */
static bool attempt_zone_fits(const struct attempt *attempt)
{
	enum zone zone = attempt->outcome->zone_after;

	if (attempt->wanted != BLOCK_ONLINE || zone == ZONE_UNKNOWN)
		return true;
	if (attempt->step->kernel_zone_wanted)
		return zone != ZONE_MOVABLE;
	return attempt->step->zone_wanted == ZONE_UNKNOWN || attempt->step->zone_wanted == zone;
}

/* The write succeeded, or the block was found in the wanted state: says so, and the wrong zone with it. */
static void attempt_finish_wanted(struct attempt *attempt, enum outcome_result result)
{
	attempt->outcome->error = 0;
	attempt_finish(attempt, result, attempt_zone_fits(attempt) ? CAUSE_NONE : CAUSE_WRONG_ZONE);
}

/* The end of a block that is gone or replaced; the error, if there was one, stays. */
static void attempt_finish_lost(struct attempt *attempt, enum read_back read)
{
	if (read == READ_REPLACED)
		attempt_finish(attempt, OUTCOME_REPLACED, CAUSE_REPLACED);
	else
		attempt_finish(attempt, OUTCOME_VANISHED, CAUSE_GONE);
}

/* Ends the write under way for `cause` and reports what the block is now. */
static void attempt_abort(struct attempt *attempt, enum outcome_cause cause)
{
	struct write_result result;
	bool finished;
	int64_t waited = writer_lock_wait_ns(attempt->context->writer);
	int r = writer_stop(attempt->context->writer, STOP_GRACE_NS, &finished, &result);
	enum read_back read = attempt_read_back_settled(attempt);

	if (finished)
		attempt->outcome->lock_wait_ns += result.lock_wait_ns;
	else
		attempt->outcome->lock_wait_ns += waited;
	if (r == -EBUSY) {
		pid_t pid = attempt->context->writer->stuck_pid;

		free(attempt->outcome->detail);
		if (asprintf(&attempt->outcome->detail, "process %d (memhpctl-write) is inside the kernel and ends when the kernel lets it",
			     (int)pid) < 0)
			attempt->outcome->detail = NULL;
		attempt_finish(attempt, OUTCOME_FAILED, CAUSE_STUCK);
		return;
	}
	if (read != READ_SAME)
		attempt_finish_lost(attempt, read);
	else if (attempt->outcome->after == attempt->wanted)
		/* The signal came too late to stop it: the truth is the state. */
		attempt_finish_wanted(attempt, OUTCOME_CHANGED);
	else
		attempt_finish(attempt, OUTCOME_FAILED, cause);
}

static void attempt_tell_waiting(struct attempt *attempt)
{
	const struct attempt_context *context = attempt->context;
	char holder[160];

	if (attempt->told || !context->news.waiting)
		return;
	attempt->told = true;
	holder_describe(context->sysfs, context->memory->directory, attempt->outcome->block, holder, sizeof(holder));
	context->news.waiting(context->news.data, attempt->outcome->block, holder);
}

/* Is the plain write that is under way waiting for the lock? Only going offline can be seen from here. */
static bool attempt_hidden_wait(struct attempt *attempt)
{
	return attempt->wanted == BLOCK_OFFLINE && attempt_read_back(attempt) == READ_SAME &&
	       attempt->outcome->after == BLOCK_ONLINE;
}

/*
 * Waits for the write under way. Returns 0 with the result, or 1 when it was ended and the outcome is final.
 */
static int attempt_wait(struct attempt *attempt, struct write_result *result)
{
	const struct attempt_context *context = attempt->context;
	struct writer *writer = context->writer;
	int64_t work_limit_ns = context->limits->block_timeout_ms * CLOCK_NS_PER_MS, hidden_wait_ns = 0;
	int64_t submitted_ns = clock_now_ns(), looked_ns = submitted_ns;

	for (;;) {
		int64_t now, work, wait, tick = clock_now_ns() + TICK_NS;
		int r = writer_wait(writer, tick < context->deadline_ns ? tick : context->deadline_ns, context->ignore_signals, result);

		if (r == 0 || r == -ECHILD) {
			if (r == -ECHILD)
				*result = (struct write_result){ .stage = WRITE_STAGE_WRITE, .error = -EINTR };
			result->lock_wait_ns += hidden_wait_ns;
			return 0;
		}
		if (r == -EINTR) {
			attempt_abort(attempt, CAUSE_SIGNAL);
			return 1;
		}
		now = clock_now_ns();
		wait = writer_lock_wait_ns(writer);
		/* A try for the lock is over in a few milliseconds; one that lasts is at work, or waits where it cannot be seen. */
		work = writer_try_ns(writer);
		if (!writer_sees_lock(writer)) {
			if (work >= TICK_NS && attempt_hidden_wait(attempt))
				hidden_wait_ns += now - looked_ns;
			wait = hidden_wait_ns;
			work -= hidden_wait_ns;
		}
		looked_ns = now;
		if (wait >= NEWS_AFTER_NS)
			attempt_tell_waiting(attempt);
		if (work >= work_limit_ns) {
			attempt_abort(attempt, CAUSE_DEADLINE);
			return 1;
		}
		if (now >= context->deadline_ns) {
			attempt_abort(attempt, wait > work ? CAUSE_LOCK : CAUSE_DEADLINE);
			attempt->outcome->lock_wait_ns += hidden_wait_ns;
			return 1;
		}
	}
}

static uint32_t attempt_retries(const struct attempt *attempt)
{
	uint32_t retries = attempt->context->limits->retries;

	if (retries != RETRIES_AUTO)
		return retries;
	return zone_is_kernel(attempt->outcome->zone_before) ? RETRIES_KERNEL_ZONE : RETRIES_MOVABLE;
}

/* The pause before the next try. Returns false when there is no time for one, or the user stopped it; the outcome is final then. */
static bool attempt_pause(struct attempt *attempt, unsigned int retry)
{
	int64_t pause = clock_backoff_ns(retry, RETRY_FIRST_MS, RETRY_MAX_MS), left = clock_left_ns(attempt->context->deadline_ns);
	bool over = pause >= left;

	if (attempt->context->ignore_signals) {
		interrupt_poll_again(NULL, 0, over ? left : pause);
	} else if (interrupt_poll(NULL, 0, over ? left : pause) == -EINTR) {
		attempt->outcome->cause = CAUSE_SIGNAL;
		return false;
	}
	return !over;
}

/* Writes once. Returns true when the outcome is final, false when it may be tried again (result FAILED and its cause are set). */
static bool attempt_once(struct attempt *attempt)
{
	const struct attempt_context *context = attempt->context;
	struct outcome *outcome = attempt->outcome;
	struct write_result result;
	enum read_back read;
	char directory[sizeof(SYSFS_MEMORY) + BLOCK_NAME_SIZE];
	int r;

	snprintf(directory, sizeof(directory), SYSFS_MEMORY "/memory%" PRIu64, outcome->block);
	r = writer_begin(context->writer, &(struct write_job){
		.directory = directory, .attribute = "state", .value = outcome->word,
		.inode = attempt->step->inode, .fs_dev = attempt->step->fs_dev, .deadline_ns = context->deadline_ns });
	if (r < 0) {
		outcome->error = -r;
		attempt_finish(attempt, OUTCOME_FAILED, r == -EBUSY ? CAUSE_STUCK : CAUSE_MEMORY);
		return true;
	}
	outcome->attempts++;
	if (attempt_wait(attempt, &result))
		return true;
	outcome->lock_wait_ns += result.lock_wait_ns;
	outcome->error = -result.error;
	read = attempt_read_back(attempt);
	if (result.stage == WRITE_STAGE_REPLACED || read != READ_SAME) {
		attempt_finish_lost(attempt, result.stage == WRITE_STAGE_REPLACED ? READ_REPLACED : read);
		return true;
	}
	if (outcome->after == attempt->wanted) {
		/* With an error: EINVAL because it is so already, or somebody else was faster. */
		attempt_finish_wanted(attempt, result.error ? OUTCOME_ALREADY : OUTCOME_CHANGED);
		return true;
	}
	attempt_finish(attempt, OUTCOME_FAILED,
		       result.error ? outcome_classify(&result, attempt->wanted, outcome->zone_before) : CAUSE_REVERTED);
	/* The attribute is gone but the directory is the same: it is being taken down. */
	if (outcome->cause == CAUSE_GONE) {
		attempt_finish_lost(attempt, READ_GONE);
		return true;
	}
	return !outcome_cause_is_passing(outcome->cause);
}

void attempt_step(const struct attempt_context *context, const struct step *step, enum block_state wanted, struct outcome *outcome)
{
	struct attempt attempt = { .context = context, .step = step, .wanted = wanted, .outcome = outcome, .began_ns = clock_now_ns() };
	uint32_t retries = attempt_retries(&attempt);

	for (unsigned int retry = 0;; retry++) {
		if (attempt_once(&attempt) || retry == retries)
			break;
		log_debug("memory%" PRIu64 ": %s (%s), try %u", outcome->block, error_name(outcome->error),
			  outcome_cause_name(outcome->cause), retry + 2);
		if (!attempt_pause(&attempt, retry))
			break;
	}
	outcome->elapsed_ns += clock_now_ns() - attempt.began_ns;
}
