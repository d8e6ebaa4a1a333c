// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/kernel-write.h"

#include <errno.h>

#include "base/log.h"
#include "system/clock.h"

#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS 2000

/*
 * How often a running write is checked, for its clocks and for progress reports; and how long a
 * batch is left alone while jobs get done.
 */
#define TICK_NS (50 * CLOCK_NS_PER_MS)
#define LONG_TICK_NS (500 * CLOCK_NS_PER_MS)

#define BATCH_FIRST 64
#define BATCH_GROWS 4

/* Time for ending a worker. Together with READ_BACK_SETTLE_NS it must stay below the 100 ms by
 * which a deadline may be late. */
#define STOP_GRACE_NS (60 * CLOCK_NS_PER_MS)

int kernel_write_init(const struct run *run, struct kernel_write *ret)
{
	*ret = (struct kernel_write){ .run = run, .limits = run->limits, .batch_max = BATCH_FIRST };
	return writer_init(run->sysfs, &ret->writer);
}

void kernel_write_done(struct kernel_write *write)
{
	writer_done(&write->writer);
}

/* The clocks of the current job: how long it has waited for the lock, and worked. */
struct kernel_write_clocks {
	size_t job; /* the job that they belong to */
	int64_t wait_ns, work_ns;
	int64_t hidden_wait_ns, looked_ns;
};

/*
 * Takes all available results. With `stopping` the last one may be of the job that we stopped,
 * which does not count as a result. Otherwise somebody else sent the worker a signal, and that is
 * an interruption like any other.
 */
static void kernel_write_take(struct kernel_write *write, const struct kernel_write_batch *batch,
			      bool stopping, size_t *taken)
{
	size_t finished = writer_finished(&write->writer);

	while (*taken < finished) {
		const struct write_result *result = writer_result(&write->writer, *taken);

		if (stopping && result->stopped)
			return;
		batch->take(batch->data, *taken, result);
		++*taken;
	}
}

/*
 * An attempt to get the lock ends within a few milliseconds; a job that takes longer is working,
 * or waits where we cannot see it.
 */
static void kernel_write_read_clocks(const struct kernel_write *write,
				     const struct kernel_write_batch *batch, size_t job,
				     int64_t now_ns, struct kernel_write_clocks *clocks)
{
	if (clocks->job != job)
		*clocks = (struct kernel_write_clocks){ .job = job, .looked_ns = now_ns };
	clocks->wait_ns = writer_lock_wait_ns(&write->writer);
	clocks->work_ns = writer_try_ns(&write->writer, now_ns);
	if (!writer_sees_lock(&write->writer)) {
		if (clocks->work_ns >= TICK_NS && batch->waits && batch->waits(batch->data, job))
			clocks->hidden_wait_ns += now_ns - clocks->looked_ns;
		clocks->wait_ns = clocks->hidden_wait_ns;
		clocks->work_ns -= clocks->hidden_wait_ns;
	}
	clocks->looked_ns = now_ns;
}

/* The job at `taken` was ended without a result. */
static void kernel_write_end(const struct kernel_write_clocks *clocks, enum outcome_cause cause,
			     struct kernel_write_end *ret)
{
	ret->cause = cause;
	ret->error = cause == CAUSE_INTERRUPTION ? EINTR : 0;
	ret->is_begun = true;
	if (clocks->job != ret->taken)
		return;
	ret->lock_wait_ns = clocks->wait_ns;
	ret->elapsed_ns = clocks->wait_ns + clocks->work_ns + (clock_now_ns() - clocks->looked_ns);
}

/* Ends the current batch because of `cause`. */
static void kernel_write_abort(struct kernel_write *write, const struct kernel_write_batch *batch,
			       enum outcome_cause cause, const struct kernel_write_clocks *clocks,
			       struct kernel_write_end *ret)
{
	size_t at = ret->taken;
	int r = writer_stop(&write->writer, STOP_GRACE_NS);

	kernel_write_take(write, batch, true, &ret->taken);
	/* The signal came too late: everything is done. */
	if (ret->taken == batch->n)
		return;
	ret->is_next = ret->taken > at && r != -EBUSY &&
		       !writer_has_begun(&write->writer, ret->taken);
	kernel_write_end(clocks, r == -EBUSY ? CAUSE_STUCK : cause, ret);
}

/* Why the current job must be ended now; CAUSE_NONE: it need not. */
static enum outcome_cause kernel_write_why_over(const struct kernel_write *write,
						const struct kernel_write_batch *batch,
						const struct kernel_write_clocks *clocks,
						int64_t now_ns)
{
	if (clocks->work_ns >= batch->work_limit_ns)
		return CAUSE_DEADLINE;
	if (now_ns < write->limits->deadline_ns)
		return CAUSE_NONE;
	return clocks->wait_ns > clocks->work_ns ? CAUSE_LOCK : CAUSE_DEADLINE;
}

/*
 * All results have arrived; only the worker's own message that it is done is missing. A worker
 * that does not send it (SIGSTOP) is of no more use. r is what waiting for it returned.
 */
static void kernel_write_settle(struct writer *writer, int r)
{
	if (r < 0 && r != -ECHILD && writer_wait(writer, STOP_GRACE_NS, true) == -ETIME)
		writer_stop(writer, STOP_GRACE_NS);
}

/*
 * How long to sleep before the next look. Only frequent looks tell a wait for the lock that the
 * worker does not see from work.
 */
static int64_t kernel_write_tick_ns(const struct kernel_write *write,
				    const struct kernel_write_batch *batch,
				    const struct kernel_write_clocks *clocks, bool well)
{
	int64_t left = run_limits_left_ns(write->limits),
		job_left = batch->work_limit_ns - clocks->work_ns,
		tick = well && writer_sees_lock(&write->writer) ? LONG_TICK_NS : TICK_NS;

	if (tick > TICK_NS && tick > job_left)
		tick = job_left;
	return left < tick ? left : tick;
}

/* Waits for the end of the batch, or ends it if necessary. Takes results as they arrive. */
static void kernel_write_wait(struct kernel_write *write, const struct kernel_write_batch *batch,
			      struct kernel_write_end *ret)
{
	struct kernel_write_clocks clocks = { .job = SIZE_MAX };
	bool well = true;

	for (;;) {
		int64_t tick = kernel_write_tick_ns(write, batch, &clocks, well), now;
		int r = writer_wait(&write->writer, tick, write->limits->ignore_signals);
		size_t before = ret->taken;
		enum outcome_cause cause;

		kernel_write_take(write, batch, false, &ret->taken);
		well = ret->taken > before;
		if (ret->taken == batch->n)
			return kernel_write_settle(&write->writer, r);
		if (r == 0)
			return;
		now = clock_now_ns();
		kernel_write_read_clocks(write, batch, ret->taken, now, &clocks);
		/*
		 * Its own alarm ended it because this process was stopped (SIGSTOP) until after
		 * the deadline; or somebody else did.
		 */
		if (r == -ECHILD)
			return kernel_write_end(&clocks,
						now >= write->limits->deadline_ns ?
							CAUSE_DEADLINE :
							CAUSE_INTERRUPTION,
						ret);
		if (r == -EINTR)
			return kernel_write_abort(write, batch, CAUSE_SIGNAL, &clocks, ret);
		if (batch->tell)
			batch->tell(batch->data, ret->taken, clocks.wait_ns);
		cause = kernel_write_why_over(write, batch, &clocks, now);
		if (cause != CAUSE_NONE)
			return kernel_write_abort(write, batch, cause, &clocks, ret);
	}
}

size_t kernel_write_next_batch(size_t batch_max, bool well)
{
	if (!well)
		return BATCH_FIRST;
	return batch_max * BATCH_GROWS < WRITER_BATCH_MAX ? batch_max * BATCH_GROWS :
							    WRITER_BATCH_MAX;
}

void kernel_write_batch(struct kernel_write *write, const struct kernel_write_batch *batch,
			struct kernel_write_end *ret)
{
	int r = writer_begin(&write->writer, batch->jobs, batch->n, write->limits->deadline_ns);

	*ret = (struct kernel_write_end){ .cause = CAUSE_NONE };
	if (r < 0) {
		ret->cause = r == -EBUSY ? CAUSE_STUCK : CAUSE_MEMORY;
		ret->error = -r;
		return;
	}
	kernel_write_wait(write, batch, ret);
}

/* Whoever changed the block back may have done so only once. */
static bool kernel_write_may_retry(enum outcome_cause cause, int error)
{
	if (cause == CAUSE_REVERTED)
		return true;
	return error && cause != CAUSE_STUCK && outcome_cause_is_transient(cause);
}

bool kernel_write_again(const struct kernel_write *write, const char *name, unsigned int retry,
			uint32_t retries, enum outcome_cause *cause, int error)
{
	int r;

	if (retry >= retries || !kernel_write_may_retry(*cause, error))
		return false;
	log_debug("%s: %s (%s), try %u", name, error_name(error), outcome_cause_name(*cause),
		  retry + 2);
	r = run_limits_pause(write->limits, clock_backoff_ns(retry, RETRY_FIRST_MS, RETRY_MAX_MS));
	if (r == -EINTR)
		*cause = CAUSE_SIGNAL;
	return r == 0;
}
