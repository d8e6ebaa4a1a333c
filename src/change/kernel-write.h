/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes to the kernel in bounded time, and decides when to retry: the same for a block's state
 * and for the steps that a provider planned.
 */
#ifndef MEMHP_CHANGE_KERNEL_WRITE_H
#define MEMHP_CHANGE_KERNEL_WRITE_H

#include "change/run.h"
#include "system/writer.h"

/* A worker and what its writes belong to. */
struct kernel_write {
	const struct run *run;
	const struct run_limits *limits; /* the run's; different ones while something is put back */
	struct writer writer;
	size_t batch_max;   /* of the next batch: see kernel_write_next_batch() */
	size_t done, total; /* steps of the run, for progress reports; total 0: no reports */
	/*
	 * Called after a block's write failed with CAUSE_BUSY: looks for what holds the block,
	 * and changes the outcome's cause to CAUSE_RESERVED if that is permanent. NULL: not
	 * called.
	 */
	void (*look_closer)(void *data, struct outcome *outcome);
	void *closer_data;
};

/* Errors: -ENOMEM. */
int kernel_write_init(const struct run *run, struct kernel_write *ret);

/* Ends the worker. */
void kernel_write_done(struct kernel_write *write);

/* Jobs that are executed in order until one fails, and the callbacks that follow them. */
struct kernel_write_batch {
	const struct write_job *jobs;
	size_t n;
	int64_t work_limit_ns; /* for the kernel's work on one job; CLOCK_NEVER: the deadline */
	/* The job has a result. Called once per job, in order. */
	void (*take)(void *data, size_t job, const struct write_result *result);
	/* The job is running and has waited this long for the lock. Called often; may be NULL. */
	void (*tell)(void *data, size_t job, int64_t lock_wait_ns);
	/*
	 * Is the job waiting for the lock? Called if the worker cannot tell; NULL: the job counts
	 * as working.
	 */
	bool (*waits)(void *data, size_t job);
	void *data;
};

/* How a batch ended. */
struct kernel_write_end {
	size_t taken; /* jobs with a result */
	/*
	 * Why the next job was ended without a result: CAUSE_DEADLINE (of the run or of the job),
	 * CAUSE_LOCK (the deadline, while it waited for the lock), CAUSE_SIGNAL, CAUSE_STUCK,
	 * CAUSE_INTERRUPTION (somebody killed the worker), CAUSE_MEMORY (no worker could be
	 * started). CAUSE_NONE: it was not started.
	 */
	enum outcome_cause cause;
	int error;     /* the errno of that, positive; 0: none */
	bool is_begun; /* the kernel may have done it: look */
	bool is_next; /* the job that was being ended got its result just then; the next one was not
			 started */
	int64_t lock_wait_ns, elapsed_ns;
};

/*
 * How many jobs the next batch may have after one of at most `batch_max`. Batches grow as long as
 * everything goes well: no process then waits for another. After a failure, which ends a batch,
 * they are small again: what was prepared for the other jobs is lost.
 */
size_t kernel_write_next_batch(size_t batch_max, bool well);

/*
 * Executes the jobs. Ends within 100 ms of the deadline, of the limit per job or of a signal; if
 * the kernel cannot be interrupted, the worker is left behind in it (CAUSE_STUCK).
 */
void kernel_write_batch(struct kernel_write *write, const struct kernel_write_batch *batch,
			struct kernel_write_end *ret);

/*
 * Should a write that ended with this cause and errno be retried, after `retry` of at most
 * `retries` retries? If so, waits first: 100 ms, doubled each time up to 2 s, minus a random
 * part. No retry if our own deadline or the user ended the last write, or if no time is left.
 * `name` is for the log. Returns false if the cause is final; after a signal during the pause
 * *cause says so.
 */
bool kernel_write_again(const struct kernel_write *write, const char *name, unsigned int retry,
			uint32_t retries, enum outcome_cause *cause, int error);

#endif
