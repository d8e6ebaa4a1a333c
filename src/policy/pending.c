// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/pending.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "system/journal.h"
#include "system/run-file.h"

#define PENDING "pending"
#define RUNNING "running"
#define GIVEN_UP "failed"
#define WORKER "worker"
#define LOCK "serving"

#define LOCK_PAUSE_FIRST_MS 2
#define LOCK_PAUSE_MAX_MS 100
#define READ_ONLY_PAUSE_MS 10000

/* If no file can be created in /run: the longest time that one pass waits for another. */
#define SPARE_LOCK_MS 10000

/* How long what a killed process has left behind may hold the lock. */
#define HIDDEN_HOLDER_MS 10000

/* The protocol's test inserts delays between the steps. */
#ifndef PENDING_STEP
#define PENDING_STEP(name)
#endif

int pending_raise(const struct sysfs *sysfs)
{
	PENDING_STEP("raise");
	return run_file_touch(sysfs, PENDING);
}

bool pending_is_raised(const struct sysfs *sysfs)
{
	return run_file_exists(sysfs, PENDING);
}

bool pending_is_answered(const struct sysfs *sysfs)
{
	return run_file_exists(sysfs, RUNNING);
}

bool pending_is_given_up(const struct sysfs *sysfs)
{
	return run_file_exists(sysfs, GIVEN_UP);
}

/* Says why a pass runs without a lock, possibly beside another: the kernel orders their writes. */
static void pending_tell_no_lock(const struct sysfs *sysfs, const char *why)
{
	char message[256];

	snprintf(message, sizeof(message), "applying the policy without a lock: %s", why);
	log_info("%s", message);
	journal_send(sysfs, JOURNAL_WARNING, JOURNAL_TROUBLE, message, NULL, 0);
}

/*
 * Another process has the lock. Is waiting for it unnecessary, because it will see the flag, or
 * because the flag was cleared since we raised it? A holder that does not show itself is about to,
 * or has just ended, or was killed and a process that it started is still dying.
 */
static bool pending_is_in_hand(const struct sysfs *sysfs)
{
	return run_file_process_is_shown(sysfs, WORKER) || !pending_is_raised(sysfs);
}

/*
 * Takes the lock. Returns 0, with the descriptor that holds it in *ret, or -1 in *ret to go on
 * without it; -EBUSY if it is taken and we should not wait; -EINTR.
 */
static int pending_lock(const struct sysfs *sysfs, bool wait, int *ret)
{
	bool spare;
	int fd = run_file_open_lock(sysfs, LOCK, &spare), r = 0;
	int64_t deadline_ns = spare ? clock_deadline_ns(SPARE_LOCK_MS) : CLOCK_NEVER;
	int64_t hidden_ns = clock_deadline_ns(HIDDEN_HOLDER_MS);

	if (fd < 0) {
		pending_tell_no_lock(sysfs, "there is no file for it");
		*ret = -1;
		return 0;
	}
	for (unsigned int try = 0; r == 0 && flock(fd, LOCK_EX | LOCK_NB) < 0; try++) {
		if (errno != EWOULDBLOCK)
			r = -errno;
		else if (!wait && (pending_is_in_hand(sysfs) || !clock_left_ns(hidden_ns)))
			r = -EBUSY;
		else if (!clock_left_ns(deadline_ns))
			r = -ETIME;
		else
			r = interrupt_poll(NULL, 0,
					   clock_backoff_ns(try, LOCK_PAUSE_FIRST_MS,
							    LOCK_PAUSE_MAX_MS));
	}
	if (r == 0) {
		*ret = fd;
		return 0;
	}
	close(fd);
	if (r == -EBUSY || r == -EINTR)
		return r;
	pending_tell_no_lock(sysfs, r == -ETIME ? "another process has held it for too long" :
						  strerror(-r));
	*ret = -1;
	return 0;
}

/*
 * A child that the work has left behind may still have the descriptor (writer_done() does not wait
 * for its process): closing ours alone would leave the lock taken after our last look at the flag.
 */
static void pending_unlock(int lock)
{
	if (lock < 0)
		return;
	flock(lock, LOCK_UN);
	close(lock);
}

/* Counts one more start in the file of the current work. Returns -ELOOP after too many. */
static int pending_begin(const struct sysfs *sysfs)
{
	off_t begun = 0;
	int r;

	/* Without the file the work goes on, but nobody continues it if we are killed. */
	if (run_file_grow(sysfs, RUNNING, &begun) < 0 || begun < PENDING_STARTS_MAX)
		return 0;
	r = run_file_rename(sysfs, RUNNING, GIVEN_UP);
	/* Otherwise whoever watches the flag would start us again, and count from the beginning. */
	run_file_remove(sysfs, PENDING);
	return r < 0 ? r : -ELOOP;
}

void pending_progress(const struct sysfs *sysfs)
{
	run_file_empty(sysfs, RUNNING);
}

/* Whoever starts us because of the flag must not do so in a loop. */
static void pending_pace(bool wait)
{
	if (wait)
		interrupt_poll(NULL, 0, READ_ONLY_PAUSE_MS * CLOCK_NS_PER_MS);
}

void pending_forget(const struct sysfs *sysfs, bool wait)
{
	static const char *const files[] = { PENDING, RUNNING };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (run_file_remove(sysfs, files[i]) < 0) {
			pending_pace(wait);
			return;
		}
}

int pending_fail(const struct sysfs *sysfs, int error, struct error *err)
{
	return run_file_fail(sysfs, PENDING, error,
			     error == -ENOTEMPTY ?
				     "the policy was applied, but the request for that stays" :
				     "cannot apply the policy",
			     err);
}

/* Is there something to do, now or left by a process that was killed? 1, 0, or -errno: not seen. */
static int pending_is_wanted(const struct sysfs *sysfs)
{
	int r = run_file_has(sysfs, PENDING);

	return r ? r : run_file_has(sysfs, RUNNING);
}

/*
 * Under the lock. An error of the work does not end it while the flag is up: who raised it has
 * found us working, and nobody else looks.
 */
static int pending_serve_locked(const struct sysfs *sysfs, bool wait, int (*work)(void *data),
				void *data)
{
	int r = pending_begin(sysfs), shown = run_file_show_process(sysfs, WORKER);

	if (shown < 0)
		log_debug("%s: %s; events start processes, which find the lock taken", WORKER,
			  strerror(-shown));
	while (r == 0) {
		PENDING_STEP("clear");
		r = run_file_remove(sysfs, PENDING);
		PENDING_STEP("work");
		if (r < 0) {
			work(data);
			pending_pace(wait);
			break;
		}
		r = work(data);
		PENDING_STEP("look");
		if (r == -EINTR || !pending_is_raised(sysfs))
			break;
		r = 0;
	}
	PENDING_STEP("hide");
	run_file_hide_process(sysfs, WORKER);
	if (shown >= 0)
		close(shown);
	if (r != -EINTR)
		run_file_remove(sysfs, RUNNING);
	return r;
}

int pending_serve(const struct sysfs *sysfs, bool wait, int (*work)(void *data), void *data)
{
	int r;

	do {
		int lock;

		PENDING_STEP("lock");
		r = pending_lock(sysfs, wait, &lock);
		if (r < 0)
			return r;
		r = pending_is_wanted(sysfs);
		if (r > 0)
			r = pending_serve_locked(sysfs, wait, work, data);
		PENDING_STEP("unlock");
		pending_unlock(lock);
		PENDING_STEP("look again");
	} while (r == 0 && pending_is_raised(sysfs));
	return r;
}

int pending_work_once(const struct sysfs *sysfs, int (*work)(void *data), void *data)
{
	int lock, r = pending_lock(sysfs, true, &lock);

	if (r < 0)
		return r;
	r = work(data);
	pending_unlock(lock);
	return r;
}
