/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes that may never end (a block's state, eject, unbind …), done by a worker process that can
 * be ended.
 */
#ifndef MEMHP_SYSTEM_WRITER_H
#define MEMHP_SYSTEM_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "system/sysfs.h"
#include "system/write-job.h"

/*
 * Why a separate process? Two things can block such a write forever:
 *  - the device hotplug lock: lock_device_hotplug_sysfs() tries it, sleeps 5 ms and restarts the
 *    system call, which no signal handler ends (-ERESTARTNOINTR), only the death of the process;
 *  - offline_pages(), which retries forever while a page cannot move and ends only by a signal.
 * A SIGTERM to the worker ends both within milliseconds, and the kernel puts the block back; the
 * worker blocks every other signal, because any delivered signal would abort an offline. The worker
 * dies with its parent (PR_SET_PDEATHSIG), and by its own alarm a second or two after the deadline.
 *
 * Why legacy AIO inside? aio_rw_done() (fs/aio.c) turns ERESTARTNOINTR into EINTR, so each failed
 * try for the lock returns. Waiting for the lock can thus be told from working, and a worker that
 * is told to stop survives for the next block. Where AIO is not available (no CONFIG_AIO, seccomp,
 * kernfs without write_iter before 5.10) the worker uses plain writes: waiting cannot be seen, only
 * bounded, and SIGTERM kills it.
 */
struct writer {
	const struct sysfs *sysfs;
	pid_t pid; /* of the worker; 0 while there is none */
	int socket;
	struct worker_shared *shared;
	bool busy;	 /* a batch is being done */
	pid_t stuck_pid; /* a worker that SIGKILL did not end in time, stuck in the kernel; 0 if
			    none */
};

/* Prepares a writer; the worker starts with the first batch. Errors: -ENOMEM. */
int writer_init(const struct sysfs *sysfs, struct writer *ret);

/* Ends the worker if there is one. */
void writer_done(struct writer *writer);

/*
 * Passes a batch of jobs to the worker, starting one if there is none. The jobs are done in order
 * until one fails, without a message to the parent between two blocks, which would cost as much as
 * the kernel's work on an empty one. No other batch may be in progress. The worker dies by an alarm
 * a second or two after the deadline; stopping it on time is up to the caller. Errors: those of
 * fork(2) and socketpair(2), -ENAMETOOLONG, -EBUSY while an earlier worker is stuck in the kernel.
 */
int writer_begin(struct writer *writer, const struct write_job *jobs, size_t n,
		 int64_t deadline_ns);

/*
 * Waits for the end of the batch. Returns 0 when it is over; -ETIME if it is still in progress;
 * -EINTR after a signal (interrupt.h) unless ignore_signals (also still in progress); -ECHILD if
 * the worker died (its alarm, the kernel's out-of-memory killer).
 */
int writer_wait(struct writer *writer, int64_t timeout_ns, bool ignore_signals);

/* How many jobs of the batch have a result, which can be read while the batch is in progress. */
size_t writer_finished(const struct writer *writer);
const struct write_result *writer_result(const struct writer *writer, size_t job);

/* Has the worker begun to write this job? Asked when it is over. */
bool writer_has_begun(const struct writer *writer, size_t job);

/*
 * How long the current job has waited for the lock, and how long its present try has taken. 0 if
 * not known.
 */
int64_t writer_lock_wait_ns(const struct writer *writer);
int64_t writer_try_ns(const struct writer *writer, int64_t now_ns);

/* Can this worker see the lock (AIO), or is waiting for it hidden in a plain write? */
bool writer_sees_lock(const struct writer *writer);

/*
 * Ends the current batch: SIGTERM, then SIGKILL, within grace_ns together; a worker that still
 * makes progress then, on a slow machine, gets two seconds. Returns 0 when it is over: the stopped
 * job is the last one with a result (`stopped`), or has none if the worker had to be killed.
 * -EBUSY: the worker is inside the kernel and cannot be interrupted there; its PID is
 * writer->stuck_pid. Only the block's state tells the outcome.
 */
int writer_stop(struct writer *writer, int64_t grace_ns);

/*
 * Does one write with a worker of its own, until the deadline. Returns 0 with the result in *ret
 * (which may be an error), -ETIME at the deadline, -EINTR after a signal, and the errors of
 * writer_init(), writer_begin() and writer_wait().
 */
int writer_write(const struct sysfs *sysfs, const struct write_job *job, int64_t deadline_ns,
		 struct write_result *ret);

#endif
