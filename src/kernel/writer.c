// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/interrupt.h"

/* So many tries for the lock follow each other at once: the kernel sleeps 5 ms in each. Then pauses grow up to the maximum. */
#define LOCK_EAGER_TRIES 10
#define LOCK_PAUSE_FIRST_MS 2
#define LOCK_PAUSE_MAX_MS 50

/* A worker that was killed and does not die is looked at this often; after so many looks without progress it is stuck; and in any case after so long. */
#define WORKER_LOOK_NS (50 * CLOCK_NS_PER_MS)
#define WORKER_IDLE_LOOKS 4
#define WORKER_SLOW_GRACE_NS (2 * CLOCK_NS_PER_S)
#define SCHEDSTAT_SIZE 96

/* What the parent may look at while the worker works. */
struct writer_shared {
	_Atomic int64_t try_began_ns; /* 0 between tries */
	_Atomic int64_t lock_wait_ns;
	_Atomic bool sees_lock;
};

struct writer_request {
	char directory[256], attribute[64], value[128];
	uint64_t inode, fs_dev;
	int64_t deadline_ns;
};

/* ---- the worker's side ---- */

/* The parent wants the job under way to end. */
static volatile sig_atomic_t worker_stop;

static void worker_remember_stop(int number)
{
	(void)number;
	worker_stop = 1;
}

struct worker {
	int root_fd;
	struct writer_shared *shared;
	aio_context_t aio; /* 0: plain writes */
	int zero_fd;	   /* /dev/zero */
	void *two_pages;   /* room for what is read from it */
	size_t two_pages_bytes;
};

/*
 * Writes through AIO. Returns 0 or -errno, -ENOSYS when AIO does not work here at all. After -EINTR *ret_lock_busy says whether it was a failed
 * try for the lock, as opposed to a notifier's own EINTR.
 *
 * How that is known: restart_syscall() sets TIF_SIGPENDING (include/linux/sched/signal.h), which stays set until the return to user space. A second request in the
 * same io_submit() reads two pages of /dev/zero, and read_iter_zero() (drivers/char/mem.c) stops after the first where a signal is pending.
 * A freezer or a tracer looks the same; there, too, trying again at once is right.
 */
static int worker_write_aio(struct worker *worker, int fd, const char *value, bool *ret_lock_busy)
{
	struct iocb write = { .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = (uint32_t)fd,
			      .aio_buf = (uint64_t)(uintptr_t)value, .aio_nbytes = strlen(value), .aio_data = 0 };
	struct iocb probe = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = (uint32_t)worker->zero_fd,
			      .aio_buf = (uint64_t)(uintptr_t)worker->two_pages, .aio_nbytes = worker->two_pages_bytes, .aio_data = 1 };
	struct iocb *list[] = { &write, &probe };
	struct io_event events[2];
	int64_t result[2] = { 0 };
	long n, got = 0;

	/* kernfs writes at once: the call returns when the write is over. */
	n = syscall(SYS_io_submit, worker->aio, 2L, list);
	if (n < 1)
		return errno == EBADF ? -EBADF : -ENOSYS;
	while (got < n) {
		long more = syscall(SYS_io_getevents, worker->aio, n - got, n - got, events, NULL);

		if (more < 0 && errno != EINTR)
			return -EIO;
		for (long i = 0; i < more; i++)
			result[events[i].data] = events[i].res;
		got += more > 0 ? more : 0;
	}
	*ret_lock_busy = n == 2 && result[1] < (int64_t)worker->two_pages_bytes;
	return result[0] < 0 ? (int)result[0] : 0;
}

/* A plain write that waits for the lock is restarted behind the back of any handler: the signal has to kill. */
static void worker_use_plain_writes(struct worker *worker)
{
	worker->aio = 0;
	atomic_store(&worker->shared->sees_lock, false);
	signal(SIGTERM, SIG_DFL);
}

static int worker_write_plain(int fd, const char *value)
{
	return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

static int worker_write(struct worker *worker, int fd, const char *value, struct write_result *result)
{
	for (;;) {
		int64_t began = clock_now_ns(), pause;
		bool lock_busy = false;
		int r;

		atomic_store(&worker->shared->try_began_ns, began);
		r = worker->aio ? worker_write_aio(worker, fd, value, &lock_busy) : -ENOSYS;
		if (r == -ENOSYS) {
			worker_use_plain_writes(worker);
			r = worker_write_plain(fd, value);
		}
		atomic_store(&worker->shared->try_began_ns, 0);
		result->stopped = r == -EINTR && worker_stop;
		if (r != -EINTR || !lock_busy || worker_stop)
			return r;
		result->lock_tries++;
		if (result->lock_tries > LOCK_EAGER_TRIES) {
			pause = clock_backoff_ns(result->lock_tries - LOCK_EAGER_TRIES, LOCK_PAUSE_FIRST_MS, LOCK_PAUSE_MAX_MS);
			nanosleep(&(struct timespec){ 0, pause }, NULL);
		}
		result->lock_wait_ns += clock_now_ns() - began;
		atomic_store(&worker->shared->lock_wait_ns, result->lock_wait_ns);
	}
}

/* Opens the attribute in the directory that was meant. A directory that is being made has no attributes for some milliseconds. */
static int worker_open(struct worker *worker, const struct writer_request *request, struct write_result *result)
{
	_cleanup_close_ int directory = openat(worker->root_fd, request->directory + 1, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int fd = -1;

	if (directory < 0 || fstat(directory, &st) < 0)
		return -errno;
	if (request->inode && (st.st_ino != request->inode || st.st_dev != request->fs_dev)) {
		result->stage = WRITE_STAGE_REPLACED;
		return -ESTALE;
	}
	for (int try = 0; try < 4; try++) {
		/* Neither O_CREAT nor O_TRUNC: sysfs answers the first with EACCES for a file that is gone. */
		fd = openat(directory, request->attribute, O_WRONLY | O_CLOEXEC);
		if (fd >= 0 || errno != ENOENT)
			break;
		nanosleep(&(struct timespec){ 0, 10 * CLOCK_NS_PER_MS }, NULL);
	}
	return fd < 0 ? -errno : fd;
}

static void worker_arm_alarm(int64_t deadline_ns)
{
	struct itimerval timer = { 0 };
	int64_t left = clock_left_ns(deadline_ns);

	if (left != CLOCK_NEVER)
		timer.it_value.tv_sec = (time_t)(left / CLOCK_NS_PER_S + 2);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static struct write_result worker_do(struct worker *worker, const struct writer_request *request)
{
	struct write_result result = { .stage = WRITE_STAGE_OPEN };
	int64_t began = clock_now_ns();
	int fd;

	atomic_store(&worker->shared->lock_wait_ns, 0);
	worker_arm_alarm(request->deadline_ns);
	fd = worker_open(worker, request, &result);
	if (fd < 0) {
		result.error = fd;
	} else {
		result.stage = WRITE_STAGE_WRITE;
		result.error = worker_write(worker, fd, request->value, &result);
		close(fd);
	}
	result.elapsed_ns = clock_now_ns() - began;
	return result;
}

static _Noreturn void worker_main(struct worker *worker, int socket, pid_t parent)
{
	struct writer_request request;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct sigaction stop = { .sa_handler = worker_remember_stop };
	ssize_t length;
	sigset_t blocked;

	sigfillset(&blocked);
	sigdelset(&blocked, SIGTERM);
	sigdelset(&blocked, SIGALRM);
	sigaction(SIGTERM, &stop, NULL);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "memhpctl-write");
	if (getppid() != parent)
		_exit(1);
	/* A worker that is stuck in the kernel must not hold the other end of somebody's pipe open. */
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
	atomic_store(&worker->shared->sees_lock, true);
	worker->zero_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	worker->two_pages_bytes = 2 * (size_t)sysconf(_SC_PAGESIZE);
	worker->two_pages = malloc(worker->two_pages_bytes);
	if (worker->zero_fd < 0 || !worker->two_pages || syscall(SYS_io_setup, 2U, &worker->aio) < 0)
		worker_use_plain_writes(worker);
	while ((length = recv(socket, &request, sizeof(request), 0)) == sizeof(request) || (length < 0 && errno == EINTR)) {
		struct write_result result;

		/* A request to stop that came when the last job had just ended is not for the next one. */
		worker_stop = 0;
		if (length < 0)
			continue;
		result = worker_do(worker, &request);
		if (send(socket, &result, sizeof(result), MSG_NOSIGNAL) != sizeof(result))
			break;
	}
	_exit(0);
}

/* ---- the parent's side ---- */

int writer_init(const struct sysfs *sysfs, struct writer *ret)
{
	struct writer_shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return -ENOMEM;
	*ret = (struct writer){ .sysfs = sysfs, .socket = -1, .shared = shared };
	return 0;
}

void writer_done(struct writer *writer)
{
	struct write_result result;
	bool finished;

	if (!writer->shared)
		return;
	if (writer->busy)
		writer_stop(writer, 100 * CLOCK_NS_PER_MS, &finished, &result);
	if (writer->socket >= 0)
		close(writer->socket);
	/*
	 * Idle, the closed socket ends it. Not waited for: tearing down its AIO context takes the kernel an RCU grace period (exit_aio()), tens of
	 * milliseconds in which the user would wait for nothing.
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
	memset(writer->shared, 0, sizeof(*writer->shared));
	pid = fork();
	if (pid < 0) {
		close(pair[0]);
		close(pair[1]);
		return -errno;
	}
	if (pid == 0) {
		struct worker worker = { .root_fd = writer->sysfs->root_fd, .shared = writer->shared };

		close(pair[0]);
		worker_main(&worker, pair[1], parent);
	}
	close(pair[1]);
	writer->pid = pid;
	writer->socket = pair[0];
	return 0;
}

static bool copy_text(char *target, size_t size, const char *text)
{
	if (strlen(text) >= size)
		return false;
	strcpy(target, text);
	return true;
}

/* Forgets a worker that is dead or stuck; a stuck one is left to the kernel. */
static void writer_forget(struct writer *writer, bool reap)
{
	if (reap)
		waitpid(writer->pid, NULL, 0);
	else
		writer->stuck_pid = writer->pid;
	close(writer->socket);
	writer->socket = -1;
	writer->pid = 0;
	writer->busy = false;
}

int writer_begin(struct writer *writer, const struct write_job *job)
{
	struct writer_request request = { .inode = job->inode, .fs_dev = job->fs_dev, .deadline_ns = job->deadline_ns };
	int r;

	/* Two workers at once would write into each other's work. */
	if (writer->stuck_pid) {
		if (waitpid(writer->stuck_pid, NULL, WNOHANG) == 0)
			return -EBUSY;
		writer->stuck_pid = 0;
	}
	if (!copy_text(request.directory, sizeof(request.directory), job->directory) ||
	    !copy_text(request.attribute, sizeof(request.attribute), job->attribute) ||
	    !copy_text(request.value, sizeof(request.value), job->value))
		return -ENAMETOOLONG;
	for (int try = 0; try < 2; try++) {
		if (!writer->pid) {
			r = writer_start(writer);
			if (r < 0)
				return r;
		}
		if (send(writer->socket, &request, sizeof(request), MSG_NOSIGNAL) == sizeof(request)) {
			writer->busy = true;
			return 0;
		}
		/* The worker died while it was idle: one more. */
		writer_forget(writer, true);
	}
	return -ECHILD;
}

/* Receives the result; the socket is readable. */
static int writer_receive(struct writer *writer, struct write_result *ret)
{
	if (recv(writer->socket, ret, sizeof(*ret), 0) != sizeof(*ret)) {
		writer_forget(writer, true);
		return -ECHILD;
	}
	writer->busy = false;
	return 0;
}

int writer_wait(struct writer *writer, int64_t until_ns, bool ignore_signals, struct write_result *ret)
{
	struct pollfd fd = { .fd = writer->socket, .events = POLLIN };
	int64_t left = clock_left_ns(until_ns);
	int r = ignore_signals ? interrupt_poll_again(&fd, 1, left) : interrupt_poll(&fd, 1, left);

	if (r == -EINTR && ignore_signals)
		return -ETIME;
	if (r < 0)
		return r;
	return r ? writer_receive(writer, ret) : -ETIME;
}

int64_t writer_lock_wait_ns(const struct writer *writer)
{
	return atomic_load(&writer->shared->lock_wait_ns);
}

int64_t writer_try_ns(const struct writer *writer)
{
	int64_t began = atomic_load(&writer->shared->try_began_ns);

	return began ? clock_now_ns() - began : 0;
}

bool writer_sees_lock(const struct writer *writer)
{
	return atomic_load(&writer->shared->sees_lock);
}

/*
 * Does the worker get anywhere, as opposed to sleeping where no signal reaches it? `before` holds its scheduling figures of the last look and is
 * brought up to date.
 */
static bool writer_makes_progress(const struct writer *writer, char before[SCHEDSTAT_SIZE])
{
	char path[40], now[SCHEDSTAT_SIZE] = "";
	_cleanup_fclose_ FILE *file = NULL;
	bool moved;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)writer->pid);
	file = fopen(path, "re");
	if (!file || !fgets(now, sizeof(now), file))
		return false;
	moved = strcmp(now, before) != 0;
	strcpy(before, now);
	return moved;
}

/*
 * Waits until the point of time for the worker to answer that it stopped, or finished just before, or to die. Returns whether it did.
 */
static bool writer_wait_stopped(struct writer *writer, int64_t until_ns, bool *ret_finished, struct write_result *ret)
{
	int64_t left;

	while ((left = clock_left_ns(until_ns)) > 0) {
		struct pollfd fd = { .fd = writer->socket, .events = POLLIN };

		if (interrupt_poll_again(&fd, 1, left) <= 0)
			continue;
		*ret_finished = writer_receive(writer, ret) == 0 && !ret->stopped;
		return true;
	}
	return false;
}

int writer_stop(struct writer *writer, int64_t grace_ns, bool *ret_finished, struct write_result *ret)
{
	char schedstat[SCHEDSTAT_SIZE] = "";
	int64_t began = clock_now_ns();
	int idle_looks = 0;

	*ret_finished = false;
	if (!writer->busy)
		return 0;
	/* More than once: the first may come just before the system call that it is to interrupt. */
	while (clock_now_ns() - began < grace_ns / 2) {
		kill(writer->pid, SIGTERM);
		if (writer_wait_stopped(writer, clock_now_ns() + grace_ns / 8, ret_finished, ret))
			return 0;
	}
	kill(writer->pid, SIGKILL);
	if (writer_wait_stopped(writer, began + grace_ns, ret_finished, ret))
		return 0;
	/* As long as it gets anywhere it will come to a place where it sees the signal: the machine is slow, the worker is not stuck. */
	while (clock_now_ns() - began < WORKER_SLOW_GRACE_NS && idle_looks < WORKER_IDLE_LOOKS) {
		if (writer_wait_stopped(writer, clock_now_ns() + WORKER_LOOK_NS, ret_finished, ret))
			return 0;
		idle_looks = writer_makes_progress(writer, schedstat) ? 0 : idle_looks + 1;
	}
	writer_forget(writer, false);
	return -EBUSY;
}
