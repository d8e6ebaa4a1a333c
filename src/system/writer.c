// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/writer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/clock.h"
#include "system/interrupt.h"
#include "system/worker.h"

/*
 * How often to check a killed worker that does not die; after how many checks without progress it
 * counts as stuck; and how long to wait at most.
 */
#define WORKER_LOOK_NS (50 * CLOCK_NS_PER_MS)
#define WORKER_IDLE_LOOKS 4
#define WORKER_SLOW_GRACE_NS (2 * CLOCK_NS_PER_S)
#define SCHEDSTAT_SIZE 96

int writer_init(const struct sysfs *sysfs, struct writer *ret)
{
	struct worker_shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return -ENOMEM;
	*ret = (struct writer){ .sysfs = sysfs, .socket = -1, .shared = shared };
	return 0;
}

void writer_done(struct writer *writer)
{
	if (!writer->shared)
		return;
	if (writer->busy)
		writer_stop(writer, 100 * CLOCK_NS_PER_MS);
	if (writer->socket >= 0)
		close(writer->socket);
	/*
	 * The closed socket ends an idle worker. It is not waited for: destroying its AIO context
	 * takes the kernel an RCU grace period (exit_aio()), tens of milliseconds that the user
	 * would wait for nothing.
	 */
	munmap(writer->shared, sizeof(*writer->shared));
	*writer = (struct writer){ .socket = -1 };
}

static int writer_start(struct writer *writer)
{
	pid_t parent = getpid(), pid;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		close(pair[0]);
		close(pair[1]);
		return -errno;
	}
	if (pid == 0) {
		close(pair[0]);
		worker_main(writer->sysfs->root_fd, writer->shared, pair[1], parent);
	}
	close(pair[1]);
	writer->pid = pid;
	writer->socket = pair[0];
	return 0;
}

static bool writer_copy_text(char *target, size_t size, const char *text)
{
	if (strlen(text) >= size)
		return false;
	strcpy(target, text);
	return true;
}

/*
 * Forgets a worker that is dead, is idle and cannot be reached, or is stuck and left to the kernel.
 */
static void writer_forget(struct writer *writer, bool reap)
{
	if (reap) {
		kill(writer->pid, SIGKILL);
		waitpid(writer->pid, NULL, 0);
	} else {
		writer->stuck_pid = writer->pid;
	}
	close(writer->socket);
	writer->socket = -1;
	writer->pid = 0;
	writer->busy = false;
}

static int writer_fill_slot(struct write_slot *slot, const struct write_job *job)
{
	if (!writer_copy_text(slot->directory, sizeof(slot->directory), job->directory) ||
	    !writer_copy_text(slot->attribute, sizeof(slot->attribute), job->attribute) ||
	    !writer_copy_text(slot->value, sizeof(slot->value), job->value) ||
	    !writer_copy_text(slot->second, sizeof(slot->second), job->second ? job->second : ""))
		return -ENAMETOOLONG;
	slot->read_back = job->read_back;
	slot->inode = job->inode;
	slot->fs_dev = job->fs_dev;
	return 0;
}

int writer_begin(struct writer *writer, const struct write_job *jobs, size_t n, int64_t deadline_ns)
{
	int r;

	/* Two workers at once would interfere with each other. */
	if (writer->stuck_pid) {
		if (waitpid(writer->stuck_pid, NULL, WNOHANG) == 0)
			return -EBUSY;
		writer->stuck_pid = 0;
	}
	for (size_t i = 0; i < n; i++) {
		r = writer_fill_slot(&writer->shared->slots[i], &jobs[i]);
		if (r < 0)
			return r;
	}
	writer->shared->n = n;
	writer->shared->deadline_ns = deadline_ns;
	atomic_store(&writer->shared->finished, 0);
	/* A worker that was killed has left its last times there. */
	atomic_store(&writer->shared->try_began_ns, 0);
	atomic_store(&writer->shared->lock_wait_ns, 0);
	for (int try = 0; try < 2; try++) {
		if (!writer->pid) {
			r = writer_start(writer);
			if (r < 0)
				return r;
		}
		if (send(writer->socket, "", 1, MSG_NOSIGNAL) == 1) {
			writer->busy = true;
			return 0;
		}
		/*
		 * The worker died while idle, or there is no memory for the message: start another.
		 */
		writer_forget(writer, true);
	}
	return -ECHILD;
}

/* Receives the message that the batch is over; the socket is readable. */
static int writer_receive(struct writer *writer)
{
	char message;

	if (recv(writer->socket, &message, 1, 0) != 1) {
		writer_forget(writer, true);
		return -ECHILD;
	}
	writer->busy = false;
	return 0;
}

/*
 * Is the worker dead? Its end of the socket is closed then; this is for when that cannot be seen,
 * because the kernel has no memory to poll.
 */
static bool writer_has_lost_worker(struct writer *writer)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)writer->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    !info.si_pid)
		return false;
	writer_forget(writer, true);
	return true;
}

int writer_wait(struct writer *writer, int64_t timeout_ns, bool ignore_signals)
{
	struct pollfd fd = { .fd = writer->socket, .events = POLLIN };
	int r = ignore_signals ? interrupt_poll_again(&fd, 1, timeout_ns) :
				 interrupt_poll(&fd, 1, timeout_ns);

	if (r == -EINTR && ignore_signals)
		return -ETIME;
	if (r < 0)
		return r;
	if (r == 0)
		return writer_has_lost_worker(writer) ? -ECHILD : -ETIME;
	return writer_receive(writer);
}

size_t writer_finished(const struct writer *writer)
{
	return atomic_load(&writer->shared->finished);
}

const struct write_result *writer_result(const struct writer *writer, size_t job)
{
	return &writer->shared->slots[job].result;
}

bool writer_has_begun(const struct writer *writer, size_t job)
{
	return writer_finished(writer) > job || atomic_load(&writer->shared->try_began_ns);
}

int64_t writer_lock_wait_ns(const struct writer *writer)
{
	return atomic_load(&writer->shared->lock_wait_ns);
}

int64_t writer_try_ns(const struct writer *writer, int64_t now_ns)
{
	int64_t began = atomic_load(&writer->shared->try_began_ns);

	return began ? now_ns - began : 0;
}

bool writer_sees_lock(const struct writer *writer)
{
	return atomic_load(&writer->shared->sees_lock);
}

/* Is the worker only waiting for a processor? */
static bool writer_is_starved(const struct writer *writer)
{
	char path[40], stat[128] = "";
	_cleanup_fclose_ FILE *file = NULL;
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)writer->pid);
	file = fopen(path, "re");
	if (!file || !fgets(stat, sizeof(stat), file))
		return false;
	state = strrchr(stat, ')');
	return state && state[1] == ' ' && state[2] == 'R';
}

/*
 * Is the worker making progress, as opposed to sleeping where no signal reaches it? `before` holds
 * its scheduling statistics from the last check and is updated.
 */
static bool writer_makes_progress(const struct writer *writer, char before[SCHEDSTAT_SIZE])
{
	char path[40], now[SCHEDSTAT_SIZE] = "";
	_cleanup_fclose_ FILE *file = NULL;
	bool moved;

	if (writer_is_starved(writer))
		return true;
	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)writer->pid);
	file = fopen(path, "re");
	if (!file || !fgets(now, sizeof(now), file))
		return false;
	moved = strcmp(now, before) != 0;
	strcpy(before, now);
	return moved;
}

/*
 * Waits until until_ns for the worker to report the end of the batch or die. Returns whether it
 * did.
 */
static bool writer_wait_over(struct writer *writer, int64_t until_ns)
{
	int64_t left;

	while ((left = clock_left_ns(until_ns)) > 0) {
		struct pollfd fd = { .fd = writer->socket, .events = POLLIN };

		if (interrupt_poll_again(&fd, 1, left) > 0) {
			writer_receive(writer);
			return true;
		}
	}
	return writer_has_lost_worker(writer);
}

int writer_stop(struct writer *writer, int64_t grace_ns)
{
	char schedstat[SCHEDSTAT_SIZE] = "";
	int64_t began = clock_now_ns();
	int idle_looks = 0;

	if (!writer->busy)
		return 0;
	/*
	 * Repeatedly: the first signal may arrive just before the system call that it should
	 * interrupt.
	 */
	while (clock_now_ns() - began < grace_ns / 2) {
		kill(writer->pid, SIGTERM);
		if (writer_wait_over(writer, clock_now_ns() + grace_ns / 8))
			return 0;
	}
	kill(writer->pid, SIGKILL);
	if (writer_wait_over(writer, began + grace_ns))
		return 0;
	/*
	 * While it makes progress it will reach a point where it sees the signal: the machine is
	 * slow, the worker is not stuck.
	 */
	while (clock_now_ns() - began < WORKER_SLOW_GRACE_NS && idle_looks < WORKER_IDLE_LOOKS) {
		if (writer_wait_over(writer, clock_now_ns() + WORKER_LOOK_NS))
			return 0;
		idle_looks = writer_makes_progress(writer, schedstat) ? 0 : idle_looks + 1;
	}
	writer_forget(writer, false);
	return -EBUSY;
}

int writer_write(const struct sysfs *sysfs, const struct write_job *job, int64_t deadline_ns,
		 struct write_result *ret)
{
	struct writer writer;
	int r = writer_init(sysfs, &writer);

	if (r < 0)
		return r;
	r = writer_begin(&writer, job, 1, deadline_ns);
	if (r == 0)
		r = writer_wait(&writer, clock_left_ns(deadline_ns), false);
	if (r == 0)
		*ret = *writer_result(&writer, 0);
	writer_done(&writer);
	return r;
}
