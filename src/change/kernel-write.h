/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes to the kernel in bounded time, and when to try again: the same for a block's state and for
 * what a provider planned.
 */
#ifndef MEMHP_CHANGE_KERNEL_WRITE_H
#define MEMHP_CHANGE_KERNEL_WRITE_H

#include "change/run.h"
#include "system/writer.h"

/* A worker and what its writes belong to. */
struct kernel_write {
	const struct run *run;
	const struct run_limits *limits; /* the run's; others while something is put back */
	struct writer writer;
	size_t done, total; /* steps of the run, for the news; total 0: none are told */
	/*
	 * After a block's write that failed with CAUSE_BUSY: looks for what holds the block, and
	 * makes the outcome's cause CAUSE_RESERVED where that never goes away. NULL: nobody looks.
	 */
	void (*look_closer)(void *data, struct outcome *outcome);
	void *closer_data;
};

/* Errors: -ENOMEM. */
int kernel_write_init(const struct run *run, struct kernel_write *ret);

/* Ends the worker. */
void kernel_write_done(struct kernel_write *write);

/* Jobs that are made in order, until one fails, and who looks at them. */
struct kernel_write_batch {
	const struct write_job *jobs;
	size_t n;
	int64_t work_limit_ns; /* for the kernel's work on one job; CLOCK_NEVER: the deadline */
	/* The job has a result. Called once for each, in order. */
	void (*take)(void *data, size_t job, const struct write_result *result);
	/* The job is under way, and has waited so long for the lock. Called often; NULL: not. */
	void (*tell)(void *data, size_t job, int64_t lock_wait_ns);
	/*
	 * Does the job wait for the lock? Asked where the worker cannot tell; NULL: it is taken for
	 * work.
	 */
	bool (*waits)(void *data, size_t job);
	void *data;
};

/* How a batch ended. */
struct kernel_write_end {
	size_t taken; /* jobs with a result */
	/*
	 * Why the next one was ended without one: CAUSE_DEADLINE (of the run or of the job),
	 * CAUSE_LOCK (the deadline, while it waited for the lock), CAUSE_SIGNAL, CAUSE_STUCK,
	 * CAUSE_INTERRUPTION (somebody killed the worker), CAUSE_MEMORY (no worker to be had).
	 * CAUSE_NONE: it was not begun.
	 */
	enum outcome_cause cause;
	int error;     /* the errno that goes with it, positive; 0: none */
	bool is_begun; /* the kernel may have done it: look */
	bool is_next;  /* the job that was to be ended had its result just then: this one is
			  the next, which has not had its turn */
	int64_t lock_wait_ns, elapsed_ns;
};

/*
 * Makes the jobs. Ends within 100 ms of the deadline, of the limit on a job or of a signal; where
 * the kernel cannot be interrupted the worker is left to it (CAUSE_STUCK).
 */
void kernel_write_batch(struct kernel_write *write, const struct kernel_write_batch *batch,
			struct kernel_write_end *ret);

/*
 * Should a write that ended with this cause and errno be tried again, after `retry` others of at
 * most `retries`? Waits before it: 100 ms, doubled up to 2 s, a random part of it less. Not where
 * our own clock or the user ended the last one, nor when there is no time left. `name` is for the
 * log. Returns false when the cause is final; a signal during the pause is *cause then.
 */
bool kernel_write_again(const struct kernel_write *write, const char *name, unsigned int retry,
			uint32_t retries, enum outcome_cause *cause, int error);

#endif
