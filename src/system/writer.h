/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes that may never end (a block's state, eject, unbind …), made by a worker process that can
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
 * Why a process of its own. Two things can hold such a write for ever:
 *  - the device hotplug lock: lock_device_hotplug_sysfs() tries it, sleeps 5 ms and restarts the
 *    system call, which no signal handler ends (-ERESTARTNOINTR), only the death of the process;
 *  - offline_pages(), which retries for ever while a page will not move and ends only by a signal.
 * A SIGTERM to the worker ends both within milliseconds, and the kernel puts the block back; every
 * other signal is blocked there, for any that comes through would abort an offline. The worker dies
 * with its parent (PR_SET_PDEATHSIG), and by an alarm of its own a second or two after the
 * deadline.
 *
 * Why legacy AIO inside. aio_rw_done() (fs/aio.c) turns ERESTARTNOINTR into EINTR, so each failed
 * try for the lock comes back, and waiting for the lock can be told from working, and a worker that
 * was told to stop lives on for the next block. Where AIO is not to be had (no CONFIG_AIO, seccomp,
 * kernfs without write_iter before 5.10) the worker writes plainly: waiting is not seen, only
 * bounded, and SIGTERM kills it.
 */
struct writer {
	const struct sysfs *sysfs;
	pid_t pid; /* of the worker, 0 while there is none */
	int socket;
	struct worker_shared *shared;
	bool busy;	 /* a batch is under way */
	pid_t stuck_pid; /* a worker that SIGKILL did not end in time: it is inside the kernel. 0
			    for none */
};

/* Prepares; the worker starts with the first job. Errors: -ENOMEM. */
int writer_init(const struct sysfs *sysfs, struct writer *ret);

/* Ends the worker if there is one. */
void writer_done(struct writer *writer);

/*
 * Hands a batch of jobs to the worker, starting one if there is none. They are made in order, and
 * end with the first that fails: so the worker needs no word from its parent between two blocks,
 * which costs as much as the kernel's work on an empty one. No batch may be under way. The worker
 * dies by an alarm a second or two after the deadline; stopping it on time is the caller's. Errors:
 * those of fork(2) and socketpair(2), -ENAMETOOLONG, -EBUSY while an earlier worker is stuck in the
 * kernel.
 */
int writer_begin(struct writer *writer, const struct write_job *jobs, size_t n,
		 int64_t deadline_ns);

/*
 * Waits for the end of the batch. Returns 0 when it is over, -ETIME when it is still under way,
 * -EINTR after SIGINT, SIGTERM or SIGHUP unless ignore_signals (still under way as well), -ECHILD
 * when the worker died (its alarm, the kernel's out-of-memory killer).
 */
int writer_wait(struct writer *writer, int64_t timeout_ns, bool ignore_signals);

/* How many jobs of the batch have a result; those of the batch under way can be read already. */
size_t writer_finished(const struct writer *writer);
const struct write_result *writer_result(const struct writer *writer, size_t job);

/*
 * How long the job under way has been waiting for the lock, and (apart from that) inside its
 * present try. 0 where not known.
 */
int64_t writer_lock_wait_ns(const struct writer *writer);
int64_t writer_try_ns(const struct writer *writer, int64_t now_ns);

/* Does this worker see the lock (AIO), or is it hidden in a plain write? */
bool writer_sees_lock(const struct writer *writer);

/*
 * Ends the batch under way: SIGTERM, then SIGKILL, within grace_ns together; a worker that still
 * gets anywhere then, on a slow machine, has two seconds. Returns 0 when it is over: the job that
 * was stopped is the last with a result (`stopped`), or has none where the worker had to be killed.
 * -EBUSY: the worker is inside the kernel and cannot be interrupted there; its process is
 * writer->stuck_pid. The block's state, and nothing else, tells what came of it.
 */
int writer_stop(struct writer *writer, int64_t grace_ns);

/*
 * One write from start to end, by a worker of its own, until the deadline. Returns 0 with the
 * result in *ret (which may be an error), -ETIME at the deadline, -EINTR after a signal, and what
 * writer_init(), writer_begin() and writer_wait() return.
 */
int writer_write(const struct sysfs *sysfs, const struct write_job *job, int64_t deadline_ns,
		 struct write_result *ret);

#endif
