// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "system/clock.h"
#include "system/sysroot.h"

/*
 * The first tries for the lock follow each other without a pause, because the kernel sleeps 5 ms in
 * each. Then pauses grow up to the maximum.
 */
#define LOCK_EAGER_TRIES 10
#define LOCK_PAUSE_FIRST_MS 2
#define LOCK_PAUSE_MAX_MS 50

struct worker {
	int root_fd;
	struct worker_shared *shared;
	aio_context_t aio; /* 0: plain writes */
	int zero_fd;	   /* /dev/zero */
	void *two_pages;   /* buffer for what is read from it */
	size_t two_pages_bytes;
};

/* The parent wants the current job to end. */
static volatile sig_atomic_t worker_stop;

static void worker_remember_stop(int number)
{
	(void)number;
	worker_stop = 1;
}

/*
 * Writes through AIO. Returns 0 or -errno; -ENOSYS if AIO does not work here at all. After -EINTR
 * *ret_lock_busy tells a failed try for the lock from a notifier's own EINTR.
 *
 * How that is known: restart_syscall() sets TIF_SIGPENDING (include/linux/sched/signal.h), which
 * stays set until the return to user space. A second request in the same io_submit() reads two
 * pages of /dev/zero, and read_iter_zero() (drivers/char/mem.c) stops after the first where a
 * signal is pending.
 * The freezer or a tracer looks the same; there, too, an immediate retry is right.
 */
static int worker_write_aio(struct worker *worker, int fd, const char *value, bool *ret_lock_busy)
{
	struct iocb write = { .aio_lio_opcode = IOCB_CMD_PWRITE,
			      .aio_fildes = (uint32_t)fd,
			      .aio_buf = (uint64_t)(uintptr_t)value,
			      .aio_nbytes = strlen(value),
			      .aio_data = 0 };
	struct iocb probe = { .aio_lio_opcode = IOCB_CMD_PREAD,
			      .aio_fildes = (uint32_t)worker->zero_fd,
			      .aio_buf = (uint64_t)(uintptr_t)worker->two_pages,
			      .aio_nbytes = worker->two_pages_bytes,
			      .aio_data = 1 };
	struct iocb *list[] = { &write, &probe };
	struct io_event events[2];
	int64_t result[2] = { 0 };
	long n, got = 0;

	/* kernfs writes synchronously: the call returns when the write is done. */
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

/*
 * The kernel restarts a plain write that waits for the lock without returning to user space after a
 * signal handler, so the signal must kill.
 */
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

static int worker_write(struct worker *worker, int fd, const char *value, int64_t began_ns,
			struct write_result *result)
{
	for (;;) {
		bool lock_busy = false;
		int64_t pause, now;
		int r;

		atomic_store(&worker->shared->try_began_ns, began_ns);
		r = worker->aio ? worker_write_aio(worker, fd, value, &lock_busy) : -ENOSYS;
		if (r == -ENOSYS) {
			worker_use_plain_writes(worker);
			r = worker_write_plain(fd, value);
		}
		result->stopped = r == -EINTR && worker_stop;
		if (r != -EINTR || !lock_busy || worker_stop)
			return r;
		atomic_store(&worker->shared->try_began_ns, 0);
		result->lock_tries++;
		if (result->lock_tries > LOCK_EAGER_TRIES) {
			pause = clock_backoff_ns(result->lock_tries - LOCK_EAGER_TRIES,
						 LOCK_PAUSE_FIRST_MS, LOCK_PAUSE_MAX_MS);
			nanosleep(&(struct timespec){ 0, pause }, NULL);
		}
		now = clock_now_ns();
		result->lock_wait_ns += now - began_ns;
		began_ns = now;
		atomic_store(&worker->shared->lock_wait_ns, result->lock_wait_ns);
	}
}

/*
 * Opens the attribute, checking that the directory is the intended one. A directory being created
 * has no attributes for some milliseconds.
 */
static int worker_open(struct worker *worker, const struct worker_slot *slot,
		       struct write_result *result)
{
	_cleanup_close_ int directory =
		sysroot_open(worker->root_fd, slot->directory + 1, O_PATH | O_DIRECTORY);
	struct stat st;
	int fd = -1;

	if (directory < 0)
		return directory;
	if (fstat(directory, &st) < 0)
		return -errno;
	if (slot->inode && (st.st_ino != slot->inode || st.st_dev != slot->fs_dev)) {
		result->stage = WRITE_STAGE_REPLACED;
		return -ESTALE;
	}
	for (int try = 0; try < 4; try++) {
		/*
		 * Neither O_CREAT nor O_TRUNC: with O_CREAT sysfs returns EACCES for a file that is
		 * gone.
		 */
		fd = sysroot_open_file(directory, slot->attribute, O_WRONLY);
		if (fd != -ENOENT)
			break;
		nanosleep(&(struct timespec){ 0, 10 * CLOCK_NS_PER_MS }, NULL);
	}
	return fd;
}

static void worker_arm_alarm(int64_t deadline_ns)
{
	struct itimerval timer = { 0 };
	int64_t left = clock_left_ns(deadline_ns);

	if (left != CLOCK_NEVER)
		timer.it_value.tv_sec = (time_t)(left / CLOCK_NS_PER_S + 2);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/*
 * Does the jobs of the batch until one fails. A job begins when the previous one ends, so the clock
 * is read once per job: without a fast clock (virtual machines) that is a system call.
 */
static void worker_do_batch(struct worker *worker)
{
	struct worker_shared *shared = worker->shared;
	int64_t began = clock_now_ns(), ended;

	worker_arm_alarm(shared->deadline_ns);
	for (size_t i = 0; i < shared->n; i++) {
		struct worker_slot *slot = &shared->slots[i];
		struct write_result *result = &slot->result;
		int fd;

		*result = (struct write_result){ .stage = WRITE_STAGE_OPEN };
		atomic_store(&shared->lock_wait_ns, 0);
		fd = worker_open(worker, slot, result);
		if (fd < 0) {
			result->error = fd;
		} else {
			result->stage = WRITE_STAGE_WRITE;
			result->error = worker_write(worker, fd, slot->value, began, result);
			close(fd);
		}
		ended = clock_now_ns();
		result->elapsed_ns = ended - began;
		began = ended;
		/*
		 * Before publishing the result, so that the parent never reads the time of a
		 * finished try.
		 */
		atomic_store(&shared->try_began_ns, 0);
		atomic_store(&shared->finished, i + 1);
		if (result->error || worker_stop)
			break;
	}
}

static void worker_set_signals(void)
{
	struct sigaction stop = { .sa_handler = worker_remember_stop };
	sigset_t blocked;

	sigfillset(&blocked);
	sigdelset(&blocked, SIGTERM);
	sigdelset(&blocked, SIGALRM);
	sigaction(SIGTERM, &stop, NULL);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
}

static void worker_set_up_aio(struct worker *worker)
{
	atomic_store(&worker->shared->sees_lock, true);
	worker->zero_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	worker->two_pages_bytes = 2 * (size_t)sysconf(_SC_PAGESIZE);
	worker->two_pages = malloc(worker->two_pages_bytes);
	if (worker->zero_fd < 0 || !worker->two_pages ||
	    syscall(SYS_io_setup, 2U, &worker->aio) < 0)
		worker_use_plain_writes(worker);
}

/*
 * Gives up what writing to sysfs does not take. Who runs it without being root may need to override
 * the files' modes.
 */
static void worker_drop_privileges(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	if (syscall(SYS_capget, &header, sets) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		uint32_t kept =
			i == CAP_TO_INDEX(CAP_DAC_OVERRIDE) ? CAP_TO_MASK(CAP_DAC_OVERRIDE) : 0;

		sets[i].permitted &= kept;
		sets[i].effective &= kept;
		sets[i].inheritable = 0;
	}
	/* A filter of system calls may refuse it: then the service has few of them anyway. */
	syscall(SYS_capset, &header, sets);
}

_Noreturn void worker_main(int root_fd, struct worker_shared *shared, int socket, pid_t parent)
{
	struct worker worker = { .root_fd = root_fd, .shared = shared };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	ssize_t length;
	char message;

	worker_set_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "memhpctl-write");
	if (getppid() != parent)
		_exit(1);
	/* A worker stuck in the kernel must not keep inherited pipes open. */
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
	worker_set_up_aio(&worker);
	worker_drop_privileges();
	while ((length = recv(socket, &message, 1, 0)) == 1 || (length < 0 && errno == EINTR)) {
		/*
		 * A stop request that arrived just after the last batch ended does not apply to the
		 * next one.
		 */
		worker_stop = 0;
		if (length < 0)
			continue;
		worker_do_batch(&worker);
		if (send(socket, &message, 1, MSG_NOSIGNAL) != 1)
			break;
	}
	_exit(0);
}
