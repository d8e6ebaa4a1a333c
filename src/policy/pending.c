// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/pending.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "system/clock.h"
#include "system/interrupt.h"

#define DIRECTORY "run/memhpctl"
#define PENDING DIRECTORY "/pending"
#define RUNNING DIRECTORY "/running"
#define GIVEN_UP DIRECTORY "/failed"
#define WORKER DIRECTORY "/worker"

#define LOCK_PAUSE_FIRST_MS 2
#define LOCK_PAUSE_MAX_MS 100
#define READ_ONLY_PAUSE_MS 10000

/* The test of the protocol puts delays between the steps. */
#ifndef FLAG_STEP
#define FLAG_STEP(name)
#endif

int pending_raise(const struct sysfs *sysfs)
{
	int fd;

	mkdirat(sysfs->root_fd, DIRECTORY, 0755);
	FLAG_STEP("raise");
	fd = openat(sysfs->root_fd, PENDING, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

bool pending_is_raised(const struct sysfs *sysfs)
{
	return faccessat(sysfs->root_fd, PENDING, F_OK, 0) == 0;
}

/* Returns the descriptor that holds the lock, -EBUSY where it is taken and not to be waited for. */
static int pending_lock(const struct sysfs *sysfs, bool wait)
{
	int fd = sysfs_open_directory(sysfs, SYSFS_MEMORY);

	for (unsigned int try = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0; try++) {
		int r = -errno;

		if (r == -EWOULDBLOCK)
			r = wait ? interrupt_poll(NULL, 0,
						  clock_backoff_ns(try, LOCK_PAUSE_FIRST_MS,
								   LOCK_PAUSE_MAX_MS)) :
				   -EBUSY;
		if (r < 0) {
			close(fd);
			return r;
		}
	}
	return fd;
}

/* Counts one more begin in the file of the work that goes on. Returns -ELOOP when there were too
 * many. */
static int pending_begin(const struct sysfs *sysfs)
{
	int fd = openat(sysfs->root_fd, RUNNING,
			O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat file;
	int r = 0;

	/* Without the file the work goes on, only that nobody takes it up after us. */
	if (fd < 0)
		return 0;
	if (fstat(fd, &file) == 0 && file.st_size >= FLAG_STARTS_MAX)
		r = renameat(sysfs->root_fd, RUNNING, sysfs->root_fd, GIVEN_UP) < 0 ? -errno :
										      -ELOOP;
	else if (write(fd, "x", 1) != 1)
		r = 0;
	close(fd);
	return r;
}

/* Points to ourselves, as long as we live. */
static void pending_show_worker(const struct sysfs *sysfs)
{
	char process[32];

	snprintf(process, sizeof(process), "/proc/%d", (int)getpid());
	unlinkat(sysfs->root_fd, WORKER, 0);
	if (symlinkat(process, sysfs->root_fd, WORKER) < 0)
		log_debug("%s: %s; events start processes, which find the lock taken", WORKER,
			  strerror(errno));
}

void pending_progress(const struct sysfs *sysfs)
{
	int fd = openat(sysfs->root_fd, RUNNING, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0)
		close(fd);
}

void pending_forget(const struct sysfs *sysfs)
{
	static const char *const files[] = { PENDING, RUNNING };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (unlinkat(sysfs->root_fd, files[i], 0) < 0 && errno != ENOENT) {
			/* Whoever starts us because of it must not do so all the time. */
			interrupt_poll(NULL, 0, READ_ONLY_PAUSE_MS * CLOCK_NS_PER_MS);
			return;
		}
}

/* Under the lock. */
static int pending_serve_locked(const struct sysfs *sysfs, int (*work)(void *data), void *data)
{
	int r = pending_begin(sysfs);

	pending_show_worker(sysfs);
	while (r == 0) {
		FLAG_STEP("clear");
		if (unlinkat(sysfs->root_fd, PENDING, 0) < 0 && errno != ENOENT)
			r = -errno;
		FLAG_STEP("work");
		if (r < 0) {
			/*
			 * A flag that cannot be taken down: whoever starts us because of it shall
			 * not do so all the time.
			 */
			work(data);
			interrupt_poll(NULL, 0, READ_ONLY_PAUSE_MS * CLOCK_NS_PER_MS);
			return r;
		}
		r = work(data);
		FLAG_STEP("look");
		if (r < 0 || !pending_is_raised(sysfs))
			break;
	}
	unlinkat(sysfs->root_fd, WORKER, 0);
	if (r != -EINTR)
		unlinkat(sysfs->root_fd, RUNNING, 0);
	return r;
}

int pending_serve(const struct sysfs *sysfs, bool wait, int (*work)(void *data), void *data)
{
	int r;

	do {
		int lock;

		FLAG_STEP("lock");
		lock = pending_lock(sysfs, wait);
		if (lock < 0) {
			if (lock != -EBUSY && lock != -EINTR)
				pending_forget(sysfs);
			return lock;
		}
		r = 0;
		if (pending_is_raised(sysfs) || faccessat(sysfs->root_fd, RUNNING, F_OK, 0) == 0)
			r = pending_serve_locked(sysfs, work, data);
		FLAG_STEP("unlock");
		close(lock);
		FLAG_STEP("look again");
	} while (r == 0 && pending_is_raised(sysfs));
	return r;
}

int pending_work_once(const struct sysfs *sysfs, int (*work)(void *data), void *data)
{
	int lock = pending_lock(sysfs, true), r;

	if (lock < 0)
		return lock;
	r = work(data);
	close(lock);
	return r;
}
